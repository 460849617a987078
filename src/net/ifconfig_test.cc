// SPDX-License-Identifier: BSD-2-Clause
#include "net/ifconfig.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include "net/epair.h"
#include "net/inet.h"

namespace gaol::net {
namespace {

Result<Ifconfig> parse(std::string_view line) {
  const auto views = words(line);
  const std::vector<std::string> texts(views.begin(), views.end());
  return parse_ifconfig(texts);
}

std::string text(const std::optional<sys::Address>& address) {
  return address ? concat(address_text(*address), "/", address->prefix) : "none";
}

TEST(Ifconfig, KnowsWhatIsAListing) {
  using Form = Ifconfig::Form;
  struct {
    const char* line;
    Form form;
    const char* interface;
  } const cases[] = {
      {"", Form::show_all, ""},          {"-a", Form::show_all, ""},
      {"-a inet", Form::show_all, ""},   {"-ul", Form::names, ""},
      {"em0", Form::show, "em0"},        {"em0 inet6", Form::show, "em0"},
      {"em0 up", Form::change, "em0"},   {"epair create", Form::change, "epair"},
      {"-j web em0", Form::show, "em0"},
  };
  for (const auto& c : cases) {
    const auto got = parse(c.line);
    ASSERT_TRUE(got) << c.line << ": " << got.error().text;
    EXPECT_EQ(got->form, c.form) << c.line;
    EXPECT_EQ(got->interface, c.interface) << c.line;
  }
}

TEST(Ifconfig, ReadsAddresses) {
  using Act = AddressWords::Act;
  struct {
    const char* line;
    Act act;
    const char* address;
  } const cases[] = {
      {"em0 10.0.0.2/24 up", Act::replace, "10.0.0.2/24"},
      {"em0 inet 10.0.0.2 netmask 255.255.255.0", Act::replace, "10.0.0.2/24"},
      {"em0 inet 10.0.0.2 netmask 0xffffff00", Act::replace, "10.0.0.2/24"},
      {"em0 inet 10.0.0.2 netmask 255.255.255.255 alias", Act::add, "10.0.0.2/32"},
      {"em0 inet alias 10.0.0.2/32", Act::add, "10.0.0.2/32"},
      {"em0 inet 10.0.0.2/24 broadcast 10.0.0.127 add", Act::add, "10.0.0.2/24"},
      {"em0 inet6 2001:db8::2 prefixlen 48", Act::replace, "2001:db8::2/48"},
      {"em0 inet6 2001:db8::2", Act::replace, "2001:db8::2/64"},
      {"em0 inet 10.0.0.2 -alias", Act::remove, "10.0.0.2/8"},
      {"em0 inet 172.16.0.2 delete", Act::remove, "172.16.0.2/16"},
      {"em0 inet 192.168.0.2 remove", Act::remove, "192.168.0.2/24"},
      {"em0 inet -alias", Act::remove, "none"},
  };
  for (const auto& c : cases) {
    const auto got = parse(c.line);
    ASSERT_TRUE(got) << c.line << ": " << got.error().text;
    ASSERT_TRUE(got->address) << c.line;
    EXPECT_EQ(got->address->act, c.act) << c.line;
    EXPECT_EQ(text(got->address->address), c.address) << c.line;
  }
}

TEST(Ifconfig, IsOneDescriptionOfTheInterface) {
  const auto got =
      parse("-j web epair create name ep0 mtu 1400 ether 2:1:2:3:4:ff down up descr x");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->jail, "web");
  EXPECT_TRUE(got->create);
  EXPECT_EQ(got->change.name, "ep0");
  EXPECT_EQ(got->change.mtu, 1400U);
  EXPECT_EQ(mac_text(got->change.mac.value()), "02:01:02:03:04:ff");
  EXPECT_EQ(got->change.flag_mask, unsigned{IFF_UP});
  EXPECT_EQ(got->change.flags, unsigned{IFF_UP});
  EXPECT_EQ(got->change.description, "x");
}

TEST(Ifconfig, KnowsWhatAVxlanIs) {
  const auto got = parse(
      "vxlan0 create vxlanid 42 vxlanlocal 2001:db8::1 vxlanremote 2001:db8::2 vxlanlocalport 8472 "
      "vxlandev em0 inet 10.0.0.1/24 up");
  ASSERT_TRUE(got && got->vxlan);
  EXPECT_EQ(got->vxlan->id, 42U);
  EXPECT_EQ(address_text(got->vxlan->local.value()), "2001:db8::1");
  EXPECT_EQ(address_text(got->vxlan->remote.value()), "2001:db8::2");
  EXPECT_EQ(got->vxlan->port, 8472);
  EXPECT_EQ(got->parent, "em0");
}

TEST(Ifconfig, RefusesAndSaysWhy) {
  struct {
    const char* line;
    const char* reason;
  } const cases[] = {
      {"em0 upp", "upp: bad value, did you mean \"up\"?"},
      {"em0 deletemm em1", "deletemm: bad value, did you mean \"deletem\"?"},
      {"em0 10.0.0.300/24", "10.0.0.300/24: bad value"},
      {"em0 10.0.0.1/33", "33: bad value"},
      {"em0 10.0.0.1 netmask 255.0.255.0", "255.0.255.0: bad value"},
      {"em0 inet6 10.0.0.1", "10.0.0.1: bad value"},
      {"em0 netmask 255.0.0.0", "255.0.0.0: bad value"},
      {"em0 inet alias", "an address is missing"},
      {"em0 10.0.0.1 10.0.0.2",
       "10.0.0.2: not supported on this system: an address has a netmask here, no other end"},
      {"em0 mtu big", "big: bad value"},
      {"em0 ether 1:2:3", "1:2:3: bad value"},
      {"em0 ether random", "random: bad value"},
      {"em0 vlan 4095", "4095: bad value"},
      {"vxlan0 vxlanid 16777216", "16777216: bad value"},
      {"vxlan0 vxlanlocal 192.0.2", "192.0.2: bad value"},
      {"vxlan0 vxlanremoteport 0", "0: bad value"},
      {"em0 mtu", "'mtu' requires argument"},
      {"em0 name 0123456789abcdef", "name: 0123456789abcdef: File name too long"},
      {"em0 vhid 1", "vhid: not supported on this system: there is no CARP in the kernel"},
      {"em0 -txcsum", "-txcsum: not supported on this system: offloads are changed with ethtool"},
      {"-x", "illegal option -- x"},
      {"-j", "option requires an argument -- j"},
  };
  for (const auto& c : cases) {
    const auto got = parse(c.line);
    ASSERT_FALSE(got) << c.line;
    EXPECT_EQ(got.error().text, c.reason) << c.line;
  }
}

TEST(ShowLink, IsFreeBsdsLayout) {
  const sys::Link links[] = {
      {.index = 7,
       .name = "bridge0",
       .kind = "bridge",
       .description = "public",
       .flags = IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST | 0x10000,
       .mtu = 1500,
       .mac = sys::Mac{2, 0, 0, 0, 0, 10}},
      {.index = 8,
       .name = "epair0a",
       .kind = "veth",
       .description = {},
       .flags = IFF_BROADCAST,
       .mtu = 1400,
       .bridge = 7,
       .mac = {}},
      {.index = 9,
       .name = "em0.5",
       .kind = "vlan",
       .description = {},
       .flags = IFF_BROADCAST,
       .mtu = 1500,
       .lower = 8,
       .vlan = 5,
       .mac = {}},
      {.index = 10,
       .name = "vxlan0",
       .kind = "vxlan",
       .description = {},
       .mtu = 1450,
       .vxlan = sys::Vxlan{.id = 42,
                           .local = parse_address("192.0.2.1", AF_INET),
                           .remote = parse_address("239.1.1.1", AF_INET)},
       .mac = {}},
  };
  sys::LinkAddress four{.link = 7,
                        .address = *parse_address("10.0.0.1", AF_INET),
                        .broadcast = parse_address("10.255.255.255", AF_INET)};
  four.address.prefix = 8;
  sys::LinkAddress six{.link = 7, .address = *parse_address("fe80::1", AF_INET6), .broadcast = {}};
  six.address.prefix = 64;
  const sys::LinkAddress addresses[] = {four, six};
  EXPECT_EQ(show_link(links[0], links, addresses, 0),
            "bridge0: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu "
            "1500\n"
            "\tdescription: public\n"
            "\tether 02:00:00:00:00:0a\n"
            "\tinet 10.0.0.1 netmask 0xff000000 broadcast 10.255.255.255\n"
            "\tinet6 fe80::1%bridge0 prefixlen 64 scopeid 0x7\n"
            "\tmember: epair0a\n"
            "\tgroups: bridge\n"
            "\tstatus: active\n");
  EXPECT_EQ(show_link(links[0], links, addresses, AF_INET6),
            "bridge0: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu "
            "1500\n"
            "\tinet6 fe80::1%bridge0 prefixlen 64 scopeid 0x7\n");
  EXPECT_EQ(show_link(links[2], links, addresses, 0),
            "em0.5: flags=802<BROADCAST,SIMPLEX> metric 0 mtu 1500\n"
            "\tvlan: 5 parent interface: epair0a\n"
            "\tgroups: vlan\n"
            "\tstatus: no carrier\n");
  EXPECT_EQ(show_link(links[3], links, addresses, 0),
            "vxlan0: flags=0<> metric 0 mtu 1450\n"
            "\tvxlan vni 42 local 192.0.2.1:4789 group 239.1.1.1:4789\n"
            "\tgroups: vxlan\n"
            "\tstatus: no carrier\n");
}

TEST(Epair, HasTheSameAddressesOnTheSameHost) {
  const auto link = new_link("one-host", "epair0");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->name, "epair0a");
  EXPECT_EQ(link->peer, "epair0b");
  EXPECT_EQ(link->mac, new_link("one-host", "epair0")->mac);
  EXPECT_NE(link->mac, new_link("other-host", "epair0")->mac);
  EXPECT_NE(link->mac, new_link("one-host", "epair1")->mac);
  // Locally administered, for one station; the ends as FreeBSD ends them.
  EXPECT_EQ((*link->mac)[0], 0x02);
  EXPECT_EQ((*link->mac)[5], 0x0a);
  EXPECT_EQ((*link->peer_mac)[5], 0x0b);
  EXPECT_TRUE(std::equal(link->mac->begin(), link->mac->end() - 1, link->peer_mac->begin()));
}

TEST(NewLink, KnowsFreeBsdsKinds) {
  struct {
    const char* name;
    const char* kind;
  } const cases[] = {{"bridge3", "bridge"},   {"epair", "veth"}, {"lo1", "dummy"},
                     {"macvlan0", "macvlan"}, {"tap0", "tap"},   {"tun0", "tun"},
                     {"vxlan1", "vxlan"},     {"vlan7", "vlan"}, {"em0.7", "vlan"}};
  for (const auto& c : cases) {
    const auto link = new_link("host", c.name);
    ASSERT_TRUE(link) << c.name;
    EXPECT_EQ(link->kind, c.kind) << c.name;
  }
  for (const char* name : {"gif0", "epair0b", "epairs", ".7", "7", ""})
    EXPECT_FALSE(new_link("host", name)) << name;
}

TEST(Network, IsCutAtThePrefix) {
  auto address = *parse_address("10.1.2.203", AF_INET);
  for (const auto& [prefix, network, broadcast] :
       {std::tuple{0, "0.0.0.0", "255.255.255.255"}, std::tuple{20, "10.1.0.0", "10.1.15.255"},
        std::tuple{26, "10.1.2.192", "10.1.2.255"}, std::tuple{32, "10.1.2.203", "none"}}) {
    address.prefix = prefix;
    EXPECT_EQ(address_text(network_of(address)), network);
    const auto last = sys::broadcast_of(address);
    EXPECT_EQ(last ? address_text(*last) : "none", broadcast);
  }
}

}  // namespace
}  // namespace gaol::net
