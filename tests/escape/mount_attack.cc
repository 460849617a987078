// SPDX-License-Identifier: BSD-2-Clause

// What root of a jail tries that may mount everything a jail can be permitted to: to uncover what
// is masked, to cover what the jail is told things by, to gain more than it has. One line for each
// attack, as in attack.cc. The program is static and copied into the jail's tree.
//
// Behind every attack the table of mounts is read: what was there before must be there still, and
// nothing may lie on /, /proc, /sys or /dev that did not.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "attempt.h"

namespace {

using gaol::test::Attempt;
using std::string;

constexpr const char* kSmall = "size=64k";

// --- the table of mounts ---

using Table = std::map<int, string>;  // id, mountpoint

Table read_table() {
  Table table;
  std::ifstream file("/proc/self/mountinfo");
  for (string line; std::getline(file, line);) {
    std::istringstream words(line);
    int id = 0;
    string skipped, mountpoint;
    words >> id >> skipped >> skipped >> skipped >> mountpoint;
    table[id] = mountpoint;
  }
  return table;
}

bool lies_in(const string& path, const string& top) {
  return path == top || path.starts_with(top + "/");
}

void compare(Attempt& attempt, const Table& before) {
  const Table after = read_table();
  for (const auto& [id, mountpoint] : before)
    if (!after.contains(id)) attempt.escaped("gone: " + mountpoint);
  for (const auto& [id, mountpoint] : after)
    if (!before.contains(id))
      for (const char* top : {"/proc", "/sys", "/dev"})
        if (mountpoint == "/" || lies_in(mountpoint, top)) attempt.escaped("on " + mountpoint);
}

bool exists(const string& path) { return ::access(path.c_str(), F_OK) == 0; }

// --- what lies where ---

constexpr const char* kDirectories[] = {
    "/",        "/proc",           "/proc/self", "/proc/sys", "/proc/sys/kernel", "/proc/acpi",
    "/proc/fs", "/proc/self/task", "/sys",       "/sys/fs",   "/sys/firmware",    "/sys/dev/block",
    "/dev",     "/dev/pts",        "/dev/shm",   "/dev/gaol", "/dev/fd"};
constexpr const char* kFiles[] = {
    "/proc/kcore",      "/proc/interrupts", "/proc/keys",
    "/proc/kallsyms",   "/proc/self/maps",  "/proc/sys/kernel/hostname",
    "/dev/gaol/sysctl", "/dev/null",        "/sys/kernel/uevent_seqnum"};

void cover(Attempt& attempt) {
  for (const string path : kDirectories) {
    if (!exists(path)) continue;
    attempt.refused(::mount("x", path.c_str(), "tmpfs", 0, kSmall), "tmpfs on " + path);
    attempt.refused(::mount("/tmp", path.c_str(), nullptr, MS_BIND, nullptr), "bind on " + path);
    attempt.refused(::mount("x", path.c_str(), "proc", 0, nullptr), "proc on " + path);
  }
  for (const string path : kFiles)
    if (exists(path))
      attempt.refused(::mount("/etc/passwd", path.c_str(), nullptr, MS_BIND, nullptr),
                      "bind on " + path);
  const string link = "/tmp/link";
  ::symlink("/proc", link.c_str());
  attempt.refused(::mount("x", link.c_str(), "tmpfs", 0, kSmall), "tmpfs on a link to /proc");
}

int mount_with(int flags, const char* source, const string& target) {
  return ::mount(source, target.c_str(), nullptr, static_cast<unsigned long>(flags), nullptr);
}

void uncover(Attempt& attempt) {
  for (const string path : kDirectories)
    if (exists(path))
      for (const int flags : {0, +MNT_DETACH, +MNT_FORCE, +UMOUNT_NOFOLLOW, +MNT_EXPIRE})
        attempt.refused(::umount2(path.c_str(), flags), "umount " + path);
  for (const string path : kFiles)
    if (exists(path)) attempt.refused(::umount2(path.c_str(), MNT_DETACH), "umount " + path);
  ::chdir("/proc/self");
  attempt.refused(::umount2("..", MNT_DETACH), "umount ..");
  ::chdir("/");
  for (const string path : {"/", "/proc", "/proc/sys", "/sys", "/dev", "/dev/pts"})
    for (const int flags : {+MS_REMOUNT, MS_REMOUNT | MS_BIND, MS_REMOUNT | MS_RDONLY})
      attempt.refused(mount_with(flags, "x", path), "remount " + path);
  for (const int flags : {+MS_MOVE, MS_BIND | MS_REC, MS_REC | MS_SHARED, +MS_SLAVE})
    attempt.refused(mount_with(flags, "/proc", "/mnt"), "move or share /proc");
}

bool is_empty(const string& path) { return std::filesystem::is_empty(path); }

// Ways to a part of /proc or /sys without what lies over it, or to another's root.
void show_below(Attempt& attempt) {
  const auto bind = [&](const string& source) {
    for (const unsigned long flag : {0UL, static_cast<unsigned long>(MS_BIND)}) {
      const int rc = ::mount(source.c_str(), "/mnt", "nullfs", flag, nullptr);
      if (rc == 0 && is_empty("/mnt") && is_empty(source))
        attempt.held("mask");
      else
        attempt.refused(rc, "nullfs of " + source);
      if (rc == 0) ::umount2("/mnt", 0);
    }
  };
  for (const string path : kDirectories)
    if (path != "/" && exists(path)) bind(path);
  const int fd = ::open("/proc", O_PATH | O_CLOEXEC);
  const string self = "/proc/" + std::to_string(::getpid());
  for (const string way : {"/root", "/cwd", "/root/etc", "/ns/mnt"}) bind(self + way);
  bind(self + "/fd/" + std::to_string(fd));
  bind("/proc/1/root");
  bind("/proc/self/root/etc");
  ::close(fd);
}

bool is_null(const string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 && st.st_rdev == makedev(1, 3);
}

// Where it may mount a procfs, that has masks as its own does, and they stay.
void second_procfs(Attempt& attempt) {
  if (::mount("x", "/mnt", "proc", 0, nullptr) != 0) return attempt.escaped("no procfs at all");
  if (::mount("x", "/mnt/sys", "tmpfs", 0, kSmall) == 0) attempt.escaped("tmpfs on its sys");
  for (const string file : {"interrupts", "kallsyms", "keys", "timer_list"})
    if (exists("/proc/" + file) && !is_null("/mnt/" + file)) attempt.escaped("no mask: " + file);
  for (const string file : {"sys/kernel/core_pattern", "sys/kernel/modprobe", "irq/0/smp_affinity"})
    if (exists("/mnt/" + file))
      attempt.refused(::open(("/mnt/" + file).c_str(), O_WRONLY | O_CLOEXEC), "write " + file);
  for (const string mask : {"/mnt/interrupts", "/mnt/sys", "/mnt/kallsyms"}) {
    ::umount2(mask.c_str(), 0);
    ::umount2(mask.c_str(), MNT_DETACH);
  }
  if (!is_null("/mnt/interrupts")) attempt.escaped("unmounted a mask");
  attempt.refused(::open("/mnt/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC), "core_pattern");
  attempt.refused(::mount("/mnt", "/tmp", nullptr, MS_BIND, nullptr), "bind the second one");
  // It goes while we work in it, and with it what it lies in.
  for (const bool below : {false, true}) {
    if (below) {
      ::umount2("/mnt", 0);
      ::mount("x", "/mnt", "tmpfs", 0, kSmall);
      ::mkdir("/mnt/in", 0755);
      ::mount("x", "/mnt/in", "proc", 0, nullptr);
      ::chdir("/mnt/in");
    } else {
      ::chdir("/mnt");
    }
    ::umount2("/mnt", MNT_DETACH);
    if (!is_null("interrupts") || !exists("self")) attempt.escaped("a mask falls off");
    attempt.refused(::open("sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC), "core_pattern");
    ::chdir("/");
  }
  if (exists("/mnt/self")) attempt.escaped("does not go");
}

// --- what changes while it is looked at ---

// Runs `other` again and again beside `self`, 2,000 times.
void race(const std::function<void()>& self, const std::function<void()>& other) {
  const pid_t pid = ::fork();
  if (pid == 0)
    for (;;) other();
  for (int round = 0; round < 2000; ++round) self();
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

void unmount_all(const char* path) {
  for (int most = 0; most < 200 && ::umount2(path, MNT_DETACH) == 0; ++most) continue;
}

// The path is written over while init copies it.
void change_arguments(Attempt& attempt) {
  auto* path = static_cast<char*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  race(
      [&] {
        ::mount("x", path, "tmpfs", 0, kSmall);
        ::umount2(path, MNT_DETACH);
      },
      [&] {
        std::memcpy(path, "/mnt", 5);
        std::memcpy(path, "/dev", 5);
      });
  unmount_all("/mnt");
  attempt.held("same");
}

// A directory changes places with a link to /proc.
void change_path(Attempt& attempt) {
  ::mkdir("/tmp/way", 0755);
  ::symlink("/proc", "/tmp/other");
  const auto swap = [] {
    ::renameat2(AT_FDCWD, "/tmp/way", AT_FDCWD, "/tmp/other", RENAME_EXCHANGE);
  };
  race(
      [] {
        ::mount("x", "/tmp/way", "tmpfs", 0, kSmall);
        ::mount("/tmp/way", "/mnt", nullptr, MS_BIND, nullptr);
        if (exists("/mnt/self")) ::_exit(1);  // seen as an attack that said nothing
        ::umount2("/mnt", MNT_DETACH);
        ::umount2("/tmp/way", MNT_DETACH);
      },
      swap);
  for (const char* path : {"/tmp/way", "/tmp/other", "/mnt"}) unmount_all(path);
  attempt.held("same");
}

// What is unmounted is a link, to a mount of the jail's and to /dev by turns.
void change_what_goes(Attempt& attempt) {
  ::symlink("/mnt", "/tmp/mine");
  ::symlink("/dev", "/tmp/theirs");
  race(
      [] {
        ::mount("x", "/mnt", "tmpfs", 0, kSmall);
        ::umount2("/tmp/mine", MNT_DETACH);
        ::umount2("/tmp/mine", 0);
      },
      [] { ::renameat2(AT_FDCWD, "/tmp/mine", AT_FDCWD, "/tmp/theirs", RENAME_EXCHANGE); });
  unmount_all("/mnt");
  attempt.held("same");
}

// --- what it would be good for ---

void copy_itself(const char* to) {
  std::ofstream(to, std::ios::binary) << std::ifstream("/proc/self/exe", std::ios::binary).rdbuf();
}

int exit_status(const std::function<void()>& run) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    run();
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A set-user-ID file and devices, where it may write and mount.
void gain(Attempt& attempt) {
  ::mount("x", "/mnt", "tmpfs", 0, "size=64m,mode=755");
  copy_itself("/mnt/program");
  ::chmod("/mnt/program", 04755);
  const int who = exit_status([] {
    ::setgid(80);
    ::setuid(80);
    ::execl("/mnt/program", "program", "euid", nullptr);
  });
  who == 80 ? attempt.held("80") : attempt.escaped("euid " + std::to_string(who));
  attempt.refused(::mknod("/mnt/zero", S_IFCHR | 0666, makedev(1, 5)), "mknod");
  ::umount2("/mnt", 0);
  ::mount("/planted", "/mnt", nullptr, MS_BIND, nullptr);
  for (const char* node : {"/mnt/zero", "/mnt/disk"})
    attempt.refused(::open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC), node);
  ::umount2("/mnt", 0);
}

// Another user than root, and root without its capabilities.
void without_power(Attempt& attempt) {
  ::mount("x", "/mnt", "tmpfs", 0, kSmall);
  const int done = exit_status([] {
    ::setuid(80);
    ::_exit((::mount("x", "/tmp", "tmpfs", 0, kSmall) == 0) + (::umount2("/mnt", 0) == 0));
  });
  done == 0 ? attempt.held("EPERM") : attempt.escaped("as user 80");
  ::umount2("/mnt", 0);
}

// Each looks at what there is before any of the others has added to it.
void many_at_once(Attempt& attempt) {
  constexpr int kMany = 300, kMost = 200;
  int go[2];
  if (::pipe(go) < 0) return;
  std::set<pid_t> all;
  for (int number = 0; number < kMany; ++number) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      char byte;
      ::close(go[1]);
      ::_exit(::read(go[0], &byte, 1) == 0 && ::mount("x", "/mnt", "tmpfs", 0, kSmall) == 0);
    }
    all.insert(pid);
  }
  ::close(go[1]);
  ::close(go[0]);
  int mounted = 0, status = 0;
  for (const pid_t pid : all) mounted += ::waitpid(pid, &status, 0) == pid && status != 0;
  mounted == kMost ? attempt.held("ENOSPC") : attempt.escaped(std::to_string(mounted) + " mounts");
  while (::umount2("/mnt", 0) == 0) continue;
}

struct Attack {
  const char* name;
  void (*run)(Attempt& attempt);
};
constexpr Attack kAttacks[] = {
    {"100-cover", cover},
    {"101-uncover", uncover},
    {"102-show-below", show_below},
    {"103-second-procfs", second_procfs},
    {"104-change-arguments", change_arguments},
    {"105-change-path", change_path},
    {"106-change-what-goes", change_what_goes},
    {"107-gain", gain},
    {"108-without-power", without_power},
    {"109-many-at-once", many_at_once},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && string(argv[1]) == "euid") return static_cast<int>(::geteuid());
  for (const auto& attack : kAttacks) {
    const Table before = read_table();
    std::fflush(stdout);
    exit_status([&] {
      ::alarm(60);
      Attempt attempt;
      attack.run(attempt);
      compare(attempt, before);
      std::printf("%s %s\n", attack.name, attempt.verdict().c_str());
      std::fflush(stdout);
      ::_exit(0);
    });
  }
  return 0;
}
