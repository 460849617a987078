// SPDX-License-Identifier: BSD-2-Clause
#include "net/names.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace gaol::net {
namespace {

MapInterface end(std::string name, std::vector<std::string> addresses, std::string host_end) {
  MapInterface out{.name = std::move(name), .addresses = std::move(addresses)};
  out.far = {.stack = 0, .interface = std::move(host_end)};
  return out;
}

Map example() {
  Map map;
  map.stacks.push_back(
      {.jail = "",
       .interfaces = {
           {.name = "bridge0", .kind = "bridge", .addresses = {"fe80::1/64", "10.1.0.1/24"}},
           {.name = "bridge1", .kind = "bridge", .addresses = {"fe80::2/64"}},
           {.name = "em0", .addresses = {"192.0.2.1/24"}},
           {.name = "e0a_1", .bridge = "bridge0"},
           {.name = "e0a_2", .bridge = "bridge0"},
           {.name = "e1a_2", .bridge = "bridge1"}}});
  map.stacks.push_back({.jail = "web",
                        .jid = 1,
                        .interfaces = {{.name = "lo", .addresses = {"127.0.0.1/8"}},
                                       end("eth0", {"10.1.0.2/24", "fe80::3/64"}, "e0a_1")}});
  map.stacks.push_back({.jail = "db",
                        .jid = 2,
                        .interfaces = {end("eth0", {"10.1.0.3/24", "2001:db8::3/64"}, "e0a_2"),
                                       end("eth1", {"10.2.0.3/24"}, "e1a_2")}});
  return map;
}

TEST(Names, AreThoseOfJailsWiredToTheBridge) {
  EXPECT_EQ(hosts_of_bridge(example(), "bridge0"),
            "10.1.0.2 web web.bridge0\n10.1.0.3 db db.bridge0\n2001:db8::3 db db.bridge0\n");
  EXPECT_EQ(hosts_of_bridge(example(), "bridge1"), "10.2.0.3 db db.bridge1\n");
  EXPECT_EQ(hosts_of_bridge(example(), "em0"), "");
}

TEST(Names, AreAskedForAtTheBridgesAddresses) {
  EXPECT_EQ(addresses_of_bridge(example(), "bridge0"), std::vector<std::string>{"10.1.0.1"});
  const char* const refused[][2] = {{"em0", "em0: there is no such bridge"},
                                    {"bridge7", "bridge7: there is no such bridge"},
                                    {"bridge1", "bridge1: it has no address to answer at"}};
  for (const auto& [bridge, reason] : refused)
    EXPECT_EQ(addresses_of_bridge(example(), bridge).error().text, reason);
}

}  // namespace
}  // namespace gaol::net
