// SPDX-License-Identifier: BSD-2-Clause

// One behaviour on every file system that can hold trees: the same tests over all of them, each on
// a small one of its own, in a mount namespace of the test's own.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <map>

#include "dataset/dataset.h"
#include "dataset/driver.h"
#include "dataset/import.h"
#include "dataset/release.h"
#include "dataset/state.h"
#include "sys/kernel.h"
#include "sys/merged.h"
#include "sys/program.h"
#include "sys/tree.h"
#include "tests/support/assert_ok.h"
#include "tests/support/host.h"

namespace gaol::dataset {
namespace {

using sys::Fd;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kTop = "/tmp";  // covered by a tmpfs
const std::string kStore = "/tmp/fs/jails";
const std::string kBase = "/tmp/fs/releases/base";
const std::string kJail = kStore + "/www";

// A file system to try: how it is made and taken away, with files in /tmp and mounted on /tmp/fs.
struct Ground {
  const char* name;
  const char* driver;
  const char* make;
  const char* end;
  unsigned slowness = 1;                // of its acts, beside those of plain directories
  const char* away = "umount /tmp/fs";  // without its end
  const char* back = "mount -o loop /tmp/disk /tmp/fs";
};
constexpr Ground kGrounds[] = {
    {"tmpfs", "dir", "mount -t tmpfs -o size=64m gaol-test /tmp/fs", "umount /tmp/fs"},
    {"ext4", "dir",
     "truncate -s 64M /tmp/disk && mkfs.ext4 -q /tmp/disk && mount -o loop /tmp/disk /tmp/fs",
     "umount /tmp/fs"},
    {"xfs", "dir",
     "truncate -s 512M /tmp/disk && mkfs.xfs -q /tmp/disk && mount -o loop /tmp/disk /tmp/fs",
     "umount /tmp/fs"},
    {"btrfs", "btrfs",
     "truncate -s 256M /tmp/disk && mkfs.btrfs -q /tmp/disk && mount -o loop,commit=1 /tmp/disk "
     "/tmp/fs",
     "umount /tmp/fs"},
    {"zfs", "zfs",
     "if [ ! -S /run/zfs/zfs_socket ]; then mkdir -p /run/lock /run/zfs &&"
     "  mount -t tmpfs gaol-test /var/lib && mkdir /var/lib/zfs &&"
     "  zfs-fuse --no-kstat-mount --pidfile=/run/zfs.pid; fi &&"
     "truncate -s 256M /tmp/disk && for i in $(seq 50); do"
     "  zpool create -m /tmp/fs gaolstore /tmp/disk && break; sleep 0.1; done &&"
     "zfs create gaolstore/releases && zfs create gaolstore/jails",
     "for i in $(seq 50); do zpool destroy gaolstore && exit 0; sleep 0.1; done; exit 1", 20,
     "for i in $(seq 50); do zpool export gaolstore && exit 0; sleep 0.1; done; exit 1",
     "zpool import -d /tmp gaolstore"},
};
void PrintTo(const Ground& ground, std::ostream* out) { *out << ground.name; }

int shell(std::string_view line) {
  return ::system(concat("{ ", line, "\n} >/dev/null 2>&1").c_str());
}

bool exists(const std::string& path) { return *sys::entry_at(path) != sys::Entry::absent; }

void put(const std::string& path, std::string_view text, mode_t mode = 0644) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()))
      << path << ": " << ::strerror(errno);
}

std::string text(const std::string& path) {
  return sys::real_kernel().read_file(path).value_or("(unreadable)");
}

std::vector<std::string> entries(const std::string& path) {
  return sys::real_kernel().list_dir(path).value_or(std::vector<std::string>{"(unreadable)"});
}

std::vector<std::string> labels(const std::string& path) {
  std::vector<std::string> out;
  const auto all = snapshots(path);
  if (!all) return {all.error().line()};
  for (const auto& snapshot : *all) out.push_back(snapshot.label);
  return out;
}

// What a jail on the tree would see in a file.
std::string seen(const std::string& tree, const std::string& name) {
  const auto parts = resolve(tree);
  const auto mine = text(concat(tree, "/", name));
  if (mine != "(unreadable)" || !parts || !parts->thin()) return mine;
  return text(concat(parts->lower, "/", name));
}

class StorageTest : public testing::TestWithParam<Ground> {
 protected:
  void SetUp() override {
    const bool must_run = ::getenv("GAOL_MUST_RUN") != nullptr;
    if (::geteuid() != 0) {
      if (must_run) FAIL() << "needs root";
      GTEST_SKIP() << "needs root";
    }
    static const bool isolated =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    ASSERT_TRUE(isolated) << ::strerror(errno);
    ASSERT_EQ(::mount("gaol-test", kTop, "tmpfs", 0, "mode=0755"), 0) << ::strerror(errno);
    covered_ = true;
    ASSERT_EQ(::mkdir("/tmp/fs", 0755), 0);
    made_ = shell(GetParam().make) == 0;
    if (!made_) {
      if (must_run) FAIL() << "no " << GetParam().name << " here";
      GTEST_SKIP() << "no " << GetParam().name << " here";
    }
    ASSERT_OK(build(kBase, "a test", [](const std::string& dir) -> Result<> {
      put(dir + "/file", "of the base");
      return {};
    }));
  }
  // A daemon started for one test serves the others, and must not outlive them.
  static void TearDownTestSuite() { shell("[ -e /run/zfs.pid ] && kill $(cat /run/zfs.pid)"); }
  void TearDown() override {
    if (made_) {
      EXPECT_EQ(shell(GetParam().end), 0);
    }
    if (covered_) ::umount2(kTop, MNT_DETACH);
  }

 private:
  bool covered_ = false, made_ = false;
};
INSTANTIATE_TEST_SUITE_P(Storage, StorageTest, testing::ValuesIn(kGrounds),
                         [](const auto& ground) { return std::string(ground.param.name); });

TEST_P(StorageTest, ROOT_TheGroundDecides) { EXPECT_EQ(inspect(kBase)->driver, GetParam().driver); }

TEST_P(StorageTest, ROOT_CloneAndCopyDifferFromTheirBaseAndLeaveItAlone) {
  ASSERT_OK(clone(kBase, kJail));
  ASSERT_OK(copy(kBase, kStore + "/thick"));
  EXPECT_EQ(inspect(kJail)->kind, Kind::thin);
  EXPECT_EQ(inspect(kJail)->from, kBase);
  EXPECT_EQ(inspect(kStore + "/thick")->kind, Kind::thick);
  EXPECT_EQ(inspect(kStore + "/thick")->from, "copy of " + kBase);
  for (const auto& tree : {kJail, kStore + "/thick"}) {
    EXPECT_EQ(seen(tree, "file"), "of the base");
    put(tree + "/file", "of the jail");
    EXPECT_EQ(seen(tree, "file"), "of the jail");
  }
  EXPECT_EQ(text(kBase + "/file"), "of the base");
  EXPECT_EQ(list(kStore)->size(), 2u);
}

TEST_P(StorageTest, ROOT_CloneOfACloneHasItsChanges) {
  ASSERT_OK(clone(kBase, kJail));
  put(kJail + "/own", "of www");
  ASSERT_OK(clone(kJail, kStore + "/two"));
  EXPECT_EQ(seen(kStore + "/two", "own"), "of www");
  EXPECT_EQ(seen(kStore + "/two", "file"), "of the base");
  put(kStore + "/two/own", "of two");
  EXPECT_EQ(text(kJail + "/own"), "of www");
}

TEST_P(StorageTest, ROOT_SnapshotsAreReadAgainAfterwards) {
  ASSERT_OK(clone(kBase, kJail));
  put(kJail + "/state", "one");
  ASSERT_OK(snapshot(kJail, "first"));
  put(kJail + "/state", "two");
  put(kJail + "/new", "x");
  ASSERT_OK(snapshot(kJail, "second"));
  EXPECT_THAT(labels(kJail), ElementsAre("first", "second"));
  EXPECT_EQ(snapshot(kJail, "first").error().code, EEXIST);

  put(kJail + "/state", "three");
  ASSERT_OK(rollback(kJail, "second", Newer::keep));
  EXPECT_EQ(text(kJail + "/state"), "two");
  EXPECT_TRUE(exists(kJail + "/new"));
  ASSERT_OK(rollback(kJail, "first", Newer::destroy));
  EXPECT_EQ(text(kJail + "/state"), "one");
  EXPECT_FALSE(exists(kJail + "/new"));
  EXPECT_EQ(seen(kJail, "file"), "of the base");

  ASSERT_OK(destroy_snapshot(kJail, "first"));
  EXPECT_EQ(rollback(kJail, "first", Newer::keep).error().code, ENOENT);
  EXPECT_EQ(destroy_snapshot(kJail, "first").error().code, ENOENT);
}

TEST_P(StorageTest, ROOT_SnapshotsOfWrongNamesAreRefused) {
  struct {
    const char* label;
    const char* reason;
  } const cases[] = {
      {"", "snapshot \"\": not a name"},       {"..", "snapshot \"..\": not a name"},
      {"-r", "snapshot \"-r\": not a name"},   {"a/b", "snapshot \"a/b\": not a name"},
      {"a@b", "snapshot \"a@b\": not a name"},
  };
  for (const auto& c : cases) EXPECT_EQ(snapshot(kBase, c.label).error().text, c.reason);
}

TEST_P(StorageTest, ROOT_RenamedTreeKeepsItsRecordsAndSnapshots) {
  ASSERT_OK(clone(kBase, kJail));
  ASSERT_OK(clone(kBase, kStore + "/other"));
  put(kJail + "/own", "x");
  ASSERT_OK(snapshot(kJail, "s"));
  EXPECT_EQ(rename(kJail, kStore + "/other").error().code, EEXIST);
  EXPECT_EQ(rename(kJail, "/tmp/fs/elsewhere").error().text,
            "/tmp/fs/elsewhere: is not in the directory of " + kJail);
  ASSERT_OK(rename(kJail, kStore + "/web"));
  EXPECT_FALSE(exists(kJail));
  EXPECT_FALSE(exists(kStore + "/.gaol/www"));
  EXPECT_EQ(inspect(kStore + "/web")->from, kBase);
  EXPECT_EQ(seen(kStore + "/web", "file"), "of the base");
  EXPECT_EQ(text(kStore + "/web/own"), "x");
  EXPECT_THAT(labels(kStore + "/web"), ElementsAre("s"));
}

TEST_P(StorageTest, ROOT_ThrownAwayComesBackUntilTheTrashIsEmptied) {
  ASSERT_OK(clone(kBase, kJail));
  put(kJail + "/own", "x");
  ASSERT_OK(snapshot(kJail, "s"));
  ASSERT_OK(throw_away(kJail));
  EXPECT_FALSE(exists(kJail));
  ASSERT_OK(clone(kBase, kJail));  // the name is free
  auto bin = rubbish(kStore);
  ASSERT_OK(bin);
  ASSERT_EQ(bin->size(), 1u);
  EXPECT_EQ(bin->front().name, "www");
  EXPECT_EQ(recover(bin->front(), kJail).error().code, EEXIST);
  ASSERT_OK(recover(bin->front(), kStore + "/back"));
  EXPECT_EQ(text(kStore + "/back/own"), "x");
  EXPECT_EQ(seen(kStore + "/back", "file"), "of the base");
  EXPECT_THAT(labels(kStore + "/back"), ElementsAre("s"));

  ASSERT_OK(throw_away(kStore + "/back"));
  bin = rubbish(kStore);
  EXPECT_THAT(*empty_trash(kStore, bin->front().thrown - 1), IsEmpty());
  EXPECT_THAT(*empty_trash(kStore, bin->front().thrown), ElementsAre("back"));
  EXPECT_THAT(*rubbish(kStore), IsEmpty());
  EXPECT_THAT(entries(kStore + "/.gaol/.trash"), ElementsAre(".gaol"));
}

TEST_P(StorageTest, ROOT_ThickenedTreeNeedsItsBaseNoMore) {
  put(kBase + "/unwanted", "x");
  ASSERT_OK(clone(kBase, kJail));
  put(kJail + "/own", "x");
  if (resolve(kJail)->thin()) {  // how an overlay says that a name is gone
    ASSERT_EQ(::mknod((kJail + "/unwanted").c_str(), S_IFCHR, 0), 0);
  } else {
    ASSERT_EQ(::unlink((kJail + "/unwanted").c_str()), 0);
  }
  ASSERT_OK(copy(kJail, kStore + "/other"));
  ASSERT_OK(thicken(kJail));
  ASSERT_OK(empty_trash(kStore, INT64_MAX));
  for (const auto& tree : {kJail, kStore + "/other"}) {
    EXPECT_EQ(inspect(tree)->kind, Kind::thick);
    EXPECT_THAT(entries(tree), ElementsAre("file", "own")) << tree;
    EXPECT_EQ(text(tree + "/file"), "of the base");
  }
  EXPECT_EQ(thicken(kJail).error().text, kJail + ": is no thin tree");
  ASSERT_OK(destroy(kBase));
}

// All that can be seen of a tree as its jail would see it: kinds, owners, modes, times, links,
// contents, and which names are of one file.
std::string portrait(const std::string& path) {
  const auto parts = resolve(path);
  if (!parts) return parts.error().line();
  auto shown = sys::open_dir(path);
  if (parts->thin()) shown = sys::merged(*shown, *sys::open_dir(parts->lower));
  if (!shown) return shown.error().line();
  const auto seen = test::run(concat(
      "cd /proc/", ::getpid(), "/fd/", shown->get(),
      "/. && { find . -type d -printf '%P d %#m %U %G %T@\\n' -o"
      " -printf '%P %y %#m %U %G %T@ %s %l\\n' | sort;"
      " find . -type f -exec sha256sum {} + | sort;"
      " find . -type f -links +1 -printf '%i %P\\n' | sort -k 2 |"
      " awk '{file[$1] = file[$1] \" \" $2} END {for (i in file) print file[i]}' | sort; }"));
  return concat(seen.out, seen.err);
}

constexpr const char* kFurnish =
    "head -c 1M /dev/urandom >same; echo x >edited; echo x >unwanted; echo x >closed; echo x "
    ">asfile;"
    " mkdir -p old/deep kept/deep asdir; echo x >old/deep/file; echo x >asdir/file; echo x "
    ">kept/deep/file;"
    " echo x >pair; ln pair twin; echo x >changing; ln changing changed; echo x >one; echo x "
    ">other;"
    " ln -s one link; chown 33:44 closed; chmod 4711 closed; chown 12:13 kept";
constexpr const char* kChange =
    "echo y >edited; rm unwanted; rm -r old; chmod 700 closed kept/deep; rm asfile; mkdir asfile;"
    " echo y >asfile/new; rm -r asdir; echo y >asdir; echo y >changing; rm other; ln one other;"
    " ln -snf other link; mkfifo fifo; mkdir -p fresh/deep; echo y >fresh/deep/file; echo y "
    ">kept/added;"
    " touch -d 2001-02-03 kept";

TEST_P(StorageTest, ROOT_ThinnedTreeShowsWhatItShowed) {
  ASSERT_EQ(shell(concat("cd ", kBase, " && ", kFurnish)), 0);
  ASSERT_OK(copy(kBase, kJail));
  ASSERT_EQ(shell(concat("cd ", kJail, " && ", kChange)), 0);
  const bool extended = ::setxattr((kJail + "/kept").c_str(), "user.mine", "x", 1, 0) == 0;
  ASSERT_OK(snapshot(kJail, "s"));
  const auto before = portrait(kJail), base = portrait(kBase);
  ASSERT_OK(make_thin(kJail, kBase));
  EXPECT_EQ(inspect(kJail)->kind, Kind::thin);
  EXPECT_EQ(inspect(kJail)->from, kBase);
  EXPECT_EQ(portrait(kJail), before);
  EXPECT_EQ(portrait(kBase), base);
  char value[8];
  EXPECT_EQ(::getxattr((kJail + "/kept").c_str(), "user.mine", value, sizeof value),
            extended ? 1 : -1);
  if (resolve(kJail)->thin()) {
    EXPECT_THAT(entries(kJail), testing::Not(testing::IsSupersetOf({"same"})));
    EXPECT_FALSE(exists(kJail + "/pair"));
    EXPECT_TRUE(exists(kJail + "/changed"));
  }
  EXPECT_EQ(make_thin(kJail, kBase).error().text, kJail + ": is no thick tree");
  const auto bin = rubbish(kStore);
  ASSERT_OK(bin);
  ASSERT_EQ(bin->size(), 1u);
  EXPECT_THAT(labels(bin->front().path), ElementsAre("s"));
  ASSERT_OK(empty_trash(kStore, INT64_MAX));
  ASSERT_OK(thicken(kJail));
  EXPECT_EQ(portrait(kJail), before);
  EXPECT_EQ(inspect(kJail)->from, "copy of " + kBase);
}

TEST_P(StorageTest, ROOT_OnlyAThickTreeIsThinnedAndNotOnItself) {
  ASSERT_OK(copy(kBase, kJail));
  ASSERT_EQ(::mkdir((kStore + "/own").c_str(), 0755), 0);
  EXPECT_EQ(make_thin(kStore + "/own", kBase).error().text, kStore + "/own: not made by gaol");
  EXPECT_EQ(make_thin(kJail, kJail).error().text, kJail + ": cannot be what a thin tree stands on");
  EXPECT_EQ(make_thin(kJail, kStore + "/none").error().code, ENOENT);
  EXPECT_THAT(*rubbish(kStore), IsEmpty());
}

TEST_P(StorageTest, ROOT_ABasejailHasTheRestOfItsRelease) {
  ASSERT_EQ(shell(concat("mkdir -p ", kBase, "/usr/bin ", kBase, "/usr/local; echo x >", kBase,
                         "/usr/bin/tool; echo x >", kBase, "/usr/local/own")),
            0);
  ASSERT_OK(copy_around(kBase, {"usr/bin"}, kJail));
  EXPECT_EQ(inspect(kJail)->kind, Kind::based);
  EXPECT_EQ(inspect(kJail)->from, kBase);
  EXPECT_EQ(text(kJail + "/usr/local/own"), "x\n");
  EXPECT_THAT(entries(kJail + "/usr/bin"), IsEmpty());
  EXPECT_EQ(destroy(kBase).error().text, kBase + ": in use by thin clones: " + kJail);
  for (const auto& refused : {copy(kJail, kStore + "/two").error(), send(kJail, "s", "").error()})
    EXPECT_EQ(refused.text, kJail + ": is a basejail: the rest of it is in " + kBase);
  ASSERT_OK(rename(kJail, kStore + "/web"));
  ASSERT_OK(clone(kStore + "/web", kJail));
  EXPECT_EQ(inspect(kJail)->kind, Kind::based);
  EXPECT_THAT(inspect(kBase)->clones, ElementsAre(kStore + "/web", kJail));
  ASSERT_OK(throw_away(kJail));
  EXPECT_EQ(destroy(kBase).error().code, EBUSY);
  ASSERT_OK(empty_trash(kStore, INT64_MAX));
  ASSERT_OK(destroy(kStore + "/web"));
  ASSERT_OK(destroy(kBase));
}

// Until ZFS has counted: it does so with its next snapshot.
void let_it_count() {
  shell("sync; sleep 0.1; zfs snapshot gaolstore@now && zfs destroy gaolstore@now");
}

TEST_P(StorageTest, ROOT_RoomIsOwnOrShared) {
  constexpr uint64_t kMega = 1 << 20;
  ASSERT_EQ(shell(concat("cd ", kBase,
                         " && head -c 3M /dev/urandom >big &&"
                         " for i in $(seq 100); do echo $i >small$i; ln -s small$i link$i; done")),
            0);
  ASSERT_OK(clone(kBase, kJail));
  shell("sync");
  EXPECT_LT(room(kJail)->tree.own, kMega / 4);  // small as its files are
  ASSERT_EQ(shell(concat("head -c 1M /dev/urandom >", kJail, "/own")), 0);
  const auto until = [](const auto& right) {
    auto now = room(kJail);
    for (int i = 0; i < 100 && now && !right(*now); ++i) {
      let_it_count();
      now = room(kJail);
    }
    return now;
  };
  auto now = until([](const Room& room) { return room.tree.own >= kMega; });
  ASSERT_OK(now);
  EXPECT_GE(now->tree.own, kMega);
  EXPECT_LT(now->tree.own, 2 * kMega);
  EXPECT_GE(now->tree.shared, 3 * kMega);
  EXPECT_THAT(now->snapshots, IsEmpty());
  EXPECT_EQ(now->limit, std::nullopt);
  EXPECT_GT(now->left, kMega);
  ASSERT_OK(snapshot(kJail, "s"));
  ASSERT_EQ(::unlink((kJail + "/own").c_str()), 0);
  now =
      until([](const Room& room) { return room.snapshots_own >= kMega && room.tree.own < kMega; });
  ASSERT_OK(now);
  EXPECT_LT(now->tree.own, kMega);
  ASSERT_EQ(now->snapshots.size(), 1u);
  EXPECT_EQ(now->snapshots[0].label, "s");
  EXPECT_GE(now->snapshots[0].room.own, kMega);
  EXPECT_GE(now->snapshots_own, kMega);
}

TEST_P(StorageTest, ROOT_UsageFollowsWhatIsWritten) {
  ASSERT_OK(clone(kBase, kJail));
  shell("sync");
  const auto before = usage(kJail);
  ASSERT_OK(before);
  ASSERT_EQ(shell(concat("head -c 3M /dev/urandom >", kJail, "/own")), 0);  // nothing to compress
  EXPECT_EQ(before->limit, std::nullopt);
  uint64_t bytes = 0;
  for (int i = 0; i < 100 && bytes < before->bytes + (2 << 20); ++i) {
    let_it_count();
    const auto after = usage(kJail);
    ASSERT_OK(after);
    bytes = after->bytes;
  }
  EXPECT_GE(bytes, before->bytes + (2 << 20));
}

TEST_P(StorageTest, ROOT_LimitHoldsOrIsRefused) {
  ASSERT_OK(clone(kBase, kJail));
  shell("btrfs quota enable /tmp/fs");
  const auto limited = limit(kJail, 8 << 20);
  if (GetParam().driver == std::string_view("dir")) {
    const std::string_view ground = GetParam().name;
    const std::string why = ground == "ext4"
                                ? "its file system has no project quotas"
                                  " (tune2fs -O project -Q prjquota, then mount it with prjquota)"
                            : ground == "xfs" ? "its file system has no project quotas"
                                                " (mount it with prjquota)"
                                              : "the tree is a plain directory";
    EXPECT_EQ(limited.error().line(), kJail + ": quota: not supported on this system: " + why);
    return;
  }
  ASSERT_OK(limited);
  const auto used = usage(kJail);
  ASSERT_OK(used);
  EXPECT_EQ(used->limit, uint64_t{8 << 20});
  EXPECT_NE(shell(concat("dd if=/dev/zero of=", kJail, "/big bs=1M count=20 conv=fsync")), 0);
  ASSERT_EQ(::unlink((kJail + "/big").c_str()), 0);
  ASSERT_OK(limit(kJail, 0));
  EXPECT_EQ(usage(kJail)->limit, std::nullopt);
}

// What a program in a jail gets there, and that everybody goes on.
TEST_P(StorageTest, ROOT_AJailThatFillsItsQuotaGoesOn) {
  if (GetParam().driver == std::string_view("dir")) return;  // tests/vm/quota.test
  shell("btrfs quota enable /tmp/fs");
  ASSERT_OK(builtin("/tmp/fs/releases", "tiny"));
  ASSERT_OK(clone("/tmp/fs/releases/tiny", kJail));
  if (GetParam().driver == std::string_view("zfs")) {
    ASSERT_OK(shift(kJail));
  }
  ASSERT_OK(limit(kJail, 12 << 20));
  const auto jail = test::run(
      concat("jail -c path=", kJail,
             " command=/bin/sh -c 'dd if=/dev/urandom of=/big bs=1M count=40 conv=fsync 2>&1 |"
             " grep -o -e \"No space left\" -e \"Disk quota exceeded\" | head -n 1;"
             " rm /big; sync; for try in $(seq 50); do echo on >/after && break; sleep 0.1; done;"
             " cat /after'"));
  EXPECT_THAT(jail.out, testing::MatchesRegex("(No space left|Disk quota exceeded)\non\n"))
      << jail.err;
  put("/tmp/fs/beside", "x");
  ASSERT_OK(room(kJail));
  EXPECT_EQ(room(kJail)->limit, uint64_t{12 << 20});
  EXPECT_LE(room(kJail)->left, uint64_t{12 << 20});
  ASSERT_OK(destroy(kJail));
}

// What a command line does with stdin and stdout.
template <class Act>
Result<> streaming(const std::string& file, int stream, Act act) {
  const Fd saved(::fcntl(stream, F_DUPFD_CLOEXEC, 10));
  const Fd opened(::open(file.c_str(), stream ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600));
  ::dup2(opened.get(), stream);
  auto done = act();
  ::dup2(saved.get(), stream);
  return done;
}

Result<> send_to_file(const std::string& path, const std::string& label, const std::string& from) {
  return streaming("/tmp/stream-" + label, 1, [&] { return send(path, label, from); });
}

Result<> receive_file(const std::string& label, const std::string& path) {
  return streaming("/tmp/stream-" + label, 0, [&]() -> Result<> {
    const auto line = TRY(sys::read_line(1000));
    const auto stream = TRY(parse_header(line));
    return receive(path, stream);
  });
}

TEST_P(StorageTest, ROOT_StreamsCarryTreesAndChanges) {
  const auto sent = [](const std::string& label, const std::string& from) {
    return send_to_file(kJail, label, from);
  };
  const auto received = receive_file;
  ASSERT_OK(copy(kBase, kJail));
  ASSERT_EQ(::chown((kJail + "/file").c_str(), 4000, 5000), 0);
  ASSERT_EQ(::chmod((kJail + "/file").c_str(), 04751), 0);
  ASSERT_OK(snapshot(kJail, "a"));
  put(kJail + "/new", "x");
  ASSERT_OK(snapshot(kJail, "b"));
  ASSERT_OK(sent("a", ""));
  EXPECT_EQ(sent("c", "a").error().code, ENOENT);
  const std::string other = kStore + "/other";
  ASSERT_OK(received("a", other));
  EXPECT_THAT(entries(other), ElementsAre("file"));
  struct stat is;
  ASSERT_EQ(::stat((other + "/file").c_str(), &is), 0);
  EXPECT_EQ(is.st_uid, 4000u);
  EXPECT_EQ(is.st_gid, 5000u);
  EXPECT_EQ(is.st_mode, unsigned{S_IFREG | 04751});
  EXPECT_EQ(received("a", other).error().code, EEXIST);
  ASSERT_OK(sent("b", "a"));
  const auto nowhere = received("b", kStore + "/none");
  ASSERT_FALSE(nowhere) << "there is nothing to change";
  EXPECT_EQ(nowhere.error().code, ENOENT);
  EXPECT_THAT(labels(other), ElementsAre("a"));
  ASSERT_OK(copy(kBase, kStore + "/stranger"));
  ASSERT_OK(snapshot(kStore + "/stranger", "a"));
  const auto strange = received("b", kStore + "/stranger");
  ASSERT_FALSE(strange) << "it has another snapshot of that name";
  if (GetParam().driver != std::string_view("zfs")) {
    EXPECT_EQ(strange.error().text,
              kStore + "/stranger: has not the snapshot that these changes begin with");
  }
  EXPECT_THAT(labels(kStore + "/stranger"), ElementsAre("a"));
  put(other + "/own", "x");
  ASSERT_OK(received("b", other));
  EXPECT_THAT(entries(other), ElementsAre("file", "new"));
  EXPECT_THAT(labels(other), ElementsAre("a", "b"));

  EXPECT_EQ(test::run(concat("gaol send www@b --path ", kJail,
                             " | timeout 20 gaol receive two --path ", kStore, "/two"))
                .out,
            "two@b\n");
  ASSERT_EQ(::truncate("/tmp/stream-a", 300), 0);  // the line broke
  EXPECT_FALSE(received("a", kStore + "/half"));
  EXPECT_FALSE(exists(kStore + "/half"));
  EXPECT_FALSE(exists(kStore + "/.gaol/half"));
  EXPECT_THAT(entries(kStore + "/.gaol/.scratch"), IsEmpty());
}

TEST_P(StorageTest, ROOT_ChangesAreOfEveryKind) {
  ASSERT_EQ(shell(concat("cd ", kBase,
                         " && mkdir dir gone was-dir && touch dir/same dir/other"
                         " gone/x was-dir/x was-file && ln -s dir link && echo one >linked")),
            0);
  ASSERT_OK(copy(kBase, kJail));
  ASSERT_OK(snapshot(kJail, "a"));
  ASSERT_EQ(shell(concat("cd ", kJail,
                         " && rm -r gone was-dir was-file link dir/other &&"
                         " echo x >was-dir && mkdir was-file && echo y >was-file/y &&"
                         " ln -s /nowhere link && ln linked dir/linked && chmod 700 . dir &&"
                         " chown 4000:5000 dir/same && truncate -s 5M hole && mkfifo pipe &&"
                         " printf x >\"$(printf 'odd\\nname')\"")),
            0);
  ASSERT_OK(snapshot(kJail, "b"));
  ASSERT_OK(send_to_file(kJail, "a", ""));
  ASSERT_OK(send_to_file(kJail, "b", "a"));
  const std::string other = kStore + "/other";
  ASSERT_OK(receive_file("a", other));
  ASSERT_OK(receive_file("b", other));
  const auto listing = [](const std::string& path) {
    return test::run(concat("cd ", path,
                            "; find . -printf '%p %y %m %U %G %n %l %s\\n' | sort |"
                            " grep -v ' d '; find . -type d -printf '%p %m %U %G\\n' | sort;"
                            " cat was-dir was-file/y dir/linked"))
        .out;
  };
  EXPECT_EQ(listing(other), listing(kJail));
  EXPECT_THAT(listing(other), testing::HasSubstr("./dir/linked f 644 0 0 2  4"));

  ASSERT_EQ(shell("size=$(stat -c %s /tmp/stream-b); truncate -s $((size - 1)) /tmp/stream-b"), 0);
  ASSERT_OK(destroy(other));
  ASSERT_OK(receive_file("a", other));
  EXPECT_FALSE(receive_file("b", other));
  EXPECT_THAT(labels(other), ElementsAre("a"));
  EXPECT_TRUE(exists(other + "/gone/x"));
}

// As acl(5) has them on disk; the last permissions are for user 33.
std::string access_list(uint16_t permissions) {
  const struct {
    uint16_t tag, permissions;
    uint32_t id;
  } entries[] = {
      {0x01, 7, ~0U}, {0x02, permissions, 33}, {0x04, 5, ~0U}, {0x10, 7, ~0U}, {0x20, 5, ~0U}};
  const uint32_t version = 2;
  std::string out(reinterpret_cast<const char*>(&version), sizeof version);
  return out.append(reinterpret_cast<const char*>(entries), sizeof entries);
}

// cap_net_bind_service=ep
const std::string kLowPorts("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
constexpr const char* kAccess = "system.posix_acl_access";
constexpr const char* kNew = "system.posix_acl_default";

// False where the file system has no such attribute.
bool set_attribute(const std::string& path, const char* name, const std::string& value) {
  const int rc = ::setxattr(path.c_str(), name, value.data(), value.size(), 0);
  EXPECT_TRUE(rc == 0 || errno == EOPNOTSUPP) << path << " " << name << ": " << ::strerror(errno);
  return rc == 0;
}

// Mode and attributes of all names in a tree.
std::map<std::string, std::string> looks_of_all(const std::string& tree) {
  std::map<std::string, std::string> out;
  for (const auto& name : entries(tree)) {
    const auto path = concat(tree, "/", name);
    struct stat is {};
    EXPECT_EQ(::lstat(path.c_str(), &is), 0) << path;
    auto& looks = out[name] = concat(is.st_mode, " ", is.st_uid);
    for (const char* attribute : {kAccess, kNew, "security.capability", "user.note"}) {
      char value[100];
      const auto size = ::lgetxattr(path.c_str(), attribute, value, sizeof value);
      if (size >= 0)
        looks += concat(" ", attribute, "=", std::string(value, static_cast<size_t>(size)));
    }
  }
  return out;
}

TEST_P(StorageTest, ROOT_ChangesOfAttributesTravel) {
  for (const char* name : {"acl", "cap", "fewer", "mode", "noted", "owner"})
    put(concat(kBase, "/", name), "the same");
  for (const char* name : {"dir", "plain-dir"})
    ASSERT_EQ(::mkdir(concat(kBase, "/", name).c_str(), 0755), 0);
  for (const char* name : {"dir", "noted"})
    (void)set_attribute(concat(kBase, "/", name), "user.note", "old");
  for (const char* name : {"acl", "fewer", "dir"})
    (void)set_attribute(concat(kBase, "/", name), kAccess, access_list(7));
  ASSERT_OK(copy(kBase, kJail));
  ASSERT_OK(snapshot(kJail, "a"));
  const std::string other = kStore + "/other";
  ASSERT_OK(send_to_file(kJail, "a", ""));
  ASSERT_OK(receive_file("a", other));
  EXPECT_EQ(looks_of_all(other), looks_of_all(kJail)) << "as a whole";

  (void)set_attribute(kJail + "/acl", kAccess, access_list(6));  // the mode is the same
  (void)set_attribute(kJail + "/cap", "security.capability", kLowPorts);
  (void)set_attribute(kJail + "/noted", "user.note", "new");
  (void)set_attribute(kJail + "/plain-dir", kNew, access_list(7));
  for (const char* name : {"dir", "fewer"}) {
    (void)::removexattr(concat(kJail, "/", name).c_str(), "user.note");
    (void)::removexattr(concat(kJail, "/", name).c_str(), kAccess);
  }
  ASSERT_EQ(::chmod((kJail + "/mode").c_str(), 04711), 0);
  ASSERT_EQ(::chown((kJail + "/owner").c_str(), 33, 33), 0);
  ASSERT_OK(snapshot(kJail, "b"));
  ASSERT_OK(send_to_file(kJail, "b", "a"));
  ASSERT_OK(receive_file("b", other));
  EXPECT_EQ(looks_of_all(other), looks_of_all(kJail)) << "as changes";
}

// The datasets of a jail, sent as iocage sends them; elsewhere files that are called so.
constexpr const char* kExported =
    "mkdir -p /tmp/x/iocage/images && cd /tmp/x/iocage/images && date=2026-01-02 &&"
    "if zfs list gaolstore; then"
    "  zfs create gaolstore/ioc && zfs create gaolstore/ioc/root &&"
    "  echo '{\"host_hostname\": \"shop\", \"exec_clean\": 1}' >/tmp/fs/ioc/config.json &&"
    "  echo hello >/tmp/fs/ioc/root/motd && zfs snapshot -r gaolstore/ioc@ioc-export-$date &&"
    "  zfs send gaolstore/ioc@ioc-export-$date >shop_$date &&"
    "  zfs send gaolstore/ioc/root@ioc-export-$date >shop_${date}_root;"
    "else echo x >shop_$date && echo x >shop_${date}_root; fi &&"
    "cd /tmp/x && python3 -m zipfile -c /tmp/shop_$date.zip iocage &&"
    "sha256sum /tmp/shop_$date.zip | cut -c 1-64 | tr -d '\\n' >/tmp/shop_$date.sha256";

TEST_P(StorageTest, ROOT_WhatIocageExportedIsATreeOnZfs) {
  ASSERT_EQ(shell(kExported), 0);
  const auto quiet = [](std::string_view) {};
  Import what;
  what.path = kStore + "/shop";
  what.file = "/tmp/shop_2026-01-02.zip";
  const auto conf = import(what, quiet);
  if (std::string_view(GetParam().driver) == "zfs") {
    ASSERT_OK(conf);
    EXPECT_EQ(*conf, "host.hostname = \"shop\";\nexec.clean;\npersist;\n\n");
    EXPECT_EQ(text(what.path + "/motd"), "hello\n");
    EXPECT_THAT(labels(what.path), ElementsAre("ioc-export-2026-01-02"));
    EXPECT_EQ(inspect(what.path)->from, "shop_2026-01-02.zip");
  } else {
    EXPECT_EQ(conf.error().line(),
              concat(what.file, ": holds streams of ZFS, and the tree would be on ",
                     GetParam().driver, " (--path PATH below a dataset of ZFS)"));
  }
  struct {
    const char* spoil;
    const char* reason;
  } const cases[] = {
      {"printf 00 >/tmp/shop_2026-01-02.sha256", ", and should be \"00\""},
      {"rm /tmp/shop_2026-01-02.sha256 && cd /tmp/x && touch iocage/images/shop_2026-01-02_root_db"
       " && python3 -m zipfile -c /tmp/shop_2026-01-02.zip iocage",
       "has datasets below root: iocage/images/shop_2026-01-02_root_db"},
      {"truncate -s 100 /tmp/shop_2026-01-02.zip", ""},
      {"cd /tmp/x && rm iocage/images/*_root* && python3 -m zipfile -c /tmp/shop_2026-01-02.zip"
       " iocage",
       "not a jail as iocage exports it"},
  };
  what.path = kStore + "/other";
  for (const auto& c : cases) {
    ASSERT_EQ(shell(c.spoil), 0) << c.spoil;
    const auto refused = import(what, quiet);
    ASSERT_FALSE(refused) << c.spoil;
    EXPECT_THAT(refused.error().text, testing::HasSubstr(c.reason));
    EXPECT_FALSE(exists(what.path));
    EXPECT_THAT(entries(kStore + "/.gaol/.scratch"), IsEmpty());
  }
}

std::vector<std::string> lines(const Result<std::vector<Difference>>& found) {
  if (!found) return {found.error().line()};
  std::vector<std::string> out;
  for (const auto& [change, path] : *found)
    out.push_back(concat(std::string_view("AMD").substr(static_cast<size_t>(change), 1), path));
  return out;
}

TEST_P(StorageTest, ROOT_DifferencesAreWhatWasDone) {
  put(kBase + "/unwanted", "x");
  ASSERT_OK(clone(kBase, kJail));
  EXPECT_THAT(lines(diff(kJail, "", "")), IsEmpty());
  ASSERT_EQ(::mkdir((kJail + "/dir").c_str(), 0755), 0);
  put(kJail + "/dir/own", "one");
  put(kJail + "/file", "of the jail by now");
  ASSERT_EQ(::symlink("/nowhere", (kJail + "/link").c_str()), 0);
  ASSERT_OK(snapshot(kJail, "a"));
  EXPECT_THAT(lines(diff(kJail, "", "a")), ElementsAre("A/dir", "A/dir/own", "M/file", "A/link"));
  EXPECT_THAT(lines(diff(kJail, "a", "")), IsEmpty());
  if (resolve(kJail)->thin()) {  // how an overlay says that a name is gone
    ASSERT_EQ(::mknod((kJail + "/unwanted").c_str(), S_IFCHR, 0), 0);
  } else {
    ASSERT_EQ(::unlink((kJail + "/unwanted").c_str()), 0);
  }
  ASSERT_EQ(
      shell(concat("rm -r ", kJail, "/dir; echo >", kJail, "/dir; ln -snf /else ", kJail, "/link")),
      0);
  ASSERT_OK(snapshot(kJail, "b"));
  for (const auto* until : {"", "b"})
    EXPECT_THAT(lines(diff(kJail, "a", until)),
                ElementsAre("M/dir", "D/dir/own", "M/link", "D/unwanted"));
  EXPECT_EQ(diff(kJail, "c", "").error().code, ENOENT);
  EXPECT_EQ(diff(kBase, "", "").error().line(),
            kBase + ": is no thin tree, so since which snapshot? (gaol snapshots)");
  EXPECT_THAT(entries(kStore + "/.gaol/.scratch"), IsEmpty());
}

TEST_P(StorageTest, ROOT_PropertiesAreSetOrRefused) {
  ASSERT_OK(clone(kBase, kJail));
  const std::string_view driver = GetParam().driver;
  const auto refusal = [&](Property which) {
    const auto why =
        driver == "dir" ? "the tree is a plain directory" : "btrfs keeps no room for a subvolume";
    return concat(kJail, ": ", property_word(which), ": not supported on this system: ", why);
  };
  if (driver == "dir") {
    EXPECT_EQ(set_property(kJail, Property::compression, "on").error().text,
              refusal(Property::compression));
  } else {
    const auto* algorithm = driver == "zfs" ? "gzip" : "zlib";
    ASSERT_OK(set_property(kJail, Property::compression, algorithm));
    EXPECT_EQ(property(kJail, Property::compression).value_or("?"), algorithm);
    ASSERT_OK(set_property(kJail, Property::compression, "off"));
    EXPECT_EQ(property(kJail, Property::compression).value_or("?"), "off");
    EXPECT_FALSE(set_property(kJail, Property::compression, "tight"));
  }
  EXPECT_EQ(set_property(kJail, Property::compression, "--help").error().text,
            "compression \"--help\": not a value");
  if (driver == "zfs") {
    ASSERT_OK(set_property(kJail, Property::reservation, "8388608"));
    EXPECT_EQ(property(kJail, Property::reservation).value_or("?"), "8M");
  } else {
    EXPECT_EQ(property(kJail, Property::reservation).error().text, refusal(Property::reservation));
  }
}

TEST_P(StorageTest, ROOT_PromotedCloneCarriesItsOrigin) {
  ASSERT_OK(clone(kBase, kJail));
  const auto promoted = promote(kJail);
  if (GetParam().driver != std::string_view("zfs")) {
    EXPECT_THAT(promoted.error().text, testing::HasSubstr(kJail + ": promote: not "));
    return;
  }
  ASSERT_OK(promoted);
  EXPECT_EQ(inspect(kJail)->kind, Kind::thick);
  EXPECT_THAT(inspect(kJail)->clones, ElementsAre(kBase));
  EXPECT_EQ(destroy(kJail).error().code, EBUSY);
  ASSERT_OK(destroy(kBase));
  EXPECT_EQ(text(kJail + "/file"), "of the base");
  EXPECT_EQ(promote(kJail).error().text, kJail + ": is no thin tree");
  ASSERT_OK(destroy(kJail));
}

TEST_P(StorageTest, ROOT_NothingIsEverMadeOverSomething) {
  ASSERT_OK(clone(kBase, kJail));
  EXPECT_EQ(clone(kBase, kJail).error().text, kJail + ": File exists");
  EXPECT_EQ(copy(kBase, kJail).error().text, kJail + ": File exists");
}

// --- what people have lost ---

// A directory of the host with something in it.
const std::string kPrecious = "/tmp/precious";
void make_precious() {
  ASSERT_EQ(::mkdir(kPrecious.c_str(), 0755), 0);
  put(kPrecious + "/file", "x");
}

TEST_P(StorageTest, ROOT_ForeignMountsAreNeverEmptied) {
  ASSERT_OK(clone(kBase, kJail));
  make_precious();
  ASSERT_EQ(::mkdir((kJail + "/mnt").c_str(), 0755), 0);
  ASSERT_EQ(::mount(kPrecious.c_str(), (kJail + "/mnt").c_str(), nullptr, MS_BIND, nullptr), 0);
  const auto reason = concat(kJail, ": something is mounted at ", kJail, "/mnt");
  EXPECT_EQ(destroy(kJail).error().text, reason);
  EXPECT_EQ(throw_away(kJail).error().text, reason);
  EXPECT_EQ(rename(kJail, kStore + "/web").error().text, reason);
  EXPECT_EQ(text(kPrecious + "/file"), "x");
  ASSERT_EQ(::umount((kJail + "/mnt").c_str()), 0);
  ASSERT_OK(destroy(kJail));
}

TEST_P(StorageTest, ROOT_LinksOutOfATreeAreNotFollowed) {
  ASSERT_OK(clone(kBase, kJail));
  make_precious();
  ASSERT_EQ(::symlink(kPrecious.c_str(), (kJail + "/out").c_str()), 0);
  ASSERT_EQ(::symlink("../../../../precious", (kJail + "/up").c_str()), 0);
  ASSERT_OK(snapshot(kJail, "s"));
  ASSERT_OK(rollback(kJail, "s", Newer::keep));
  ASSERT_OK(destroy(kJail));
  ASSERT_EQ(::symlink(kPrecious.c_str(), kJail.c_str()), 0);  // in place of the tree itself
  EXPECT_EQ(destroy(kJail).error().code, ENOTDIR);
  EXPECT_EQ(text(kPrecious + "/file"), "x");
}

TEST_P(StorageTest, ROOT_MountsOfOtherNamespacesAreNotEntered) {
  ASSERT_OK(clone(kBase, kJail));
  make_precious();
  ASSERT_EQ(::mkdir((kJail + "/mnt").c_str(), 0755), 0);
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t other = ::fork();
  if (other == 0) {  // a jail that a crash of its makers has left, say
    const auto at = kJail + "/mnt";
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(kPrecious.c_str(), at.c_str(), nullptr, MS_BIND, nullptr) != 0)
      ::_exit(1);
    ::close(ready[1]);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char end;
  EXPECT_EQ(::read(ready[0], &end, 1), 0);
  ::close(ready[0]);
  const auto destroyed = destroy(kJail);  // what is busy there may refuse
  EXPECT_EQ(text(kPrecious + "/file"), "x");
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  if (!destroyed) ASSERT_OK(destroy(kJail));
  EXPECT_FALSE(exists(kJail));
}

TEST_P(StorageTest, ROOT_TrashWithAMountInItDoesNotExpire) {
  ASSERT_OK(clone(kBase, kJail));
  make_precious();
  ASSERT_EQ(::mkdir((kJail + "/mnt").c_str(), 0755), 0);
  const auto bin = throw_away(kJail);
  ASSERT_OK(bin);
  const auto at = *bin + "/mnt";
  ASSERT_EQ(::mount(kPrecious.c_str(), at.c_str(), nullptr, MS_BIND, nullptr), 0);
  EXPECT_EQ(empty_trash(kStore, INT64_MAX).error().text,
            concat(*bin, ": something is mounted at ", at));
  EXPECT_EQ(text(kPrecious + "/file"), "x");
  ASSERT_EQ(::umount(at.c_str()), 0);
  ASSERT_OK(empty_trash(kStore, INT64_MAX));
  EXPECT_FALSE(exists(*bin));
}

// Below the checks: a mount that comes when they have been made.
TEST_P(StorageTest, ROOT_RemovalStopsAtMounts) {
  make_precious();
  const std::string tree = kStore + "/tree", at = tree + "/dir/mnt";
  ASSERT_EQ(shell(concat("mkdir -p ", at)), 0);
  ASSERT_EQ(::mount(kPrecious.c_str(), at.c_str(), nullptr, MS_BIND, nullptr), 0);
  EXPECT_FALSE(remove_all(tree));
  EXPECT_EQ(text(kPrecious + "/file"), "x");
  ASSERT_EQ(::umount(at.c_str()), 0);
}

TEST_P(StorageTest, ROOT_DestroyedTreesLeaveNothing) {
  ASSERT_OK(clone(kBase, kJail));
  ASSERT_OK(snapshot(kJail, "s"));
  ASSERT_OK(copy(kBase, kStore + "/thick"));
  ASSERT_EQ(::mkdir((kStore + "/own").c_str(), 0755), 0);
  EXPECT_EQ(destroy(kStore + "/own").error().text, kStore + "/own: not made by gaol");
  ASSERT_OK(destroy(kJail));
  ASSERT_OK(destroy(kStore + "/thick"));
  ASSERT_OK(destroy(kBase));
  EXPECT_THAT(entries(kStore), ElementsAre(".gaol", "own"));
  EXPECT_THAT(entries(kStore + "/.gaol"), ElementsAre(".lock", ".scratch"));
  EXPECT_THAT(entries(kStore + "/.gaol/.scratch"), IsEmpty());
}

TEST_P(StorageTest, ROOT_FullDiskLeavesNothingHalfMade) {
  const auto built = build(kStore + "/big", "x", [](const std::string& dir) -> Result<> {
    const std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 600; ++i) {
      const Fd file(::open(concat(dir, "/", i).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
      if (::write(file.get(), megabyte.data(), megabyte.size()) != 1 << 20 ||
          ::fsync(file.get()) != 0)
        return fail_errno(ENOSPC, "write");
    }
    return {};
  });
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().text, "write: No space left on device");
  EXPECT_FALSE(exists(kStore + "/big"));
  EXPECT_THAT(entries(kStore + "/.gaol"), ElementsAre(".lock", ".scratch"));
  EXPECT_THAT(entries(kStore + "/.gaol/.scratch"), IsEmpty());
  shell("btrfs subvolume sync /tmp/fs");  // which gives back in its own time
  ASSERT_OK(clone(kBase, kJail));         // and there is room again
}

TEST_P(StorageTest, ROOT_CopyOntoAFullDiskLeavesNothingHalfMade) {
  ASSERT_EQ(shell(concat("head -c 9M /dev/urandom >", kBase, "/big; sync")), 0);
  shell("cat /dev/urandom >/tmp/fs/filler; sync");  // until there is no more room
  const auto copied = copy(kBase, kJail, {{}, "/tmp/conf/www.conf", "www"});
  if (copied) {  // where a copy is shared
    EXPECT_THAT(GetParam().name, testing::AnyOf(testing::StrEq("btrfs"), testing::StrEq("xfs")));
    return;
  }
  EXPECT_THAT(copied.error().line(), testing::AnyOf(testing::HasSubstr("No space left on device"),
                                                    testing::HasSubstr("out of space")));
  ASSERT_EQ(::unlink("/tmp/fs/filler"), 0);
  shell("sync");
  ASSERT_OK(repair(kStore));
  EXPECT_FALSE(exists(kJail));
  EXPECT_FALSE(exists(kStore + "/.gaol/www"));
  EXPECT_FALSE(exists("/tmp/conf/www.conf"));
  EXPECT_THAT(*names_in(kStore + "/.gaol/.scratch"), IsEmpty());
}

TEST_P(StorageTest, ROOT_WithoutItsDiskNothingIsMadeInPlaceOfATree) {
  if (GetParam().name == std::string_view("tmpfs")) return;  // does not come back
  ASSERT_OK(clone(kBase, kJail));
  ASSERT_EQ(shell(GetParam().away), 0);
  EXPECT_EQ(inspect(kJail).error().code, ENOENT);
  EXPECT_EQ(clone(kBase, kStore + "/two").error().code, ENOENT);
  EXPECT_EQ(snapshot(kJail, "s").error().code, ENOENT);
  EXPECT_EQ(destroy(kJail).error().code, ENOENT);
  ASSERT_OK(repair(kStore));
  EXPECT_THAT(*names_in("/tmp/fs"), IsEmpty());
  ASSERT_EQ(shell(GetParam().back), 0);
  EXPECT_EQ(seen(kJail, "file"), "of the base");
  ASSERT_OK(destroy(kJail));
}

// --- commands that are killed ---

// Runs `act` in a child that is killed after so many microseconds.
template <class Act>
void killed_after(useconds_t delay, Act act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act() ? 0 : 1);
  ::usleep(delay);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

// Fewer where each takes long.
int rounds(const Ground& ground) {
  if (::getenv("GAOL_LONG")) return 100;
  return ground.slowness > 1 ? 3 : 10;
}

// The trees that a killed command has left something of, when the programs it began have ended.
std::vector<std::string> left_behind() {
  const auto idle = sys::real_kernel().lock(kStore + "/.gaol/.lock");
  std::vector<std::string> left;
  for (const auto* store : {"", "/.gaol/.trash"}) {
    const auto names = *names_in(concat(kStore, store, "/.gaol/.scratch"));
    for (const auto& name : names)
      if (name != ".gaol") left.push_back(concat("/", name, ":"));
    if (exists(concat(kStore, store, "/.gaol/.moving"))) left.emplace_back(": ");
  }
  return left;
}

// What gaol doctor --repair does, and whether it says so of every tree it had to look after.
void repaired() {
  std::string said;
  report_repairs_to([&](std::string_view line) { said.append(line).append("\n"); });
  const auto left = left_behind();
  ASSERT_OK(repair(kStore));
  for (const auto& name : left) EXPECT_THAT(said, testing::HasSubstr(name));
  EXPECT_EQ(said.empty(), left.empty()) << said;
  report_repairs_to([](std::string_view) {});
  EXPECT_THAT(*names_in(kStore + "/.gaol/.scratch"), IsEmpty());
  EXPECT_FALSE(exists(kStore + "/.gaol/.moving"));
}

const std::string kConf = "/tmp/conf/www.conf";

// There with all it had, its records and its file, or not at all.
bool whole(const std::string& path, const std::vector<std::string>& contents,
           const std::string& file) {
  const bool there = exists(path);
  const Place at = split_place(path);
  EXPECT_EQ(there, exists(at.records())) << path;
  EXPECT_EQ(there, exists(file)) << path;
  if (there) {
    EXPECT_EQ(entries(path), contents);
  }
  return there;
}

// What is killed at random comes out of one of these.
useconds_t delay_of(const Ground& ground, int round) {
  return ground.slowness * static_cast<useconds_t>(200 + 700 * (round * 7 % 30));
}

TEST_P(StorageTest, ROOT_KilledAtAnyMomentATreeIsThereOrGone) {
  for (int i = 0; i < 60; ++i) put(concat(kBase, "/", i), std::string(20'000, 'x'));
  const auto contents = entries(kBase);
  const std::string moved = kStore + "/moved", moved_conf = "/tmp/conf/moved.conf";
  for (int round = 0; round < rounds(GetParam()); ++round) {
    SCOPED_TRACE(round);
    const auto delay = delay_of(GetParam(), round);
    const auto make = [&] { return copy(kBase, kJail, {{}, kConf, "www\n"}).has_value(); };
    killed_after(delay, make);
    repaired();
    if (!whole(kJail, contents, kConf)) {
      ASSERT_TRUE(make());
    }
    killed_after(delay / 4, [&] {
      return rename(kJail, moved, {kConf, moved_conf, "moved\n"}).has_value();
    });
    repaired();
    EXPECT_NE(whole(kJail, contents, kConf), whole(moved, contents, moved_conf));
    const bool there = exists(moved);
    const auto& left = there ? moved : kJail;
    const auto& left_conf = there ? moved_conf : kConf;
    killed_after(delay / 4, [&] { return throw_away(left, left_conf).has_value(); });
    repaired();
    const auto bin = *rubbish(kStore);
    EXPECT_NE(whole(left, contents, left_conf), !bin.empty());
    if (!bin.empty()) {
      EXPECT_TRUE(whole(bin[0].path, contents, bin[0].file));
    }
    if (bin.empty()) {
      ASSERT_OK(throw_away(left, left_conf));
    }
    killed_after(delay / 2, [&] { return empty_trash(kStore, INT64_MAX).has_value(); });
    repaired();
    ASSERT_OK(empty_trash(kStore, INT64_MAX));
    EXPECT_THAT(entries(kStore + "/.gaol/.trash"), ElementsAre(".gaol"));
    EXPECT_THAT(entries(kStore + "/.gaol/.trash/.gaol"), ElementsAre(".scratch"));
  }
}

TEST_P(StorageTest, ROOT_KilledAtAnyMomentACloneIsAsItWasOrAsItWasToBe) {
  for (int round = 0; round < rounds(GetParam()); ++round) {
    SCOPED_TRACE(round);
    const auto delay = delay_of(GetParam(), round) / 2;
    const auto make = [&] { return clone(kBase, kJail, {{}, kConf, "www\n"}).has_value(); };
    killed_after(delay, make);
    repaired();
    EXPECT_EQ(exists(kJail), exists(kConf));
    if (!exists(kJail)) {
      ASSERT_TRUE(make());
    }
    put(kJail + "/state", "one");
    ASSERT_OK(snapshot(kJail, "s"));
    put(kJail + "/state", "two");
    killed_after(delay, [&] { return rollback(kJail, "s", Newer::keep).has_value(); });
    repaired();
    EXPECT_THAT(text(kJail + "/state"), testing::AnyOf("one", "two"));
    EXPECT_THAT(labels(kJail), ElementsAre("s"));
    killed_after(delay, [&] { return thicken(kJail).has_value(); });
    repaired();
    const bool thick = inspect(kJail)->kind == Kind::thick;
    EXPECT_EQ(thick, !rubbish(kStore)->empty());
    EXPECT_EQ(list(kStore)->size(), 1u);
    EXPECT_EQ(seen(kJail, "file"), "of the base");
    EXPECT_THAT(text(kJail + "/state"), testing::AnyOf("one", "two"));
    ASSERT_OK(empty_trash(kStore, INT64_MAX));
    if (thick) {
      const auto shown = portrait(kJail);
      killed_after(delay, [&] { return make_thin(kJail, kBase).has_value(); });
      repaired();
      EXPECT_EQ(inspect(kJail)->kind == Kind::thin, !rubbish(kStore)->empty());
      EXPECT_EQ(list(kStore)->size(), 1u);
      EXPECT_EQ(portrait(kJail), shown);
      ASSERT_OK(empty_trash(kStore, INT64_MAX));
    }
    killed_after(delay / 2, [&] { return destroy(kJail, kConf).has_value(); });
    repaired();
    EXPECT_EQ(exists(kJail), exists(kConf));
    if (exists(kJail)) {
      ASSERT_OK(destroy(kJail, kConf));
    }
  }
}

TEST_P(StorageTest, ROOT_KilledAtAnyMomentAReceivedTreeIsWholeOrNotThere) {
  ASSERT_OK(copy(kBase, kJail));
  ASSERT_OK(snapshot(kJail, "a"));
  put(kJail + "/new", std::string(100'000, 'x'));
  ASSERT_OK(snapshot(kJail, "b"));
  ASSERT_OK(send_to_file(kJail, "a", ""));
  ASSERT_OK(send_to_file(kJail, "b", "a"));
  const std::string other = kStore + "/other";
  for (int round = 0; round < rounds(GetParam()); ++round) {
    SCOPED_TRACE(round);
    const auto delay = 2 * delay_of(GetParam(), round);
    killed_after(delay, [&] { return receive_file("a", other).has_value(); });
    repaired();
    if (!whole(other, {"file"}, exists(other) ? kBase : kConf)) {
      ASSERT_OK(receive_file("a", other));
    }
    EXPECT_THAT(labels(other), ElementsAre("a"));
    killed_after(delay, [&] { return receive_file("b", other).has_value(); });
    repaired();
    if (labels(other).size() == 1) {
      ASSERT_OK(receive_file("b", other));
    }
    EXPECT_THAT(labels(other), ElementsAre("a", "b"));
    EXPECT_THAT(entries(other), ElementsAre("file", "new"));
    ASSERT_OK(destroy(other));
  }
}

}  // namespace
}  // namespace gaol::dataset
