// SPDX-License-Identifier: BSD-2-Clause
#include "net/reach.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "net/inet.h"

namespace gaol::net {
namespace {

TEST(Destination, IsWhoAndAPort) {
  const auto udp = parse_destination("db:53/udp");
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp->who, "db");
  EXPECT_EQ(udp->port, 53);
  EXPECT_EQ(udp->transport, sys::Transport::udp);
  EXPECT_EQ(parse_destination("[2001:db8::1]:22/tcp")->who, "2001:db8::1");
  EXPECT_EQ(parse_destination("2001:db8::1:22")->who, "2001:db8::1");
  for (const char* bad : {"db", "db:", ":80", "db:0", "db:65536", "db:http", "db:80/sctp", ""})
    EXPECT_EQ(parse_destination(bad).error().text,
              concat(bad, ": expected JAIL:PORT, host:PORT or ADDRESS:PORT, and /udp"));
}

TEST(Listeners, AreReadFromTheKernelsTable) {
  const auto all = sys::parse_listeners(
      "  sl  local_address rem_address   st tx_queue rx_queue\n"
      "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000\n"
      "   1: 0301010A:0016 0201010A:9C40 01 00000000:00000000\n"
      "   2: B80D0120000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0\n",
      sys::Transport::tcp);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(concat(address_text(all[0].address), " ", all[0].port), "127.0.0.1 80");
  EXPECT_EQ(concat(address_text(all[1].address), " ", all[1].port), "2001:db8::1 8080");
}

// A host and two jails on its bridge.
Map example() {
  const auto end = [](const char* name, const char* address, const char* bridge, bool isolated) {
    MapInterface out{.name = name,
                     .up = true,
                     .mac = {},
                     .addresses = {},
                     .bridge = bridge,
                     .isolated = isolated,
                     .lower = {},
                     .tunnel = {}};
    if (*address) out.addresses = {address};
    return out;
  };
  auto out_a = end("e0a_1", "", "bridge0", true), out_b = end("e0a_2", "", "bridge0", true);
  auto in_a = end("eth0", "10.0.0.2/24", "", false), in_b = end("eth0", "10.0.0.3/24", "", false);
  out_a.far = {1, "eth0"};
  in_a.far = {0, "e0a_1"};
  out_b.far = {2, "eth0"};
  in_b.far = {0, "e0a_2"};
  Map map;
  map.stacks.push_back({.jail = {},
                        .interfaces = {end("bridge0", "10.0.0.1/24", "", false), out_a, out_b},
                        .routes = {}});
  map.stacks.push_back(
      {.jail = "a",
       .jid = 1,
       .interfaces = {in_a},
       .routes = {{"default", "10.0.0.1", "eth0"}, {"10.0.0.0/24", "", "eth0", true}}});
  map.stacks.push_back({.jail = "b", .jid = 2, .interfaces = {in_b}, .routes = {}});
  return map;
}

Evidence from_a_to(const Map& map, const char* who) {
  Evidence out{.from = *find_party(map, "a"),
               .to = *find_party(map, who),
               .address = {},
               .port = 80,
               .gateway = {},
               .interface = "eth0",
               .listeners = {},
               .drops = {}};
  out.address = *nearest_address(map, out.from, out.to);
  return out;
}

TEST(Reach, TheNearestFaultIsTold) {
  const auto map = example();
  auto seen = from_a_to(map, "b");
  seen.attempt = {.error = ETIMEDOUT};
  seen.next_hop = sys::Neighbour::silent;
  EXPECT_EQ(explain(map, seen).hop, "isolation");
  auto mended = map;
  mended.stacks[0].interfaces[2].isolated = false;
  EXPECT_EQ(explain(mended, seen).text,
            "a does not reach b (10.0.0.3:80): 10.0.0.3 does not answer on eth0");
  mended.stacks[0].interfaces[0].up = false;
  EXPECT_EQ(explain(mended, seen).text, "a does not reach b (10.0.0.3:80): bridge0 is down");
}

TEST(Reach, ARefusalIsExplainedByWhoListens) {
  const auto map = example();
  auto seen = from_a_to(map, "b");
  seen.next_hop = sys::Neighbour::answers;
  seen.attempt = {.error = ECONNREFUSED};
  seen.listeners = {{*parse_address("::", AF_INET6), 22}};
  EXPECT_EQ(explain(map, seen).text,
            "a does not reach b (10.0.0.3:80): nothing listens on 10.0.0.3:80; b listens on *:22");
  // Somebody does, and it is refused all the same.
  seen.listeners = {{*parse_address("::", AF_INET6), 80}};
  seen.drops = {"inet t in of b"};
  EXPECT_EQ(explain(map, seen).text,
            "a does not reach b (10.0.0.3:80): Connection refused; a firewall is likely: inet t in "
            "of b");
}

TEST(Reach, OfUdpTheListenerIsKnown) {
  const auto map = example();
  auto seen = from_a_to(map, "b");
  seen.transport = sys::Transport::udp;
  seen.next_hop = sys::Neighbour::answers;
  seen.attempt = {.error = ECONNREFUSED, .microseconds = 1234};
  seen.listeners = {{*parse_address("0.0.0.0", AF_INET), 80}};
  EXPECT_EQ(explain(map, seen).text, "a reaches b (10.0.0.3:80/udp), answered in 1.23 ms");
  auto outside = from_a_to(map, "192.0.2.7");
  outside.transport = sys::Transport::udp;
  outside.gateway = parse_address("10.0.0.1", AF_INET);
  outside.attempt = {.error = ECONNREFUSED};
  EXPECT_EQ(explain(map, outside).text,
            "a does not reach 192.0.2.7:80/udp: 192.0.2.7 is not of this host: whether it takes "
            "UDP is not told");
}

}  // namespace
}  // namespace gaol::net
