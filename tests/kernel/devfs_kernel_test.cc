// SPDX-License-Identifier: BSD-2-Clause

// devfs_ruleset with the machine's own devices. /etc/devfs.rules is put over the host's for the
// time of a test: the mount namespace is the test's.

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

class DevfsTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    make_tree(tree_);
    fs::create_directories(etc_);
    fs::copy_file("/etc/passwd", etc_ + "/passwd");
    fs::copy_file("/etc/group", etc_ + "/group");
    fs::copy("/etc/alternatives", etc_ + "/alternatives",  // awk is one
             fs::copy_options::copy_symlinks | fs::copy_options::recursive);
    ASSERT_EQ(::mount(etc_.c_str(), "/etc", nullptr, MS_BIND, nullptr), 0);
  }
  void TearDown() override {
    seen("jail -r '*'");
    EXPECT_EQ(::umount("/etc"), 0);
    fs::remove_all(dir_);
    KernelTest::TearDown();
  }

  void rules(const std::string& text) { write_file("/etc/devfs.rules", text); }
  std::string jailed(const std::string& parameters, const std::string& script) {
    return seen("jail -c path=" + tree_ + " " + parameters + " command=/bin/sh -c '" + script +
                "'");
  }

  const std::string dir_ = "/run/devfs-test", tree_ = dir_ + "/tree", etc_ = dir_ + "/etc";
};

TEST_F(DevfsTest, ROOT_StandardSets) {
  const std::string jail =
      "fd\nfull\ngaol\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n";
  EXPECT_EQ(jailed("", "ls -1 /dev"), jail);
  EXPECT_EQ(jailed("devfs_ruleset=4", "ls -1 /dev"), jail);
  EXPECT_EQ(jailed("devfs_ruleset=5", "ls -1 /dev/n*"), "/dev/null\n\n/dev/net:\ntun\n");
  EXPECT_EQ(jailed("devfs_ruleset=1", "ls -1 /dev"), "gaol\nshm\n");
}

TEST_F(DevfsTest, ROOT_SetsOfTheMachineShowItsNodes) {
  rules(
      "[mine=10]\nadd include $devfsrules_jail\nadd path 'loop-con*' unhide mode 0640 group 33\n");
  EXPECT_EQ(jailed("devfs_ruleset=10", "stat -c \"%F %a %u %g %t %T\" /dev/loop-control"),
            "character special file 640 0 33 a ed\n");
  EXPECT_EQ(jailed("", "echo /dev/loop*"), "/dev/loop*\n");
}

TEST_F(DevfsTest, ROOT_NodesOfTheJailTakeTheRulesOwner) {
  rules("[mine=10]\nadd include 4\nadd path null mode 0600 user www-data\n");
  EXPECT_EQ(jailed("devfs_ruleset=10", "stat -c \"%a %u %g\" /dev/null"), "600 33 0\n");
  EXPECT_EQ(run("stat -c %a,%u /dev/null").out, "666,0\n");
}

TEST_F(DevfsTest, ROOT_WithoutPtsThereAreNoTerminals) {
  rules("[mine=10]\nadd include 1\nadd path null unhide\n");
  EXPECT_EQ(jailed("devfs_ruleset=10", "ls /dev; grep devpts /proc/mounts || echo none"),
            "gaol\nnull\nshm\nnone\n");
}

TEST_F(DevfsTest, ROOT_ALaterFileReplacesTheSet) {
  rules("[devfsrules_jail=4]\nadd include $devfsrules_hide_all\nadd path null unhide\n");
  EXPECT_EQ(jailed("", "ls /dev"), "gaol\nnull\nshm\n");
}

TEST_F(DevfsTest, ROOT_RefusesBeforeAnythingIsThere) {
  rules("[a=10]\nadd include 11\n");
  const struct {
    const char* parameters;
    const char* line;
  } cases[] = {
      {"devfs_ruleset=99", "jail: devfs_ruleset 99: no such ruleset\n[exit 1]\n"},
      {"devfs_ruleset=10",
       "jail: devfs_ruleset 10: /etc/devfs.rules:2:1: ruleset 11: no such ruleset\n[exit 1]\n"},
  };
  const auto before = footprint();
  for (const auto& c : cases) {
    EXPECT_EQ(jailed(std::string("exec.prestart='touch /run/ran' ") + c.parameters, "true"),
              c.line);
    EXPECT_FALSE(fs::exists("/run/ran"));
    EXPECT_EQ(changes_since(before), "");
  }
  rules("[a=10]\nadd path null unhid\n");
  EXPECT_EQ(jailed("", "true"),
            "jail: devfs_ruleset 4: /etc/devfs.rules:2:15: unknown word \"unhid\", did you mean "
            "\"unhide\"?\n[exit 1]\n");
}

// What processes of the jail's cgroup may open, on the host, where no mount holds them.
class DeviceTest : public DevfsTest {
 protected:
  void SetUp() override {
    DevfsTest::SetUp();
    const auto node = [&](const char* name, unsigned mode, unsigned major, unsigned minor) {
      EXPECT_EQ(::mknod((dir_ + "/" + name).c_str(), mode, makedev(major, minor)), 0) << name;
    };
    node("null", S_IFCHR | 0666, 1, 3);
    node("mem", S_IFCHR | 0600, 1, 1);
    node("tun", S_IFCHR | 0600, 10, 200);
    node("loop0", S_IFBLK | 0600, 7, 0);
    node("loop1", S_IFBLK | 0600, 7, 1);
  }

  void start(const std::string& parameters = {}) {
    ASSERT_EQ(seen("jail -c name=x path=" + tree_ + " persist " + parameters), "");
  }

  // The outcome of opening a node for reading (`<`), writing (`>`) or both (`<>`).
  std::string opened(const std::string& how, const std::string& name) {
    const auto script = "cd " + cgroup_ +
                        "/gaol/$(jls -j x jid) && echo 0 > cgroup.procs && exec 3" + how + dir_ +
                        "/" + name;
    const auto outcome = run("sh -c '" + script + "'");
    return outcome.status == 0 ? "open" : outcome.err.substr(outcome.err.rfind(": ") + 2);
  }

  const std::string shut_ = "Operation not permitted\n";
  const std::string cgroup_ =
      fs::exists("/sys/fs/cgroup/cgroup.procs") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
};

TEST_F(DeviceTest, ROOT_BPF_EveryJailHasTheCommonDevicesOnly) {
  for (const char* parameters : {"", "vnet"}) {
    start(parameters);
    EXPECT_EQ(opened("<>", "null"), "open");
    for (const char* name : {"mem", "tun", "loop0", "loop1"}) EXPECT_EQ(opened("<", name), shut_);
    EXPECT_EQ(seen("jail -r x"), "");
  }
}

TEST_F(DeviceTest, ROOT_BPF_WhatTheSetShowsMayBeOpened) {
  start("devfs_ruleset=5");
  EXPECT_EQ(opened("<>", "tun"), "open");
  EXPECT_EQ(opened("<", "mem"), shut_);
}

TEST_F(DeviceTest, ROOT_BPF_WhatNobodyMayWriteRootMayNotEither) {
  rules("[mine=10]\nadd include 4\nadd path mem unhide mode 0440\n");
  start("devfs_ruleset=10");
  EXPECT_EQ(opened(">", "mem"), shut_);
  EXPECT_EQ(opened("<", "mem"), fs::exists("/dev/mem") ? "open" : shut_);
}

TEST_F(DeviceTest, ROOT_BPF_AChangedSetHoldsAtOnce) {
  start("devfs_ruleset=5");
  EXPECT_EQ(seen("jail -m name=x devfs_ruleset=4"), "");
  EXPECT_EQ(opened("<>", "tun"), shut_);
  EXPECT_EQ(seen("jail -m name=x devfs_ruleset=5"), "");
  EXPECT_EQ(opened("<>", "tun"), "open");
  EXPECT_EQ(seen("jail -m name=x devfs_ruleset=99; jls -j x devfs_ruleset"),
            "jail: devfs_ruleset 99: no such ruleset\n5\n");
  EXPECT_EQ(opened("<>", "tun"), "open");
}

// A filesystem that the host mounts into a running jail, without nodev and with nodes.
TEST_F(DeviceTest, ROOT_BPF_NodesWithoutNodevStayShut) {
  start();
  ASSERT_EQ(seen("nsenter -t " + init_of("x") +
                 " -m sh -c 'mount -t tmpfs none /tmp && cd /tmp && mknod zero c 1 5 &&"
                 " mknod mem c 1 1 && mknod disk b 7 0 && chmod 666 *'"),
            "");
  EXPECT_EQ(seen("jexec x sh -c 'head -c 2 /tmp/zero | wc -c; cat /tmp/mem; cat /tmp/disk'"),
            "2\ncat: can't open '/tmp/mem': Operation not permitted\n"
            "cat: can't open '/tmp/disk': Operation not permitted\n[exit 1]\n");
}

TEST_F(DevfsTest, ROOT_PermissionsThatMeanDevices) {
  EXPECT_EQ(jailed("allow.vmm", "stat -c \"%a %u %g %t %T\" /dev/kvm"),
            fs::exists("/dev/kvm")
                ? "660 0 0 a e8\n"
                : "jail: allow.vmm: not supported on this system: the host has no /dev/kvm\n"
                  "[exit 1]\n");
  EXPECT_EQ(jailed("allow.read_msgbuf", "stat -c %a /dev/kmsg; dmesg >/dev/null && echo read"),
            run("cat /proc/sys/kernel/dmesg_restrict").out == "0\n"
                ? "440\nread\n"
                : "jail: allow.read_msgbuf: not supported on this system: its log is for root of "
                  "the host alone while kernel.dmesg_restrict is 1\n[exit 1]\n");
}

}  // namespace
}  // namespace gaol::test
