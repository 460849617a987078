// SPDX-License-Identifier: BSD-2-Clause

// Addresses and interfaces of jails, as the host sees them come and go. What a jail can do with
// its addresses is tested in stack_kernel_test.cc.

#include <gmock/gmock.h>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// Interfaces for a test: a patch cable that lies on the host with both its ends.
class NetworkTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    ASSERT_EQ(run("ip link add ep0a type veth peer name ep0b && ip link set ep0a up").err, "");
  }
  void TearDown() override {
    run("ip link del ep0a");
    KernelTest::TearDown();
  }

  static std::string create(const std::string& parameters) {
    return seen("jail -c path=" + tiny_tree() + " persist " + parameters);
  }
  // The addresses of ep0a, one a line; the kernel's own link-local ones left out.
  static std::string addresses() {
    return run("ip -o addr show dev ep0a | awk '!/inet6 fe80/ {print $4}'").out;
  }
  static bool on_host(const std::string& interface) {
    return run("ip link show " + interface).status == 0;
  }
};

TEST_F(NetworkTest, ROOT_NET_AliasesComeAndGo) {
  EXPECT_EQ(create("name=a interface=ep0a ip4.addr=10.1.0.1,10.1.0.2/24 "
                   "ip6.addr='ep0a|2001:db8::1/64'"),
            "");
  EXPECT_EQ(addresses(), "10.1.0.1/32\n10.1.0.2/24\n2001:db8::1/64\n");
  EXPECT_EQ(run("jls -j a ip4.addr ip6.addr").out, "10.1.0.1,10.1.0.2 2001:db8::1\n");
  EXPECT_EQ(seen("jail -r a"), "");
  EXPECT_EQ(addresses(), "");
}

// The name server is this host's own address, where nobody answers.
TEST_F(NetworkTest, ROOT_NET_AHostNameBringsItsAddresses) {
  write_file("/run/hosts", "10.1.0.7 www.test\n10.1.0.8 www.test\n2001:db8::7 www.test\n");
  write_file("/run/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  ASSERT_EQ(run("for file in hosts resolv.conf; do mount --bind /run/$file /etc/$file; done").err,
            "");
  const std::string named = "host.hostname=www.test interface=ep0a ";
  EXPECT_EQ(create("name=a ip4.addr=10.1.0.1 ip_hostname " + named), "");
  EXPECT_EQ(run("jls -j a ip4.addr ip6.addr").out, "10.1.0.1,10.1.0.7,10.1.0.8 2001:db8::7\n");
  EXPECT_EQ(addresses(), "10.1.0.1/32\n10.1.0.7/32\n10.1.0.8/32\n2001:db8::7/128\n");
  EXPECT_EQ(seen("jail -r a"), "");
  EXPECT_EQ(seen("jail -ch -n b -i path=" + tiny_tree() + " persist " + named + ">/dev/null"), "");
  EXPECT_EQ(run("jls -j b ip4.addr").out, "10.1.0.7,10.1.0.8\n");
  EXPECT_EQ(seen("jail -r b"), "");
  EXPECT_EQ(create("name=c noip_hostname " + named + "; jls -j c ip4.addr; jail -r c"), "-\n");
  EXPECT_EQ(create("name=d ip_hostname; jls -j d ip4.addr; jail -r d"), "-\n");
  EXPECT_THAT(create("name=e ip_hostname host.hostname=db.test"),
              testing::MatchesRegex("jail: host.hostname db.test: (Try again|Temporary failure in "
                                    "name resolution)\n.exit 1.\n"));
  EXPECT_EQ(addresses(), "");
  run("for file in hosts resolv.conf; do umount /etc/$file; rm /run/$file; done");
}

// Two tables that lead nowhere, each in its own way, tell which of them was looked in.
TEST_F(NetworkTest, ROOT_NET_BPF_ARoutingTableIsTheJails) {
  ASSERT_EQ(run("ip addr add 10.1.0.1/24 dev ep0a; ip -6 addr add 2001:db8::1/64 dev ep0a nodad\n"
                "ip route add prohibit 10.9.0.0/24; ip route add prohibit 10.8.0.0/24\n"
                "ip route add unreachable 10.9.0.0/24 table 7")
                .err,
            "");
  const auto to = [](const std::string& jail, const std::string& address) {
    return run("jexec " + jail + " nc -w 1 " + address + " 9").err;
  };
  const std::string unreachable = "nc: can't connect to remote host (10.9.0.1): No route to host\n";
  const std::string prohibited = "nc: can't connect to remote host (10.9.0.1): Permission denied\n";
  EXPECT_EQ(create("name=main ip4.addr=10.1.0.1"), "");
  EXPECT_EQ(create("name=seven ip4=inherit ip6=inherit exec.fib=7 children.max=1"), "");
  EXPECT_EQ(to("main", "10.9.0.1"), prohibited);
  EXPECT_EQ(to("seven", "10.9.0.1"), unreachable);
  EXPECT_EQ(to("seven", "10.8.0.1"),
            "nc: can't connect to remote host (10.8.0.1): Network is unreachable\n");
  EXPECT_EQ(to("seven", "2001:db8::2"),
            "nc: can't connect to remote host: Network is unreachable\n");
  EXPECT_EQ(create("name=seven.a ip4=inherit"), "");
  EXPECT_EQ(to("seven.a", "10.9.0.1"), unreachable);
  EXPECT_EQ(seen("jail -R seven.a"), "");
  EXPECT_EQ(create("name=seven.b ip4=inherit exec.fib=0"), "");
  EXPECT_EQ(to("seven.b", "10.9.0.1"), prohibited);
  EXPECT_EQ(seen("jail -m name=seven allow.set_hostname"), "");
  EXPECT_EQ(to("seven", "10.9.0.1"), unreachable);
  EXPECT_EQ(seen("jail -qr seven main; ip rule | grep -c 0x6a"), "0\n[exit 1]\n");
  run("ip addr flush dev ep0a; ip route flush table 7; ip route del prohibit 10.9.0.0/24; "
      "ip route del prohibit 10.8.0.0/24");
}

TEST_F(NetworkTest, ROOT_NET_WhoDiesGivesItsRoutingTableBack) {
  run("ip route add unreachable 10.9.0.0/24 table 7");
  EXPECT_EQ(create("name=a exec.fib=7"), "");
  EXPECT_EQ(seen("ip rule | grep -c 0x6a"), "2\n");
  const std::string init = init_of("a");
  EXPECT_EQ(seen("kill -9 " + init + "; while kill -0 " + init +
                 " 2>/dev/null; do :; done; "
                 "jls name; ip rule | grep -c 0x6a"),
            "0\n[exit 1]\n");
  run("ip route flush table 7");
}

TEST_F(NetworkTest, ROOT_NET_RoutingTablesThatCannotBe) {
  EXPECT_EQ(create("name=a exec.fib=8"),
            "jail: exec.fib: routing table 8 has no routes (`ip route add default via GATEWAY "
            "table 8` makes one)\n[exit 1]\n");
  EXPECT_EQ(create("name=a exec.fib=254"),
            "jail: exec.fib: 254: 253 to 255 are the host's own tables (default, main, local)\n"
            "[exit 1]\n");
  EXPECT_EQ(create("name=a vnet exec.fib=7"),
            "jail: exec.fib: 7: not supported on this system: the tables of a vnet jail's stack "
            "are its own root's (ip-rule(8) in the jail chooses among them)\n[exit 1]\n");
}

TEST_F(NetworkTest, ROOT_NET_WhatStoodThereBeforeStays) {
  run("ip addr add 10.1.0.1/32 dev ep0a");
  EXPECT_EQ(create("name=a ip4.addr='ep0a|10.1.0.1'"), "");
  EXPECT_EQ(addresses(), "10.1.0.1/32\n");
  EXPECT_EQ(seen("jail -r a"), "");
  EXPECT_EQ(addresses(), "10.1.0.1/32\n");
}

TEST_F(NetworkTest, ROOT_NET_TheLastOfThoseWhoShareAnAliasTakesItAway) {
  EXPECT_EQ(create("name=a ip4.addr='ep0a|10.1.0.1'"), "");
  EXPECT_EQ(create("name=b ip4.addr='ep0a|10.1.0.1'"), "");
  EXPECT_EQ(create("name=c ip4.addr='ep0a|10.1.0.1'"), "");
  const std::string init = init_of("c");
  EXPECT_EQ(seen("jail -r a; kill -9 " + init + "; while kill -0 " + init +
                 " 2>/dev/null; do :; done; jls name"),
            "b\n");
  EXPECT_EQ(addresses(), "10.1.0.1/32\n");
  EXPECT_EQ(seen("jail -r b"), "");
  EXPECT_EQ(addresses(), "");
}

TEST_F(NetworkTest, ROOT_NET_AFailedStartTakesItsAliasesAlong) {
  EXPECT_EQ(create("name=a interface=ep0a ip4.addr=10.1.0.1 exec.prestart=/bin/false"),
            "jail: /bin/false: failed\n[exit 1]\n");
  EXPECT_EQ(addresses(), "");
  // The second cannot be added: the first goes too.
  EXPECT_THAT(create("name=a ip4.addr='ep0a|10.1.0.1','nope0|10.1.0.2'"),
              HasSubstr("interface: nope0: No such device\n[exit 1]"));
  EXPECT_EQ(addresses(), "");
}

TEST_F(NetworkTest, ROOT_NET_BPF_SharingIsForSingleAddresses) {
  EXPECT_EQ(create("name=many ip4.addr=10.1.0.1,10.1.0.2"), "");
  const std::string clash =
      "jail: ip4.addr: IPv4 addresses clash: 10.1.0.2 belongs to jail \"many\" (jails may share an "
      "address only if it is the single one of each)\n[exit 1]\n";
  EXPECT_EQ(create("name=one ip4.addr=10.1.0.2"), clash);
  EXPECT_EQ(create("name=one ip4.addr=10.1.0.3"), "");
  EXPECT_EQ(create("name=two ip4.addr=10.1.0.3 ip6.addr=::1"), "");
  // The same rules while a jail runs.
  EXPECT_EQ(seen("jail -m name=one ip4.addr=10.1.0.2"), clash);
  EXPECT_EQ(seen("jail -m name=one ip4.addr=10.1.0.4"), "");
  EXPECT_EQ(run("jls -j one ip4.addr").out, "10.1.0.4\n");
  EXPECT_EQ(
      create("name=three ip4.addr=10.1.0.4,10.1.0.5"),
      "jail: ip4.addr: IPv4 addresses clash: 10.1.0.4 belongs to jail \"one\" (jails may share "
      "an address only if it is the single one of each)\n[exit 1]\n");
  EXPECT_EQ(seen("jail -m name=many ip4.addr=10.1.0.1"), "");
  EXPECT_EQ(create("name=three ip4.addr=10.1.0.2,10.1.0.5"), "");
  EXPECT_EQ(run("jail -R '*' | wc -l").out, "4\n");
}

// --- a network stack of its own ---

TEST_F(NetworkTest, ROOT_NET_VnetHasItsOwnStack) {
  EXPECT_EQ(create("name=v vnet exec.start='ip link set lo up'"), "");
  EXPECT_EQ(seen("jexec v sh -c 'ip -o link | cut -d: -f2; ip addr add 10.9.9.9/32 dev lo; "
                 "ip -o -4 addr show dev lo | wc -l'"),
            " lo\n2\n");
  EXPECT_EQ(run("ip -o addr | grep -c 10.9.9.9").out, "0\n");
  EXPECT_EQ(seen("jail -r v"), "");
}

TEST_F(NetworkTest, ROOT_NET_InterfacesMoveInAndComeBack) {
  EXPECT_EQ(create("name=v vnet vnet.interface=ep0b exec.start='ip addr add 10.9.0.2/24 dev ep0b' "
                   "exec.start='ip link set ep0b up'"),
            "");
  EXPECT_FALSE(on_host("ep0b"));
  EXPECT_EQ(
      run("ip addr add 10.9.0.1/24 dev ep0a; busybox ping -qc 1 -W 2 10.9.0.2 >/dev/null").status,
      0);
  EXPECT_EQ(seen("jail -r v"), "");
  EXPECT_TRUE(on_host("ep0b"));
}

TEST_F(NetworkTest, ROOT_NET_InterfacesComeBackFromAFailedStart) {
  EXPECT_EQ(create("name=v vnet vnet.interface=ep0b exec.start=/bin/false"),
            "jail: /bin/false: failed\n[exit 1]\n");
  EXPECT_TRUE(on_host("ep0b"));
  EXPECT_EQ(create("name=v vnet vnet.interface=ep0b,nope0"),
            "jail: vnet.interface: nope0: move to netns: No such device (exec.prestart can make "
            "it; several need commas)\n[exit 1]\n");
  EXPECT_TRUE(on_host("ep0b"));
}

// A jail's root may rename what it was lent.
TEST_F(NetworkTest, ROOT_NET_ARenamedInterfaceIsNoHindrance) {
  EXPECT_EQ(create("name=v vnet vnet.interface=ep0b exec.start='ip link set ep0b name mine0'"), "");
  EXPECT_THAT(seen("jail -r v"), Not(HasSubstr("exit")));
}

// However a jail ends, what it was lent is there for the next one.
TEST_F(NetworkTest, ROOT_NET_InterfacesOutliveWhoeverIsKilled) {
  const std::string start = "jail -c name=v path=" + tiny_tree() + " vnet vnet.interface=ep0b ";
  const auto live_and = [&](const std::string& end) { return run(start + "persist" + end); };
  const int rounds = ::getenv("GAOL_LONG") ? 500 : 20;
  for (int round = 0; round < rounds; ++round) {
    switch (round % 4) {
      case 0: live_and(""), run("kill -9 " + init_of("v")); break;
      case 1: live_and(" & sleep 0.00" + std::to_string(round % 9) + "; kill -9 $!; wait"); break;
      case 2: live_and("; jail -qr v"); break;
      default: run(start + "command=true");
    }
    run("jail -qr v");
    EXPECT_EQ(seen("jls name"), "") << "round " << round;
    ASSERT_TRUE(on_host("ep0b")) << "round " << round;
  }
}

}  // namespace
}  // namespace gaol::test
