// SPDX-License-Identifier: BSD-2-Clause
#include "net/map.h"

#include <gtest/gtest.h>

namespace gaol::net {
namespace {

MapInterface interface(std::string name, std::string kind, std::vector<std::string> addresses) {
  return {.name = std::move(name),
          .kind = std::move(kind),
          .up = true,
          .mtu = 1500,
          .mac = "02:00:00:00:00:01",
          .addresses = std::move(addresses),
          .bridge = {},
          .lower = {},
          .tunnel = {}};
}

// A host with a network card on a bridge, a jail on that, one below it, and two on its own stack.
Map example() {
  auto lo = interface("lo", "lo", {"127.0.0.1/8", "::1/128"});
  auto em0 = interface("em0", "", {"192.0.2.1/24", "fe80::1/64"});
  auto em1 = interface("em1", "", {});
  em1.bridge = "bridge0";
  auto vlan = interface("em0.7", "vlan", {});
  vlan.lower = "em0";
  vlan.up = false;
  auto outer = interface("e0a_1", "epair", {});
  outer.bridge = "bridge0";
  outer.isolated = true;
  outer.far = {1, "eth0"};
  auto eth0 = interface("eth0", "epair", {"10.0.0.2/24"});
  eth0.far = {0, "e0a_1"};
  auto below = interface("epair0a", "epair", {"10.9.0.1/30"});
  below.far = {2, "epair0b"};
  auto below_b = interface("epair0b", "epair", {"10.9.0.2/30"});
  below_b.far = {1, "epair0a"};

  Map map;
  map.stacks.push_back(
      {.jail = {},
       .interfaces = {lo, em0, vlan, interface("bridge0", "bridge", {"10.0.0.1/24"}), em1, outer},
       .routes = {{"default", "192.0.2.254", "em0"}, {"192.0.2.0/24", "", "em0", true}}});
  map.stacks.push_back({.jail = "web",
                        .jid = 1,
                        .interfaces = {eth0, below},
                        .routes = {{"default", "10.0.0.1", "eth0"}}});
  map.stacks.push_back({.jail = "web.db", .jid = 2, .interfaces = {below_b}, .routes = {}});
  map.tenants.push_back(
      {.jail = "www", .jid = 3, .addresses = {{"192.0.2.1", "em0"}, {"192.0.2.9", ""}}});
  map.tenants.push_back({.jail = "all", .jid = 4, .inherits = true, .addresses = {}});
  map.tenants.push_back({.jail = "web.none", .jid = 5, .stack = 1, .addresses = {}});
  return map;
}

TEST(Map, IsReadAtAGlance) {
  Map map = example();
  auto tunnel = interface("vx0", "vxlan", {});
  tunnel.tunnel = "42 to 192.0.2.2";
  map.stacks[0].interfaces.push_back(tunnel);
  EXPECT_EQ(map_text(map),
            R"(host
  em0      up    1500  02:00:00:00:00:01  192.0.2.1/24
  em0.7    down  1500  02:00:00:00:00:01  vlan of em0
  bridge0  up    1500  02:00:00:00:00:01  10.0.0.1/24
    em1    up    1500  02:00:00:00:00:01
    e0a_1  up    1500  02:00:00:00:00:01  eth0 of web, isolated
  vx0      up    1500  02:00:00:00:00:01  vxlan 42 to 192.0.2.2
  default via 192.0.2.254 (em0)

web (jail 1)
  eth0     up    1500  02:00:00:00:00:01  10.0.0.2/24, wired to e0a_1, bridge0, em1
  epair0a  up    1500  02:00:00:00:00:01  10.9.0.1/30, wired to epair0b
  default via 10.0.0.1 (eth0)

web.db (jail 2)
  epair0b  up    1500  02:00:00:00:00:01  10.9.0.2/30, wired to epair0a

www (jail 3, on the stack of the host)
  192.0.2.1 (em0)
  192.0.2.9 (on no interface)

all (jail 4, on the stack of the host)
  all addresses of it

web.none (jail 5, on the stack of web)
  no address
)");
}

TEST(Map, OfOneJailIsWhatItHasToDoWith) {
  const auto web = only(example(), "web");
  ASSERT_TRUE(web);
  EXPECT_EQ(map_text(*web),
            R"(host
  bridge0  up  1500  02:00:00:00:00:01  10.0.0.1/24
    e0a_1  up  1500  02:00:00:00:00:01  eth0 of web, isolated
    em1    up  1500  02:00:00:00:00:01

web (jail 1)
  eth0     up  1500  02:00:00:00:00:01  10.0.0.2/24, wired to e0a_1, bridge0, em1
  epair0a  up  1500  02:00:00:00:00:01  10.9.0.1/30, wired to epair0b
  default via 10.0.0.1 (eth0)

web.db (jail 2)
  epair0b  up  1500  02:00:00:00:00:01  10.9.0.2/30, wired to epair0a
)");
  const auto www = only(example(), "www");
  ASSERT_TRUE(www);
  EXPECT_EQ(map_text(*www),
            R"(host
  em0  up  1500  02:00:00:00:00:01  192.0.2.1/24

www (jail 3, on the stack of the host)
  192.0.2.1 (em0)
  192.0.2.9 (on no interface)
)");
  EXPECT_EQ(only(example(), "nobody").error().line(), "nobody: No such file or directory");
}

TEST(Map, IsAGraph) {
  EXPECT_EQ(map_dot(example()), R"(graph gaol {
  rankdir=LR;
  node [shape=box];
  n0 [label="em0\n192.0.2.1/24"];
  n1 [label="bridge0\n10.0.0.1/24"];
  n2 [label="em1"];
  n3 [label="web\neth0 10.0.0.2/24\nepair0a 10.9.0.1/30"];
  n4 [label="web.db\nepair0b 10.9.0.2/30"];
  n5 [label="www\n192.0.2.1\n192.0.2.9"];
  n6 [label="all\nall addresses"];
  n7 [label="web.none"];
  { rank=same; n0; n2; }
  { rank=same; n1; }
  { rank=same; n3; n4; n5; n6; n7; }
  n2 -- n1;
  n1 -- n3 [label="e0a_1"];
  n3 -- n4 [label="epair0a"];
  n0 -- n5 [style=dashed];
}
)");
}

// Two boxes and a line, one of them of a jail that has its say in the picture's language.
TEST(Map, IsAPicture) {
  Map map;
  map.stacks.push_back(
      {.jail = {}, .interfaces = {interface("em0", "", {"192.0.2.1/24"})}, .routes = {}});
  map.tenants.push_back({.jail = "a<b>", .jid = 1, .addresses = {{"192.0.2.1", "em0"}}});
  const auto svg = map_svg(map);
  EXPECT_EQ(svg.substr(svg.find("</style>") + 9),
            R"(<path d="M132 76 C192 76 192 76 252 76" class="address"/>
<rect x="16" y="48" width="116" height="56" rx="6" class="host"/>
<text x="26" y="71" class="title">em0</text>
<text x="26" y="89" class="line">192.0.2.1/24</text>
<rect x="252" y="48" width="92" height="56" rx="6" class="jails"/>
<text x="262" y="71" class="title">a&lt;b&gt;</text>
<text x="262" y="89" class="line">192.0.2.1</text>
<text x="16" y="32" class="head">host</text>
<text x="252" y="32" class="head">jails</text>
</svg>
)");
}

}  // namespace
}  // namespace gaol::net
