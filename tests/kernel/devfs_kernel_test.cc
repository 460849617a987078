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
      "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n";
  EXPECT_EQ(jailed("", "ls -1 /dev"), jail);
  EXPECT_EQ(jailed("devfs_ruleset=4", "ls -1 /dev"), jail);
  EXPECT_EQ(jailed("devfs_ruleset=5", "ls -1 /dev/n*"), "/dev/null\n\n/dev/net:\ntun\n");
  EXPECT_EQ(jailed("devfs_ruleset=1", "ls -1 /dev"), "shm\n");
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
            "null\nshm\nnone\n");
}

TEST_F(DevfsTest, ROOT_ALaterFileReplacesTheSet) {
  rules("[devfsrules_jail=4]\nadd include $devfsrules_hide_all\nadd path null unhide\n");
  EXPECT_EQ(jailed("", "ls /dev"), "null\nshm\n");
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

}  // namespace
}  // namespace gaol::test
