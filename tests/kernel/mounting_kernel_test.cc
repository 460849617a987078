// SPDX-License-Identifier: BSD-2-Clause

// What root of a jail mounts itself, by way of the jail's init: each kind with its permission and
// without, what the permissions cannot give, and that all of it goes with the jail.

#include <gmock/gmock.h>

#include <filesystem>

#include "base/text.h"
#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

// The permissions for all kinds, without allow.mount itself.
constexpr std::string_view kAllKinds =
    "allow.mount.devfs allow.mount.fdescfs allow.mount.linprocfs allow.mount.linsysfs "
    "allow.mount.nullfs allow.mount.procfs allow.mount.tmpfs";

class MountingTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    for (const char* dir : {"/mnt", "/a/deep", "/b", "/src/below"})
      fs::create_directories(tree_ + dir);
    write_file(tree_ + "/src/file", "data\n");
  }
  void TearDown() override {
    run("jail -R web");
    for (const char* dir : {"/mnt", "/a", "/b", "/src", "/child", "/go"})
      fs::remove_all(tree_ + dir);
    KernelTest::TearDown();
  }
  void start(std::string_view parameters) {
    ASSERT_EQ(seen(concat("jail -c name=web path=", tree_, " persist ", parameters)), "");
  }
  void start_with_all() { start(concat("enforce_statfs=1 allow.mount ", kAllKinds)); }
  static std::string inside(const std::string& script) {
    return seen(concat("jexec web sh -c '", script, "'"));
  }
  // The type and the options of what lies on a directory of the jail.
  static std::string on(const std::string& path) {
    return run("jexec web awk '$2 == \"" + path + "\" {print $3, $4}' /proc/mounts").out;
  }

  const std::string tree_ = tiny_tree();
  const std::string refused_ = "mount: permission denied (are you root?)\n[exit 1]\n";
};

// --- permissions ---

struct Kind {
  const char* permission;
  const char* mount;  // the words of mount(8)
  const char* type;   // what the kernel says is on /mnt then
};
constexpr Kind kKinds[] = {
    {"devfs", "-t devfs devfs /mnt", "tmpfs "},       {"linprocfs", "-t proc proc /mnt", "proc "},
    {"linprocfs", "-t linprocfs proc /mnt", "proc "}, {"linsysfs", "-t sysfs sysfs /mnt", "sysfs "},
    {"linsysfs", "-t linsysfs sysfs /mnt", "sysfs "}, {"nullfs", "-t nullfs /src /mnt", "tmpfs "},
    {"nullfs", "--bind /src /mnt", "tmpfs "},         {"procfs", "-t proc proc /mnt", "proc "},
    {"procfs", "-t procfs proc /mnt", "proc "},       {"tmpfs", "-t tmpfs tmpfs /mnt", "tmpfs "},
};

TEST_F(MountingTest, ROOT_EachKindIsMountedWithItsPermission) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(kind.mount);
    start(concat("enforce_statfs=1 allow.mount allow.mount.", kind.permission));
    EXPECT_EQ(inside(concat("mount ", kind.mount)), "");
    EXPECT_THAT(on("/mnt"), StartsWith(kind.type));
    EXPECT_EQ(inside("umount /mnt"), "");
    EXPECT_EQ(on("/mnt"), "");
    EXPECT_EQ(seen("jail -r web"), "");
  }
}

TEST_F(MountingTest, ROOT_NoKindIsMountedWithThePermissionsOfAllOthers) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(concat(kind.permission, ": ", kind.mount));
    std::string others;
    for (const auto other : words(kAllKinds)) {
      const bool is_own = other.ends_with(concat(".", kind.permission));
      const bool proc = std::string_view(kind.mount).contains("proc") && other.contains("procfs");
      if (!is_own && !proc) others += concat(" ", other);
    }
    start(concat("enforce_statfs=1 allow.mount", others));
    EXPECT_EQ(inside(concat("mount ", kind.mount)), refused_);
    EXPECT_EQ(seen("jail -r web"), "");
  }
}

TEST_F(MountingTest, ROOT_NothingIsMountedWithoutAllowMountOrWithEnforceStatfs2) {
  for (const char* less : {"enforce_statfs=1 ", "allow.mount ", "allow.mount enforce_statfs=2 "}) {
    SCOPED_TRACE(less);
    start(concat(less, kAllKinds));
    for (const Kind& kind : kKinds) EXPECT_EQ(inside(concat("mount ", kind.mount)), refused_);
    EXPECT_EQ(seen("jail -r web"), "");
  }
}

TEST_F(MountingTest, ROOT_AChangeHoldsAtOnceAndLeavesWhatIsMounted) {
  start(kAllKinds);
  ASSERT_EQ(run(concat("cd ", tree_, "; mkfifo go done")).status, 0);
  const auto go = [&](const char* words) {
    return concat(" jail -m name=web ", words, "; echo >", tree_, "/go; read x <", tree_, "/done;");
  };
  // One shell that runs through all of it: nothing is fixed when a program starts.
  EXPECT_EQ(seen(concat("jexec web sh -c 'for dir in /a /b /mnt /src; do read x </go; mount -t "
                        "tmpfs -o size=1m tmpfs $dir; echo >/done; done' 2>&1 &",
                        go("allow.mount"), go("enforce_statfs=1"), go("allow.nomount"),
                        go("allow.mount allow.mount.notmpfs"), " wait")),
            "mount: permission denied (are you root?)\n"
            "mount: permission denied (are you root?)\n"
            "mount: permission denied (are you root?)\n");
  EXPECT_THAT(on("/b"), StartsWith("tmpfs "));
  EXPECT_EQ(inside("umount /b"), "");
}

TEST_F(MountingTest, ROOT_ItIsEnoughThatInitMayMount) {
  start("allow.noset_hostname enforce_statfs=1 allow.mount allow.mount.tmpfs");
  EXPECT_EQ(inside("mount -t tmpfs tmpfs /mnt"), "");
  EXPECT_EQ(seen("jexec web hostname other"),
            "hostname: sethostname: Operation not permitted\n[exit 1]\n");
  EXPECT_EQ(seen("jail -r web"), "");
  start("allow.noset_hostname");
  EXPECT_EQ(seen("jail -m name=web enforce_statfs=1 allow.mount allow.mount.tmpfs"),
            "jail: allow: a jail that began with nothing to be granted by its init cannot be given "
            "it while it runs (restart the jail with it)\n[exit 1]\n");
  EXPECT_EQ(inside("mount -t tmpfs tmpfs /mnt"), refused_);
}

TEST_F(MountingTest, ROOT_OnlyRootMounts) {
  start_with_all();
  EXPECT_EQ(seen("jexec -U www web mount -t tmpfs tmpfs /mnt"), refused_);
  EXPECT_EQ(inside("mount -t tmpfs tmpfs /mnt"), "");
  EXPECT_EQ(seen("jexec -U www web umount /mnt"),
            "umount: can't unmount /mnt: Operation not permitted\n[exit 1]\n");
}

TEST_F(MountingTest, ROOT_KindsThatAreNotJailFriendlyAreRefused) {
  start_with_all();
  for (const char* type : {"ext4", "overlay", "devtmpfs", "devpts", "cgroup2", "bpf", "mqueue",
                           "debugfs", "fuse", "nonsense"})
    EXPECT_EQ(inside(concat("mount -t ", type, " none /mnt")), refused_) << type;
}

// --- kinds ---

TEST_F(MountingTest, ROOT_ATmpfsIsBounded) {
  start_with_all();
  struct {
    const char* options;
    const char* seen;
  } const cases[] = {
      {"size=1m,mode=700,uid=80", "tmpfs rw,nosuid,nodev,relatime,size=1024k,nr_inodes=1024,"},
      {"ro,noexec,noatime,size=65536",
       "tmpfs ro,nosuid,nodev,noexec,noatime,size=64k,nr_inodes=64,"},
      {"suid,dev,size=2m", "tmpfs rw,nosuid,nodev,relatime,size=2048k,"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.options);
    EXPECT_EQ(inside(concat("mount -t tmpfs -o ", c.options, " tmpfs /mnt")), "");
    EXPECT_THAT(on("/mnt"), StartsWith(c.seen));
    EXPECT_EQ(inside("umount /mnt"), "");
  }
  struct {
    const char* options;
    const char* why;
  } const refusals[] = {
      {"size=60%", "No space left on device"},
      {"size=100g,size=9000g", "No space left on device"},
      {"size=0", "Invalid argument"},
      {"size=", "Invalid argument"},
      {"size=1x", "Invalid argument"},
      {"size=99999999999999999999g", "Invalid argument"},
      {"size", "Invalid argument"},
      {"nr_inodes=0", "Invalid argument"},
      {"huge=always", "Invalid argument"},
      {"mode=700,what", "Invalid argument"},
      {"uid=70000", "Invalid argument"},
  };
  for (const auto& refusal : refusals)
    EXPECT_EQ(inside(concat("mount -t tmpfs -o ", refusal.options, " tmpfs /mnt")),
              concat("mount: mounting tmpfs on /mnt failed: ", refusal.why, "\n[exit 255]\n"))
        << refusal.options;
}

TEST_F(MountingTest, ROOT_AllTmpfsTogetherTakeHalfOfTheMemory) {
  start_with_all();
  EXPECT_EQ(inside("mkdir /1 /2 /3 /4 /5; for n in 1 2 3 4 5; do mount -t tmpfs tmpfs /$n; done"),
            "mount: mounting tmpfs on /5 failed: No space left on device\n[exit 255]\n");
  EXPECT_EQ(inside("umount /2; mount -t tmpfs tmpfs /5"), "");
}

TEST_F(MountingTest, ROOT_ANullfsIsNoWiderThanItsSource) {
  const std::string host_dir = "/run/mounting-src";
  fs::create_directories(host_dir);
  write_file(host_dir + "/file", "data\n");
  start(concat("enforce_statfs=1 allow.mount ", kAllKinds, " mount='", host_dir, " ", tree_,
               "/b nullfs ro,noexec'"));
  EXPECT_EQ(inside("mount --bind /b /mnt; cat /mnt/file; echo x >/mnt/file"),
            "data\nsh: can't create /mnt/file: Read-only file system\n[exit 1]\n");
  EXPECT_THAT(on("/mnt"), HasSubstr("ro,nosuid,nodev,noexec,"));
  EXPECT_EQ(inside("mount -o remount,bind,rw /mnt"), refused_);
  EXPECT_EQ(inside("mount -o remount,bind,ro,noexec /mnt"), "");
  // A file, and what is mounted below, which is not seen through it.
  EXPECT_EQ(inside("mount --bind /src/file /etc/passwd; cat /etc/passwd; umount /etc/passwd"),
            "data\n");
  EXPECT_EQ(inside("mount -t tmpfs tmpfs /src/below; touch /src/below/x; mount --bind /src /a; "
                   "ls /a/below; umount /a"),
            "");
  EXPECT_EQ(seen("jail -r web"), "");
  fs::remove_all(host_dir);
}

TEST_F(MountingTest, ROOT_ARemountTakesAwayOnly) {
  start_with_all();
  ASSERT_EQ(inside("mount -t tmpfs -o size=1m tmpfs /mnt; mount -o remount,bind,ro,noexec /mnt"),
            "");
  EXPECT_THAT(on("/mnt"), StartsWith("tmpfs ro,nosuid,nodev,noexec,"));
  for (const char* more : {"rw,noexec", "ro,exec", "rw"})
    EXPECT_EQ(inside(concat("mount -o remount,bind,", more, " /mnt")), refused_) << more;
  for (const char* others : {"/", "/dev", "/proc", "/sys", "/proc/sys"})
    EXPECT_EQ(inside(concat("mount -o remount,bind,ro ", others)), refused_) << others;
  EXPECT_THAT(on("/"), HasSubstr("rw,"));
}

TEST_F(MountingTest, ROOT_ProcAndSysComeWithTheirMasks) {
  start_with_all();
  EXPECT_EQ(inside("mount -t proc proc /mnt; stat -c %t,%T /mnt/interrupts /mnt/kallsyms; "
                   "echo x >/mnt/sys/kernel/core_pattern"),
            "1,3\n1,3\nsh: can't create /mnt/sys/kernel/core_pattern: Read-only file "
            "system\n[exit 1]\n");
  EXPECT_EQ(inside("umount /mnt/sys; umount /mnt/interrupts; umount /mnt; ls /mnt"),
            "umount: can't unmount /mnt/sys: Invalid argument\n"
            "umount: can't unmount /mnt/interrupts: Invalid argument\n");
}

TEST_F(MountingTest, ROOT_DevfsIsTheJailsOwn) {
  start_with_all();
  EXPECT_EQ(inside("mount -t devfs devfs /mnt; ls /dev >/tmp/1; ls /mnt >/tmp/2; cmp /tmp/1 "
                   "/tmp/2; head -c 3 /mnt/zero | wc -c; echo x >/mnt/null; umount /mnt; ls /mnt"),
            "3\n");
}

TEST_F(MountingTest, ROOT_NET_AVnetJailWritesWhatItsOwnProcLetsIt) {
  start(concat("vnet enforce_statfs=1 allow.mount ", kAllKinds));
  EXPECT_EQ(inside("mount -t proc proc /mnt; echo 1 >/mnt/sys/net/ipv4/ip_forward; "
                   "cat /proc/sys/net/ipv4/ip_forward; echo x >/mnt/sys/kernel/core_pattern"),
            "1\nsh: can't create /mnt/sys/kernel/core_pattern: Permission denied\n[exit 1]\n");
}

// A directory of its own making in the place of one does not count.
TEST_F(MountingTest, ROOT_WhatTheJailHasNotIsNotShownAgain) {
  start(concat("mount.nodevfs mount.noprocfs enforce_statfs=1 allow.mount ", kAllKinds));
  const std::string none = " on /mnt failed: No such device\n[exit 255]\n";
  EXPECT_EQ(inside("mount -t devfs devfs /mnt"), "mount: mounting devfs" + none);
  EXPECT_EQ(inside("mount -t proc proc /mnt"), "mount: mounting proc" + none);
  EXPECT_EQ(inside("mount -t tmpfs tmpfs /dev"), "");
  EXPECT_EQ(inside("mount -t devfs devfs /mnt"), "mount: mounting devfs" + none);
}

TEST_F(MountingTest, ROOT_FdescfsIsThereAlready) {
  start_with_all();
  EXPECT_EQ(inside("mount -t fdescfs fdescfs /dev/fd"), "");
  EXPECT_EQ(inside("mount -t fdescfs fdescfs /proc/self/fd"), "");
  for (const char* elsewhere : {"/mnt", "/proc", "/proc/self", "/proc/1/fd"})
    EXPECT_EQ(inside(concat("mount -t fdescfs fdescfs ", elsewhere)), refused_) << elsewhere;
}

// The connection comes with a descriptor of the caller's; no server answers on it here.
TEST_F(MountingTest, ROOT_AFuseFileSystemIsMountedByItsServer) {
  GAOL_NEEDS(fs::exists("/dev/fuse"), "the host has no /dev/fuse");
  start("enforce_statfs=1 allow.mount allow.mount.fusefs");
  const std::string words = "rootmode=40000,user_id=0,group_id=0";
  EXPECT_EQ(inside("exec 5<>/dev/fuse; mount -t fuse.quiet -o allow_other,fd=5," + words +
                   " source /mnt; grep /mnt /proc/mounts; umount -l /mnt; grep /mnt /proc/mounts"),
            "source /mnt fuse.quiet rw,nosuid,nodev,relatime,user_id=0,group_id=0,allow_other 0 "
            "0\n[exit 1]\n");
  struct {
    const char* mount;
    const char* why;
  } const refusals[] = {
      {"-t fuse -o fd=4,rootmode=40000,user_id=0,group_id=0", "Bad file descriptor"},
      {"-t fuse -o fd=0,rootmode=40000,user_id=0,group_id=0", "Invalid argument"},
      {"-t fuse -o rootmode=40000,user_id=0,group_id=0", "Invalid argument"},
      {"-t fuse -o fd=5,context=x", "Invalid argument"},
  };
  for (const auto& refusal : refusals)
    EXPECT_EQ(inside(concat("exec 4<&-; mount ", refusal.mount, " source /mnt </dev/null")),
              concat("mount: mounting source on /mnt failed: ", refusal.why, "\n[exit 255]\n"))
        << refusal.mount;
  EXPECT_EQ(inside("mount -t fuseblk -o fd=5 source /mnt"), refused_);
}

// --- places ---

TEST_F(MountingTest, ROOT_PathsAreTheCallers) {
  start_with_all();
  EXPECT_EQ(inside("cd /a; mount -t tmpfs -o size=1m tmpfs deep; umount /a/deep"), "");
  EXPECT_EQ(inside("ln -s ../a/deep /b/link; mount -t tmpfs -o size=1m tmpfs /b/link"), "");
  EXPECT_THAT(on("/a/deep"), StartsWith("tmpfs "));
  EXPECT_EQ(inside("cd /a/deep; umount ."),
            "umount: can't unmount /a/deep: Device or resource busy\n[exit 1]\n");
  EXPECT_EQ(inside("umount /b/link"), "");
  EXPECT_EQ(inside("mkdir -p /a/bin; cp /bin/busybox /a/bin; chroot /a /bin/busybox mount -t tmpfs "
                   "-o size=1m tmpfs /deep"),
            "");
  EXPECT_THAT(on("/a/deep"), StartsWith("tmpfs "));
  EXPECT_EQ(inside("chroot /a /bin/busybox umount /deep; mount -t tmpfs -o size=1m tmpfs /none"),
            "mount: mounting tmpfs on /none failed: No such file or directory\n[exit 255]\n");
  EXPECT_EQ(on("/a/deep"), "");
}

TEST_F(MountingTest, ROOT_WhatIsInUseIsUnmountedByForceOnly) {
  start_with_all();
  EXPECT_EQ(inside("mount -t tmpfs tmpfs /mnt; cd /mnt; umount /mnt; umount -l /mnt; cd /; umount "
                   "/mnt"),
            "umount: can't unmount /mnt: Device or resource busy\n"
            "umount: can't unmount /mnt: Invalid argument\n[exit 1]\n");
}

TEST_F(MountingTest, ROOT_ThereIsAnEndToTheirNumber) {
  start_with_all();
  EXPECT_THAT(inside("n=0; while mount --bind /src /mnt 2>/tmp/why; do n=$((n+1)); done; echo $n; "
                     "cat /tmp/why; while umount /mnt 2>/dev/null; do n=$((n-1)); done; echo $n"),
              "200\nmount: mounting /src on /mnt failed: No space left on device\n0\n");
}

TEST_F(MountingTest, ROOT_TheHostSeesNothingAndNothingIsLeft) {
  start_with_all();
  EXPECT_EQ(inside("mount -t tmpfs tmpfs /mnt; touch /mnt/inside; mount -t proc proc /a"), "");
  EXPECT_EQ(seen("ls " + tree_ + "/mnt " + tree_ + "/a"),
            tree_ + "/a:\ndeep\n\n" + tree_ + "/mnt:\n");
  EXPECT_EQ(seen("grep -c tree/mnt /proc/self/mounts"), "0\n[exit 1]\n");
  EXPECT_EQ(seen("jexec web ls /mnt"), "inside\n") << "programs that enter later see it";
  EXPECT_EQ(seen("jail -r web; jls name"), "");
}

// --- jails below ---

TEST_F(MountingTest, ROOT_AChildMountsWhatItsParentMay) {
  make_tree(tree_ + "/child");
  fs::create_directories(tree_ + "/child/mnt");
  start("children.max=1 enforce_statfs=1 allow.mount allow.mount.tmpfs");
  const std::string child = "jail -c name=web.child path=" + tree_ + "/child persist ";
  EXPECT_EQ(
      seen(child + "enforce_statfs=1 allow.mount allow.mount.nullfs"),
      "jail: jail_set: Operation not permitted (allow.mount.nullfs: more than the parent jail "
      "has)\n[exit 1]\n");
  EXPECT_EQ(seen(child + "enforce_statfs=1 allow.mount allow.mount.tmpfs"), "");
  EXPECT_EQ(seen("jexec web.child mount -t tmpfs tmpfs /mnt"), "");
  EXPECT_EQ(seen("jexec web.child grep -c /mnt /proc/mounts"), "1\n");
  EXPECT_EQ(seen("jexec web grep -c /mnt /proc/mounts"), "0\n[exit 1]\n");
  EXPECT_EQ(seen("jexec web.child umount /proc"),
            "umount: can't unmount /proc: Operation not permitted\n[exit 1]\n");
  // What the parent loses, the child loses.
  EXPECT_EQ(seen("jail -m name=web enforce_statfs=2; jls -j web.child enforce_statfs"), "2\n");
  EXPECT_EQ(seen("jexec web.child mount -t tmpfs tmpfs /mnt"), refused_);
}

// --- what is seen ---

TEST_F(MountingTest, ROOT_AJailSeesItsOwnMountsByPathsFromItsRoot) {
  for (const char* level : {"1", "2"}) {
    start(concat("enforce_statfs=", level));
    const std::string list =
        run("jexec web awk '{print $2}' /proc/mounts | grep -v '^/[dps]' | sort -u").out;
    EXPECT_EQ(list, "/\n") << level;
    for (const char* table : {"mounts", "mountinfo", "mountstats"})
      EXPECT_THAT(run(concat("jexec web cat /proc/self/", table)).out,
                  Not(HasSubstr("cgroup/unified")))
          << table;
    EXPECT_EQ(seen("jail -r web"), "");
  }
  EXPECT_EQ(
      seen("jail -c name=web path=" + tree_ + " persist enforce_statfs=0"),
      "jail: enforce_statfs 0: not supported on this system: the host's mounts are not in the "
      "jail's namespace\n[exit 1]\n");
}

}  // namespace
}  // namespace gaol::test
