// SPDX-License-Identifier: BSD-2-Clause

// What a jail finds below its root: mount lines, fstab files, /dev and /proc. All of it lives in
// the jail's own mount namespace; the footprint shows that the host never sees any.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MountTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    make_tree(tree_);
    fs::create_directories(tree_ + "/mnt");
    fs::create_directories(dir_ + "/src/below");
    write_file(dir_ + "/src/file", "data\n");
  }
  void TearDown() override {
    fs::remove_all(dir_);
    KernelTest::TearDown();
  }

  // What a jail with these parameters prints.
  std::string jailed(const std::string& parameters, const std::string& script) {
    return seen("jail -c path=" + tree_ + " " + parameters + " command=/bin/sh -c '" + script +
                "'");
  }

  const std::string dir_ = "/run/mounts", tree_ = dir_ + "/tree";
  const std::string nullfs_ = "mount='" + dir_ + "/src " + tree_ + "/mnt nullfs ";
};

TEST_F(MountTest, ROOT_NullfsShowsAnotherTree) {
  EXPECT_EQ(jailed(nullfs_ + "rw 0 0'", "cat /mnt/file; echo new >/mnt/new; stat -c %u /mnt/file"),
            "data\n0\n");
  EXPECT_EQ(run("stat -c %u " + dir_ + "/src/new").out, "0\n");
  EXPECT_EQ(jailed(nullfs_ + "ro'", "cat /mnt/new; echo again >/mnt/new"),
            "new\n/bin/sh: can't create /mnt/new: Read-only file system\n"
            "jail: /bin/sh -c cat /mnt/new; echo again >/mnt/new: failed\n[exit 1]\n");
}

TEST_F(MountTest, ROOT_NullfsDoesNotCarryTheMountsBelow) {
  run("mount -t tmpfs below " + dir_ + "/src/below; touch " + dir_ + "/src/below/hidden");
  EXPECT_EQ(jailed(nullfs_ + "ro'", "ls /mnt/below"), "");
  run("umount " + dir_ + "/src/below");
}

// What a jail's tree says of its links is the jail's word: there they lead where they do in the
// jail.
TEST_F(MountTest, ROOT_ASourceInAJailsTreeLeadsNowhereElse) {
  const std::string other = dir_ + "/jails/other";
  ASSERT_EQ(run("gaol create other --empty --path " + other).status, 0);
  const auto put = [&](const std::string& root, const std::string& name) {
    run("mkdir -p " + root + dir_ + "/data; touch " + root + dir_ + "/data/" + name);
  };
  put("", "precious");
  put(tree_, "own");
  put(other, "theirs");
  run("ln -s " + dir_ + "/data " + tree_ + "/link; ln -s " + dir_ + "/data " + other + "/link");
  const auto shown = [&](const std::string& source) {
    return jailed("mount='" + source + " " + tree_ + "/mnt nullfs rw'", "ls /mnt");
  };
  EXPECT_EQ(shown(dir_ + "/data"), "precious\n");
  EXPECT_EQ(shown(tree_ + "/link"), "own\n");
  EXPECT_EQ(shown(other + "/link"), "theirs\n");
  run("ln -snf ../../data " + other + "/link");
  EXPECT_THAT(shown(other + "/link"), HasSubstr("link: No such file or directory"));
}

TEST_F(MountTest, ROOT_OptionsHold) {
  run("cp /bin/busybox " + dir_ + "/src/id");
  EXPECT_EQ(jailed(nullfs_ + "ro,nosuid'",
                   "/mnt/id -u; grep -c \" /mnt .*ro,nosuid,nodev\" /proc/mounts"),
            "0\n1\n");
  EXPECT_THAT(jailed(nullfs_ + "ro,noexec'", "/mnt/id -u"), HasSubstr("Permission denied"));
  EXPECT_EQ(jailed("mount='x " + tree_ + "/mnt tmpfs rw,nosuid,size=1m,mode=1777'",
                   "stat -c %a /mnt; df -k /mnt | sed -n s/.*1024.*/1024/p; "
                   "grep -c \" /mnt tmpfs rw,nosuid,nodev\" /proc/mounts"),
            "1777\n1024\n1\n");
}

TEST_F(MountTest, ROOT_LinesAreMountedInOrder) {
  fs::create_directories(dir_ + "/src/deep");
  EXPECT_EQ(jailed(nullfs_ + "ro' mount='x " + tree_ + "/mnt/deep tmpfs rw'",
                   "touch /mnt/deep/file && ls /mnt/deep"),
            "file\n");
}

TEST_F(MountTest, ROOT_FstabHoldsMoreLines) {
  fs::create_directories(tree_ + "/a b");
  write_file(dir_ + "/fstab", "# comment\n\n" + dir_ + "/src " + tree_ +
                                  "/a\\040b nullfs ro 0 0 # it\n" + "\tx\t" + tree_ +
                                  "/mnt\ttmpfs\trw\n");
  EXPECT_EQ(jailed("mount.fstab=" + dir_ + "/fstab", "ls \"/a b\"; touch /mnt/x; ls /mnt"),
            "below\nfile\nx\n");
  EXPECT_EQ(jailed("mount.fstab=", "ls /mnt"), "");
}

TEST_F(MountTest, ROOT_DevAndProcAreThereWhereTheirPlacesAre) {
  EXPECT_EQ(jailed("", "echo /dev/n* /dev/z*; ls -d /proc/self"),
            "/dev/null /dev/zero\n/proc/self\n");
  EXPECT_EQ(jailed("mount.nodevfs mount.noprocfs", "ls /dev /proc"), "/dev:\n\n/proc:\n");
  EXPECT_EQ(jailed("mount.devfs devfs_ruleset=5", "echo /dev/n*"), "/dev/net /dev/null\n");
  fs::remove(tree_ + "/dev");
  EXPECT_EQ(jailed("", "ls -d /dev"),
            "ls: /dev: No such file or directory\n"
            "jail: /bin/sh -c ls -d /dev: failed\n[exit 1]\n");
  EXPECT_THAT(jailed("mount.devfs", "true"), HasSubstr("dev: No such file or directory"));
}

TEST_F(MountTest, ROOT_TheHostShowsNowhere) {
  EXPECT_THAT(jailed("", "cat /proc/self/mountinfo"), Not(HasSubstr(dir_ + " ")));
  EXPECT_EQ(jailed("", "ls /.. | head -n 1; cd /; cd ../../..; pwd"), "bin\n/\n");
}

TEST_F(MountTest, ROOT_StandardMountsGoToTheirPlacesOnly) {
  write_file(dir_ + "/fstab", "devfs " + tree_ + "/dev devfs rw 0 0\nproc " + tree_ +
                                  "/proc procfs rw 0 0\nfdesc " + tree_ +
                                  "/dev/fd fdescfs rw 0 0\n");
  EXPECT_EQ(jailed("mount.fstab=" + dir_ + "/fstab", "ls -d /dev/null /proc/self"),
            "/dev/null\n/proc/self\n");
  EXPECT_THAT(jailed("mount='proc " + tree_ + "/mnt procfs rw'", "true"),
              AllOf(HasSubstr("mount: " + tree_ + "/mnt: procfs can be mounted at /proc"),
                    HasSubstr("[exit 1]")));
}

}  // namespace
}  // namespace gaol::test
