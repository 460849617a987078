// SPDX-License-Identifier: BSD-2-Clause

#include "devfs/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "base/text.h"
#include "devfs/load.h"
#include "tests/fake_kernel.h"

namespace gaol::devfs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSubsetOf;

const std::vector<std::string> kJailNames{"fd",     "full",    "null",   "ptmx",  "pts",
                                          "random", "shm",     "stderr", "stdin", "stdout",
                                          "tty",    "urandom", "zero"};

// A host with a disk, a graphics card, a serial line and a tape.
std::vector<sys::Node> host_nodes() {
  return {{.name = "dri", .mode = S_IFDIR | 0755, .target = {}},
          {.name = "dri/card0", .mode = S_IFCHR | 0660, .major = 226, .target = {}, .gid = 44},
          {.name = "fd", .mode = S_IFLNK | 0777, .target = "/proc/self/fd"},
          {.name = "mem", .mode = S_IFCHR | 0640, .major = 1, .minor = 1, .target = {}},
          {.name = "null", .mode = S_IFCHR | 0600, .major = 9, .minor = 9, .target = {}},
          {.name = "sda", .mode = S_IFBLK | 0660, .major = 8, .target = {}, .gid = 6},
          {.name = "st0", .mode = S_IFCHR | 0660, .major = 9, .target = {}, .uid = 70'000},
          {.name = "ttyS0", .mode = S_IFCHR | 0660, .major = 4, .minor = 64, .target = {}}};
}

class HostWithRules : public FakeKernel {
 public:
  explicit HostWithRules(const std::string& rules = {}) {
    nodes = host_nodes();
    if (!rules.empty()) files["/etc/devfs.rules"] = rules;
    files["/etc/passwd"] = "root:x:0:0::/:\nwww:x:33:33::/:\nfar:x:100000:1::/:\n";
    files["/etc/group"] = "root:x:0:\nvideo:x:44:\n";
  }
};

std::string text_of(const sys::Node& node) {
  const char kind = S_ISCHR(node.mode)   ? 'c'
                    : S_ISBLK(node.mode) ? 'b'
                    : S_ISDIR(node.mode) ? 'd'
                                         : 'l';
  char mode[8];
  *std::to_chars(mode, std::end(mode), node.mode & 07777, 8).ptr = '\0';
  return concat(node.name, " ", kind, " ", node.uid, ":", node.gid, " ", mode);
}

std::vector<std::string> names(FakeKernel& kernel, int set) {
  std::vector<std::string> out;
  const auto list = jail_nodes(kernel, set);
  if (!list) return {list.error().line()};
  for (const auto& node : *list) out.push_back(node.name);
  std::ranges::sort(out);
  return out;
}

// What a set of these rules, behind hide_all, shows beyond shared memory.
std::vector<std::string> shown(const std::string& rules) {
  HostWithRules kernel("[mine=9]\nadd include 1\n" + rules);
  const auto list = jail_nodes(kernel, 9);
  if (!list) return {list.error().line()};
  std::vector<std::string> out;
  for (const auto& node : *list)
    if (node.name != "shm") out.push_back(text_of(node));
  return out;
}

TEST(DevfsNodes, JailHasTheseAndNoOthers) {
  HostWithRules kernel;
  EXPECT_EQ(names(kernel, 4), kJailNames);
  EXPECT_EQ(names(kernel, 0), kJailNames);
  EXPECT_EQ(names(kernel, 1), std::vector<std::string>{"shm"});
}

TEST(DevfsNodes, VnetAddsTun) {
  HostWithRules kernel;
  auto expected = kJailNames;
  expected.insert(expected.end(), {"net", "net/tun"});
  std::ranges::sort(expected);
  EXPECT_EQ(names(kernel, 5), expected);
}

// With a file of rules, even an empty one, the sets are read and run.
TEST(DevfsNodes, StandardSetsComeToWhatIsKnownBeforehand) {
  HostWithRules kernel;
  kernel.files["/etc/devfs.rules"] = "";
  kernel.fail_on("read_node", EIO);  // nothing is asked of the host
  for (const int set : {4, 5}) EXPECT_EQ(jail_nodes(kernel, set).value(), standard_nodes(set));
}

// FreeBSD's crypto and pf, for two: asking for one of a name is no fault.
TEST(DevfsNodes, WhatTheHostLacksIsNotThere) {
  EXPECT_THAT(shown("add path nothing unhide\nadd path null unhide"),
              ElementsAre("null c 0:0 666"));
}

TEST(DevfsNodes, OneNameAsksForOneNode) {
  HostWithRules kernel("[mine=9]\nadd include 1\nadd path sda unhide\n");
  kernel.fail_on("read_nodes", EIO);
  EXPECT_EQ(names(kernel, 9), (std::vector<std::string>{"sda", "shm"}));
}

TEST(DevfsNodes, HiddenDirectoriesHideWhatIsInThem) {
  EXPECT_THAT(shown("add path dri/card0 unhide"), ElementsAre());
  EXPECT_THAT(shown("add path 'dri/*' unhide"), ElementsAre());
  EXPECT_THAT(shown("add path dri unhide\nadd path 'dri/*' unhide"),
              ElementsAre("dri d 0:0 755", "dri/card0 c 0:44 660"));
  EXPECT_THAT(shown("add path '*' unhide\nadd path dri hide"),
              testing::Not(Contains(testing::HasSubstr("dri"))));
}

TEST(DevfsNodes, WildcardsMatchNoSlash) {
  EXPECT_THAT(shown("add path 'd*' unhide"), ElementsAre("dri d 0:0 755"));
}

TEST(DevfsNodes, LaterRulesWin) {
  EXPECT_THAT(shown("add path null unhide\nadd path 'nul?' hide"), ElementsAre());
  EXPECT_THAT(shown("add 300 path null mode 600\nadd 200 path null unhide mode 640"),
              ElementsAre("null c 0:0 600"));
}

TEST(DevfsNodes, TypesAreThoseOfTheDriver) {
  EXPECT_THAT(shown("add type disk unhide"), ElementsAre("sda b 0:6 660"));
  EXPECT_THAT(shown("add type mem unhide"), ElementsAre("mem c 0:0 640"));
  EXPECT_THAT(shown("add type tape unhide"), ElementsAre("st0 c 65534:0 660"));
  EXPECT_THAT(shown("add type tty unhide"), ElementsAre("tty c 0:0 666", "ttyS0 c 0:0 660"));
  EXPECT_THAT(shown("add type tty path 'ttyS*' unhide"), ElementsAre("ttyS0 c 0:0 660"));
}

TEST(DevfsNodes, OwnersAreTheHostsNamesAndNumbers) {
  EXPECT_THAT(shown("add path null unhide user www group video mode 440"),
              ElementsAre("null c 33:44 440"));
  EXPECT_THAT(shown("add path null unhide user 12\nadd path null group 13"),
              ElementsAre("null c 12:13 666"));
}

// A private node of that name, never the host's.
TEST(DevfsNodes, OwnNodesAreTheJails) {
  HostWithRules kernel("[all=9]\nadd unhide\n");
  const auto list = jail_nodes(kernel, 9);
  ASSERT_TRUE(list);
  EXPECT_EQ(std::ranges::count(*list, "null", &sys::Node::name), 1);
  EXPECT_EQ(std::ranges::find(*list, "null", &sys::Node::name)->major, 1U);
  EXPECT_EQ(std::ranges::count(*list, "fd", &sys::Node::name), 1);
}

TEST(DevfsNodes, ASetThatHidesNothingShowsTheHost) {
  for (const char* rules : {"[all=9]\n", "[all=9]\nadd path null mode 600\n"}) {
    HostWithRules kernel(rules);
    EXPECT_THAT(names(kernel, 9), Contains("sda")) << rules;
  }
}

TEST(DevfsNodes, ConditionsHoldForIncludes) {
  EXPECT_THAT(shown("add path 'n*' include 2"), ElementsAre("null c 0:0 666"));
}

TEST(DevfsNodes, Refuses) {
  struct {
    const char* rules;
    int number;
    const char* reason;
  } const cases[] = {
      {"", 99, "devfs_ruleset 99: no such ruleset"},
      {"[a=9]\nadd include 10\n", 9,
       "devfs_ruleset 9: /etc/devfs.rules:2:1: ruleset 10: no such ruleset"},
      {"[a=9]\nadd include 9\n", 9,
       "devfs_ruleset 9: /etc/devfs.rules:2:1: ruleset 9 includes itself"},
      {"[a=9]\nadd include 10\n[b=10]\nadd include $a\n", 9,
       "devfs_ruleset 9: /etc/devfs.rules:4:1: ruleset 9 includes itself"},
      {"[a=9]\nadd user rot\n", 9,
       "devfs_ruleset 9: /etc/devfs.rules:2:1: unknown user \"rot\", did you mean \"root\"?"},
      {"[a=9]\nadd group wheel\n", 9,
       "devfs_ruleset 9: /etc/devfs.rules:2:1: unknown group \"wheel\""},
      {"[a=9]\nadd user far\n", 9,
       "devfs_ruleset 9: /etc/devfs.rules:2:1: user far: a jail's end at 65535"},
      {"[a=9]\nadd hid\n", 4,
       "devfs_ruleset 4: /etc/devfs.rules:2:5: unknown word \"hid\", did you mean \"hide\"?"},
  };
  for (const auto& c : cases) {
    HostWithRules kernel(c.rules);
    const auto list = jail_nodes(kernel, c.number);
    ASSERT_FALSE(list) << c.rules;
    EXPECT_EQ(list.error().line(), c.reason);
  }
}

TEST(DevfsNodes, AFileThatCannotBeReadIsNoEmptyFile) {
  HostWithRules kernel("[a=9]\n");
  kernel.fail_on("read_file /etc/devfs.rules", EACCES);
  EXPECT_FALSE(jail_nodes(kernel, 4));
}

// The numbers are the kernel's; the host has the same nodes.
TEST(DevfsNodes, NumbersAreThoseOfTheHost) {
  HostWithRules kernel;
  const auto list = jail_nodes(kernel, 5);
  ASSERT_TRUE(list);
  for (const auto& node : *list) {
    struct stat host {};
    if (!S_ISCHR(node.mode) || ::stat(("/dev/" + node.name).c_str(), &host) != 0) continue;
    EXPECT_TRUE(S_ISCHR(host.st_mode)) << node.name;
    EXPECT_EQ(major(host.st_rdev), node.major) << node.name;
    EXPECT_EQ(minor(host.st_rdev), node.minor) << node.name;
  }
}

}  // namespace
}  // namespace gaol::devfs
