// SPDX-License-Identifier: BSD-2-Clause

// Rulesets as they circulate, of tests/golden/pf_lowered, on a machine that has their interfaces:
// em0 leads to a stranger at 192.0.2.9, who knows no way to 10.0.0.0/24 and 172.16.0.0/24; there
// are a server and a jail behind em1.

#include <gmock/gmock.h>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;

class PfRecipesTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    const auto jail = [](const std::string& name, const std::string& words) {
      return "jail -c name=" + name + " persist path=" + tiny_tree() + " vnet " + words;
    };
    const auto made =
        run("for net in em0:192.0.2.1 em1:10.0.0.1 jails0:172.16.0.1; do"
            " ip link add ${net%:*} type bridge && ip addr add ${net#*:}/24 dev ${net%:*} &&"
            " ip link set ${net%:*} up; done;"
            " ip route add default via 192.0.2.9 && sysctl -qw net.ipv4.ip_forward=1 && " +
            jail("stranger", "allow.raw_sockets vnet.bridge=em0 vnet.ip4=192.0.2.9/24") + " && " +
            jail("server", "vnet.bridge=em1 vnet.ip4=10.0.0.10/24 vnet.router=10.0.0.1") + " && " +
            jail("web", "vnet.bridge=jails0 vnet.ip4=172.16.0.10/24 vnet.router=172.16.0.1"));
    ASSERT_EQ(made.err, "");
  }
  void TearDown() override {
    run("pfctl -qd; pfctl -qF all; pfctl -qa rdr/web -F nat; pfctl -qF rules; pfctl -qF nat;"
        " jail -qr stranger server web; for net in em0 em1 jails0; do ip link del $net; done;"
        " sysctl -qw net.ipv4.ip_forward=0");
    forget_connections();
    KernelTest::TearDown();
  }

  static void load(const std::string& name) {
    EXPECT_EQ(seen("pfctl -qe -f " GAOL_SOURCE_DIR "/tests/golden/pf_lowered/" + name + ".conf"),
              "");
  }
  // Whoever comes hears `word`, once.
  static void serve(const std::string& where, int port, const std::string& word) {
    const auto shell = where == "host" ? tiny_tree() + "/bin/sh" : "jexec " + where + " sh";
    const auto nc = where == "host" ? tiny_tree() + "/bin/nc" : "nc";
    run(shell + " -c '" + nc + " -lp " + std::to_string(port) + " -e echo " + word +
        " >/dev/null 2>&1 &'");
  }
  // What `from` hears.
  static std::string heard(const std::string& from, const std::string& address, int port) {
    return "jexec " + from + " sh -c 'nc -w 3 " + address + " " + std::to_string(port) +
           " </dev/null 2>&1'";
  }
};

TEST_F(PfRecipesTest, ROOT_NET_BPF_AHomeBehindOneAddress) {
  load("home_gateway");
  serve("stranger", 7, "world");
  EXPECT_EQ(settled(heard("server", "192.0.2.9", 7), "world\n"), "world\n");
  serve("server", 80, "home");
  EXPECT_EQ(settled(heard("stranger", "192.0.2.1", 80), "home\n"), "home\n");
  EXPECT_THAT(seen(heard("stranger", "192.0.2.1", 22)), HasSubstr("Connection refused"));
  EXPECT_EQ(seen("jexec stranger ping -qc 1 -W 2 192.0.2.1 | grep -o '1 packets received'"),
            "1 packets received\n");
}

TEST_F(PfRecipesTest, ROOT_NET_BPF_JailsWithAnchorsOfTheirOwn) {
  load("jail_host");
  serve("stranger", 7, "world");
  EXPECT_EQ(settled(heard("web", "192.0.2.9", 7), "world\n"), "world\n");
  serve("web", 81, "second");
  EXPECT_EQ(settled(heard("stranger", "192.0.2.1", 8081), "second\n"), "second\n");
  EXPECT_THAT(seen(heard("stranger", "192.0.2.1", 2222)), HasSubstr("Connection refused"));
  EXPECT_EQ(seen("echo 'rdr pass on em0 inet proto tcp to 192.0.2.1 port 2222 ->"
                 " 172.16.0.10 port 22' | pfctl -a rdr/web -f -"),
            "");
  serve("web", 22, "jail");
  EXPECT_EQ(settled(heard("stranger", "192.0.2.1", 2222), "jail\n"), "jail\n");
}

TEST_F(PfRecipesTest, ROOT_NET_BPF_HostingKeepsListsOfWhoMayNot) {
  load("hosting");
  serve("host", 80, "page");
  EXPECT_EQ(settled(heard("stranger", "192.0.2.1", 80), "page\n"), "page\n");
  EXPECT_THAT(seen(heard("stranger", "192.0.2.1", 81)), HasSubstr("Connection refused"));
  EXPECT_THAT(seen("pfctl -t banned -T add 192.0.2.9"), HasSubstr("1/1 addresses added"));
  EXPECT_THAT(seen(heard("stranger", "192.0.2.1", 81)), HasSubstr("timed out"));
}

TEST_F(PfRecipesTest, ROOT_NET_BPF_MailComesToSpamdUnlessItIsKnown) {
  load("spamd");
  serve("host", 8025, "spamd");
  EXPECT_EQ(settled(heard("stranger", "192.0.2.1", 25), "spamd\n"), "spamd\n");
  EXPECT_THAT(seen("pfctl -t spamd-white -T add 192.0.2.9"), HasSubstr("1/1 addresses added"));
  serve("host", 25, "mta");
  EXPECT_EQ(settled(heard("stranger", "192.0.2.1", 25), "mta\n"), "mta\n");
}

}  // namespace
}  // namespace gaol::test
