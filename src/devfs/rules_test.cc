// SPDX-License-Identifier: BSD-2-Clause

#include "devfs/rules.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <set>
#include <string>

namespace gaol::devfs {
namespace {

std::vector<std::string> names(int ruleset) {
  std::vector<std::string> out;
  const auto list = nodes(ruleset);
  EXPECT_TRUE(list);
  for (const Node& node : *list) out.emplace_back(node.name);
  std::ranges::sort(out);
  return out;
}

TEST(DevfsRules, JailHasTheseAndNoOthers) {
  const std::vector<std::string> jail{"fd",     "full",    "null",   "ptmx",  "pts",
                                      "random", "shm",     "stderr", "stdin", "stdout",
                                      "tty",    "urandom", "zero"};
  EXPECT_EQ(names(4), jail);
  EXPECT_EQ(*nodes(0), *nodes(4));
}

TEST(DevfsRules, VnetAddsTun) {
  auto expected = names(4);
  expected.insert(expected.end(), {"net", "net/tun"});
  std::ranges::sort(expected);
  EXPECT_EQ(names(5), expected);
}

TEST(DevfsRules, RefusesOthers) {
  for (const int ruleset : {-1, 1, 2, 3, 6, 65535}) {
    const auto list = nodes(ruleset);
    ASSERT_FALSE(list) << ruleset;
    EXPECT_EQ(list.error().line(),
              "devfs_ruleset " + std::to_string(ruleset) + ": no such ruleset");
  }
}

TEST(DevfsRules, EachNodeIsComplete) {
  std::set<std::string_view> made;
  const auto list = nodes(5);
  ASSERT_TRUE(list);
  for (const Node& node : *list) {
    EXPECT_EQ(node.kind == Kind::character, node.major != 0) << node.name;
    EXPECT_EQ(node.kind == Kind::symlink, !node.target.empty()) << node.name;
    EXPECT_EQ(node.kind == Kind::symlink, node.mode == 0) << node.name;
    EXPECT_TRUE(made.insert(node.name).second) << node.name << " twice";
    if (const size_t slash = node.name.rfind('/'); slash != std::string_view::npos) {
      EXPECT_TRUE(made.contains(node.name.substr(0, slash))) << node.name;
    }
  }
}

// The numbers are the kernel's; the host has the same nodes.
TEST(DevfsRules, NumbersAreThoseOfTheHost) {
  const auto list = nodes(5);
  ASSERT_TRUE(list);
  for (const Node& node : *list) {
    if (node.kind != Kind::character) continue;
    struct stat host {};
    if (::stat(("/dev/" + std::string(node.name)).c_str(), &host) != 0) continue;
    EXPECT_TRUE(S_ISCHR(host.st_mode)) << node.name;
    EXPECT_EQ(::major(host.st_rdev), node.major) << node.name;
    EXPECT_EQ(::minor(host.st_rdev), node.minor) << node.name;
  }
}

}  // namespace
}  // namespace gaol::devfs
