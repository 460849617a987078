// SPDX-License-Identifier: BSD-2-Clause

#include "host/mounts.h"

#include <gtest/gtest.h>

namespace gaol::host {
namespace {

constexpr const char* kTable =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
    "30 22 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "31 22 0:27 /a /srv/two\\040words\\134x rw master:1 propagate_from:2 - tmpfs none rw\n"
    "32 22 0:28 / /srv/www/proc rw shared:9 - proc proc rw\n"
    "33 22 0:28 / /srv/www2 rw shared:9 - proc proc rw\n"
    "a line of something else\n";

TEST(Mounts, ReadsFieldsBehindTheDashWhateverStandsBefore) {
  const auto mounts = parse_mounts(kTable);
  ASSERT_EQ(mounts.size(), 5u);
  EXPECT_EQ(mounts[1].point, "/sys/fs/cgroup/cpu");
  EXPECT_EQ(mounts[1].type, "cgroup");
  EXPECT_EQ(mounts[1].options, "rw,cpu");
  EXPECT_EQ(mounts[2].point, "/srv/two words\\x");
  EXPECT_EQ(mounts[2].type, "tmpfs");
  EXPECT_EQ(mounts[0].source, "/dev/vda");
}

TEST(Mounts, BelowMeansWholeComponents) {
  const auto mounts = parse_mounts(kTable);
  ASSERT_EQ(mounts_below(mounts, "/srv/www").size(), 1u);
  EXPECT_EQ(mounts_below(mounts, "/srv/www")[0].point, "/srv/www/proc");
  EXPECT_EQ(mounts_below(mounts, "/srv/www/proc").size(), 1u);
  EXPECT_TRUE(mounts_below(mounts, "/srv/w").empty());
}

}  // namespace
}  // namespace gaol::host
