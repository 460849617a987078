// SPDX-License-Identifier: BSD-2-Clause

// gaol pool on disks that are files: pools of btrfs and of zfs-fuse are made, lose a disk, get
// another and have all of their files; disks that somebody has are refused.

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

constexpr size_t kDisks = 4;
constexpr const char* kPlace = "/gaoltest";

// What takes some time, such as a replacement that goes on in the background.
bool comes(const std::string& line) {
  return run("for i in $(seq 100); do " + line + " && exit 0; sleep 0.1; done; exit 1").status == 0;
}

class PoolTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    GAOL_NEEDS(::geteuid() == 0, "needs root");
    GAOL_NEEDS(fs::exists("/dev/loop-control"), "no loop devices here");
    dir_ = "/var/tmp/gaol-pool-XXXXXX";
    ASSERT_NE(::mkdtemp(dir_.data()), nullptr);
    for (size_t n = 0; n < kDisks; ++n) {
      const auto file = dir_ + "/" + std::to_string(n);
      const auto made = run("truncate -s 192M " + file + " && losetup --find --show " + file);
      GAOL_NEEDS(made.status == 0, "no loop device is free: " + made.err);
      disks_.push_back(made.out.substr(0, made.out.find('\n')));
    }
    // Pools are put into fstab(5), and zfs-fuse keeps its list in /var/lib.
    ASSERT_EQ(seen("mkdir -p /run/etc/upper /run/etc/work && mount -t overlay gaol-test -o "
                   "lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc && "
                   ": >/etc/fstab && mount -t tmpfs gaol-test /var/lib && mkdir /var/lib/zfs"),
              "");
    covered_ = true;
  }
  void TearDown() override {
    if (fuse_) {
      run("zpool destroy gaoltest");
      run("kill $(cat /run/zfs.pid)");
      EXPECT_TRUE(comes("[ -z \"$(pgrep -F /run/zfs.pid)\" ]"));
    }
    if (fs::exists(kPlace)) {
      EXPECT_TRUE(comes("{ ! mountpoint -q /gaoltest || umount /gaoltest; } && rmdir /gaoltest"));
    }
    for (const auto& disk : disks_) run("losetup --detach " + disk);
    if (covered_) {
      EXPECT_EQ(seen("umount /etc /var/lib && rm -r /run/etc"), "");
    }
    if (dir_.starts_with("/var/tmp/gaol-pool-")) fs::remove_all(dir_);
    KernelTest::TearDown();
  }

  // With D0 to D3 for the disks, in what is asked and in what is said.
  std::string ask(std::string line) {
    for (size_t n = 0; n < kDisks; ++n) replace(line, "D" + std::to_string(n), disks_[n]);
    auto answer = seen(line);
    for (size_t n = 0; n < kDisks; ++n) replace(answer, disks_[n], "D" + std::to_string(n));
    return answer;
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
      text.replace(at, from.size(), to);
  }

  void start_zfs_fuse() {
    GAOL_NEEDS(run("command -v zfs-fuse").status == 0, "no zfs-fuse here");
    ASSERT_EQ(seen("mkdir -p /run/lock /run/zfs && "
                   "zfs-fuse --no-kstat-mount --pidfile=/run/zfs.pid"),
              "");
    fuse_ = true;
    ASSERT_TRUE(comes("zpool list >/dev/null 2>&1"));
  }

 private:
  std::string dir_;
  std::vector<std::string> disks_;
  bool covered_ = false, fuse_ = false;
};

TEST_F(PoolTest, ROOT_DisksThatSomebodyHasAreRefused) {
  ASSERT_EQ(ask("mkfs.ext4 -q D0 && mkfs.ext4 -q D1 && mkdir /run/mnt && mount D1 /run/mnt &&"
                " addpart D2 1 2048 131072 && mkfs.ext4 -q D2p1"),
            "");
  struct {
    const char* line;
    const char* says;
  } const cases[] = {
      {"gaol pool create gaoltest raid1 D3 /etc/fstab",
       "gaol: pool create: /etc/fstab: Block device required\n[exit 1]\n"},
      {"gaol pool create gaoltest raid1 D3 /dev/nowhere",
       "gaol: pool create: /dev/nowhere: No such file or directory\n[exit 1]\n"},
      {"gaol pool create gaoltest raid1 D3 D0",
       "gaol: pool create: D0: holds ext4 (--overwrite takes it all the same, and all on it is "
       "lost)\n[exit 1]\n"},
      {"gaol pool create gaoltest raid1 D3 D2",
       "gaol: pool create: D2: holds ext4 (--overwrite takes it all the same, and all on it is "
       "lost)\n[exit 1]\n"},
      {"gaol pool create gaoltest raid1 D3 D1 --overwrite --yes",
       "gaol: pool create: D1: mounted at /run/mnt\n[exit 1]\n"},
      {"gaol pool create gaoltest raid1 D3 D3 --yes",
       "gaol: pool create: D3: is named twice\n[exit 1]\n"},
      {"gaol pool create gaoltest raid1 D3 --yes",
       "gaol: pool create: raid1 takes 2 disks or more, not 1\n[exit 1]\n"},
      {"gaol pool create run raid1 D3 D0 --overwrite --yes",
       "gaol: pool create: /run: Directory not empty\n[exit 1]\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(ask(c.line), c.says) << c.line;

  // Mounts that this namespace does not see are in the kernel's hands.
  ASSERT_EQ(ask("umount /run/mnt; unshare --mount sh -c 'mount D2p1 /run/mnt; : >/run/there; "
                "while [ -e /run/there ]; do sleep 0.1; done' >/dev/null 2>&1 & "
                "while [ ! -e /run/there ]; do sleep 0.1; done"),
            "");
  EXPECT_EQ(ask("gaol pool create gaoltest raid1 D3 D2 --overwrite --yes"),
            "gaol: pool create: D2: in use as ext4\n[exit 1]\n");
  EXPECT_EQ(ask("rm /run/there; for i in $(seq 100); do delpart D2 1 2>/dev/null && break; "
                "sleep 0.1; done; rmdir /run/mnt"),
            "");
}

TEST_F(PoolTest, ROOT_ABtrfsOfTwoDisksOutlivesOne) {
  constexpr const char* kPlanned =
      "a pool \"gaoltest\" at /gaoltest: btrfs, any one disk may fail\n"
      "  D0  201 MB\n"
      "  D1  201 MB\n"
      "  # mkfs.btrfs -q -L gaoltest -d raid1 -m raid1 D0 D1\n"
      "  # mkdir -p /gaoltest\n"
      "  # mount -t btrfs -o noatime D0 /gaoltest\n"
      "  # echo 'LABEL=gaoltest /gaoltest btrfs noatime,nofail 0 0' >>/etc/fstab\n";
  EXPECT_EQ(ask("gaol pool create gaoltest raid1 D0 D1"),
            std::string(kPlanned) + "nothing is made without --yes\n");
  EXPECT_EQ(ask("gaol pool status gaoltest"),
            "gaol: pool status: no pool \"gaoltest\" (`gaol pool list` shows them)\n[exit 1]\n");
  ASSERT_EQ(ask("gaol pool create gaoltest raid1 D0 D1 --yes"), kPlanned);
  EXPECT_EQ(seen("cat /etc/fstab"), "LABEL=gaoltest /gaoltest btrfs noatime,nofail 0 0\n");
  EXPECT_THAT(ask("gaol pool create other raid1 D1 D2 --overwrite"),
              HasSubstr("D1: in the pool gaoltest\n[exit 1]"));
  ASSERT_EQ(seen("seq 100000 >/gaoltest/numbers && sync"), "");
  EXPECT_THAT(ask("gaol pool status"), StartsWith("gaoltest: ONLINE, btrfs, "));

  // A disk is gone while nothing is mounted, for the kernel lets go of no loop device in use.
  ASSERT_EQ(ask("umount /gaoltest && btrfs device scan --forget && wipefs -qa D1 && "
                "mount -o degraded D0 /gaoltest"),
            "");
  const auto degraded = ask("gaol pool status gaoltest");
  EXPECT_THAT(degraded, HasSubstr("gaoltest: DEGRADED, btrfs"));
  EXPECT_THAT(degraded, HasSubstr("to do: gaol pool replace gaoltest 2 NEW-DISK\n[exit 1]\n"));
  EXPECT_THAT(ask("gaol host"),
              HasSubstr("gaoltest is not well: gaol pool replace gaoltest 2 NEW-DISK\n[exit 1]\n"));
  ASSERT_EQ(seen("seq 200000 >/gaoltest/more && sync"), "");
  ASSERT_EQ(ask("gaol pool replace gaoltest 2 D2"), "");
  EXPECT_TRUE(comes("gaol pool status gaoltest | grep -q 'replacement: .*finished'"));

  // What was written meanwhile has one copy, and status does not call that well.
  const auto replaced = ask("gaol pool status gaoltest");
  EXPECT_THAT(replaced, HasSubstr("some data has one copy only\n"));
  const auto todo = replaced.substr(replaced.find("btrfs balance"));
  EXPECT_THAT(ask(todo.substr(0, todo.find('\n'))), HasSubstr("Done"));
  EXPECT_THAT(ask("gaol pool status gaoltest"), StartsWith("gaoltest: ONLINE, btrfs"));
  EXPECT_EQ(seen("seq 100000 | cmp - /gaoltest/numbers && seq 200000 | cmp - /gaoltest/more"), "");
  EXPECT_EQ(ask("gaol pool scrub gaoltest"), "");
  EXPECT_TRUE(comes("btrfs scrub status /gaoltest | grep -q 'Status: *finished'"));
  EXPECT_THAT(seen("btrfs scrub status /gaoltest"), HasSubstr("no errors found"));
}

TEST_F(PoolTest, ROOT_AZfsOutlivesADisk) {
  ASSERT_NO_FATAL_FAILURE(start_zfs_fuse());
  struct {
    const char* layout;
    const char* disks;
  } const cases[] = {{"mirror", "D0 D1"}, {"raidz", "D0 D1 D2"}};
  for (const auto& [layout, disks] : cases) {
    SCOPED_TRACE(layout);
    const auto create = std::string("gaol pool create gaoltest ") + layout + " " + disks;
    EXPECT_THAT(ask(create + " --overwrite"), HasSubstr("nothing is made without --yes"));
    ASSERT_THAT(ask(create + " --overwrite --yes"), HasSubstr("# zpool create -m /gaoltest "));
    EXPECT_EQ(ask("gaol pool create other mirror D1 D3 --overwrite --yes"),
              "gaol: pool create: D1: in the pool gaoltest\n[exit 1]\n");
    EXPECT_EQ(ask(create), "gaol: pool create: pool \"gaoltest\": File exists\n[exit 1]\n");
    ASSERT_EQ(seen("seq 100000 >/gaoltest/numbers"), "");
    EXPECT_THAT(ask("gaol pool list"), HasSubstr("gaoltest  zfs     "));
    EXPECT_THAT(ask("gaol pool status"), StartsWith("gaoltest: ONLINE, zfs, "));

    // The disk is written over behind the back of the pool, which then reads its checksums.
    ASSERT_EQ(ask("dd if=/dev/zero of=D1 bs=1M count=188 seek=2 conv=notrunc status=none"), "");
    EXPECT_EQ(ask("gaol pool scrub gaoltest"), "");
    EXPECT_TRUE(comes("gaol pool status gaoltest | grep -q 'scrub completed'"));
    const auto damaged = ask("gaol pool status gaoltest");
    EXPECT_THAT(damaged, HasSubstr("to do: D1 has made "));
    EXPECT_THAT(damaged, HasSubstr("[exit 1]"));
    ASSERT_EQ(ask("zpool offline gaoltest D1"), "");
    EXPECT_THAT(ask("gaol pool status gaoltest"),
                HasSubstr("to do: gaol pool replace gaoltest D1 NEW-DISK\n[exit 1]\n"));
    ASSERT_EQ(seen("seq 200000 >/gaoltest/more"), "");
    ASSERT_EQ(ask("gaol pool replace gaoltest D1 D3 --overwrite"), "");
    EXPECT_TRUE(comes("gaol pool status gaoltest")) << ask("gaol pool status gaoltest");
    EXPECT_EQ(seen("seq 100000 | cmp - /gaoltest/numbers && seq 200000 | cmp - /gaoltest/more"),
              "");
    EXPECT_EQ(ask("gaol pool replace gaoltest D1 D2 --overwrite").substr(0, 44),
              "gaol: pool replace: gaoltest has no disk \"D1");
    ASSERT_TRUE(comes("zpool destroy gaoltest"));
  }
}

}  // namespace
}  // namespace gaol::test
