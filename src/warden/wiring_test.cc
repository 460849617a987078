// SPDX-License-Identifier: BSD-2-Clause
#include "warden/wiring.h"

#include <gmock/gmock.h>

#include "net/epair.h"
#include "sys/rtnl.h"

namespace gaol::warden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

jail::Settings settings_of(const std::vector<std::string>& words) {
  jail::Settings settings;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    const auto spelling = jail::spelling(word.substr(0, equals));
    jail::Setting setting{.id = spelling->id, .negated = spelling->negated};
    if (equals != word.npos) setting.values.push_back(word.substr(equals + 1));
    settings.set(std::move(setting));
  }
  return settings;
}

std::vector<std::string> texts(const std::vector<sys::Address>& addresses) {
  std::vector<std::string> out;
  for (const auto& address : addresses) out.push_back(sys::address_text(address));
  return out;
}

TEST(Wiring, EveryBridgeIsAnInterface) {
  const auto wires = wires_of(settings_of(
      {"vnet.bridge=bridge0, bridge1", "vnet.ip4=10.0.0.2/24,eth1|192.0.2.2/255.255.255.0",
       "vnet.ip6=eth1|2001:db8::2/64", "vnet.router=192.0.2.1,fe80::1", "vnet.mtu=1400",
       "vnet.noisolated"}));
  ASSERT_TRUE(wires) << wires.error().line();
  ASSERT_EQ(wires->size(), 2U);
  const auto& [first, second] = std::tie(wires->at(0), wires->at(1));
  EXPECT_EQ(first.bridge + " " + first.inner, "bridge0 eth0");
  EXPECT_EQ(second.bridge + " " + second.inner, "bridge1 eth1");
  EXPECT_THAT(texts(first.addresses), ElementsAre("10.0.0.2/24"));
  EXPECT_THAT(texts(second.addresses), ElementsAre("192.0.2.2/24", "2001:db8::2/64"));
  EXPECT_THAT(texts(first.routers), ElementsAre("fe80::1/128"));
  EXPECT_THAT(texts(second.routers), ElementsAre("192.0.2.1/32"));
  EXPECT_EQ(first.mtu, 1400U);
  EXPECT_TRUE(first.guarded && !first.isolated);
}

TEST(Wiring, RatesAreBitsPerSecond) {
  const auto wires =
      wires_of(settings_of({"vnet.bridge=bridge0", "vnet.rate_in=100m", "vnet.rate_out=9600"}));
  ASSERT_TRUE(wires) << wires.error().line();
  EXPECT_EQ(wires->at(0).rate_in, 100'000'000U);
  EXPECT_EQ(wires->at(0).rate_out, 9600U);
  EXPECT_FALSE(wires_of(settings_of({"vnet.bridge=bridge0"}))->at(0).rate_in);
  for (const char* bad : {"fast", "100", "100M", "7k", "401g", "k", "-1m", "1.5m"})
    EXPECT_EQ(
        wires_of(settings_of({"vnet.bridge=bridge0", concat("vnet.rate_in=", bad)})).error().text,
        concat("vnet.rate_in: \"", bad, "\": expected bits per second, 8k to 400g"));
}

TEST(Wiring, NoneIsAskedFor) {
  const auto wires = wires_of(settings_of({"vnet"}));
  EXPECT_THAT(*wires, IsEmpty());
}

TEST(Wiring, RefusesAndSaysWhy) {
  struct {
    std::vector<std::string> words;
    std::string text;
  } const cases[] = {
      {{"vnet.ip4=10.0.0.2/24"},
       "vnet.ip4: the jail is wired to no bridge (vnet.bridge = \"bridge0\" does that)"},
      {{"vnet.bridge=bridge0", "vnet.ip4=10.0.0.2"},
       "vnet.ip4: 10.0.0.2: the netmask is missing (ADDRESS/LENGTH)"},
      {{"vnet.bridge=bridge0", "vnet.ip4=2001:db8::2/64"},
       "vnet.ip4: not an IPv4 address: 2001:db8::2"},
      {{"vnet.bridge=bridge0", "vnet.ip6=eth1|2001:db8::2/64"},
       "vnet.ip6: eth1|2001:db8::2/64: the jail has no eth1 (vnet.bridge)"},
      {{"vnet.bridge=bridge0", "vnet.router=10.0.0.1"},
       "vnet.router: 10.0.0.1: in no network of the jail's (vnet.ip4, vnet.ip6)"},
      {{"vnet.bridge=bridge0", "vnet.ip4=10.0.0.2/24", "vnet.router=router"},
       "vnet.router: not an address: router"},
      {{"vnet.bridge=bridge0", "vnet.ip4=10.0.0.2/24", "vnet.router=10.0.0.1,10.0.0.3"},
       "vnet.router: 10.0.0.3: the jail has a default router already, 10.0.0.1"},
  };
  for (const auto& c : cases) {
    const auto refused = wires_of(settings_of(c.words));
    ASSERT_FALSE(refused) << c.text;
    EXPECT_EQ(refused.error().line(), c.text);
  }
}

TEST(Wiring, MacAddressesAreOfTheJailAndTheHost) {
  const auto settled = [](const std::string& name, int jid, const std::string& host) {
    sys::Wire wire{.inner = "eth0"};
    settle_wire(wire, 0, jid, name, host);
    return wire;
  };
  const auto wire = settled("web", 7, "one");
  EXPECT_EQ(wire.outer, "e0a_7");
  EXPECT_EQ(wire.note, "eth0 of jail web");
  EXPECT_NE(wire.outer_mac, wire.inner_mac);
  EXPECT_EQ(settled("web", 9, "one").inner_mac, wire.inner_mac);
  EXPECT_NE(settled("db", 7, "one").inner_mac, wire.inner_mac);
  EXPECT_NE(settled("web", 7, "two").inner_mac, wire.inner_mac);
}

}  // namespace
}  // namespace gaol::warden
