// SPDX-License-Identifier: BSD-2-Clause
#include "pool/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gaol::pool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kGiga = 1'000'000'000;

Disk spare(std::string path, uint64_t bytes = 500 * kGiga) {
  return {std::move(path), bytes, "ACME 500", {}, {}, {}};
}

Wish wish(std::string_view layout, std::vector<Disk> disks) {
  return {"tank", *find_layout(layout), std::move(disks)};
}

std::vector<std::string> commands(const Plan& plan) {
  std::vector<std::string> lines;
  for (const auto& words : plan.commands) lines.push_back(join(words, " "));
  return lines;
}

TEST(PoolPlan, MakesOneCommandForZfs) {
  const auto made =
      plan(wish("mirrors", {spare("/dev/a"), spare("/dev/b"), spare("/dev/c"), spare("/dev/d")}));
  ASSERT_TRUE(made) << made.error().line();
  EXPECT_THAT(
      commands(*made),
      ElementsAre("zpool create -m /tank -O acltype=posixacl -O xattr=sa "
                  "-O compression=on -O atime=off tank mirror /dev/a /dev/b mirror /dev/c /dev/d"));
  EXPECT_EQ(made->mount_line, "");
}

TEST(PoolPlan, MountsABtrfsNowAndAtEachBoot) {
  const auto made = plan(wish("raid1", {spare("/dev/a"), spare("/dev/b")}));
  ASSERT_TRUE(made) << made.error().line();
  EXPECT_THAT(commands(*made),
              ElementsAre("mkfs.btrfs -q -L tank -d raid1 -m raid1 /dev/a /dev/b", "mkdir -p /tank",
                          "mount -t btrfs -o noatime /dev/a /tank"));
  EXPECT_EQ(made->mount_line, "LABEL=tank /tank btrfs noatime,nofail 0 0");
}

struct Refusal {
  Wish wish;
  std::string_view line;
};

TEST(PoolPlan, RefusesWhatWouldBeRegretted) {
  Disk mounted = spare("/dev/b"), full = spare("/dev/b");
  mounted.user = "its partition /dev/b1: mounted at /home";
  full.content = "ext4";
  Wish named = wish("mirror", {spare("/dev/a"), spare("/dev/b")});
  named.name = "../etc";
  const Refusal refusals[] = {
      {wish("raidz", {spare("/dev/a"), spare("/dev/b")}), "raidz takes 3 disks or more, not 2"},
      {wish("mirrors",
            {spare("/dev/a"), spare("/dev/b"), spare("/dev/c"), spare("/dev/d"), spare("/dev/e")}),
       "mirrors takes disks in groups of 2, not 5"},
      {wish("mirror", {spare("/dev/a"), mounted}),
       "/dev/b: its partition /dev/b1: mounted at /home"},
      {wish("mirror", {spare("/dev/a"), full}),
       "/dev/b: holds ext4 (--overwrite takes it all the same, and all on it is lost)"},
      {wish("mirror", {spare("/dev/a"), spare("/dev/a")}), "/dev/a: is named twice"},
      {wish("mirror", {spare("/dev/a"), spare("/dev/b", 250 * kGiga)}),
       "/dev/a has 500 GB, /dev/b only 250 GB (the smallest counts for all of them: take disks of "
       "one size)"},
      {named, "\"../etc\" is no name for a pool: a letter, then letters, digits, _-."},
  };
  for (const auto& refusal : refusals) {
    const auto made = plan(refusal.wish);
    ASSERT_FALSE(made) << refusal.line;
    EXPECT_EQ(made.error().line(), refusal.line);
  }
}

TEST(PoolPlan, TakesContentsWhenToldTo) {
  Wish over = wish("mirror", {spare("/dev/a"), spare("/dev/b")});
  over.disks[0].content = "ext4";
  over.contents = Contents::overwrite;
  const auto made = plan(over);
  ASSERT_TRUE(made);
  EXPECT_THAT(commands(*made), ElementsAre(HasSubstr("zpool create -m /tank -f")));
}

TEST(PoolLayouts, NameTheOthers) {
  EXPECT_THAT(find_layout("raidz4").error().line(),
              AllOf(HasSubstr("no layout \"raidz4\""), HasSubstr("raidz3")));
}

TEST(PoolStatus, ReadsAFailedDiskBesideAReplacement) {
  auto pools = parse_zpool_list("tank\tDEGRADED\n");
  ASSERT_EQ(pools.size(), 1U);
  parse_zpool_status(
      "  pool: tank\n"
      " state: DEGRADED\n"
      "  scan: resilver in progress since Sun Nov 22 08:00:00 2026\n"
      "config:\n\n"
      "\tNAME             STATE     READ WRITE CKSUM\n"
      "\ttank             DEGRADED     0     0     0\n"
      "\t  mirror-0       DEGRADED     0     0     0\n"
      "\t    /dev/vdc1    ONLINE       0     0     2\n"
      "\t    replacing-1  DEGRADED     0     0     0\n"
      "\t      /dev/vdd1  UNAVAIL      3   2.5K     0  cannot open\n"
      "\t      /dev/vde1  ONLINE       0     0     0  (resilvering)\n\n"
      "errors: No known data errors\n",
      pools[0]);
  const auto& members = pools[0].members;
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].name, "/dev/vdc1");
  EXPECT_EQ(members[0].errors, 2U);
  EXPECT_EQ(members[1].state, "UNAVAIL");
  EXPECT_EQ(members[1].errors, 2563U);
  EXPECT_FALSE(pools[0].healthy());
  EXPECT_EQ(pools[0].advice(), "gaol pool replace tank /dev/vdd1 NEW-DISK");
  EXPECT_THAT(pools[0].scan, HasSubstr("resilver in progress"));
}

TEST(PoolStatus, ReadsABtrfsWithADiskMissing) {
  auto pools = parse_btrfs_show(
      "Label: none  uuid: 1f\n"
      "\tTotal devices 1 FS bytes used 100\n"
      "\tdevid    1 size 1000 used 200 path /dev/vda\n\n"
      "Label: 'tank'  uuid: 2f\n"
      "\tTotal devices 2 FS bytes used 147456\n"
      "\tdevid    1 size 536870912 used 92274688 path /dev/vdb\n"
      "\tdevid    2 size 0 used 0 path <missing disk> MISSING\n\n");
  ASSERT_EQ(pools.size(), 1U);
  parse_btrfs_stats("[/dev/vdb].write_io_errs    0\n[/dev/vdb].corruption_errs  7\n", pools[0]);
  EXPECT_EQ(pools[0].used, 147456U);
  EXPECT_EQ(pools[0].state, "DEGRADED");
  EXPECT_EQ(pools[0].members[0].errors, 7U);
  EXPECT_EQ(pools[0].advice(), "gaol pool replace tank 2 NEW-DISK");
}

TEST(PoolStatus, ReadsFilesThatAreLost) {
  Pool pool{.name = "tank", .place = "/tank", .state = "ONLINE"};
  parse_zpool_status("errors: 2 data errors, use '-v' for a list\n", pool);
  EXPECT_EQ(pool.fault, "2 data errors, use '-v' for a list");
  EXPECT_FALSE(pool.healthy());
  EXPECT_EQ(pool.advice(), "restore the files that `zpool status -v tank` names");
}

TEST(PoolStatus, ReadsABtrfsThatWasWrittenWithoutADisk) {
  Pool pool{.name = "tank", .place = "/tank", .state = "ONLINE", .used = 1000};
  parse_btrfs_usage(
      "Overall:\n    Free (estimated):\t\t 5000\t(min: 4000)\n    Free (statfs, df):\t\t 3000\n"
      "    Multiple profiles:\t\t no\n\nData,RAID1: Size:67108864, Used:0 (0.00%)\n",
      pool);
  EXPECT_EQ(pool.bytes, 6000U);
  EXPECT_TRUE(pool.healthy());
  parse_btrfs_usage(
      "    Multiple profiles:\t\tyes\t(data, metadata)\n"
      "Data,single: Size:20971520, Used:0 (0.00%)\nData,RAID1: Size:67108864, Used:0 (0.00%)\n",
      pool);
  EXPECT_FALSE(pool.healthy());
  EXPECT_EQ(pool.advice(),
            "btrfs balance start --enqueue -dconvert=raid1,soft -mconvert=raid1,soft /tank");
}

TEST(PoolStatus, ErrorsMakeAPoolUnwell) {
  Pool pool{.name = "tank", .place = "/tank", .state = "ONLINE"};
  pool.members = {{"/dev/a", "ONLINE", 0}};
  EXPECT_TRUE(pool.healthy());
  EXPECT_EQ(pool.advice(), "");
  pool.members[0].errors = 1;
  EXPECT_FALSE(pool.healthy());
}

// What lsblk and wipefs print, for any device.
Ask machine(std::string lsblk, std::string wipefs) {
  return [=](const Words& words) -> Result<std::string> {
    return words[0] == "lsblk" ? lsblk : wipefs;
  };
}

std::vector<std::string> lines(const std::vector<Disk>& disks) {
  std::vector<std::string> out;
  for (const auto& disk : disks)
    out.push_back(concat(disk.path, "|", disk.model, "|", disk.user, "|", join(disk.parts, " ")));
  return out;
}

TEST(Disks, AreReadWithWhoHasThem) {
  const auto disks = parse_lsblk(
      R"({"blockdevices": [
        {"path":"/dev/sda","type":"disk","size":500107862016,"ro":false,"model":"ACME 500 ",
         "mountpoints":[null],"children":[
           {"path":"/dev/sda1","type":"part","size":1,"ro":false,"model":null,
            "mountpoints":["/home"]}]},
        {"path":"/dev/sdb","type":"disk","size":500107862016,"ro":false,"model":null,
         "mountpoints":[null],"children":[
           {"path":"/dev/md0","type":"raid1","size":1,"ro":false,"mountpoints":["/srv"]}]},
        {"path":"/dev/sdc","type":"disk","size":1000,"ro":false,"model":null,
         "mountpoints":[null]},
        {"path":"/dev/sdd","type":"disk","size":1000,"ro":false,"model":null,
         "mountpoints":["[SWAP]"]},
        {"path":"/dev/sde","type":"disk","size":1000,"ro":true,"mountpoints":[null]},
        {"path":"/dev/zram0","type":"disk","size":1000,"ro":false},
        {"path":"/dev/sr0","type":"rom","size":1000,"ro":false},
        {"path":"/dev/loop0","type":"loop","size":1000,"ro":false}]})",
      false);
  ASSERT_TRUE(disks) << disks.error().line();
  EXPECT_THAT(lines(*disks),
              ElementsAre("/dev/sda|ACME 500|its partition /dev/sda1: mounted at /home|/dev/sda1",
                          "/dev/sdb||part of /dev/md0|/dev/md0", "/dev/sdc|||", "/dev/sdd||swap|"));
  EXPECT_FALSE(parse_lsblk("{}", false));
  EXPECT_FALSE(parse_lsblk("lsblk: no", false));
}

// ZFS makes partitions and has the first of them; one that is a process has it to itself unseen.
TEST(Disks, OfPoolsAreTakenByTheirPartitions) {
  const auto ask = machine(
      R"({"blockdevices": [{"path":"/dev/null","type":"disk","size":1000,"mountpoints":[null],
          "children":[{"path":"/dev/full","type":"part","size":900,"mountpoints":[null]},
                      {"path":"/dev/zero","type":"part","size":10,"mountpoints":[null]}]}]})",
      "gpt\nPMBR\nzfs_member\nzfs_member\n");
  const auto taken = disk("/dev/null", {{"/dev/full", "tank"}}, ask);
  ASSERT_TRUE(taken) << taken.error().line();
  EXPECT_EQ(taken->path, "/dev/null");
  EXPECT_EQ(taken->user, "in the pool tank");
  EXPECT_EQ(taken->content, "gpt, PMBR, zfs_member");
  EXPECT_EQ(disk("/dev/null", {}, ask)->user, "");
  const auto unreadable = machine(
      R"({"blockdevices": [{"path":"/nowhere","type":"disk","size":1000,"mountpoints":[null]}]})",
      "not asked");
  EXPECT_EQ(disk("/dev/null", {}, unreadable)->user, "No such file or directory");
  EXPECT_EQ(disk("/dev/null", {}, unreadable)->content, "");
  EXPECT_EQ(disk("/nowhere", {}, ask).error().line(), "/nowhere: No such file or directory");
}

TEST(PoolReplace, TakesADiskByItsOwnName) {
  std::string told;
  const Ask ask = [&](const Words& words) -> Result<std::string> {
    told = join(words, " ");
    return std::string();
  };
  Pool pool{.name = "tank", .place = "/tank", .state = "DEGRADED"};
  pool.members = {{"/dev/vda1", "ONLINE", 0}, {"/dev/vdb1", "UNAVAIL", 0}};
  ASSERT_TRUE(replace(pool, {"/dev/vdb", spare("/dev/vdc")}, ask));
  EXPECT_EQ(told, "zpool replace tank /dev/vdb1 /dev/vdc");
  pool.system = System::btrfs;
  ASSERT_TRUE(replace(pool, {"/dev/vdb1", spare("/dev/vdc"), Contents::overwrite}, ask));
  EXPECT_EQ(told, "btrfs replace start -f /dev/vdb1 /dev/vdc /tank");
  EXPECT_EQ(replace(pool, {"/dev/vd", spare("/dev/vdc")}, ask).error().line(),
            "tank has no disk \"/dev/vd\", did you mean \"/dev/vda1\"?");
}

TEST(Disks, AreSizedAsTheyAreSold) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(512'110'190'592), "512 GB");
  EXPECT_EQ(size_text(1'800'360'124'416), "1.8 TB");
  EXPECT_EQ(size_text(999), "999 B");
}

}  // namespace
}  // namespace gaol::pool
