// SPDX-License-Identifier: BSD-2-Clause
#include "init/mount_table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gaol::init {
namespace {

namespace fs = std::filesystem;

// A directory that stands for procfs: init reads the table by its working directory.
class MountTable : public testing::Test {
 protected:
  MountTable() {
    fs::create_directories(dir_ / "self");
    fs::current_path(dir_);
  }
  ~MountTable() override {
    fs::current_path("/");
    fs::remove_all(dir_);
  }
  static void write(const std::string& text) { std::ofstream("self/mountinfo") << text; }

  const fs::path dir_ =
      fs::path(testing::TempDir()) / ("mount-table-" + std::to_string(::getpid()));
};

const std::string kTree =
    "30 1 0:26 /jails/www / rw,nodev,relatime - ext4 /dev/vda rw,errors=remount-ro\n"
    "31 30 0:50 / /proc rw,nosuid - proc none rw\n"
    "32 31 0:6 /null /proc/kcore rw shared:1 master:2 - devtmpfs devtmpfs rw,size=12334492k\n"
    "33 30 0:51 / /tmp rw - tmpfs tmpfs rw,size=1024k,nr_inodes=1024,mode=700\n";

TEST_F(MountTable, WhatWasThereIsNotTheJails) {
  Foundation foundation;
  EXPECT_FALSE(foundation.complete());
  EXPECT_TRUE(foundation.holds(30)) << "before it is laid it holds everything";
  write(kTree);
  foundation.lay();
  EXPECT_TRUE(foundation.complete());
  for (const unsigned long mount : {30UL, 31UL, 32UL, 33UL}) EXPECT_TRUE(foundation.holds(mount));
  for (const unsigned long mount : {0UL, 3UL, 34UL, 300UL, 3031UL})
    EXPECT_FALSE(foundation.holds(mount));
  EXPECT_EQ(usage_beyond(foundation).mounts, 0U);
  EXPECT_EQ(usage_beyond(foundation).tmpfs, 0U);
}

TEST_F(MountTable, WhatCameLaterIs) {
  Foundation foundation;
  write(kTree);
  foundation.lay();
  write(kTree +
        "40 30 0:60 / /mnt rw - tmpfs a\\040b rw,size=2048k,nr_inodes=9\n"
        "41 30 0:60 / /b rw - tmpfs , rw,size=65536k\n"
        "42 30 0:26 /jails/www/src /c rw,noatime - ext4 /dev/vda rw,size=7k\n");
  foundation.lay();  // has no effect any more
  EXPECT_FALSE(foundation.holds(40));
  EXPECT_EQ(usage_beyond(foundation).mounts, 3U);
  EXPECT_EQ(usage_beyond(foundation).tmpfs, 2048U + 65536U);
}

// Names of a jail's choosing stand in the table.
TEST_F(MountTable, NoNameHidesASize) {
  Foundation foundation;
  write(kTree);
  foundation.lay();
  const std::string long_name(9000, 'x');
  write(kTree +
        "40 30 0:60 / /a,- rw - tmpfs size=1k rw,size=8k\n"
        "41 30 0:61 / /-\\040ext4 rw - tmpfs none rw,size=16k\n"
        "42 30 0:62 / /" +
        long_name + " rw - tmpfs " + long_name +
        " rw,size=32k\n"
        "43 30 0:63 / /tmpfs rw - ext4 tmpfs rw,size=64k\n");
  EXPECT_EQ(usage_beyond(foundation).mounts, 4U);
  EXPECT_EQ(usage_beyond(foundation).tmpfs, 8U + 16U + 32U);
}

TEST_F(MountTable, WhatCannotBeRememberedIsHeldWhole) {
  std::string many;
  for (int mount = 1; mount <= 1001; ++mount)
    many += std::to_string(mount) + " 1 0:1 / /x rw - ext4 none rw\n";
  write(many);
  Foundation foundation;
  foundation.lay();
  EXPECT_FALSE(foundation.complete());
  EXPECT_TRUE(foundation.holds(5000));
}

TEST_F(MountTable, WhatCannotBeReadIsHeldWhole) {
  Foundation foundation;
  for (const char* text : {"none", ""}) {
    foundation.lay();
    EXPECT_FALSE(foundation.complete()) << text;
    EXPECT_TRUE(foundation.holds(30)) << text;
    write("");
  }
  write(kTree);
  Foundation other;
  other.lay();
  fs::remove("self/mountinfo");
  EXPECT_EQ(usage_beyond(other).mounts, ~0U) << "no jail may have that many";
}

}  // namespace
}  // namespace gaol::init
