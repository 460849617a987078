// SPDX-License-Identifier: BSD-2-Clause

// Trees of jails in plain directories, as root, on a filesystem of the test's own in a mount
// namespace of the test's own.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "dataset/dataset.h"
#include "dataset/release.h"
#include "sys/kernel.h"
#include "sys/tree.h"
#include "tests/support/assert_ok.h"

namespace gaol::dataset {
namespace {

using sys::Fd;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kTop = "/tmp";  // covered by a tmpfs
const std::string kBase = "/tmp/releases/base";
const std::string kJail = "/tmp/jails/www";

bool must_run() { return ::getenv("GAOL_MUST_RUN") != nullptr; }

bool exists(const std::string& path) { return *sys::entry_at(path) != sys::Entry::absent; }

void put(const std::string& path, std::string_view text, mode_t mode = 0644) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

std::string text(const std::string& path) {
  return sys::real_kernel().read_file(path).value_or("(unreadable)");
}

std::vector<std::string> entries(const std::string& path) {
  return sys::real_kernel().list_dir(path).value_or(std::vector<std::string>{"(unreadable)"});
}

class DatasetKernelTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      if (must_run()) FAIL() << "needs root";
      GTEST_SKIP() << "needs root";
    }
    static const bool isolated =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    ASSERT_TRUE(isolated) << ::strerror(errno);
    ASSERT_EQ(::mount("gaol-test", kTop, "tmpfs", 0, "mode=0755"), 0) << ::strerror(errno);
    mounted_ = true;
    ASSERT_OK(build(kBase, "a test", [](const std::string& dir) -> Result<> {
      put(dir + "/file", "of the base");
      return {};
    }));
  }
  void TearDown() override {
    if (mounted_) ::umount2(kTop, MNT_DETACH);
  }
  bool mounted_ = false;
};

TEST_F(DatasetKernelTest, ROOT_CloneIsAnOverlayOnItsOrigin) {
  ASSERT_EQ(::chmod(kBase.c_str(), 0751), 0);
  ASSERT_OK(clone(kBase, kJail));
  const auto tree = resolve(kJail);
  ASSERT_OK(tree);
  EXPECT_EQ(tree->lower, kBase);
  struct stat is;
  ASSERT_EQ(::stat(kJail.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 07777, 0751u);  // the overlay's root looks like this
  ASSERT_EQ(::stat("/tmp/jails", &is), 0);
  EXPECT_EQ(is.st_mode & 07777, 0700u);  // nobody reaches the set-id files of a jail

  const auto options = concat("lowerdir=", tree->lower, ",upperdir=", tree->store, "/", tree->upper,
                              ",workdir=", tree->store, "/", tree->work);
  ASSERT_EQ(::mount("gaol-test", "/mnt", "overlay", 0, options.c_str()), 0) << ::strerror(errno);
  EXPECT_EQ(text("/mnt/file"), "of the base");
  put("/mnt/file", "of the jail");
  EXPECT_EQ(::umount("/mnt"), 0);
  EXPECT_EQ(text(kJail + "/file"), "of the jail");
  EXPECT_EQ(text(kBase + "/file"), "of the base");
}

int attach(const Fd& tree, const char* at) {
  if (::mkdir(at, 0700) != 0) return -1;
  return static_cast<int>(
      ::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH));
}

// The way a jail does it: both trees idmapped, the store once for layer and scratch directory,
// all attached and the overlay mounted by root of the user namespace.
int mount_as_guest(const Tree& tree, const Fd& users, const Fd& lower, const Fd& store) {
  if (::setns(users.get(), CLONE_NEWUSER) != 0 || ::unshare(CLONE_NEWNS) != 0) return errno;
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) return errno;
  if (::mount("gaol-test", "/mnt", "tmpfs", 0, nullptr) != 0) return errno;
  if (attach(lower, "/mnt/lower") != 0 || attach(store, "/mnt/store") != 0) return errno;
  const auto options = concat("userxattr,lowerdir=/mnt/lower,upperdir=/mnt/store/", tree.upper,
                              ",workdir=/mnt/store/", tree.work);
  if (::mkdir("/mnt/all", 0700) != 0) return errno;
  if (::mount("gaol-test", "/mnt/all", "overlay", 0, options.c_str()) != 0) return errno;
  put("/mnt/all/file", "of the guest");
  return text("/mnt/all/file") == "of the guest" ? 0 : EIO;
}

TEST_F(DatasetKernelTest, ROOT_CloneMountsInAUserNamespaceAndStaysOwnedByRoot) {
  ASSERT_OK(clone(kBase, kJail));
  const auto tree = resolve(kJail);
  ASSERT_OK(tree);
  const pid_t holder = ::fork();
  if (holder == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(errno);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(holder, &status, WUNTRACED), holder);
  ASSERT_TRUE(WIFSTOPPED(status));
  const auto proc = concat("/proc/", holder);
  ASSERT_OK(sys::real_kernel().write_file(proc + "/uid_map", "0 100000 65536"));
  ASSERT_OK(sys::real_kernel().write_file(proc + "/gid_map", "0 100000 65536"));
  const Fd users(::open((proc + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  sys::TreeOptions options;
  options.id_map = &users;
  const auto lower = sys::real_kernel().detach_tree(tree->lower, options);
  const auto store = sys::real_kernel().detach_tree(tree->store, options);
  ASSERT_OK(lower);
  ASSERT_OK(store);
  const pid_t guest = ::fork();
  if (guest == 0) ::_exit(mount_as_guest(*tree, users, *lower, *store));
  ASSERT_EQ(::waitpid(guest, &status, 0), guest);
  EXPECT_EQ(WEXITSTATUS(status), 0) << ::strerror(WEXITSTATUS(status));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);

  struct stat is;
  EXPECT_EQ(text(kJail + "/file"), "of the guest");
  ASSERT_EQ(::stat((kJail + "/file").c_str(), &is), 0);
  EXPECT_EQ(is.st_uid, 0u);
}

TEST_F(DatasetKernelTest, ROOT_CopyKeepsOwnersCapabilitiesAndLinks) {
  const auto made = [](const std::string& name) { return concat(kBase, "/", name); };
  put(made("setuid"), "x");
  ASSERT_EQ(::chown(made("setuid").c_str(), 33, 44), 0);
  ASSERT_EQ(::chmod(made("setuid").c_str(), 06755), 0);
  // cap_net_raw=ep, version 2, as setcap(8) writes it
  constexpr char kCapability[] = "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
  put(made("ping"), "x");
  ASSERT_EQ(::setxattr(made("ping").c_str(), "security.capability", kCapability, 20, 0), 0);
  ASSERT_EQ(::setxattr(kBase.c_str(), "trusted.gaol", "top", 3, 0), 0);
  ASSERT_EQ(::link(made("ping").c_str(), made("ping6").c_str()), 0);
  ASSERT_EQ(::symlink("ping", made("link").c_str()), 0);
  ASSERT_EQ(::lchown(made("link").c_str(), 5, 6), 0);
  ASSERT_EQ(::mknod(made("null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);

  const auto copied = copy(kBase, kJail);
  ASSERT_OK(copied);
  EXPECT_THAT(copied->notes, ElementsAre("null: device, not copied"));
  EXPECT_EQ(copied->files, 3u);
  EXPECT_THAT(entries(kJail), ElementsAre("file", "link", "ping", "ping6", "setuid"));
  struct stat is, other;
  ASSERT_EQ(::stat((kJail + "/setuid").c_str(), &is), 0);
  EXPECT_EQ(is.st_uid, 33u);
  EXPECT_EQ(is.st_gid, 44u);
  EXPECT_EQ(is.st_mode & 07777, 06755u);
  ASSERT_EQ(::lstat((kJail + "/link").c_str(), &is), 0);
  EXPECT_EQ(is.st_uid, 5u);
  ASSERT_EQ(::stat((kJail + "/ping").c_str(), &is), 0);
  ASSERT_EQ(::stat((kJail + "/ping6").c_str(), &other), 0);
  EXPECT_EQ(is.st_ino, other.st_ino);
  char value[64];
  EXPECT_EQ(::getxattr((kJail + "/ping").c_str(), "security.capability", value, sizeof value), 20);
  EXPECT_EQ(::getxattr(kJail.c_str(), "trusted.gaol", value, sizeof value), 3);
  EXPECT_EQ(inspect(kJail)->from, "copy of " + kBase);
}

TEST_F(DatasetKernelTest, ROOT_CopyDoesNotEnterMounts) {
  for (const char* dir : {"/proc", "/bound"}) ASSERT_EQ(::mkdir((kBase + dir).c_str(), 0755), 0);
  ASSERT_EQ(::mount("proc", (kBase + "/proc").c_str(), "proc", 0, nullptr), 0);
  ASSERT_EQ(::mount(kTop, (kBase + "/bound").c_str(), nullptr, MS_BIND, nullptr), 0);
  const auto copied = copy(kBase, kJail);
  ASSERT_OK(copied);
  EXPECT_THAT(copied->notes,
              testing::UnorderedElementsAre("proc: mount point, contents not copied",
                                            "bound: mount point, contents not copied"));
  EXPECT_THAT(entries(kJail + "/proc"), IsEmpty());
  EXPECT_THAT(entries(kJail + "/bound"), IsEmpty());
}

TEST_F(DatasetKernelTest, ROOT_NothingIsEverMadeOverSomething) {
  ASSERT_OK(clone(kBase, kJail));
  EXPECT_EQ(clone(kBase, kJail).error().text, kJail + ": File exists");
  EXPECT_EQ(copy(kBase, kJail).error().text, kJail + ": File exists");
  ASSERT_EQ(::symlink("/tmp/elsewhere", "/tmp/jails/link"), 0);
  EXPECT_EQ(clone(kBase, "/tmp/jails/link").error().code, EEXIST);
}

TEST_F(DatasetKernelTest, ROOT_DestroyTakesOnlyWhatGaolMadeAndNobodyUses) {
  ASSERT_OK(clone(kBase, kJail));
  ASSERT_OK(copy(kBase, "/tmp/jails/thick"));
  ASSERT_EQ(::mkdir("/tmp/jails/own", 0755), 0);
  ASSERT_EQ(::symlink("www", "/tmp/jails/link"), 0);
  ASSERT_EQ(::mkdir((kJail + "/mnt").c_str(), 0755), 0);
  ASSERT_EQ(::mount("/tmp/jails/own", (kJail + "/mnt").c_str(), nullptr, MS_BIND, nullptr), 0);
  put("/tmp/jails/own/precious", "x");
  struct {
    std::string path;
    std::string reason;
  } const cases[] = {
      {"/tmp/jails/own", "/tmp/jails/own: not made by gaol"},
      {"/tmp/jails/link", "/tmp/jails/link: Not a directory"},
      {"/tmp/jails/none", "/tmp/jails/none: No such file or directory"},
      {kJail, kJail + ": something is mounted at " + kJail + "/mnt"},
      {kBase, kBase + ": in use by thin clones: " + kJail},
  };
  for (const auto& c : cases) {
    const auto destroyed = destroy(c.path);
    ASSERT_FALSE(destroyed) << c.path;
    EXPECT_EQ(destroyed.error().text, c.reason);
  }
  EXPECT_EQ(text("/tmp/jails/own/precious"), "x");

  ASSERT_EQ(::umount((kJail + "/mnt").c_str()), 0);
  ASSERT_OK(destroy(kJail));
  ASSERT_OK(destroy("/tmp/jails/thick"));
  ASSERT_OK(destroy(kBase));
  EXPECT_THAT(entries("/tmp/jails"), ElementsAre(".gaol", "link", "own"));
  EXPECT_THAT(entries("/tmp/jails/.gaol"), ElementsAre(".lock", ".scratch"));
  EXPECT_THAT(entries("/tmp/jails/.gaol/.scratch"), IsEmpty());
}

TEST_F(DatasetKernelTest, ROOT_ClonesOfOneNameInTwoStoresAreBothKnown) {
  ASSERT_OK(clone(kBase, kJail));
  ASSERT_OK(clone(kBase, "/tmp/other/www"));
  ASSERT_OK(clone(kBase, "/tmp/other/mail"));
  EXPECT_THAT(inspect(kBase)->clones, ElementsAre(kJail, "/tmp/other/mail", "/tmp/other/www"));
  ASSERT_OK(destroy(kJail));
  EXPECT_THAT(inspect(kBase)->clones, ElementsAre("/tmp/other/mail", "/tmp/other/www"));
  const auto listed = list("/tmp/other");
  ASSERT_OK(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ(listed->front().path, "/tmp/other/mail");
  EXPECT_EQ(listed->front().kind, Kind::thin);
}

TEST_F(DatasetKernelTest, ROOT_TreeRemovedByHandMakesRoom) {
  ASSERT_OK(clone(kBase, kJail));
  ASSERT_EQ(::rmdir(kJail.c_str()), 0);
  ASSERT_OK(copy(kBase, kJail));
  EXPECT_FALSE(resolve(kJail)->thin());
  EXPECT_THAT(inspect(kBase)->clones, IsEmpty());
}

TEST_F(DatasetKernelTest, ROOT_FailedBuildLeavesNothing) {
  const auto built = build("/tmp/releases/bad", "x", [](const std::string& dir) -> Result<> {
    put(dir + "/half", "x");
    return fail("no more");
  });
  EXPECT_EQ(built.error().text, "no more");
  EXPECT_THAT(entries("/tmp/releases"), ElementsAre(".gaol", "base"));
  EXPECT_THAT(entries("/tmp/releases/.gaol"), ElementsAre(".lock", ".scratch", "base"));
  EXPECT_THAT(entries("/tmp/releases/.gaol/.scratch"), IsEmpty());
}

// Runs `act` in a child that is killed after so many microseconds.
template <class Act>
void killed_after(useconds_t delay, Act act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act() ? 0 : 1);
  ::usleep(delay);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

// A command for another tree comes along, and by then nothing half-made or half-gone is left.
void expect_whole_or_absent(const std::vector<std::string>& whole) {
  if (exists(kJail)) {
    EXPECT_EQ(entries(kJail), whole);
  }
  ASSERT_OK(clone(kBase, "/tmp/jails/next"));
  ASSERT_OK(destroy("/tmp/jails/next"));
  EXPECT_THAT(entries("/tmp/jails/.gaol/.scratch"), IsEmpty());
  EXPECT_EQ(exists(kJail), exists("/tmp/jails/.gaol/www"));
}

TEST_F(DatasetKernelTest, ROOT_KilledAtAnyMomentNothingIsWrongAfterwards) {
  for (int i = 0; i < 200; ++i) put(concat(kBase, "/", i), std::string(20'000, 'x'));
  const auto whole = entries(kBase);
  int finished = 0;
  for (useconds_t delay = 0; delay < 24'000; delay += 600) {
    SCOPED_TRACE(delay);
    killed_after(delay, [] { return copy(kBase, kJail).has_value(); });
    expect_whole_or_absent(whole);
    if (exists(kJail)) {
      ++finished;
    } else {
      ASSERT_OK(copy(kBase, kJail));
    }
    killed_after(delay / 4, [] { return destroy(kJail).has_value(); });
    expect_whole_or_absent(whole);
    if (exists(kJail)) ASSERT_OK(destroy(kJail));
  }
  EXPECT_GT(finished, 0);
}

TEST_F(DatasetKernelTest, ROOT_BuiltinReleaseRunsItsServices) {
  if (!exists("/bin/busybox")) GTEST_SKIP() << "needs busybox-static";
  ASSERT_OK(builtin("/tmp/releases", "tiny"));
  const std::string tiny = "/tmp/releases/tiny";
  for (const char* dir : {"/proc", "/sys", "/dev", "/tmp"}) EXPECT_TRUE(exists(tiny + dir)) << dir;
  put(tiny + "/etc/init.d/my-svc", "#!/bin/sh\necho \"$1\" >> /log\n", 0755);
  put(tiny + "/etc/init.d/bad", "#!/bin/sh\necho \"bad $1\" >> /log\nexit 3\n", 0755);
  put(tiny + "/etc/rc.conf", "bad_enable=\"YES\"\nmy_svc_enable=yes\noff_enable=NO\n");
  const auto run = [&](const char* script) {
    return ::system(concat("chroot ", tiny, " /bin/sh ", script, " 2>/dev/null").c_str());
  };
  EXPECT_EQ(run("/etc/rc"), 0);
  EXPECT_EQ(run("/etc/rc.shutdown"), 0);
  EXPECT_EQ(text(tiny + "/log"), "bad start\nstart\nstop\nbad stop\n");
}

// What runs in a tree's rc, with these files beside it: what its services wrote down, and what was
// said of them.
class RcTest : public DatasetKernelTest {
 protected:
  void SetUp() override {
    DatasetKernelTest::SetUp();
    if (!exists("/bin/busybox")) GTEST_SKIP() << "needs busybox-static";
    ASSERT_OK(builtin("/tmp/releases", "tiny"));
  }
  static void service(const std::string& name, const std::string& header, int status = 0) {
    put(kTiny + "/etc/init.d/" + name,
        concat("#!/bin/sh\n### BEGIN INIT INFO\n", header, "### END INIT INFO\necho -n \"", name,
               ":$1 \" >>/log\nexit ", status, "\n"),
        0755);
  }
  static std::string run(const std::string& command) {
    (void)sys::real_kernel().remove_file(kTiny + "/log");
    const int status = ::system(
        concat("chroot ", kTiny, " /bin/sh -c '", command, "' 2>", kTiny, "/said").c_str());
    return concat(text(kTiny + "/log"), text(kTiny + "/said"), "[", WEXITSTATUS(status), "]");
  }
  static inline const std::string kTiny = "/tmp/releases/tiny";
};

TEST_F(RcTest, ROOT_ServicesStartBehindWhatTheyAskFor) {
  service("web", "# Provides:\t\tweb\n# Required-Start:\t$network db $remote_fs\n");
  service("db", "# Provides: db postgresql\n# Should-Start: $syslog not-there\n");
  service("log", "# Provides: $syslog\n# X-Start-Before: web db\n");
  service("bsd", "# PROVIDE: bsd\n# REQUIRE: postgresql\n# BEFORE: web\n");
  put(kTiny + "/etc/rc.conf", "web_enable=YES\nbsd_enable=\"on\"\ndb_enable=no\n");
  ASSERT_EQ(::mkdir((kTiny + "/etc/rc.conf.d").c_str(), 0755), 0);
  put(kTiny + "/etc/rc.conf.d/db", "db_enable=YES\n");
  put(kTiny + "/etc/rc.conf.local", "log_enable=1\nweb_enable=YES\n");
  put(kTiny + "/etc/rc.local", "echo -n local:$1 >>/log\nexit 7\n");
  put(kTiny + "/etc/rc.shutdown.local", "#!/bin/sh\necho -n \"local:$1 \" >>/log\n", 0755);
  EXPECT_EQ(run("/etc/rc"),
            "log:start db:start bsd:start web:start local:start"
            "/etc/rc: /etc/rc.local: failed (exit status 7)\n[0]");
  EXPECT_EQ(run("/etc/rc.shutdown"), "local:stop web:stop bsd:stop db:stop log:stop [0]");
  EXPECT_EQ(run("service -e >>/log"),
            "/etc/init.d/log\n/etc/init.d/db\n/etc/init.d/bsd\n/etc/init.d/web\n[0]");
}

TEST_F(RcTest, ROOT_CirclesAndFailuresStopNobody) {
  service("a", "# Provides: a\n# Required-Start: b\n");
  service("b", "# Provides: b\n# Required-Start: a\n", 3);
  service("c", "");
  put(kTiny + "/etc/rc.conf", "b_enable=YES\na_enable=YES\ngone_enable=YES\nc_enable=YES\n");
  EXPECT_EQ(run("/etc/rc"),
            "c:start b:start a:start /etc/rc: gone: there is no /etc/init.d/gone\n"
            "/etc/rc: b: start failed (exit status 3)\n[0]");
}

TEST_F(RcTest, ROOT_ServiceKnowsFreeBsdsWords) {
  service("web", "");
  service("bad", "", 4);
  EXPECT_EQ(run("service web onestart; service web forcestop; service web force-reload"),
            "web:start web:stop web:force-reload [0]");
  EXPECT_EQ(run("service bad quietstart"),
            "bad:start /usr/local/sbin/service: bad: start failed (exit status 4)\n[4]");
  EXPECT_EQ(run(">/log; service web"),
            "usage: service -e | -l | NAME [one|force|quiet]COMMAND\n[1]");
}

}  // namespace
}  // namespace gaol::dataset
