// SPDX-License-Identifier: BSD-2-Clause

// exec.start = "/sbin/init": the init system of a jail's userland is process 1 of what it sees,
// programs enter beside it, and a stop is its own shutdown. busybox's init, and the machine's
// systemd in a tree of few units.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::string kTree = "/run/first";

class FirstTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    make_tree(kTree);
    fs::create_directories(kTree + "/sbin");
    fs::create_directories(kTree + "/run");
    fs::create_symlink("/bin/busybox", kTree + "/sbin/init");
    write_file(kTree + "/etc/inittab",
               "::sysinit:/bin/touch /up\n::respawn:/bin/sleep 1000\n"
               "::shutdown:/bin/touch /down\n");
  }
  void TearDown() override {
    run("jail -R web");
    fs::remove_all(kTree);
    KernelTest::TearDown();
  }

  static void start(const std::string& parameters = "") {
    write_file(
        "/run/jail.conf",
        "web { path = " + kTree + "; exec.start = /sbin/init; mount.devfs; " + parameters + " }");
    ASSERT_EQ(seen("jail -qf /run/jail.conf -c web"), "");
    ASSERT_EQ(settled("ls " + kTree + "/up", kTree + "/up\n"), kTree + "/up\n");
  }
  static std::string stop() { return seen("jail -qf /run/jail.conf -r web"); }
  static std::string in_jail(const std::string& line) {
    return seen("jexec web sh -c '" + line + "'");
  }
};

TEST_F(FirstTest, ROOT_IsProcessOneOfWhatTheJailSees) {
  start();
  EXPECT_EQ(in_jail("cat /proc/1/comm; readlink /proc/1/exe"), "init\n/bin/busybox\n");
  EXPECT_EQ(in_jail("tr \"\\0\" \"\\n\" </proc/1/environ | grep -v ^TERM= | sort"),
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin\ncontainer=gaol\n");
  EXPECT_THAT(in_jail("ps -o comm"), Not(HasSubstr("gaol-init")));
}

// Both lie over each other.
TEST_F(FirstTest, ROOT_NewProcIsMaskedLikeTheOld) {
  const std::string masks = "sed -n \"s,.* \\(/proc/[^ ]*\\) .*,\\1,p\" /proc/mounts | sort";
  start();
  const auto both = in_jail(masks);
  run("jail -R web");
  run("jail -c name=web path=" + kTree + " persist mount.devfs");
  EXPECT_THAT(in_jail(masks), HasSubstr("/proc/sys\n"));
  EXPECT_EQ(both, in_jail("{ " + masks + "; " + masks + "; } | sort"));
}

// What is mounted for it lies under nothing of root's, whatever root mounted before.
TEST_F(FirstTest, ROOT_NothingMountedForItIsRootsToTakeAway) {
  start(
      "allow.mount; allow.mount.tmpfs; enforce_statfs = 1; exec.start = "
      "\"/bin/mount -t tmpfs tmpfs /tmp 2>/dev/null || touch /refused\", /sbin/init;");
  EXPECT_TRUE(fs::exists(kTree + "/refused"));
  for (const char* place : {"/proc/interrupts", "/proc/keys", "/proc/sys", "/proc",
                            "/sys/fs/cgroup", "/run/lock", "/run", "/dev/shm"})
    EXPECT_THAT(in_jail(std::string("umount ") + place), HasSubstr("[exit 1]\n")) << place;
  EXPECT_EQ(in_jail("mount -t tmpfs tmpfs /tmp && umount /tmp"), "");
}

TEST_F(FirstTest, ROOT_DividesItsCgroupAndNoMore) {
  start();
  EXPECT_EQ(in_jail("grep 0:: /proc/self/cgroup; mkdir /sys/fs/cgroup/a && echo 0 "
                    ">/sys/fs/cgroup/a/cgroup.procs && grep 0:: /proc/self/cgroup"),
            "0::/\n0::/a\n");
  EXPECT_THAT(in_jail("echo 99999 >/sys/fs/cgroup/cgroup.max.descendants"),
              HasSubstr("Permission denied"));
  EXPECT_THAT(in_jail("i=/sys/fs/cgroup; for n in $(seq 40); do i=$i/a; mkdir $i || exit 3; done"),
              HasSubstr("[exit 3]"));
  EXPECT_EQ(stop(), "");
}

// Services are in cgroups of their own.
TEST_F(FirstTest, ROOT_EveryPartOfItFindsTheDoor) {
  if (!commands_run_anywhere()) GTEST_SKIP() << "needs static commands";
  start("children.max = 1;");
  const std::string move = "mkdir /sys/fs/cgroup/a; echo 0 >/sys/fs/cgroup/a/cgroup.procs; ";
  EXPECT_EQ(in_jail(move + "/dev/gaol/sbin/jail -c name=sub path=/ persist; "
                           "/dev/gaol/sbin/jls -N name"),
            "sub\n");
  EXPECT_EQ(seen("jls -N name"), "web\nweb.sub\n");
  EXPECT_EQ(stop(), "");
}

TEST_F(FirstTest, ROOT_StopIsItsOwnShutdown) {
  start();
  EXPECT_EQ(stop(), "");
  EXPECT_TRUE(fs::exists(kTree + "/down"));
  EXPECT_EQ(seen("jls name"), "");
}

TEST_F(FirstTest, ROOT_ExecStopIsAskedWhereThereIsOne) {
  start("exec.stop = \"/bin/kill -USR2 1\";");
  EXPECT_THAT(seen("jail -vf /run/jail.conf -r web"),
              HasSubstr("run command in jail: /bin/kill -USR2 1"));
  EXPECT_TRUE(fs::exists(kTree + "/down"));
}

TEST_F(FirstTest, ROOT_OneThatDoesNotEndIsKilled) {
  fs::remove(kTree + "/sbin/init");
  write_file(kTree + "/sbin/init",
             "#!/bin/sh\ntrap : USR2\ntouch /up\nwhile :; do sleep 1; done\n");
  fs::permissions(kTree + "/sbin/init", fs::perms{0755});
  start("stop.timeout = 1;");
  EXPECT_EQ(stop(), "");
  EXPECT_EQ(seen("jls name"), "");
}

TEST_F(FirstTest, ROOT_PoweroffInsideEndsTheJail) {
  start();
  in_jail("poweroff");  // it may end before us, and we with it
  EXPECT_EQ(settled("jls name", ""), "");
  EXPECT_TRUE(fs::exists(kTree + "/down"));
}

TEST_F(FirstTest, ROOT_JailThatPersistsIsAsBefore) {
  start("persist;");
  in_jail("poweroff -f");
  EXPECT_EQ(settled("jexec web cat /proc/1/comm", "gaol-init\n"), "gaol-init\n");
  EXPECT_EQ(in_jail("cat /proc/self/comm; grep -c /run /proc/mounts"), "cat\n0\n[exit 1]\n");
  EXPECT_EQ(stop(), "");
}

TEST_F(FirstTest, ROOT_OnlyThereMayRootReboot) {
  ASSERT_EQ(seen("jail -c name=web path=" + kTree + " persist"), "");
  EXPECT_THAT(in_jail("reboot -f"), HasSubstr("Operation not permitted"));
  EXPECT_EQ(in_jail("echo here"), "here\n");
}

TEST_F(FirstTest, ROOT_NothingIsLeftWhereverItIsKilled) {
  write_file("/run/jail.conf",
             "web { path = " + kTree + "; exec.start = /sbin/init; stop.timeout = 0; }");
  for (int round = 0; round < 20; ++round) {
    run("jail -qf /run/jail.conf -c web & sleep 0.0" + std::to_string(round + 10) +
        "; kill -9 $!; wait");
    run("jail -qf /run/jail.conf -r web");
    EXPECT_EQ(seen("jls name"), "") << round;
  }
}

TEST_F(FirstTest, ROOT_WhatIsNotThereIsOneLine) {
  fs::remove(kTree + "/sbin/init");
  EXPECT_EQ(seen("jail -c name=web path=" + kTree + " exec.start=/sbin/init"),
            "jail: /sbin/init: exec /sbin/init: No such file or directory\n[exit 1]\n");
}

// Its executables, and units that are ours: a target and a service.
TEST_F(FirstTest, ROOT_SystemdRunsAsItsOwnMachine) {
  GAOL_NEEDS(fs::exists("/lib/systemd/systemd"), "needs systemd");
  fs::create_directories(kTree + "/etc/systemd/system");
  fs::create_directories(kTree + "/usr");
  for (const char* directory : {"lib", "lib64"})
    fs::create_symlink(std::string("usr/") + directory, kTree + "/" + directory);
  fs::remove(kTree + "/sbin/init");
  fs::create_symlink("/lib/systemd/systemd", kTree + "/sbin/init");
  // Without one it is a first boot, which enables all that is installed.
  write_file(kTree + "/etc/machine-id", std::string(32, '1') + "\n");
  const std::string units = kTree + "/etc/systemd/system/";
  write_file(units + "default.target",
             "[Unit]\nDefaultDependencies=no\nRequires=web.service\nAfter=web.service\n");
  write_file(
      units + "web.service",
      "[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\nBefore=shutdown.target\n[Service]"
      "\nType=oneshot\nRemainAfterExit=yes\n"
      "PrivateTmp=yes\nExecStart=/bin/busybox touch /up\nExecStop=/bin/busybox touch /down\n");
  start("mount = \"/usr " + kTree + "/usr nullfs ro 0 0\"; vnet;");
  EXPECT_EQ(settled("jexec web /usr/bin/systemctl is-system-running", "running\n"), "running\n");
  EXPECT_EQ(seen("jexec web /usr/bin/systemd-detect-virt"), "container-other\n");
  EXPECT_THAT(in_jail("grep 0:: /proc/self/cgroup"), HasSubstr("0::/init.scope\n"));
  EXPECT_EQ(stop(), "");
  EXPECT_TRUE(fs::exists(kTree + "/down"));
}

}  // namespace
}  // namespace gaol::test
