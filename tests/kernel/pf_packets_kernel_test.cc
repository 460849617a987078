// SPDX-License-Identifier: BSD-2-Clause

// What pf does to packets beside letting them pass: they are looked at where pf is done with them,
// by counters of a table of our own.

#include <gmock/gmock.h>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

// A jail on a bridge is the world outside.
class PfPacketsTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(run("ip link add bridge0 type bridge && ip addr add 10.1.0.1/24 dev bridge0 &&"
                  " ip link set bridge0 up && jail -c name=far persist path=" +
                  tiny_tree() + " vnet vnet.bridge=bridge0 vnet.ip4=10.1.0.2/24 allow.raw_sockets")
                  .err,
              "");
    EXPECT_EQ(settled("jexec far ping -qc 1 -W 1 10.1.0.1 >/dev/null && echo reached", "reached\n"),
              "reached\n");
  }
  void TearDown() override {
    run("pfctl -qd; pfctl -qF rules; nft delete table inet watch");
    run("jail -qr far; ip link del bridge0");
    KernelTest::TearDown();
  }

  static std::string load(const std::string& rules) {
    write_file("/run/pf.conf", rules);
    const auto said = seen("pfctl -ef /run/pf.conf");
    ::unlink("/run/pf.conf");
    return said;
  }
  static std::string far() { return "nsenter -n -t " + init_of("far") + " "; }
  // Counts packets like these that arrive, here or `there`.
  static void watch(const std::string& like, const std::string& there = "") {
    write_file("/run/watch",
               "table inet watch {\n chain in {\n"
               "  type filter hook input priority 0;\n  " +
                   like + " counter\n }\n}\n");
    ASSERT_EQ(run(there + "nft -f /run/watch").err, "");
    ::unlink("/run/watch");
  }
  static int arrived(const std::string& there = "") {
    const auto listed = run(there + "nft list table inet watch").out;
    const auto at = listed.find("packets ");
    return at == listed.npos ? -1 : std::atoi(listed.c_str() + at + sizeof "packets");
  }
};

TEST_F(PfPacketsTest, ROOT_NET_BPF_StatesScrubAllTheirPackets) {
  EXPECT_EQ(load("match in on bridge0 scrub (min-ttl 9 no-df)\npass\n"), "pf enabled\n");
  watch("ip protocol icmp ip ttl 9 ip frag-off & 0x4000 == 0");
  EXPECT_EQ(run("jexec far ping -qc 3 -t 3 10.1.0.1").status, 0);
  EXPECT_EQ(arrived(), 3);
}

TEST_F(PfPacketsTest, ROOT_NET_BPF_SegmentsAreNoLargerThanMaxMss) {
  EXPECT_EQ(load("pass in on bridge0 proto tcp scrub (max-mss 1000)\n"), "pf enabled\n");
  watch("tcp option maxseg size 1000");
  watch("tcp flags & 0x12 == 0x12 tcp option maxseg size 1000", far());
  run("timeout 5 busybox nc -lp 9 </dev/null >/dev/null & sleep 0.3;"
      " echo | jexec far nc -w 1 10.1.0.1 9; wait");
  EXPECT_EQ(arrived(), 1);
  EXPECT_EQ(arrived(far()), 1) << "of the answer";
  run(far() + "nft delete table inet watch");
}

TEST_F(PfPacketsTest, ROOT_NET_BPF_ScrubRulesAreAskedFirst) {
  EXPECT_EQ(load("no scrub in proto udp\nscrub in on bridge0 min-ttl 20\nscrub in min-ttl 30\n"
                 "block in proto icmp from any to 10.1.0.3\n"),
            "pf enabled\n");
  watch("ip protocol icmp ip ttl 20");
  EXPECT_EQ(run("jexec far ping -qc 2 -t 3 10.1.0.1").status, 0);
  EXPECT_EQ(arrived(), 2);
}

TEST_F(PfPacketsTest, ROOT_NET_BPF_TosIsSet) {
  EXPECT_EQ(load("pass out on bridge0 set tos 0x10\n"), "pf enabled\n");
  watch("ip protocol icmp ip dscp 4", far());
  EXPECT_EQ(run("ping -qc 2 -i 0.2 10.1.0.2").status, 0);
  EXPECT_EQ(arrived(far()), 2);
  run(far() + "nft delete table inet watch");
}

TEST_F(PfPacketsTest, ROOT_NET_BPF_SomeAreDecidedByChance) {
  EXPECT_EQ(load("pass no state\nblock in proto icmp probability 50%\n"), "pf enabled\n");
  const auto said = run("ping -qc 60 -i 0.002 -W 1 10.1.0.2").out;
  const auto at = said.find("transmitted, ");
  ASSERT_NE(at, said.npos) << said;
  EXPECT_THAT(std::atoi(said.c_str() + at + sizeof "transmitted,"), AllOf(Ge(8), Le(52)));
}

TEST_F(PfPacketsTest, ROOT_NET_BPF_UsersAreKnownWhereTheirPacketsLeave) {
  EXPECT_EQ(load("block out proto udp user nobody\n"), "pf enabled\n");
  run("bash -c 'echo >/dev/udp/10.1.0.2/9'");
  run("setpriv --reuid=nobody bash -c 'echo >/dev/udp/10.1.0.2/9'");
  EXPECT_THAT(seen("pfctl -vsr"), HasSubstr("Packets: 1 "));
}

TEST_F(PfPacketsTest, ROOT_NET_BPF_WhatIsDoneOtherwiseIsSaid) {
  EXPECT_EQ(load("pass out modulate state\nmatch scrub (reassemble tcp)\n"),
            "/run/pf.conf:1: warning: modulate state is keep state: initial sequence numbers are "
            "random as it is\n"
            "/run/pf.conf:2: warning: reassemble tcp does nothing on this system\n"
            "pf enabled\n");
}

}  // namespace
}  // namespace gaol::test
