// SPDX-License-Identifier: BSD-2-Clause

// pfctl(8) as its user has it: what it loads is what packets meet, what it says is what is loaded.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A jail on a bridge is the world outside.
class PfctlTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(run("ip link add bridge0 type bridge && ip addr add 10.1.0.1/24 dev bridge0 &&"
                  " ip link set bridge0 up && jail -c name=far persist path=" +
                  tiny_tree() + " vnet vnet.bridge=bridge0 vnet.ip4=10.1.0.2/24 allow.raw_sockets")
                  .err,
              "");
    EXPECT_EQ(settled(kPing, "reached\n"), "reached\n");
  }
  void TearDown() override {
    forget_connections();
    run("pfctl -qd; pfctl -qF rules; pfctl -qF nat; for anchor in web web/one; "
        "do pfctl -qa $anchor -F rules; "
        "done");
    run("jail -qr far; ip link del bridge0");
    KernelTest::TearDown();
  }

  static constexpr const char* kPing =
      "jexec far ping -qc 1 -W 1 10.1.0.1 >/dev/null && echo reached || echo blocked";
  static std::string load(const std::string& rules, const std::string& words = "") {
    write_file("/run/pf.conf", rules);
    const auto said = seen("pfctl " + words + " -f /run/pf.conf");
    ::unlink("/run/pf.conf");
    return said;
  }
};

TEST_F(PfctlTest, ROOT_NET_BPF_WhatIsLoadedIsWhatPacketsMeet) {
  EXPECT_EQ(load("block in on bridge0 proto icmp\n"), "");
  EXPECT_EQ(seen(kPing), "reached\n") << "nothing before it is enabled";
  EXPECT_EQ(seen("pfctl -e"), "pf enabled\n");
  EXPECT_EQ(seen(kPing), "blocked\n");
  EXPECT_THAT(seen("pfctl -vsr"), HasSubstr("Packets: 1         Bytes: 84 "));
  EXPECT_EQ(seen("pfctl -d"), "pf disabled\n");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -e"), "pf enabled\n");
  EXPECT_EQ(seen(kPing), "blocked\n");
}

TEST_F(PfctlTest, ROOT_NET_BPF_AnchorsAreLoadedByThemselves) {
  EXPECT_EQ(load("block in on bridge0 proto icmp\nanchor \"web/*\"\n", "-qe"), "");
  EXPECT_EQ(load("pass in proto icmp from 10.1.0.2\n", "-a web/one"), "");
  EXPECT_EQ(seen(kPing), "reached\n");
  // The main ruleset comes and goes without them.
  EXPECT_EQ(load("block in on bridge0 proto icmp\npass out\nanchor \"web/*\"\n"), "");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -a web/one -F rules"), "rules cleared\n");
  EXPECT_EQ(seen(kPing), "blocked\n");
}

TEST_F(PfctlTest, ROOT_NET_BPF_WhatIsWrongChangesNothing) {
  EXPECT_EQ(load("block in on bridge0 proto icmp\n", "-qe"), "");
  const auto before = seen("pfctl -sr; nft list table inet pf");
  for (const char* wrong :
       {"pass\nblok\n", "pass\nblock return-rst(ttl 9) proto tcp\n", "block out from no-route\n",
        "pass in on bridge0 user root\n", "nat on bridge0 from any -> <pool>\n"})
    EXPECT_THAT(load(wrong), HasSubstr("[exit 1]")) << wrong;
  EXPECT_EQ(seen("pfctl -sr; nft list table inet pf"), before);
}

// From the host's third network to the jail and back: what the jail hears comes from its own
// network, and what is sent to the host's port reaches the jail's.
TEST_F(PfctlTest, ROOT_NET_BPF_TranslationsGoBothWays) {
  EXPECT_EQ(run("ip link add lan0 type bridge && ip addr add 10.3.0.1/24 dev lan0 &&"
                " ip link set lan0 up && sysctl -qw net.ipv4.ip_forward=1 && jail -c name=near"
                " persist path=" +
                tiny_tree() + " vnet vnet.bridge=lan0 vnet.ip4=10.3.0.2/24 vnet.router=10.3.0.1")
                .err,
            "");
  EXPECT_EQ(load("nat on bridge0 inet from 10.3.0.0/24 to any -> (bridge0)\n"
                 "rdr on lan0 inet proto tcp to 10.3.0.1 port 80 -> 10.1.0.2 port 8080\n"
                 "block return\npass in on lan0\n"
                 "pass out on bridge0 inet proto tcp from 10.1.0.1 to 10.1.0.2 port 8080\n",
                 "-qe"),
            "");
  seen("jexec far sh -c 'nc -lp 8080 -e echo hello >/dev/null 2>&1 &'");
  EXPECT_EQ(settled("jexec near sh -c 'nc -w 20 10.3.0.1 80 </dev/null'", "hello\n"), "hello\n");
  EXPECT_THAT(seen("pfctl -sn"), HasSubstr("nat on bridge0 inet from 10.3.0.0/24"));
  EXPECT_EQ(seen("pfctl -F nat"), "nat cleared\n");
  EXPECT_THAT(seen("jexec near nc -w 20 10.3.0.1 80"), HasSubstr("refused"));
  run("jail -qr near; ip link del lan0; sysctl -qw net.ipv4.ip_forward=0");
}

// A rule for (bridge0) is for the addresses that it has, once somebody follows them.
TEST_F(PfctlTest, ROOT_NET_BPF_AddressesOfInterfacesAreFollowed) {
  const auto ping = [](const std::string& address) {
    return "jexec far ping -qc 1 -W 1 " + address + " >/dev/null && echo reached || echo blocked";
  };
  EXPECT_EQ(load("block in inet proto icmp to (bridge0)\n"
                 "pass in inet proto icmp to (bridge0:0)\n",
                 "-qe"),
            "");
  EXPECT_EQ(run("ip addr add 10.1.0.9/24 dev bridge0").err, "");
  EXPECT_EQ(seen(ping("10.1.0.9")), "reached\n");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execl(GAOL_BIN_DIR "/../libexec/gaol/gaol-pf-follow", "gaol-pf-follow", nullptr);
    ::_exit(127);
  }
  EXPECT_EQ(settled(ping("10.1.0.9"), "blocked\n"), "blocked\n");
  EXPECT_EQ(seen(ping("10.1.0.1")), "reached\n");
  EXPECT_EQ(run("ip addr add 10.1.0.8/24 dev bridge0").err, "");
  EXPECT_EQ(settled(ping("10.1.0.8"), "blocked\n"), "blocked\n");
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

// By the group egress rules are for the interface that the default route leads out of.
TEST_F(PfctlTest, ROOT_NET_BPF_EgressIsWhereTheDefaultRouteLeads) {
  EXPECT_EQ(load("block in on egress proto icmp\n", "-qe"), "");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(run("ip route add default via 10.1.0.2").err, "");
  EXPECT_EQ(load("block in on egress proto icmp\n", "-q"), "");
  EXPECT_EQ(seen(kPing), "blocked\n");
  EXPECT_EQ(load("set skip on egress\nblock in proto icmp\n", "-q"), "");
  EXPECT_EQ(seen(kPing), "reached\n");
}

// Nobody waits for a time limit, although no rule lets the answers out.
TEST_F(PfctlTest, ROOT_NET_BPF_WhoIsBlockedWithReturnHearsOfItAtOnce) {
  EXPECT_EQ(load("block return inet proto tcp\n", "-qe"), "");
  const auto refused = [](const std::string& address) {
    return "nc: can't connect to remote host (" + address + "): Connection refused\n[exit 1]\n";
  };
  EXPECT_EQ(seen("jexec far nc -w 20 10.1.0.1 9"), refused("10.1.0.1"));
  const std::string nc = tiny_tree() + "/bin/nc -w 20 ";
  EXPECT_EQ(seen(nc + "10.1.0.2 9"), refused("10.1.0.2"));
  EXPECT_EQ(seen(nc + "127.0.0.1 9"), refused("127.0.0.1"));
  EXPECT_THAT(seen("pfctl -vsr"), HasSubstr("  Packets: 3 "));
}

// A state is there from the first packet on, in the name of the rule that made it, and counts for
// it whatever is loaded later.
TEST_F(PfctlTest, ROOT_NET_BPF_StatesAreShownAndKilled) {
  const std::string rules =
      "block in on bridge0\npass in on bridge0 proto icmp to 10.1.0.1 label pings\n";
  EXPECT_EQ(load(rules, "-qe"), "");
  EXPECT_EQ(seen("pfctl -qF states; pfctl -ss"), "");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -ss | sed 's/2:[0-9]*/2:ID/'"),
            "all icmp 10.1.0.1:8 <- 10.1.0.2:ID       0:0\n");
  const std::string count = "pfctl -vsr | grep -A1 pings | tail -1";
  EXPECT_EQ(seen(count),
            "  [ Evaluations: 1         Packets: 2         Bytes: 168         States: 1     ]\n");
  EXPECT_THAT(seen("pfctl -vss"), HasSubstr(", 1:1 pkts, 84:84 bytes, rule 1\n"));
  // The rule is another one by number, and the same by its words.
  EXPECT_EQ(load("pass in proto tcp\n" + rules), "");
  EXPECT_THAT(seen("pfctl -vvss"), HasSubstr(", 1:1 pkts, 84:84 bytes, rule 2\n   id: "));
  EXPECT_EQ(seen(count),
            "  [ Evaluations: 0         Packets: 0         Bytes: 0           States: 1     ]\n");
  EXPECT_EQ(load("set keepcounters\n" + rules), "");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(load("set keepcounters\npass in proto tcp\n" + rules), "");
  EXPECT_EQ(seen(count),
            "  [ Evaluations: 1         Packets: 2         Bytes: 168         States: 2     ]\n");
  EXPECT_EQ(seen("pfctl -k key -k \"$(pfctl -ss | cut -d' ' -f2-5 | head -1)\""),
            "killed 1 states\n");
  EXPECT_EQ(seen("pfctl -k nat -k 10.1.0.1"), "killed 0 states\n");
  EXPECT_EQ(seen("pfctl -k 10.1.0.1"), "killed 0 states from 1 sources and 0 destinations\n");
  EXPECT_EQ(seen("pfctl -k 10.1.0.0/24 -k 10.1.0.1"),
            "killed 1 states from 1 sources and 1 destinations\n");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -k label -k pings; pfctl -ss"), "killed 1 states\n");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -k id -k $(pfctl -vvss | sed -n 's/^   id: \\([^ ]*\\).*/\\1/p')"),
            "killed 1 states\n");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -F states; pfctl -ss"), "1 states cleared\n");
}

// tcpdump(1) prints the header of FreeBSD's pflog with -e.
TEST_F(PfctlTest, ROOT_NET_BPF_WhatIsLoggedIsReadAsItComes) {
  GAOL_NEEDS(run("command -v tcpdump").status == 0, "needs tcpdump");
  EXPECT_EQ(load("pass in log on bridge0 inet proto icmp\npass out\n", "-qe"), "");
  EXPECT_EQ(seen("pfctl -qF states"), "");
  EXPECT_EQ(seen("gaol log pf -w /run/log & reader=$!\n"
                 "until [ -s /run/log ]; do sleep 0.1; done\n"
                 "jexec far ping -qc 2 -W 1 10.1.0.1 >/dev/null\n"
                 "gaol log pf\n"
                 "until [ $(stat -c %s /run/log) -gt 24 ]; do sleep 0.1; done\n"
                 "kill $reader"),
            "gaol: log pf: somebody reads it already\n");
  EXPECT_EQ(seen("gaol log pf -r /run/log | cut -d' ' -f2-"),
            "rule 0/0(match): pass in on bridge0: 10.1.0.2 > 10.1.0.1: icmp, type 8, length 64\n");
  EXPECT_THAT(seen("gaol log pf -r /run/log -w - | tcpdump -ner - 2>&1"),
              HasSubstr("rule 0/0(match): pass in on bridge0: 10.1.0.2 > 10.1.0.1: ICMP echo"));
  ::unlink("/run/log");
}

// What a file sets holds as long as pf is enabled with it.
TEST_F(PfctlTest, ROOT_NET_BPF_TimeoutsAreTheKernels) {
  const std::string shown = "pfctl -s timeouts | grep tcp.established";
  EXPECT_EQ(load("pass\n", "-qe"), "");
  const auto before = seen(shown);
  EXPECT_EQ(load("set timeout tcp.established 1234\npass\n"), "");
  EXPECT_EQ(seen(shown), "tcp.established            1234s\n");
  EXPECT_EQ(load("pass\n", "-m"), "");
  EXPECT_EQ(seen(shown), "tcp.established            1234s\n");
  EXPECT_EQ(seen("pfctl -qd; " + shown), before);
  EXPECT_EQ(seen("pfctl -qe; " + shown), "tcp.established            1234s\n");
  EXPECT_EQ(seen("pfctl -qF Reset; " + shown), before);
}

// What is in a table stays over loads that do not say it again, and packets meet what is in it.
TEST_F(PfctlTest, ROOT_NET_BPF_TablesChangeWithoutTheirRules) {
  const std::string rules = "table <bad> persist { 10.9.0.0/16 }\nblock in from <bad>\n";
  EXPECT_EQ(load(rules, "-qe"), "");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -t bad -T add 10.0.0.0/8"), "1/1 addresses added.\n");
  EXPECT_EQ(seen(kPing), "blocked\n");
  EXPECT_EQ(seen("pfctl -t bad -T add '!10.1.0.0/16'"), "1/1 addresses added.\n");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -t bad -qT add 10.1.0.2"), "");
  EXPECT_EQ(seen(kPing), "blocked\n");
  EXPECT_EQ(load("block in from <bad>\n"), "");
  EXPECT_EQ(seen(kPing), "blocked\n");
  EXPECT_EQ(seen("pfctl -t bad -T show"),
            "   10.0.0.0/8\n  !10.1.0.0/16\n   10.1.0.2\n   10.9.0.0/16\n");
  EXPECT_EQ(load(rules), "");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -t bad -T show"), "   10.9.0.0/16\n");
  // Somebody else's hand in the set is no reason to fail.
  EXPECT_EQ(seen("nft 'flush set inet pf inet/bad; add element inet pf inet/bad { 10.1.0.2 }'"),
            "");
  EXPECT_EQ(seen("pfctl -t bad -T add 10.1.0.2 10.1.0.3"), "2/2 addresses added.\n");
  EXPECT_EQ(seen(kPing), "blocked\n");
  EXPECT_EQ(seen("pfctl -t bad -T flush"), "3 addresses deleted.\n");
  EXPECT_EQ(seen(kPing), "reached\n");
  EXPECT_EQ(seen("pfctl -t bad -T kill"), "1 table deleted.\n");
}

// What pfctl says and what the kernel has are one ruleset, whichever.
TEST_F(PfctlTest, ROOT_NET_BPF_KilledAtAnyMomentItIsOneOrTheOther) {
  const int rounds = ::getenv("GAOL_LONG") ? 500 : 40;
  std::string rules;
  for (int port = 1; port <= 200; ++port)
    rules += "pass in quick proto tcp to port " + std::to_string(port) + "\n";
  write_file("/run/open", rules + "pass quick proto icmp\n");
  write_file("/run/shut", rules + "block drop quick proto icmp\n");
  EXPECT_EQ(seen("pfctl -qe"), "");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(seen("pfctl -f /run/open"), "");
  const auto whole = std::chrono::steady_clock::now() - begin;
  const auto longest = std::chrono::duration_cast<std::chrono::microseconds>(whole).count() * 3 / 2;
  std::minstd_rand random(7);
  int shut = 0;
  for (int round = 0; round < rounds; ++round) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::execl(GAOL_BIN_DIR "/pfctl", "pfctl", "-f", round % 2 ? "/run/open" : "/run/shut", nullptr);
      ::_exit(127);
    }
    ::usleep(static_cast<useconds_t>(random() % static_cast<uint64_t>(longest)));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    const bool said = run("pfctl -sr | grep -c 'block drop quick'").out == "1\n";
    const bool had = run("nft list chain inet pf in/stop | grep -c drop").out == "1\n";
    ASSERT_EQ(said, had) << round;
    shut += had;
  }
  EXPECT_GT(shut, 0);
  EXPECT_LT(shut, rounds);
  for (const char* file : {"/run/open", "/run/shut"}) ::unlink(file);
}

// With no library of its own in the tree, by a hook and by its root; and nobody else's rules.
TEST_F(PfctlTest, ROOT_NET_BPF_JailsHaveRulesOfTheirOwn) {
  if (!commands_run_anywhere()) GTEST_SKIP() << "sanitized programs need more than the tree has";
  write_file(tiny_tree() + "/etc/pf.conf", "block in proto icmp\n");
  EXPECT_EQ(run("jail -r far; jail -c name=far persist path=" + tiny_tree() +
                " vnet vnet.bridge=bridge0 vnet.ip4=10.1.0.2/24 allow.raw_sockets"
                " exec.start='pfctl -qef /etc/pf.conf'")
                .err,
            "");
  const auto ping = "ping -qc 1 -W 1 10.1.0.2 >/dev/null && echo reached || echo blocked";
  EXPECT_EQ(seen(ping), "blocked\n");
  EXPECT_EQ(seen("jexec far pfctl -sr"), "block drop in proto icmp all\n");
  EXPECT_EQ(seen("pfctl -sr; nft list tables"), "");
  EXPECT_EQ(seen("jexec far sh -c 'echo pass | pfctl -f -'"), "");
  EXPECT_EQ(settled(ping, "reached\n"), "reached\n");
  ::unlink((tiny_tree() + "/etc/pf.conf").c_str());
}

// Where they are gone, by a start of the machine or by somebody's nft, nothing says they are there.
TEST_F(PfctlTest, ROOT_NET_BPF_RulesThatTheKernelHasNoMoreAreForgotten) {
  EXPECT_EQ(load("block in proto icmp\ntable <t> persist { 10.0.0.1 }\n", "-qe"), "");
  EXPECT_EQ(seen("unshare -n pfctl -s Running; pfctl -sr"),
            "Disabled\nblock drop in proto icmp all\n");
  EXPECT_EQ(seen("nft delete table inet pf; pfctl -s Running; pfctl -sr; pfctl -s Tables"),
            "Disabled\n");
  EXPECT_EQ(load("block in proto icmp\n", "-qe"), "");
  EXPECT_EQ(seen(kPing), "blocked\n");
}

}  // namespace
}  // namespace gaol::test
