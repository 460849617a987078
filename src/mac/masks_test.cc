// SPDX-License-Identifier: BSD-2-Clause

#include "mac/masks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gaol::mac {
namespace {

std::vector<std::string> all_paths() {
  std::vector<std::string> paths(std::begin(kMaskedFiles), std::end(kMaskedFiles));
  paths.insert(paths.end(), std::begin(kMaskedDirs), std::end(kMaskedDirs));
  paths.insert(paths.end(), std::begin(kReadOnlyPaths), std::end(kReadOnlyPaths));
  return paths;
}

TEST(Masks, ListsAreSorted) {
  EXPECT_TRUE(std::ranges::is_sorted(kMaskedFiles));
  EXPECT_TRUE(std::ranges::is_sorted(kMaskedDirs));
  EXPECT_TRUE(std::ranges::is_sorted(kReadOnlyPaths));
}

TEST(Masks, PathsAreBelowProcOrSys) {
  for (const std::string& path : all_paths()) {
    EXPECT_TRUE(path.starts_with("/proc/") || path.starts_with("/sys/")) << path;
    EXPECT_FALSE(path.ends_with('/') || path.contains("/../") || path.contains("//")) << path;
  }
}

// A mask below another would be made on top of it, in an empty directory.
TEST(Masks, NoPathHoldsAnother) {
  for (const std::string& outer : all_paths()) {
    for (const std::string& inner : all_paths()) {
      EXPECT_FALSE(inner.starts_with(outer + "/")) << outer << " holds " << inner;
    }
  }
  auto paths = all_paths();
  std::ranges::sort(paths);
  EXPECT_EQ(std::ranges::adjacent_find(paths), paths.end());
}

TEST(Masks, WhatTheHostFearsMostIsThere) {
  const auto paths = all_paths();
  for (const char* path : {"/proc/kcore", "/proc/keys", "/proc/sysrq-trigger", "/proc/sys",
                           "/proc/timer_list", "/sys/firmware", "/sys/devices/virtual/powercap"}) {
    EXPECT_EQ(std::ranges::count(paths, path), 1) << path;
  }
}

}  // namespace
}  // namespace gaol::mac
