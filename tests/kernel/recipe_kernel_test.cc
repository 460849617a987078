// SPDX-License-Identifier: BSD-2-Clause

// The files in examples/, run as they lie there: what FreeBSD's handbook teaches has to work.

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;

// An example's text with its directories moved to the test's own.
std::string example(const std::string& name) {
  std::ifstream in(std::string(GAOL_SOURCE_DIR) + "/examples/" + name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(text, "") << name;
  return std::regex_replace(std::regex_replace(text, std::regex("/usr/local/jails"), "/run/jails"),
                            std::regex("/etc/jail|/var/log/jail"), "/run/etc/jail");
}

class RecipeTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    run("mkdir -p /run/etc/jail.conf.d /run/jails/containers");
  }
  void TearDown() override {
    run("rm -rf /run/etc /run/jails");
    KernelTest::TearDown();
  }
  // A tree whose rc says that it ran.
  static void make_container(const std::string& name) {
    const std::string path = "/run/jails/containers/" + name;
    make_tree(path);
    write_file(path + "/etc/rc", "echo rc of $(hostname)\n");
    write_file(path + "/etc/rc.shutdown", "echo down\n");
  }
};

TEST_F(RecipeTest, ROOT_NET_VnetByEpairAndBridge) {
  make_container("vnet");
  write_file("/run/etc/jail.conf", example("vnet/jail.conf"));
  write_file("/run/etc/jail.conf.d/vnet.conf", example("vnet/jail.conf.d/vnet.conf"));
  EXPECT_EQ(seen("ifconfig bridge0 create && ifconfig bridge0 inet 192.168.1.1/24 up"), "");
  EXPECT_EQ(seen("jail -q -f /run/etc/jail.conf -c vnet"), "epair154a\n");
  EXPECT_EQ(run("cat /run/etc/jail_console_vnet.log").out,
            "add net default: gateway 192.168.1.1\nrc of vnet\n");
  EXPECT_EQ(run("ifconfig bridge0 | grep member").out, "\tmember: epair154a\n");
  EXPECT_THAT(run("ifconfig epair154a").out, HasSubstr("description: jail:vnet"));
  EXPECT_THAT(run("ifconfig -j vnet epair154b").out,
              HasSubstr("inet 192.168.1.154 netmask 0xffffff00 broadcast 192.168.1.255"));
  EXPECT_THAT(run("route -j vnet -n get default").out, HasSubstr("gateway: 192.168.1.1\n"));
  EXPECT_EQ(run("busybox ping -qc 1 -W 2 192.168.1.154 >/dev/null").status, 0);
  // Once more, with the same addresses: MACs do not change over a restart.
  const std::string mac = run("ifconfig -j vnet epair154b | grep ether").out;
  EXPECT_EQ(seen("jail -q -f /run/etc/jail.conf -rc vnet"), "epair154a\n");
  EXPECT_EQ(run("ifconfig -j vnet epair154b | grep ether").out, mac);
  EXPECT_EQ(seen("jail -q -f /run/etc/jail.conf -r vnet"), "");
  EXPECT_EQ(run("ifconfig -l").out, "lo bridge0\n");
  EXPECT_EQ(seen("ifconfig bridge0 destroy"), "");
}

TEST_F(RecipeTest, ROOT_NET_InterfacesAreLentToAJailAndComeBack) {
  EXPECT_EQ(seen("ifconfig epair0 create"), "epair0a\n");
  EXPECT_EQ(seen("jail -c name=v vnet persist path=" + tiny_tree()), "");
  EXPECT_EQ(seen("ifconfig epair0b vnet v; ifconfig -l; ifconfig -j v -l"),
            "lo epair0a\nlo epair0b\n");
  EXPECT_EQ(seen("ifconfig epair0b -vnet v; ifconfig -l; ifconfig -j v -l"),
            "lo epair0b epair0a\nlo\n");
  EXPECT_EQ(seen("ifconfig epair0b -vnet v"),
            "ifconfig: interface epair0b does not exist\n[exit 1]\n");
  // Lent again, it comes back by itself when the jail ends.
  EXPECT_EQ(seen("ifconfig epair0b vnet v; jail -r v; ifconfig -l"), "lo epair0b epair0a\n");
  EXPECT_EQ(seen("jail -c name=s persist path=" + tiny_tree() + "; ifconfig epair0b vnet s"),
            "ifconfig: jail \"s\" has no network stack of its own (vnet)\n[exit 1]\n");
  EXPECT_EQ(seen("jail -r s; ifconfig epair0a destroy; ifconfig -l"), "lo\n");
}

TEST_F(RecipeTest, ROOT_NET_ThickJail) {
  make_container("classic");
  write_file("/run/etc/jail.conf", example("thick/jail.conf"));
  EXPECT_EQ(seen("jail -f /run/etc/jail.conf -c classic; jls -j classic name ip4.addr path"),
            "classic: created\nclassic 127.0.0.151 /run/jails/containers/classic\n");
  EXPECT_EQ(seen("jail -f /run/etc/jail.conf -r classic; cat /run/etc/jail_console_classic.log"),
            "classic: removed\nrc of classic\ndown\n");
}

TEST_F(RecipeTest, ROOT_ThinJailIsACloneOfARelease) {
  write_file("/run/etc/jail.conf", example("thin/jail.conf"));
  const std::string releases = " --releases /run/jails/releases ";
  const std::string tree = "/run/jails/containers/thinjail";
  ASSERT_EQ(run("gaol release builtin" + releases + "base").status, 0);
  ASSERT_EQ(run("gaol create thinjail" + releases + "-r base --thin --path " + tree).status, 0);
  EXPECT_EQ(seen("jail -f /run/etc/jail.conf -c thinjail; jexec thinjail hostname;"
                 "jail -f /run/etc/jail.conf -r thinjail"),
            "thinjail: created\nthinjail\nthinjail: removed\n");
  EXPECT_EQ(run("gaol destroy --yes --now --path " + tree).status, 0);
  EXPECT_EQ(run("gaol release destroy" + releases + "base").status, 0);
}

TEST_F(RecipeTest, ROOT_ThinJailsShareABaseByNullfs) {
  const std::string base = "/run/jails/templates/base", own = "/run/jails/containers/thinjail";
  run("mkdir -p /run/jails/templates /run/jails/thinjail-nullfs-base");
  make_tree(base);
  write_file(base + "/etc/rc",
             "echo mine >/etc/motd; touch /bin/motd 2>/dev/null || echo read-only\n");
  write_file(base + "/etc/rc.shutdown", "");
  EXPECT_EQ(seen("sh '" GAOL_SOURCE_DIR "/examples/nullfs/base.sh' " + base + " " + own), "");
  write_file("/run/jails/thinjail-nullfs-base.fstab", example("nullfs/thinjail-nullfs-base.fstab"));
  write_file("/run/etc/jail.conf", example("nullfs/jail.conf"));
  EXPECT_EQ(seen("jail -f /run/etc/jail.conf -c thinjail; jexec thinjail cat /etc/motd"),
            "thinjail: created\nmine\n");
  EXPECT_EQ(run("cat " + own + "/etc/motd /run/etc/jail_console_thinjail.log").out,
            "mine\nread-only\n");
  EXPECT_EQ(seen("jail -f /run/etc/jail.conf -r thinjail"), "thinjail: removed\n");
}

// Lines that begin with the word, wherever FreeBSD has it, and lines for the shell.
TEST_F(RecipeTest, ROOT_NET_HooksFindTheWordsOfFreeBsd) {
  EXPECT_EQ(seen("jail -c name=v vnet persist path=" + tiny_tree() +
                 " exec.prestart='ifconfig -l' exec.prestart='/usr/sbin/ifconfig -l'"
                 " exec.prestart='ifconfig -l | tr a-z A-Z'"
                 " exec.start='ifconfig -l' exec.start='/sbin/route get default'"),
            "lo\nlo\nLO\nlo\nroute: route has not been found\n"
            "jail: /sbin/route get default: failed\n[exit 1]\n");
}

// In a jail the shell finds them behind what the tree has. This one has none of them, and a shell
// that has none built in.
TEST_F(RecipeTest, ROOT_NET_LinesForTheShellFindThemInAVnetJail) {
  const std::string tree = "/run/jails/containers/bare";
  make_container("bare");
  run("cd " + tree +
      " && rm bin/ifconfig bin/route bin/sysctl bin/sh && cp /bin/dash bin/sh && "
      "cp -L --parents $(ldd /bin/dash | grep -o '/[^ ]*') .");
  const std::string lines =
      " exec.start='ifconfig lo0 10.0.0.2/24 && route -q add 10.1.0.0/24 10.0.0.1'"
      " exec.start='sysctl -n security.jail.vnet >&1'";
  EXPECT_EQ(seen("jail -c name=v vnet persist path=" + tree + lines), "1\n");
  EXPECT_THAT(run("route -j v -n get 10.1.0.9").out, HasSubstr("gateway: 10.0.0.1\n"));
  EXPECT_EQ(seen("jexec v sh -c 'echo $PATH' | grep -o '[^:]*$'"), "/dev/gaol/bin\n");
  EXPECT_THAT(seen("jexec v ifconfig lo0"), HasSubstr("inet 10.0.0.2"));
  EXPECT_EQ(seen("jexec v sh -c 'ls /dev/gaol/bin; >/dev/gaol/bin/ifconfig'"),
            "ifconfig\njib\npf\npfctl\nroute\nservice\nsysctl\n"
            "sh: 1: cannot create /dev/gaol/bin/ifconfig: Read-only file system\n[exit 2]\n");
  EXPECT_EQ(seen("jail -r v"), "");
  EXPECT_EQ(seen("jail -c name=v persist exec.clean path=" + tree +
                 " exec.prestart='ifconfig lo0 | grep -c mtu >&2' && jail -r v"),
            "1\n");
  // Clean commands too; a jail without a stack of its own has nothing to set up.
  EXPECT_EQ(seen("jail -c vnet exec.clean path=" + tree +
                 " exec.start='ifconfig -l | tr a-z A-Z' exec.start='ls /dev/gaol'"),
            "LO\nbin\nsysctl\n");
  EXPECT_EQ(seen("jail -c path=" + tree + " exec.start='ls /dev/gaol'"), "sysctl\n");
}

TEST_F(RecipeTest, ROOT_UnitsAreGood) {
  GAOL_NEEDS(run("command -v systemd-analyze").status == 0, "needs systemd-analyze");
  run("mkdir -p /run/units; cp '" GAOL_BIN_DIR "/../'jail*.service '" GAOL_BIN_DIR
      "/../'gaol-*.service '" GAOL_BIN_DIR
      "/../'gaol-*.timer /run/units;"
      " sed -i 's,^\\(Exec.*=-*\\)[^ ]*jail,\\1" GAOL_BIN_DIR
      "/../libexec/gaol/rc.d/jail,;s,^ExecStart=[^ ]*/gaol ,ExecStart=" GAOL_BIN_DIR
      "/gaol ,' /run/units/*");
  EXPECT_EQ(
      seen("cd /run/units; systemd-analyze verify --man=no ./jail.service ./jail@web.service"
           " ./gaol-retention.timer ./gaol-retention.service ./gaol-resolver@bridge0.service"),
      "");
  run("rm -rf /run/units");
}

TEST_F(RecipeTest, ROOT_ScriptsAreGoodShell) {
  GAOL_NEEDS(run("command -v shellcheck").status == 0, "needs shellcheck");
  EXPECT_EQ(seen("cd '" GAOL_SOURCE_DIR "'; shellcheck rc/jail rc/service examples/nullfs/base.sh"),
            "");
}

}  // namespace
}  // namespace gaol::test
