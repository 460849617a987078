// SPDX-License-Identifier: BSD-2-Clause

// Trees whose owners are changed on disk: on zfs-fuse, which cannot be mounted with others, a jail
// runs in one, and what a change of owner takes away is there afterwards.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <filesystem>

#include "dataset/dataset.h"
#include "sys/owners.h"
#include "sys/tree.h"
#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kJails = "/run/tank/jails";
constexpr const char* kFirst = "1879048192";  // of the first tree's range

bool comes(const std::string& line) {
  return run("for i in $(seq 100); do " + line + " && exit 0; sleep 0.1; done; exit 1").status == 0;
}

class ShiftTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    GAOL_NEEDS(run("command -v zfs-fuse").status == 0, "no zfs-fuse here");
    file_ = "/var/tmp/gaol-shift-XXXXXX";
    ASSERT_GE(fd_ = ::mkostemp(file_.data(), O_CLOEXEC), 0);
    ASSERT_EQ(seen("mount -t tmpfs gaol-test /var/lib && mkdir /var/lib/zfs && mkdir -p /var/db &&"
                   " mount -t tmpfs gaol-test /var/db && mkdir -p /run/lock /run/zfs &&"
                   " truncate -s 256M " +
                   file_),
              "");
    covered_ = true;
    ASSERT_EQ(seen("zfs-fuse --no-kstat-mount --pidfile=/run/zfs.pid"), "");
    fuse_ = true;
    ASSERT_TRUE(comes("zpool create -m /run/tank gaolshift " + file_ + " >/dev/null 2>&1"));
    ASSERT_EQ(seen("zfs create gaolshift/jails && chmod 700 /run/tank/jails &&"
                   " zfs create gaolshift/releases &&"
                   " gaol release builtin --releases /run/tank/releases tiny"),
              "");
    ASSERT_EQ(create("www"), "");
  }
  void TearDown() override {
    if (fuse_) {
      run("jail -R www two");
      EXPECT_TRUE(comes("zpool destroy gaolshift"));
      run("kill $(cat /run/zfs.pid)");
      EXPECT_TRUE(comes("[ -z \"$(pgrep -F /run/zfs.pid)\" ]"));
    }
    if (covered_) {
      EXPECT_EQ(seen("umount /var/db /var/lib; rm -rf /run/lock /run/zfs /run/zfs.pid"), "");
    }
    ::close(fd_);
    fs::remove(file_);
    KernelTest::TearDown();
  }

  static std::string create(const std::string& name) {
    return seen("gaol create " + name + " --path " + path(name) +
                " --releases /run/tank/releases -r tiny >/dev/null");
  }
  static std::string path(const std::string& name) { return std::string(kJails) + "/" + name; }
  static std::string shift(const std::string& name, const std::string& more = {}) {
    return seen("gaol shift --path " + path(name) + " " + more);
  }
  static std::string gaol(const std::string& words, const std::string& name,
                          const std::string& input = "/dev/null") {
    return seen("gaol " + words + " --path " + path(name) + " <" + input);
  }
  // Of a tree's top, and of a file of its user 33.
  static std::string owners(const std::string& name) {
    auto out = seen("stat -c %u " + path(name) + " " + path(name) + "/etc/passwd");
    out[out.find('\n')] = ' ';
    return out;
  }

 private:
  std::string file_;
  int fd_ = -1;
  bool covered_ = false, fuse_ = false;
};

TEST_F(ShiftTest, ROOT_AJailRunsInAShiftedTree) {
  EXPECT_THAT(seen("jail -c name=www path=/run/tank/jails/www persist"),
              HasSubstr("cannot shift file owners (idmapped mounts); `gaol shift` changes those"));
  ASSERT_EQ(seen("chmod 4755 /run/tank/jails/www/bin/busybox && chown -h 33:33 "
                 "/run/tank/jails/www/etc/passwd"),
            "");
  EXPECT_EQ(shift("www"),
            std::string("/run/tank/jails/www: uid 0 of it is uid ") + kFirst + " here\n");
  EXPECT_EQ(seen("stat -c '%u %g' /run/tank/jails/www /run/tank/jails/www/etc/passwd"),
            "1879048192 1879048192\n1879048225 1879048225\n");
  EXPECT_EQ(seen("stat -c %a /run/tank/jails/www/bin/busybox"), "4755\n");
  ASSERT_EQ(seen("jail -c name=www path=/run/tank/jails/www persist"), "");
  EXPECT_EQ(seen("jexec www sh -c 'touch /made; stat -c %u /made /etc; stat -c %u /etc/passwd'"),
            "0\n0\n33\n");
  EXPECT_EQ(seen("stat -c %u /run/tank/jails/www/made"), std::string(kFirst) + "\n");

  // One tree, one jail, one range.
  EXPECT_EQ(seen("jail -c name=two path=/run/tank/jails/www persist"),
            "jail: path /run/tank/jails/www: jail \"www\" has the ids of this tree (jail -r www)\n"
            "[exit 1]\n");
  ASSERT_EQ(create("two"), "");
  EXPECT_EQ(shift("two"), "/run/tank/jails/two: uid 0 of it is uid 1879113728 here\n");
  EXPECT_EQ(seen("jail -c name=two path=/run/tank/jails/two persist"), "");
  EXPECT_EQ(shift("www", "--back"),
            "gaol: shift: /run/tank/jails/www: jail \"www\" runs in it (jail -r www)\n[exit 1]\n");
  EXPECT_EQ(seen("jail -qr www two"), "");
  EXPECT_EQ(shift("www", "--back"), "/run/tank/jails/www: its files are uid 0's again\n");
  EXPECT_EQ(seen("stat -c %u /run/tank/jails/www /run/tank/jails/www/made; "
                 "stat -c '%u %a' /run/tank/jails/www/bin/busybox; ls /var/db/gaol/owners"),
            "0\n0\n0 4755\n28673\n");
}

TEST_F(ShiftTest, ROOT_WhatIsMadeOfAShiftedTreeHasIdsOfItsOwn) {
  ASSERT_EQ(seen("chown -h 33:33 /run/tank/jails/www/etc/passwd"), "");
  ASSERT_EQ(gaol("snapshot www@plain", "www"), "www@plain\n");
  EXPECT_THAT(shift("www"), HasSubstr(kFirst));
  ASSERT_EQ(gaol("snapshot www@own", "www"), "www@own\n");
  EXPECT_EQ(seen("gaol diff www@plain own --path /run/tank/jails/www"), "") << "it is the same";

  ASSERT_EQ(seen("gaol send www@plain --path /run/tank/jails/www >/run/plain &&"
                 " gaol send www@own --from plain --path /run/tank/jails/www >/run/own"),
            "");
  EXPECT_EQ(seen("head -n1 -q /run/plain /run/own"),
            "gaol-stream 2 zfs plain - 0\ngaol-stream 2 zfs own plain 1879048192\n");
  ASSERT_EQ(gaol("receive three", "three", "/run/plain"), "three@plain\n");
  ASSERT_EQ(gaol("receive three", "three", "/run/own"), "three@own\n");
  EXPECT_EQ(owners("three"), "0 33\n") << "as the one that has seen no shift";

  ASSERT_EQ(gaol("rollback www@plain --newer", "www"), "");
  EXPECT_EQ(owners("www"), "1879048192 1879048225\n");
  const auto cloned = dataset::clone(path("www"), path("two"));
  ASSERT_TRUE(cloned) << cloned.error().line();
  EXPECT_EQ(owners("two"), "1879113728 1879113761\n");
  EXPECT_EQ(gaol("diff two", "two"), "");
  ASSERT_EQ(gaol("template www golden --releases /run/tank/releases", "www"), "");
  EXPECT_EQ(owners("../releases/golden"), "1879179264 1879179297\n");
  ASSERT_EQ(gaol("snapshot www@own", "www"), "www@own\n");
  ASSERT_EQ(seen("gaol send www@own --path /run/tank/jails/www >/run/own"), "");
  EXPECT_EQ(gaol("receive four", "four", "/run/own"), "four@own\n");
  EXPECT_EQ(owners("four"), "1879244800 1879244833\n");
  EXPECT_EQ(seen("jail -c name=www path=/run/tank/jails/www persist && "
                 "jail -c name=two path=/run/tank/jails/two persist && "
                 "jexec two stat -c %u /etc/passwd && jail -qr www two"),
            "33\n");

  ASSERT_EQ(gaol("convert two --thick", "two"),
            "two: a thick tree; what it was is in the trash, with its snapshots\n");
  EXPECT_EQ(owners("two"), "1879113728 1879113761\n");
  EXPECT_EQ(seen("gaol trash restore two back --path /run/tank/jails; "
                 "jail -c name=back path=/run/tank/jails/back persist"),
            "jail: /run/tank/jails/back: its ids are those of /run/tank/jails/two (gaol shift "
            "--back, then gaol shift)\n[exit 1]\n");
  EXPECT_EQ(seen("gaol list --path /run/tank/jails"),
            "NAME   KIND   DRIVER  UID0        FROM\n"
            "back   thin   zfs     1879113728  /run/tank/jails/www\n"
            "four   thick  zfs     1879244800  received @own\n"
            "three  thick  zfs     0           received @plain\n"
            "two    thick  zfs     1879113728  copy of /run/tank/jails/www\n"
            "www    thin   zfs     1879048192  /run/tank/releases/tiny\n");
  EXPECT_THAT(seen("gaol df --path /run/tank/jails"),
              HasSubstr(" of no limit, uid 0 is 1879244800 here\n"));
  fs::remove("/run/plain");
  fs::remove("/run/own");
}

TEST_F(ShiftTest, ROOT_AnExportedTreeHasItsJailsIds) {
  ASSERT_EQ(seen("chown -h 33:33 /run/tank/jails/www/etc/passwd"), "");
  EXPECT_THAT(shift("www"), HasSubstr(kFirst));
  write_file("/run/jail.conf", "www { path = /run/tank/jails/www; }\n");
  const auto snapshots = seen("zfs list -H -o name -t snapshot");
  EXPECT_EQ(seen("gaol export www /run/www.tar --conf /run/jail.conf && "
                 "gaol import /run/www.tar copy --path /run/tank/jails/copy >/dev/null"),
            "linux/amd64, 1 layer\n");
  EXPECT_EQ(owners("copy"), "0 33\n");
  ASSERT_EQ(seen("jail -c name=www path=/run/tank/jails/www persist && jexec www touch /made"), "");
  EXPECT_EQ(seen("gaol export www /run/live.tar --conf /run/jail.conf && "
                 "gaol import /run/live.tar live --path /run/tank/jails/live >/dev/null"),
            "linux/amd64, 1 layer\n");
  EXPECT_EQ(owners("live") + seen("stat -c %u /run/tank/jails/live/made; ls /run/tank/jails/.gaol/"
                                  ".scratch; zfs list -H -o name -t snapshot"),
            "0 33\n0\n" + snapshots);
  fs::remove("/run/live.tar");
  fs::remove("/run/jail.conf");
  fs::remove("/run/www.tar");
}

TEST_F(ShiftTest, ROOT_NoJailGetsOtherIds) {
  ASSERT_EQ(create("two"), "");
  // Whatever stands in the record, no jail gets other ids of the host.
  for (const char* ids : {"65536", "1879048193", "2147483648", "0 65536", "0 0 0"})
    EXPECT_EQ(seen(std::string("echo ") + ids +
                   " >/run/tank/jails/.gaol/two/owners; "
                   "jail -c name=two path=/run/tank/jails/two persist"),
              "jail: /run/tank/jails/.gaol/two/owners: damaged\n[exit 1]\n")
        << ids;
  // A pool of another machine comes with a range that somebody has here.
  EXPECT_THAT(shift("www"), HasSubstr(kFirst));
  ASSERT_EQ(seen("ln -sfn /run/tank/jails/two /var/db/gaol/owners/28672; "
                 "echo 1879048192 >/run/tank/jails/.gaol/two/owners"),
            "");
  EXPECT_EQ(seen("jail -c name=www path=/run/tank/jails/www persist"),
            "jail: /run/tank/jails/www: its ids are those of /run/tank/jails/two (gaol shift "
            "--back, then gaol shift)\n[exit 1]\n");
}

TEST_F(ShiftTest, ROOT_AKilledShiftIsFinished) {
  ASSERT_EQ(seen("cd /run/tank/jails/www && for n in $(seq 300); do echo $n >etc/$n; done && "
                 "for n in $(seq 20); do cp bin/busybox etc/set$n; chmod 6755 etc/set$n; done"),
            "");
  const std::string all = "find /run/tank/jails/www -printf '%U:%G\\n' | sort -u";
  const std::string set = "stat -c %a /run/tank/jails/www/etc/set* | sort | uniq -c";
  for (const char* back : {"", "--back"}) {
    for (const char* after : {"0.01", "0.05", "0.1", "0.2", "0.3"})
      run(std::string("timeout -s KILL ") + after + " gaol shift --path /run/tank/jails/www " +
          back);
    EXPECT_THAT(shift("www", back), HasSubstr("/run/tank/jails/www: "));
    EXPECT_EQ(seen(all), *back ? "0:0\n" : "1879048192:1879048192\n");
    EXPECT_EQ(seen(set), "     20 6755\n");
    EXPECT_FALSE(fs::exists("/run/tank/jails/.gaol/www/privileges"));
  }
}

TEST_F(ShiftTest, ROOT_AKilledRollbackOrCopyLeavesNobodysIds) {
  ASSERT_EQ(seen("cd /run/tank/jails/www && for n in $(seq 300); do echo $n >etc/$n; done"), "");
  ASSERT_EQ(gaol("snapshot www@plain", "www"), "www@plain\n");
  EXPECT_THAT(shift("www"), HasSubstr(kFirst));
  const auto killed = [](const std::string& after, const std::string& words) {
    run("timeout -s KILL " + after + " gaol " + words + " --path " + path("www"));
  };
  for (const char* after : {"0.1", "0.3", "0.5", "0.7", "0.9", "1.2"}) {
    SCOPED_TRACE(after);
    killed(after, "rollback www@plain");
    EXPECT_THAT(shift("www"), HasSubstr(kFirst));
    EXPECT_EQ(seen("echo 2 >/proc/sys/vm/drop_caches; find /run/tank/jails/www -printf '%U:%G\\n' "
                   "| sort -u"),
              "1879048192:1879048192\n");

    killed(after, "template www golden --releases /run/tank/releases");
    ASSERT_EQ(run("gaol release builtin --releases /run/tank/releases other &&"
                  " gaol release destroy --releases /run/tank/releases other")
                  .status,
              0)
        << "what takes the lock puts the store in order";
    const bool there = fs::exists("/run/tank/releases/golden");
    EXPECT_EQ(seen("ls /var/db/gaol/owners"), there ? "28672\n28673\n" : "28672\n");
    if (there) {
      EXPECT_EQ(seen("find /run/tank/releases/golden -printf '%U:%G\\n' | sort -u"),
                "1879113728:1879113728\n");
      ASSERT_EQ(seen("gaol release destroy golden --releases /run/tank/releases"), "");
    }
  }
}

// What zfs-fuse does not know: file capabilities and access control lists.
TEST(Owners, ROOT_CapabilitiesAndListsMoveToo) {
  GAOL_NEEDS(::geteuid() == 0, "needs root");
  fs::create_directories("/run/owners/dir");
  write_file("/run/owners/dir/program", "x");
  vfs_cap_data capability{};
  capability.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  capability.data[0].permitted = 1U << CAP_NET_BIND_SERVICE;
  const char* program = "/run/owners/dir/program";
  ASSERT_EQ(::setxattr(program, "security.capability", &capability, sizeof capability, 0), 0);
  struct {
    uint32_t version = 2;
    struct {
      uint16_t tag, permissions;
      uint32_t id;
    } entries[5] = {{1, 6, ~0U}, {2, 4, 33}, {4, 4, ~0U}, {16, 4, ~0U}, {32, 0, ~0U}};
  } list;
  ASSERT_EQ(::setxattr("/run/owners/dir", "system.posix_acl_default", &list, sizeof list, 0), 0);

  const auto top = *sys::open_dir("/run/owners");
  for (const sys::Shift shift : {sys::Shift{0, 1U << 30}, sys::Shift{1U << 30, 0}}) {
    const auto listed = sys::list_privileges(top);
    ASSERT_TRUE(listed) << listed.error().line();
    EXPECT_EQ(sys::shift_owners(top, shift).value_or(0), 3u);
    EXPECT_EQ(sys::shift_owners(top, shift).value_or(0), 3u) << "a second time changes nothing";
    EXPECT_TRUE(sys::give_privileges(top, *listed, shift));
    vfs_ns_cap_data has{};
    EXPECT_EQ(::getxattr(program, "security.capability", &has, sizeof has),
              shift.to ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2);
    EXPECT_EQ(has.data[0].permitted, capability.data[0].permitted);
    EXPECT_EQ(has.rootid, shift.to);
    ASSERT_EQ(::getxattr("/run/owners/dir", "system.posix_acl_default", &list, sizeof list),
              static_cast<ssize_t>(sizeof list));
    EXPECT_EQ(list.entries[1].id, shift.to + 33);
  }
  fs::remove_all("/run/owners");
}

}  // namespace
}  // namespace gaol::test
