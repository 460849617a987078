// SPDX-License-Identifier: BSD-2-Clause

// gaol net on real jails: what it says of how they are connected.

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

}  // namespace
}  // namespace gaol::test
