// SPDX-License-Identifier: BSD-2-Clause

// Jails on wires of vnet.bridge: what they reach, what they cannot pretend, and that no wire is
// lost or left.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <linux/pkt_cls.h>
#include <sys/syscall.h>

#include <chrono>

#include "sys/guard.h"
#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// --- the guard's verdicts, frame by frame ---

using Bytes = std::vector<uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes ip(const char* text) {
  Bytes out(std::string_view(text).contains(':') ? 16 : 4);
  EXPECT_EQ(::inet_pton(out.size() == 4 ? AF_INET : AF_INET6, text, out.data()), 1) << text;
  return out;
}

sys::Address address(const char* text) {
  const Bytes bytes = ip(text);
  sys::Address out{.family = bytes.size() == 4 ? AF_INET : AF_INET6};
  std::ranges::copy(bytes, out.bytes);
  return out;
}

const Bytes kEverybody = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
const Bytes kOwn = {0x02, 0, 0, 0, 0, 0x0b}, kOther = {0x02, 0, 0, 0, 0, 0x0c};

Bytes frame(const Bytes& from, uint16_t type, const Bytes& rest) {
  return kEverybody + from + Bytes{static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type)} +
         rest;
}
Bytes arp(const Bytes& mac, const char* from) {
  return frame(kOwn, 0x0806, Bytes{0, 1, 8, 0, 6, 4, 0, 1} + mac + ip(from) + Bytes(10));
}
Bytes ip4(const Bytes& mac, const char* from) {
  return frame(mac, 0x0800, Bytes(12) + ip(from) + Bytes(20));
}
Bytes ip6(uint8_t next, const char* from, const Bytes& rest = Bytes(32)) {
  return frame(kOwn, 0x86dd, Bytes{0x60, 0, 0, 0, 0, 0, next, 255} + ip(from) + Bytes(16) + rest);
}
Bytes icmp(uint8_t type, const char* target = "::") {
  return Bytes{type, 0, 0, 0, 0, 0, 0, 0} + ip(target);
}
// The header that multicast listeners' reports have in front.
Bytes hop_by_hop(const Bytes& rest) { return Bytes{58, 0, 5, 2, 0, 0, 1, 0} + rest; }

bool passes(const sys::Guard& guard, Bytes data) {
  const auto program = sys::load_guard(guard);
  EXPECT_TRUE(program) << program.error().line();
  bpf_attr attr{};
  attr.test.prog_fd = static_cast<uint32_t>(program->get());
  attr.test.data_in = reinterpret_cast<uintptr_t>(data.data());
  attr.test.data_size_in = static_cast<uint32_t>(data.size());
  EXPECT_EQ(::syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof attr), 0) << strerror(errno);
  EXPECT_TRUE(attr.test.retval == TC_ACT_OK || attr.test.retval == TC_ACT_SHOT);
  return attr.test.retval == TC_ACT_OK;
}

TEST(Guard, ROOT_BPF_HoldsAJailToItsAddresses) {
  const sys::Guard guard{{0x02, 0, 0, 0, 0, 0x0b},
                         {address("10.0.0.2"), address("10.0.0.3"), address("2001:db8::2")}};
  struct {
    const char* what;
    Bytes frame;
    bool passes;
  } const cases[] = {
      {"own address", ip4(kOwn, "10.0.0.2"), true},
      {"own second address", ip4(kOwn, "10.0.0.3"), true},
      {"a neighbour's address", ip4(kOwn, "10.0.0.4"), false},
      {"no address", ip4(kOwn, "0.0.0.0"), false},
      {"another MAC address", ip4(kOther, "10.0.0.2"), false},
      {"ARP from own address", arp(kOwn, "10.0.0.2"), true},
      {"ARP probe", arp(kOwn, "0.0.0.0"), true},
      {"ARP for a neighbour", arp(kOwn, "10.0.0.4"), false},
      {"ARP with another MAC address inside", arp(kOther, "10.0.0.2"), false},
      {"IPv6", ip6(6, "2001:db8::2"), true},
      {"IPv6 of a neighbour", ip6(6, "2001:db8::3"), false},
      {"own link-local address", ip6(17, "fe80::ff:fe00:b"), true},
      {"another link-local address", ip6(17, "fe80::ff:fe00:c"), false},
      {"duplicate address detection", ip6(58, "::", icmp(135, "2001:db8::2")), true},
      {"neighbour solicitation", ip6(58, "2001:db8::2", icmp(135, "2001:db8::1")), true},
      {"own advertisement", ip6(58, "2001:db8::2", icmp(136, "2001:db8::2")), true},
      {"a neighbour's advertisement", ip6(58, "2001:db8::2", icmp(136, "2001:db8::1")), false},
      {"the same behind an option", ip6(0, "2001:db8::2", hop_by_hop(icmp(136, "2001:db8::1"))),
       false},
      {"listener report", ip6(0, "fe80::ff:fe00:b", hop_by_hop(icmp(143))), true},
      {"router advertisement", ip6(58, "fe80::ff:fe00:b", icmp(134)), false},
      {"redirect", ip6(58, "fe80::ff:fe00:b", icmp(137)), false},
      {"destination options", ip6(60, "2001:db8::2"), false},
      {"routing header", ip6(43, "2001:db8::2"), false},
      {"fragment", ip6(44, "2001:db8::2"), true},
      {"spanning tree", frame(kOwn, 38, Bytes(38)), false},
      {"a VLAN within", frame(kOwn, 0x8100, Bytes(46)), false},
  };
  for (const auto& c : cases) EXPECT_EQ(passes(guard, c.frame), c.passes) << c.what;
}

TEST(Guard, ROOT_BPF_WithoutAddressesHoldsTheMacAddress) {
  const sys::Guard guard{{0x02, 0, 0, 0, 0, 0x0b}, {}};
  EXPECT_TRUE(passes(guard, ip4(kOwn, "10.0.0.4")));
  EXPECT_TRUE(passes(guard, ip6(6, "2001:db8::3")));
  EXPECT_TRUE(passes(guard, ip6(58, "2001:db8::3", icmp(136, "2001:db8::3"))));
  EXPECT_TRUE(passes(guard, arp(kOwn, "10.0.0.4")));
  EXPECT_FALSE(passes(guard, ip4(kOther, "10.0.0.4")));
  EXPECT_FALSE(passes(guard, ip6(58, "fe80::1", icmp(134))));
}

// --- jails on a bridge ---

class WireTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    ASSERT_EQ(run("ip link add bridge0 type bridge && ip addr add 10.1.0.1/24 dev bridge0 &&"
                  " ip addr add 2001:db8::1/64 dev bridge0 nodad && ip link set bridge0 up")
                  .err,
              "");
  }
  void TearDown() override {
    run("ip link del bridge0");
    KernelTest::TearDown();
  }

  static std::string create(const std::string& parameters) {
    return seen("jail -c path=" + tiny_tree() +
                " persist vnet vnet.bridge=bridge0 allow.raw_sockets " + parameters);
  }
  static bool answers(const std::string& jail, const std::string& what) {
    return run("jexec " + jail + " ping -c 1 -W 1 " + what).status == 0;
  }
  // In the end: a neighbour that was asked for in vain is asked again after a while only.
  static bool reaches(const std::string& jail, const std::string& what) {
    for (int tries = 0; tries < 10; ++tries)
      if (answers(jail, what)) return true;
    return false;
  }
  // What is a member of the bridge.
  static std::string members() {
    return run("ip -o link show master bridge0 | awk '{print $2}'").out;
  }
};

TEST_F(WireTest, ROOT_NET_BPF_AJailIsOnTheBridgeWithItsAddresses) {
  EXPECT_EQ(create("name=web vnet.ip4=10.1.0.2/24 vnet.ip6=2001:db8::2/64 "
                   "vnet.router=10.1.0.1,2001:db8::1 vnet.mtu=1400"),
            "");
  EXPECT_TRUE(reaches("web", "10.1.0.1"));
  EXPECT_TRUE(reaches("web", "2001:db8::1"));
  EXPECT_EQ(seen("jexec web ip route"),
            "default via 10.1.0.1 dev eth0 \n10.1.0.0/24 dev eth0 scope link  src 10.1.0.2 \n");
  EXPECT_THAT(seen("jexec web ip -6 route"), HasSubstr("default via 2001:db8::1 dev eth0"));
  EXPECT_THAT(seen("jexec web ip link show eth0"), HasSubstr("mtu 1400"));
  EXPECT_THAT(seen("ip link show master bridge0"), HasSubstr("alias eth0 of jail web"));
  const auto mac = run("jexec web cat /sys/class/net/eth0/address").out;
  EXPECT_EQ(seen("jail -r web"), "");
  EXPECT_EQ(members(), "");
  EXPECT_EQ(create("name=web vnet.ip4=10.1.0.2/24"), "");
  EXPECT_EQ(run("jexec web cat /sys/class/net/eth0/address").out, mac);
  EXPECT_EQ(seen("jail -r web"), "");
}

TEST_F(WireTest, ROOT_NET_BPF_TenantsDoNotReachEachOtherUnlessTheyMay) {
  EXPECT_EQ(create("name=a vnet.ip4=10.1.0.2/24"), "");
  EXPECT_EQ(create("name=b vnet.ip4=10.1.0.3/24"), "");
  EXPECT_EQ(create("name=c vnet.ip4=10.1.0.4/24 vnet.noisolated"), "");
  EXPECT_FALSE(answers("a", "10.1.0.3"));
  EXPECT_TRUE(reaches("a", "10.1.0.4"));
  EXPECT_TRUE(reaches("c", "10.1.0.3"));
  EXPECT_EQ(seen("jail -qr a b c"), "");
}

TEST_F(WireTest, ROOT_NET_BPF_RootOfAJailIsNobodyElse) {
  const std::string pretend =
      "ip addr add 10.1.0.9/24 dev eth0; ip link set eth0 down; "
      "ip link set eth0 address 02:00:00:00:00:01; ip link set eth0 up";
  EXPECT_EQ(create("name=held vnet.ip4=10.1.0.2/24"), "");
  EXPECT_EQ(create("name=free vnet.ip4=10.1.0.3/24 vnet.noguard"), "");
  run("jexec held ip addr add 10.1.0.9/24 dev eth0; jexec free ip addr add 10.1.0.9/24 dev eth0");
  EXPECT_TRUE(reaches("free", "-I 10.1.0.9 10.1.0.1"));
  run("ip neigh flush dev bridge0");
  EXPECT_FALSE(answers("held", "-I 10.1.0.9 10.1.0.1"));
  EXPECT_TRUE(reaches("held", "10.1.0.1"));
  EXPECT_THAT(run("ip neigh").out, Not(HasSubstr("10.1.0.9 ")));
  for (const char* jail : {"held", "free"})
    EXPECT_EQ(seen(std::string("jexec ") + jail + " sh -c '" + pretend + "' 2>&1 | grep -v exists"),
              "[exit 1]\n");
  EXPECT_FALSE(answers("held", "10.1.0.1"));
  EXPECT_TRUE(reaches("free", "10.1.0.1"));
  EXPECT_EQ(seen("jail -qr held free"), "");
}

TEST_F(WireTest, ROOT_NET_BPF_WhatCannotBeWiredLeavesNothing) {
  EXPECT_EQ(create("name=a vnet.ip4=10.1.0.2/24 vnet.bridge=bridge1"),
            "jail: vnet.bridge: bridge1: No such device (`ifconfig bridge0 create` makes "
            "one)\n[exit 1]\n");
  EXPECT_EQ(create("name=a vnet.bridge=lo"), "jail: vnet.bridge: lo: is no bridge\n[exit 1]\n");
  EXPECT_EQ(seen("jail -c path=/ persist vnet.bridge=bridge0"),
            "jail: vnet.bridge: the jail has no network stack of its own (is `vnet;` "
            "missing?)\n[exit 1]\n");
  EXPECT_EQ(members() + run("jls name").out, "");
}

// Both ways, also when its root takes its own part of it away.
TEST_F(WireTest, ROOT_NET_BPF_AWireIsAsFastAsItMayBe) {
  GAOL_NEEDS(run("tc qdisc add dev lo root tbf rate 1mbit burst 10k limit 10k;"
                 " tc qdisc del dev lo root")
                     .status == 0,
             "needs sch_tbf");
  constexpr int kBytes = 2'000'000;
  run("head -c " + std::to_string(kBytes) + " /dev/zero >" + tiny_tree() + "/big");
  EXPECT_EQ(create("name=slow vnet.ip4=10.1.0.2/24 vnet.rate_in=8m vnet.rate_out=16m"), "");
  EXPECT_EQ(create("name=fast vnet.ip4=10.1.0.3/24 vnet.noisolated"), "");
  run("jexec slow httpd -p 80 -h /; jexec fast httpd -p 80 -h /");
  struct {
    const char* reader;
    const char* from;
    double least, most;  // seconds
    const char* before;
  } const cases[] = {
      {"slow", "10.1.0.3", 1.7, 4, "true"},
      {"fast", "10.1.0.2", 0.8, 3, "true"},
      {"fast", "10.1.0.2", 0.8, 10, "tc qdisc del dev eth0 root"},  // and the host holds it alone
  };
  for (const auto& c : cases) {
    EXPECT_EQ(seen("nsenter -n -t " + init_of("slow") + " " + c.before), "");
    const auto begin = std::chrono::steady_clock::now();
    const auto got = run(std::string("jexec ") + c.reader +
                         " sh -c 'printf \"GET /big HTTP/1.0\\r\\n\\r\\n\" | nc " + c.from +
                         " 80 | tail -c " + std::to_string(kBytes) + " | wc -c'");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(got.out, std::to_string(kBytes) + "\n") << got.err;
    EXPECT_GT(took.count(), c.least) << c.reader;
    EXPECT_LT(took.count(), c.most) << c.reader;
  }
  run("rm " + tiny_tree() + "/big");
  EXPECT_EQ(seen("jail -qr slow fast"), "");
}

// By the client of the jail's own userland, and by its kernel from what a router says of itself.
TEST_F(WireTest, ROOT_NET_BPF_AddressesComeByDhcpAndSlaac) {
  constexpr const char* kServer = "/usr/sbin/dnsmasq";
  GAOL_NEEDS(::access(kServer, X_OK) == 0, "needs dnsmasq");
  ASSERT_EQ(seen(std::string(kServer) +
                 " --conf-file=/dev/null --port=0 --interface=bridge0 --bind-dynamic --enable-ra"
                 " --dhcp-range=10.1.0.50,10.1.0.60,1h --dhcp-range=2001:db8::,ra-only"
                 " --dhcp-leasefile=/run/leases --pid-file=/run/dnsmasq.pid"
                 " --log-facility=/run/dnsmasq.log"),
            "");
  write_file(tiny_tree() + "/tmp/lease",
             "#!/bin/sh\n[ $1 != bound ] || ip addr add $ip/$mask dev $interface\n");
  run("chmod +x " + tiny_tree() + "/tmp/lease");
  EXPECT_THAT(create("name=leased exec.start='udhcpc -n -q -i eth0 -s /tmp/lease'"),
              HasSubstr("obtained from 10.1.0.1"));
  EXPECT_THAT(run("jexec leased ip addr show dev eth0").out,
              testing::ContainsRegex("inet 10\\.1\\.0\\.(5[0-9]|60)/24"));
  EXPECT_EQ(settled("jexec leased ip addr show dev eth0 | grep -c 'inet6 2001:db8::'", "1\n"),
            "1\n");
  EXPECT_TRUE(reaches("leased", "2001:db8::1"));
  EXPECT_EQ(seen("jail -qr leased"), "");
  run("kill $(cat /run/dnsmasq.pid); rm -f /run/leases /run/dnsmasq.* " + tiny_tree() +
      "/tmp/lease");
}

// The other host is a jail with a cable to this one.
TEST_F(WireTest, ROOT_NET_BPF_ABridgeReachesToAnotherHost) {
  EXPECT_EQ(seen("ifconfig epair9 create; ifconfig epair9a inet 192.0.2.1/24 up"), "epair9a\n");
  EXPECT_EQ(seen("jail -c name=far path=" + tiny_tree() + " persist vnet vnet.interface=epair9b"),
            "");
  const std::string far = "ifconfig -j far ";
  EXPECT_EQ(seen(far + "epair9b inet 192.0.2.2/24 up; " + far +
                 "vxlan0 create vxlanid 42 vxlanlocal 192.0.2.2 vxlanremote 192.0.2.1 "
                 "inet 10.1.0.9/24 up"),
            "");
  EXPECT_EQ(seen("ifconfig vxlan0 create vxlanid 42 vxlanlocal 192.0.2.1 vxlanremote 192.0.2.2 up;"
                 " ifconfig bridge0 addm vxlan0"),
            "");
  EXPECT_EQ(create("name=near vnet.ip4=10.1.0.2/24 vnet.mtu=1450"), "");
  EXPECT_TRUE(reaches("near", "10.1.0.9"));
  EXPECT_TRUE(reaches("near", "-s 1400 10.1.0.9"));
  EXPECT_THAT(seen("ifconfig vxlan0"), HasSubstr("mtu 1450\n\tether 02:"));
  EXPECT_EQ(seen("jail -qr near far; ifconfig vxlan0 destroy; ifconfig epair9a destroy"), "");
}

TEST_F(WireTest, ROOT_NET_BPF_JailsShareAnInterfaceByMacvlan) {
  std::string made;
  for (const char* last : {"2", "3"}) {
    made += seen(std::string("ifconfig macvlan") + last + " create macvlandev bridge0");
    made += seen(std::string("jail -c name=m") + last + " path=" + tiny_tree() +
                 " persist vnet vnet.interface=macvlan" + last + " allow.raw_sockets");
    made += seen(std::string("ifconfig -j m") + last + " macvlan" + last + " inet 10.1.0." + last +
                 "/24 up");
  }
  EXPECT_EQ(made, "");
  EXPECT_TRUE(reaches("m2", "10.1.0.3"));
  run("kill -9 " + init_of("m2"));
  EXPECT_EQ(seen("jail -r m3"), "");
  EXPECT_EQ(settled("jls name", ""), "");
  EXPECT_EQ(seen("ifconfig macvlan2 destroy; ifconfig macvlan3 destroy"), "");
}

TEST_F(WireTest, ROOT_NET_BPF_ATapStaysUntilItIsDestroyed) {
  GAOL_NEEDS(::access("/dev/net/tun", F_OK) == 0, "needs /dev/net/tun");
  EXPECT_EQ(seen("ifconfig tap7 create up; ifconfig bridge0 addm tap7; ifconfig tun create"),
            "tun0\n");
  EXPECT_EQ(seen("ifconfig tap7 create"),
            "ifconfig: SIOCIFCREATE2 (tap7): File exists\n[exit 1]\n");
  EXPECT_THAT(seen("ifconfig tap7"), HasSubstr("\tgroups: tap\n"));
  EXPECT_THAT(seen("ifconfig bridge0"), HasSubstr("\tmember: tap7\n"));
  EXPECT_EQ(seen("ifconfig tap7 destroy; ifconfig tun0 destroy"), "");
}

// However a jail ends, the wire goes with it, and the next one of that number has its own.
TEST_F(WireTest, ROOT_NET_BPF_NoWireIsLostOrLeft) {
  const int rounds = ::getenv("GAOL_LONG") ? 500 : 40;
  for (int round = 0; round < rounds; ++round) {
    ASSERT_EQ(create("jid=7 name=web vnet.ip4=10.1.0.2/24"), "") << round;
    ASSERT_THAT(members(), HasSubstr("e0a_7@")) << round;
    if (round % 2)
      run("kill -9 " + init_of("web"));
    else
      ASSERT_EQ(seen("jail -r web"), "") << round;
    ASSERT_EQ(settled("jls name", ""), "") << round;
  }
  EXPECT_EQ(settled("ip -o link show master bridge0", ""), "");
}

}  // namespace
}  // namespace gaol::test
