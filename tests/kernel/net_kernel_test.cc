// SPDX-License-Identifier: BSD-2-Clause

// gaol net on real jails: what it says of how they are connected, and of what keeps them apart.

#include <gmock/gmock.h>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class NetTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    ASSERT_EQ(run("ip link add em0 type veth peer name out0 && ip link set out0 up &&"
                  " ip addr add 192.0.2.1/24 dev em0 && ip link set em0 up &&"
                  " ip link add bridge0 type bridge && ip addr add 10.1.0.1/24 dev bridge0 &&"
                  " ip link set bridge0 up")
                  .err,
              "");
  }
  void TearDown() override {
    run("jail -r '*'; ip link del em0; ip link del bridge0");
    KernelTest::TearDown();
  }

  static std::string create(const std::string& parameters) {
    return seen("jail -c path=" + tiny_tree() + " persist " + parameters);
  }
};

TEST_F(NetTest, ROOT_NET_BPF_TheMapShowsWhoIsWhere) {
  EXPECT_EQ(create("name=web vnet children.max=2 vnet.bridge=bridge0 vnet.ip4=10.1.0.2/24 "
                   "vnet.router=10.1.0.1"),
            "");
  EXPECT_EQ(create("name=www 'ip4.addr=em0|192.0.2.5/32'"), "");
  EXPECT_EQ(create("name=web.below"), "");
  const auto mac = run("jexec web cat /sys/class/net/eth0/address | tr -d '\\n'").out;
  EXPECT_THAT(
      seen("gaol net | sed 's/  */ /g'"),
      AllOf(HasSubstr("192.0.2.1/24, 192.0.2.5/32\n"), HasSubstr(" eth0 of web, isolated\n"),
            HasSubstr("\nweb (jail 1)\n eth0 up 1500 " + mac +
                      " 10.1.0.2/24, wired to e0a_1, bridge0\n"
                      " default via 10.1.0.1 (eth0)\n"),
            HasSubstr("\nwww (jail 2, on the stack of the host)\n 192.0.2.5 (em0)\n"),
            HasSubstr("\nweb.below (jail 3, on the stack of web)\n no address\n")));
  EXPECT_THAT(seen("gaol net www --dot"), HasSubstr("n0 -- n1 [style=dashed]"));
  EXPECT_THAT(seen("gaol net --svg"), HasSubstr(">web</text>"));
  EXPECT_THAT(seen("gaol net 1 --json"),
              AllOf(HasSubstr("\"far_jail\": \"web\""), HasSubstr("\"mac\": \"" + mac + "\"")));
  EXPECT_EQ(seen("gaol net nobody"), "gaol: net: \"nobody\" not found\n[exit 1]\n");
}

TEST_F(NetTest, ROOT_NET_BPF_JailsOnABridgeFindEachOtherByName) {
  GAOL_NEEDS(run("test -x /usr/sbin/dnsmasq").status == 0, "needs dnsmasq");
  EXPECT_EQ(seen("gaol net resolver bridge9"),
            "gaol: net resolver: bridge9: there is no such bridge (`ifconfig bridge9 create` makes "
            "one)\n[exit 1]\n");
  EXPECT_EQ(create("name=web vnet vnet.bridge=bridge0 vnet.ip4=10.1.0.2/24"), "");
  run("gaol net resolver bridge0 >/run/resolver.log 2>&1 & echo $! >/run/resolver.pid");
  const std::string ask =
      "jexec web busybox nslookup $n 10.1.0.1 2>&1 | awk '/^Address.*10.1.0.[^1]/ "
      "{ print $NF }'";
  EXPECT_EQ(settled("n=web; " + ask, "10.1.0.2\n"), "10.1.0.2\n") << seen("cat /run/resolver.log");
  EXPECT_EQ(create("name=db vnet vnet.bridge=bridge0 vnet.ip4=10.1.0.3/24"), "");
  EXPECT_EQ(settled("n=db.bridge0; " + ask, "10.1.0.3\n"), "10.1.0.3\n");
  EXPECT_EQ(seen("jail -r db"), "");
  EXPECT_EQ(settled("n=db.bridge0; " + ask, ""), "");
  EXPECT_EQ(seen("kill $(cat /run/resolver.pid)"), "");
  EXPECT_EQ(settled("kill -0 $(cat /run/resolver.pid) 2>/dev/null && echo there; true", ""), "");
  EXPECT_THAT(seen("cat /run/resolver.log"),
              HasSubstr("names are answered at 10.1.0.1 (in a jail's "));
  run("rm -r /run/gaol/resolver");
}

// Ends that lie in two jails, neither of them the host: the kernel numbers them for each apart.
TEST_F(NetTest, ROOT_NET_BPF_WiresBetweenJailsAreFound) {
  for (const std::string name : {"a", "b", "c"}) EXPECT_EQ(create("name=" + name + " vnet"), "");
  const auto in = [](const char* jail) { return " netns " + init_of(jail); };
  ASSERT_EQ(run("ip link add ab type veth peer name ba && ip link add bc type veth peer name cb &&"
                " ip link set ab" +
                in("a") + " && ip link set ba" + in("b") + " && ip link set bc" + in("b") +
                " && ip link set cb" + in("c"))
                .err,
            "");
  EXPECT_EQ(seen("gaol net | awk '/wired/ { print $1, $5, $6, $7 }'"),
            "ab wired to ba\nba wired to ab\nbc wired to cb\ncb wired to bc\n");
}

// Everything that may be wrong is made wrong, one after the other.
TEST_F(NetTest, ROOT_NET_BPF_TheTestNamesWhatStopsAJail) {
  GAOL_NEEDS(run("command -v nft").status == 0, "needs nft");
  const std::string wired = "vnet vnet.bridge=bridge0 ";
  EXPECT_EQ(create("jid=101 name=a " + wired + "vnet.ip4=10.1.0.2/24 vnet.router=10.1.0.1"), "");
  EXPECT_EQ(create("jid=102 name=b " + wired + "vnet.ip4=10.1.0.3/24 vnet.noisolated"), "");
  EXPECT_EQ(create("jid=103 name=c " + wired + "vnet.ip4=10.1.0.4/24 vnet.router=10.1.0.250"), "");
  EXPECT_EQ(create("name=lost " + wired), "");
  EXPECT_EQ(create("name=www 'ip4.addr=em0|192.0.2.5/32'"), "");
  EXPECT_EQ(create("name=nowhere ip4.addr=192.0.2.99"), "");
  EXPECT_EQ(create("name=mute"), "");
  run("jexec b httpd -p 10.1.0.3:80 -h /; jexec b httpd -p 127.0.0.1:81 -h /;"
      " jexec www httpd -p 80 -h /");
  struct {
    const char* broken;  // by these commands
    const char* asked;
    const char* said;
    const char* mended;
  } const cases[] = {
      {"", "gone b:80", "gone is not running", ""},
      {"", "a gone:80", "gone is not running", ""},
      {"", "a lost:80", "lost has no address", ""},
      {"", "a b:82",
       "a does not reach b (10.1.0.3:82): nothing listens on 10.1.0.3:82; b listens on "
       "10.1.0.3:80, 127.0.0.1:81",
       ""},
      {"", "a b:81",
       "a does not reach b (10.1.0.3:81): nothing listens on 10.1.0.3:81; b listens on "
       "127.0.0.1:81",
       ""},
      {"", "a b:80/udp",
       "a does not reach b (10.1.0.3:80/udp): nothing listens on 10.1.0.3:80/udp; b listens on "
       "nothing",
       ""},
      {"", "a c:80",
       "a does not reach c (10.1.0.4:80): e0a_101 and e0a_103 are isolated from each other on "
       "bridge0 "
       "(vnet.noisolated for one of the two jails)",
       ""},
      {"", "b www:80",
       "b does not reach www (192.0.2.5:80): b has no route to 192.0.2.5; it has 10.1.0.0/24 "
       "(vnet.router gives it a default one)",
       ""},
      {"", "lost b:80",
       "lost does not reach b (10.1.0.3:80): lost has no route to 10.1.0.3; it has none "
       "(vnet.router gives it a default one)",
       ""},
      {"", "a 10.1.0.77:80",
       "a does not reach 10.1.0.77:80: 10.1.0.77 does not answer on eth0; nobody of this host has "
       "that address",
       ""},
      {"", "mute b:80",
       "mute does not reach b (10.1.0.3:80): mute has no IPv4 (ip4.addr gives it addresses)", ""},
      {"", "www nowhere:80",
       "www does not reach nowhere (192.0.2.99:80): 192.0.2.99 of nowhere is on no interface "
       "(`interface = IF` or ip4.addr = \"IF|ADDRESS\" puts it on one)",
       ""},
      {"sysctl -qw net.ipv4.ip_forward=0", "a 198.51.100.1:80",
       "a does not reach 198.51.100.1:80: the host does not forward IPv4 (`sysctl "
       "net.ipv4.ip_forward=1`)",
       ""},
      {"ip link set bridge0 down", "a b:80",
       "a does not reach b (10.1.0.3:80): bridge0 is down (`ip link set bridge0 up`)",
       "ip link set bridge0 up"},
      {"ip link set e0a_102 down", "a b:80",
       "a does not reach b (10.1.0.3:80): the wire e0a_102 is down (`ip link set e0a_102 up`)",
       "ip link set e0a_102 up"},
      {"jexec b ip link set eth0 down", "a b:80",
       "a does not reach b (10.1.0.3:80): eth0 of b is down (`ip link set eth0 up` there)",
       "jexec b ip link set eth0 up"},
      {"", "c www:80",
       "c does not reach www (192.0.2.5:80): its router 10.1.0.250 does not answer on eth0; nobody "
       "of this host has that address",
       ""},
      {"", "www b:80",
       "www does not reach b (10.1.0.3:80): b has no route back to www (vnet.router gives it a "
       "default one)",
       ""},
      {"jexec www httpd -p 127.0.0.1:82 -h /", "a www:82",
       "a does not reach www (192.0.2.5:82): no answer (what listens on 127.0.0.1 in a jail is "
       "heard by that jail alone)",
       ""},
      {"nft 'add table inet t; add chain inet t in { type filter hook input priority 0; };"
       " add rule inet t in tcp dport 80 drop'",
       "a www:80",
       "a does not reach www (192.0.2.5:80): no answer; a firewall is likely: inet t in",
       "nft delete table inet t"},
  };
  for (const auto& c : cases) {
    run(c.broken);
    EXPECT_EQ(seen(std::string("gaol net test ") + c.asked), std::string(c.said) + "\n[exit 1]\n");
    run(c.mended);
  }
  for (const char* asked : {"host b:80", "a www:80", "a 192.0.2.5:80", "c b:80", "101 102:80"})
    EXPECT_EQ(settled(std::string("gaol net test ") + asked + " >/dev/null && echo yes", "yes\n"),
              "yes\n")
        << asked;
  EXPECT_EQ(seen("gaol net test a b"),
            "gaol: net test: b: expected JAIL:PORT, host:PORT or ADDRESS:PORT, and /udp\n"
            "[exit 2]\n");
}

}  // namespace
}  // namespace gaol::test
