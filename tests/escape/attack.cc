// SPDX-License-Identifier: BSD-2-Clause

// What root of a jail tries in order to get out. The program is static, because it is copied
// into trees that have no libraries. It runs inside and prints one line for each attack:
//
//   12-mount-new held: EPERM          every try was refused, with these errors
//   13-umount ESCAPED: umount /proc   one was not
//
// Whether a refusal is the one we expect is for escape_test.cc to say. Each try is made so that
// it would do no harm if it worked: files of the kernel are opened and not written, values are
// set to what they are, signals that could end something are number 0.
//
//   attack          all of them, each in a process of its own
//   attack 12       one
//   attack racer    see below: not attacks by themselves, but parts of some
//
// Sources: the man pages of the calls; the public reports of the break-outs named in
// docs/security.md.

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/quota.h>
#include <linux/reboot.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/tiocl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <set>
#include <string>

#include "attempt.h"

// Where libc's headers are older than the call; the numbers are the kernel's.
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

namespace {

using gaol::test::Attempt;
using std::string;

constexpr unsigned long kHighBit = 1UL << 32;  // ignored by the kernel where it takes an int

string in_proc(long pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

string read_text(const string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  char text[4096];
  const ssize_t got = fd < 0 ? -1 : ::read(fd, text, sizeof text);
  const int code = errno;
  if (fd >= 0) ::close(fd);
  errno = code;
  return got < 0 ? string() : string(text, static_cast<size_t>(got));
}

// Opens what must not be open to us. What the host has not is no answer.
void try_open(Attempt& attempt, const string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat st;
  if (fd >= 0 && ::fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) {
    attempt.held("mask");
  } else if (fd >= 0 || errno != ENOENT) {
    attempt.refused(fd, path);
  }
  if (fd >= 0) ::close(fd);
}

// --- out of the root ---

void double_chroot(Attempt& attempt) {
  struct stat before, after;
  ::stat("/", &before);
  const int outside = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ::mkdir("/tmp/cage", 0755);
  if (attempt.refused(::chroot("/tmp/cage"), "")) return;
  ::fchdir(outside);
  for (int level = 0; level < 64; ++level) ::chdir("..");
  ::chroot(".");
  ::stat("/", &after);
  attempt = {};
  if (before.st_ino == after.st_ino && before.st_dev == after.st_dev)
    return attempt.held("same-root");
  attempt.escaped("another root directory");
}

// "shocker": a file handle is an inode number, and 2 is the root of most filesystems.
void file_handle(Attempt& attempt) {
  uint32_t handle[] = {8 /* bytes follow */, 1 /* inode and generation */, 2, 0};
  const int mount = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  attempt.refused(::syscall(SYS_open_by_handle_at, mount, handle, O_RDONLY), "root by its handle");
}

void make_device(Attempt& attempt) {
  for (const string dir : {"/tmp/", "/dev/"}) {
    attempt.refused(::mknod((dir + "disk").c_str(), S_IFBLK | 0600, makedev(8, 0)), "mknod b 8 0");
    attempt.refused(::mknod((dir + "mem").c_str(), S_IFCHR | 0600, makedev(1, 1)), "mknod c 1 1");
    attempt.refused(::syscall(SYS_mknodat, AT_FDCWD, (dir + "kmsg").c_str(),
                              kHighBit | S_IFCHR | 0600, makedev(1, 11)),
                    "mknodat c 1 11");
  }
}

// Nodes that somebody put into the tree from outside.
void planted_device(Attempt& attempt) {
  for (const char* path : {"/planted/zero", "/planted/disk"}) try_open(attempt, path, O_RDONLY);
}

void working_directory(Attempt& attempt) {
  char cwd[4096];
  const long length = ::syscall(SYS_getcwd, cwd, sizeof cwd);
  if (length > 0 && cwd[0] != '/') return attempt.escaped(cwd);
  attempt.held("inside");
}

// --- mounts ---

void remount(Attempt& attempt) {
  struct {
    uint64_t set = 0, clear = 0xf /* read-only, nosuid, nodev, noexec */, propagation = 0, ns = 0;
  } attributes;
  for (const string path : {"/", "/proc", "/proc/sys", "/sys", "/dev"}) {
    attempt.refused(::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT, nullptr),
                    "remount " + path);
    attempt.refused(::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr),
                    "remount " + path);
    attempt.refused(
        ::syscall(SYS_mount_setattr, AT_FDCWD, path.c_str(), 0, &attributes, sizeof attributes),
        "mount_setattr " + path);
  }
}

void mount_old(Attempt& attempt) {
  for (const string type : {"tmpfs", "proc", "sysfs", "devpts", "mqueue", "overlay", "ext4", "fuse",
                            "debugfs", "tracefs", "securityfs", "bpf", "binfmt_misc", "devtmpfs"})
    attempt.refused(::mount("none", "/tmp", type.c_str(), 0, nullptr), "mount " + type);
  attempt.refused(::mount("/proc", "/tmp", nullptr, MS_BIND | MS_REC, nullptr), "bind");
  attempt.refused(::mount("/proc", "/tmp", nullptr, MS_MOVE, nullptr), "move");
  attempt.refused(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr), "share");
}

void mount_new(Attempt& attempt) {
  attempt.refused(::syscall(SYS_fsopen, "proc", 0), "fsopen");
  attempt.refused(::syscall(SYS_fspick, AT_FDCWD, "/proc", 0), "fspick");
  attempt.refused(::syscall(SYS_fsconfig, -1, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0),
                  "fsconfig");
  attempt.refused(::syscall(SYS_fsmount, -1, 0, 0), "fsmount");
  attempt.refused(::syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE), "open_tree");
  attempt.refused(::syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0), "move_mount");
}

void unmount(Attempt& attempt) {
  for (const string path :
       {"/proc/kcore", "/proc/keys", "/proc/sys", "/sys/firmware", "/proc", "/sys", "/dev", "/"})
    attempt.refused(::umount2(path.c_str(), MNT_DETACH), "umount " + path);
}

void pivot(Attempt& attempt) {
  ::mkdir("/tmp/old", 0755);
  attempt.refused(::syscall(SYS_pivot_root, ".", "."), "pivot_root");
  attempt.refused(::syscall(SYS_pivot_root, "/tmp", "/tmp/old"), "pivot_root");
}

std::function<void(const string&)> visit;  // nftw(3) takes nothing along

// Calls `each` for every file below `dir`, without following links.
void walk(const char* dir, std::function<void(const string&)> each) {
  visit = std::move(each);
  ::nftw(
      dir,
      [](const char* path, const struct stat* st, int type, FTW*) {
        if (type == FTW_F && S_ISREG(st->st_mode)) visit(path);
        return 0;
      },
      32, FTW_PHYS);
}

void cgroups(Attempt& attempt) {
  attempt.refused(::mount("none", "/tmp", "cgroup", 0, "none,name=escape"), "mount cgroup");
  attempt.refused(::mount("none", "/tmp", "cgroup", 0, "memory"), "mount cgroup");
  attempt.refused(::mount("none", "/tmp", "cgroup2", 0, nullptr), "mount cgroup2");
  walk("/sys/fs/cgroup", [&](const string& path) { try_open(attempt, path, O_WRONLY); });
}

// --- namespaces ---

struct Namespace {
  unsigned long flag;
  const char* name;
};
constexpr Namespace kNamespaces[] = {
    {CLONE_NEWNS, "mnt"},        {CLONE_NEWUTS, "uts"}, {CLONE_NEWIPC, "ipc"},
    {CLONE_NEWUSER, "user"},     {CLONE_NEWPID, "pid"}, {CLONE_NEWNET, "net"},
    {CLONE_NEWCGROUP, "cgroup"},
};

void unshare_each(Attempt& attempt) {
  for (const auto& [flag, name] : kNamespaces) {
    attempt.refused(::syscall(SYS_unshare, flag), string("unshare ") + name);
    attempt.refused(::syscall(SYS_unshare, kHighBit | flag), string("unshare ") + name);
  }
  attempt.refused(::syscall(SYS_unshare, CLONE_NEWTIME), "unshare time");
}

void end_child(long pid) {
  if (pid == 0) ::_exit(0);
  if (pid > 0) ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
}

void clone_each(Attempt& attempt) {
  for (const auto& [flag, name] : kNamespaces) {
    for (const unsigned long high : {0UL, kHighBit}) {
      const long pid = ::syscall(SYS_clone, high | flag | SIGCHLD, nullptr, nullptr, nullptr, 0);
      end_child(pid);
      attempt.refused(pid, string("clone ") + name);
    }
  }
}

void clone3_each(Attempt& attempt) {
  for (const auto& [flag, name] : kNamespaces) {
    clone_args args{};
    args.flags = flag;
    args.exit_signal = SIGCHLD;
    const long pid = ::syscall(SYS_clone3, &args, sizeof args);
    end_child(pid);
    attempt.refused(pid, string("clone3 ") + name);
  }
}

void setns_files(Attempt& attempt) {
  for (const auto& [flag, name] : kNamespaces) {
    for (const string whose : {"/proc/1/ns/", "/proc/self/ns/"}) {
      const int fd = ::open((whose + name).c_str(), O_RDONLY | O_CLOEXEC);
      attempt.refused(fd < 0 ? fd : ::setns(fd, 0), "setns " + whose + name);
      if (fd >= 0) ::close(fd);
    }
  }
}

void setns_pidfd(Attempt& attempt) {
  for (const pid_t pid : {1, ::getpid()}) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    for (const auto& [flag, name] : kNamespaces)
      attempt.refused(::setns(fd, static_cast<int>(flag)), string("setns ") + name);
    ::close(fd);
  }
}

void id_maps(Attempt& attempt) {
  for (const char* file : {"uid_map", "gid_map"}) {
    const int fd = ::open(in_proc(::getpid(), file).c_str(), O_WRONLY | O_CLOEXEC);
    attempt.refused(fd < 0 ? fd : ::write(fd, "0 0 1\n", 6), file);
  }
  attempt.refused(::syscall(SYS_setresuid, 65536, 65536, 65536), "setuid 65536");
  attempt.refused(::syscall(SYS_setresgid, 65536, 65536, 65536), "setgid 65536");
  ::close(::open("/tmp/chowned", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  attempt.refused(::chown("/tmp/chowned", 65536, 65536), "chown 65536");
}

// --- other processes ---

void trace_init(Attempt& attempt) {
  attempt.refused(::ptrace(PTRACE_SEIZE, 1, nullptr, nullptr), "PTRACE_SEIZE 1");
  attempt.refused(::ptrace(PTRACE_ATTACH, 1, nullptr, nullptr), "PTRACE_ATTACH 1");
}

void init_memory(Attempt& attempt) {
  char here[8] = {};
  iovec local{here, sizeof here}, remote{reinterpret_cast<void*>(0x400000), sizeof here};
  attempt.refused(::process_vm_readv(1, &local, 1, &remote, 1, 0), "process_vm_readv 1");
  attempt.refused(::process_vm_writev(1, &local, 1, &remote, 1, 0), "process_vm_writev 1");
  attempt.refused(::syscall(SYS_kcmp, ::getpid(), 1, 0 /* KCMP_FILE */, 0, 0), "kcmp 1");
}

void init_files(Attempt& attempt) {
  for (const char* link : {"root", "cwd", "exe"}) {
    char target[256];
    attempt.refused(::readlink(in_proc(1, link).c_str(), target, sizeof target), in_proc(1, link));
    try_open(attempt, in_proc(1, link), O_RDONLY);
  }
  for (const char* file : {"environ", "mem", "maps", "auxv", "pagemap", "syscall", "stack", "io",
                           "map_files", "fdinfo"})
    try_open(attempt, in_proc(1, file), O_RDONLY);
  DIR* fds = ::opendir("/proc/1/fd");
  attempt.refused(fds ? 0 : -1, "/proc/1/fd");
  if (fds) ::closedir(fds);
}

void init_descriptors(Attempt& attempt) {
  const int init = static_cast<int>(::syscall(SYS_pidfd_open, 1, 0));
  for (int fd = 0; fd < 8; ++fd)
    attempt.refused(::syscall(SYS_pidfd_getfd, init, fd, 0), "a descriptor of init");
}

// Everything that a signal would reach must be one of ours.
void other_pids(Attempt& attempt) {
  for (pid_t pid = 2; pid < 100'000; ++pid) {
    if (pid == ::getpid() || pid == ::getppid()) continue;
    if (::kill(pid, 0) == 0 || errno != ESRCH) attempt.escaped("pid " + std::to_string(pid));
  }
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = proc ? ::readdir(proc) : nullptr) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 1 && pid != ::getpid() && pid != ::getppid())
      attempt.escaped(string("/proc/") + entry->d_name);
  }
  ::closedir(proc);
  attempt.held("ESRCH");
}

// Init takes orders by signals from outside, which have the sender 0. If it believed one of
// these, the jail would be gone when we are; the test looks for it afterwards.
void forge_orders(Attempt& attempt) {
  siginfo_t info{};
  info.si_signo = SIGUSR1;
  info.si_code = SI_USER;
  attempt.refused(::syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info), "an order from outside");
  info.si_code = SI_QUEUE;
  ::syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info);
  for (const int signal : {SIGUSR1, SIGTERM, SIGSTOP, SIGKILL}) ::kill(1, signal);
}

// --- files of the kernel ---

bool starts(const string& path, const char* with) { return path.rfind(with, 0) == 0; }

// Settings that belong to a namespace of the jail's own.
bool own_setting(const string& path) {
  for (const char* own :
       {"/proc/sys/net/", "/proc/sys/kernel/shm", "/proc/sys/kernel/msg", "/proc/sys/kernel/sem",
        "/proc/sys/kernel/auto_msgmni", "/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/pid_max",
        "/proc/sys/fs/mqueue/"})
    if (starts(path, own)) return true;
  return false;
}

void write_proc(Attempt& attempt) {
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = proc ? ::readdir(proc) : nullptr) {
    const string path = string("/proc/") + entry->d_name;
    if (entry->d_type == DT_LNK || entry->d_name[0] == '.' || std::atoi(entry->d_name)) continue;
    walk(path.c_str(), [&](const string& file) {
      if (!own_setting(file)) try_open(attempt, file, O_WRONLY);
    });
  }
  ::closedir(proc);
}

void write_sys(Attempt& attempt) {
  walk("/sys", [&](const string& path) { try_open(attempt, path, O_WRONLY); });
}

// Programs that the kernel starts as root of the machine, and keys to its behaviour.
void helpers(Attempt& attempt) {
  for (const char* path :
       {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
        "/proc/sys/kernel/poweroff_cmd", "/proc/sys/kernel/hotplug", "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/sysrq", "/proc/sys/fs/binfmt_misc/register",
        "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger",
        "/proc/irq/default_smp_affinity", "/proc/bus/pci/00/00.0", "/sys/kernel/uevent_helper"})
    try_open(attempt, path, O_WRONLY);
}

void try_read(Attempt& attempt, const string& path) {
  errno = 0;
  const string text = read_text(path);
  if (!text.empty()) {
    attempt.escaped(path);
  } else if (errno == 0) {
    attempt.held("empty");
  } else if (errno != ENOENT) {
    attempt.held(::strerrorname_np(errno));
  }
}

void secrets(Attempt& attempt) {
  for (const char* name :
       {"kcore", "kmsg", "keys", "kallsyms", "timer_list", "sched_debug", "latency_stats",
        "interrupts", "kpageflags", "kpagecount", "slabinfo", "vmallocinfo", "pagetypeinfo"})
    try_read(attempt, string("/proc/") + name);
  for (const char* dir : {"/sys/firmware", "/sys/kernel/security", "/sys/kernel/debug",
                          "/sys/kernel/tracing", "/sys/fs/bpf", "/sys/devices/virtual/powercap"})
    walk(dir, [&](const string& path) { try_read(attempt, path); });
}

// --- the machine ---

void keyrings(Attempt& attempt) {
  attempt.refused(::syscall(SYS_add_key, "user", "escape", "x", 1, -3), "add_key");
  attempt.refused(::syscall(SYS_request_key, "user", "escape", nullptr, -3), "request_key");
  attempt.refused(::syscall(SYS_keyctl, 0, -3, 0), "keyctl");
}

void load_bpf(Attempt& attempt) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = attributes.value_size = 4;
  attributes.max_entries = 1;
  attempt.refused(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes), "bpf map");
}

void perf(Attempt& attempt) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attempt.refused(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0), "perf event");
}

void io_uring(Attempt& attempt) {
  char parameters[128] = {};
  attempt.refused(::syscall(SYS_io_uring_setup, 1, parameters), "io_uring");
}

void user_faults(Attempt& attempt) {
  attempt.refused(::syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */), "userfaultfd");
}

void new_kernel(Attempt& attempt) {
  attempt.refused(::syscall(SYS_kexec_load, 0, 0, nullptr, 0), "kexec_load");
  attempt.refused(::syscall(SYS_kexec_file_load, -1, -1, 0, nullptr, 0), "kexec_file_load");
}

void modules(Attempt& attempt) {
  attempt.refused(::syscall(SYS_init_module, nullptr, 0, ""), "init_module");
  attempt.refused(::syscall(SYS_finit_module, -1, "", 0), "finit_module");
  attempt.refused(::syscall(SYS_delete_module, "no-such-module", O_NONBLOCK), "delete_module");
}

void swap(Attempt& attempt) {
  attempt.refused(::syscall(SYS_swapon, "/nowhere", 0), "swapon");
  attempt.refused(::syscall(SYS_swapoff, "/nowhere"), "swapoff");
  attempt.refused(::syscall(SYS_acct, "/nowhere"), "acct");
  attempt.refused(::syscall(SYS_quotactl, QCMD(Q_SYNC, USRQUOTA), nullptr, 0, nullptr), "quotactl");
}

void restart_machine(Attempt& attempt) {
  attempt.refused(::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
                            LINUX_REBOOT_CMD_CAD_OFF, nullptr),
                  "reboot");
}

void clocks(Attempt& attempt) {
  timeval now;
  ::gettimeofday(&now, nullptr);
  attempt.refused(::syscall(SYS_settimeofday, &now, nullptr), "settimeofday");
  timespec time;
  ::clock_gettime(CLOCK_REALTIME, &time);
  attempt.refused(::syscall(SYS_clock_settime, CLOCK_REALTIME, &time), "clock_settime");
  timex state{};
  state.modes = ADJ_MAXERROR;
  attempt.refused(::syscall(SYS_adjtimex, &state), "adjtimex");
  attempt.refused(::syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state), "clock_adjtime");
}

void change_names(Attempt& attempt) {
  utsname now;
  ::uname(&now);
  attempt.refused(::sethostname(now.nodename, std::strlen(now.nodename)), "sethostname");
  attempt.refused(::setdomainname(now.domainname, std::strlen(now.domainname)), "setdomainname");
}

// Root itself may change the jail's names: see tests/kernel/broker_kernel_test.cc.
void names(Attempt& attempt) {
  if (::seteuid(33) == 0) change_names(attempt);
  if (::seteuid(0) < 0) return attempt.escaped("to be another user for good");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct nothing[2]{};
  if (::syscall(SYS_capset, &header, nothing) == 0) change_names(attempt);
}

void forge_names(Attempt& attempt) {
  for (const string name :
       {"\x1b[31mred", "two columns", "two\nlines", "a\tstop", "\xff", "\x7f"}) {
    attempt.refused(::sethostname(name.data(), name.size()), "sethostname");
    attempt.refused(::setdomainname(name.data(), name.size()), "setdomainname");
  }
}

void kernel_log(Attempt& attempt) {
  char text[64];
  attempt.refused(::syscall(SYS_syslog, 3 /* read all */, text, sizeof text), "the kernel's log");
  attempt.refused(::syscall(SYS_syslog, 10 /* size */, nullptr, 0), "the kernel's log");
}

void ports(Attempt& attempt) {
#ifdef __x86_64__
  attempt.refused(::syscall(SYS_iopl, 3), "iopl");
  attempt.refused(::syscall(SYS_ioperm, 0x80, 1, 1), "ioperm");
#else
  attempt.held("ENOSYS");
#endif
}

void personalities(Attempt& attempt) {
  for (const unsigned long odd : {1UL, 6UL, 0x100000UL, 0x400000UL, kHighBit | 0x400000})
    attempt.refused(::syscall(SYS_personality, odd), "personality " + std::to_string(odd));
}

// Numbers that mean other calls: 21 is mount(2) for 32-bit programs.
void other_abi(Attempt& attempt) {
#ifdef __x86_64__
  attempt.refused(::syscall(0x40000000 | SYS_unshare, CLONE_NEWUSER), "unshare of x32");
  const pid_t pid = ::fork();
  if (pid == 0) {
    long result = 21;
    asm volatile("int $0x80" : "+a"(result) : "b"(0), "c"(0), "d"(0), "S"(0), "D"(0) : "memory");
    ::_exit(static_cast<int>(-result));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  // A kernel without 32-bit programs ends the process instead.
  errno = WIFEXITED(status) ? WEXITSTATUS(status) : ENOSYS;
  attempt.refused(-1, "");
#else
  attempt.held("ENOSYS");
#endif
}

// --- the terminal ---

void push_input(Attempt& attempt) {
  const int master = ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  const int unlocked = 0;
  ::ioctl(master, TIOCSPTLCK, &unlocked);
  ::setsid();
  const int terminal = ::ioctl(master, TIOCGPTPEER, O_RDWR | O_CLOEXEC);
  if (attempt.refused(terminal, "")) return;
  attempt = {};
  for (const unsigned long high : {0UL, kHighBit, 0xffffffffUL << 32}) {
    attempt.refused(::syscall(SYS_ioctl, terminal, high | TIOCSTI, "x"), "TIOCSTI");
    char paste = TIOCL_PASTESEL;
    attempt.refused(::syscall(SYS_ioctl, terminal, high | TIOCLINUX, &paste), "TIOCLINUX");
  }
}

// --- sockets ---

void packet_sockets(Attempt& attempt) {
  for (const int type : {SOCK_RAW, SOCK_DGRAM})
    attempt.refused(::socket(AF_PACKET, type, 0), "AF_PACKET");
  attempt.refused(::syscall(SYS_socket, kHighBit | AF_PACKET, SOCK_RAW, 0), "AF_PACKET");
  attempt.refused(::socket(AF_INET, SOCK_PACKET, 0), "SOCK_PACKET");
}

void raw_sockets(Attempt& attempt) {
  for (const int family : {AF_INET, AF_INET6}) {
    for (const int protocol : {int{IPPROTO_RAW}, int{IPPROTO_ICMP}, int{IPPROTO_TCP}})
      attempt.refused(::socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol), "SOCK_RAW");
    attempt.refused(::syscall(SYS_socket, family, kHighBit | SOCK_RAW, IPPROTO_ICMP), "SOCK_RAW");
  }
}

// With allow.raw_sockets: whatever is written into its packets, and wherever it is bound, it is
// nobody else. The host talks to itself all the time that we are here.
void raw_sources(Attempt& attempt) {
  const int whole = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (whole < 0) return void(attempt.refused(whole, ""));
  sockaddr_in host{};
  host.sin_family = AF_INET;
  host.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* to = reinterpret_cast<const sockaddr*>(&host);
  for (const uint32_t source : {0x7f000001U, 0xc0000201U, 0x08080808U}) {
    iphdr packet{};
    packet.version = 4;
    packet.ihl = sizeof packet / 4;
    packet.ttl = 1;
    packet.protocol = IPPROTO_ICMP;
    packet.saddr = htonl(source);
    packet.daddr = htonl(0xc0000207U);
    attempt.refused(::sendto(whole, &packet, sizeof packet, 0, to, sizeof host), "another source");
  }
  const int on = 1;
  attempt.refused(::setsockopt(whole, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on), "transparent");
  const int ear = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
  (void)::bind(ear, to, sizeof host);
  char text[64];
  attempt.refused(::sendto(ear, text, 8, 0, to, sizeof host), "from where it was bound");
  const timeval patience{0, 300'000};
  ::setsockopt(ear, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::recv(ear, text, sizeof text, 0) >= 0) return attempt.escaped("heard the host");
  attempt.held("silence");
}

// AF_VSOCK reaches the hypervisor, AF_ALG and AF_KEY the host's cryptography.
void odd_families(Attempt& attempt) {
  for (int family = 0; family < 64; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK ||
        family == AF_PACKET)
      continue;
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET})
      attempt.refused(::socket(family, type, 0), "family " + std::to_string(family));
  }
}

void odd_netlink(Attempt& attempt) {
  for (const int protocol :
       {NETLINK_USERSOCK, NETLINK_XFRM, NETLINK_SELINUX, NETLINK_ISCSI, NETLINK_AUDIT,
        NETLINK_FIB_LOOKUP, NETLINK_CONNECTOR, NETLINK_SCSITRANSPORT, NETLINK_RDMA, NETLINK_CRYPTO})
    attempt.refused(::socket(AF_NETLINK, SOCK_RAW, protocol),
                    "netlink " + std::to_string(protocol));
}

// The host's devices change all the time that we are here.
void device_events(Attempt& attempt) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  if (fd < 0) return void(attempt.refused(fd, ""));
  sockaddr_nl all{};
  all.nl_family = AF_NETLINK;
  all.nl_groups = ~0U;
  const timeval patience{0, 300'000};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&all), sizeof all) < 0)
    return attempt.escaped("could not listen");
  char event[4096];
  if (::recv(fd, event, sizeof event, 0) > 0) return attempt.escaped(event);
  attempt.held("silence");
}

// Lists the sockets of a network stack; of our own it may.
void list_sockets(Attempt& attempt) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return void(attempt.refused(fd, ""));
  attempt.held(read_text("/proc/net/unix").find("@gaol-escape-target") == string::npos ? "own"
                                                                                       : "");
  if (attempt.verdict() == "held: ") attempt.escaped("sockets of the host");
}

// A daemon of the host is there, on a socket of each type (CVE-2020-15257).
void abstract_socket(Attempt& attempt) {
  constexpr char kName[] = "\0gaol-escape-target";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kName, sizeof kName - 1);
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + sizeof kName - 1);
  for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
    const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (type == SOCK_DGRAM) attempt.refused(::sendto(fd, "x", 1, 0, to, size), "sent to the host");
    attempt.refused(::connect(fd, to, size), "connected to the host");
    ::close(fd);
  }
}

struct Request {
  nlmsghdr head{};
  union {
    ifinfomsg link;
    ifaddrmsg address;
    rtmsg route;
  };
  char attributes[64] = {};
};

// The kernel's answer to a change, as a system call would give it.
long change(Request request, size_t body) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -1;
  request.head.nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(body));
  request.head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  struct {
    nlmsghdr head;
    nlmsgerr error;
    char rest[512];
  } answer{};
  ::send(fd, &request, request.head.nlmsg_len, 0);
  ::recv(fd, &answer, sizeof answer, 0);
  ::close(fd);
  errno = -answer.error.error;
  return errno ? -1 : 0;
}

// Of a link; with one attribute, whose type is 0 for none.
long change_link(uint16_t what, unsigned index, uint16_t type = 0, const string& value = {}) {
  Request request{};
  request.head.nlmsg_type = what;
  request.link.ifi_index = static_cast<int>(index);
  if (type == 0) {
    request.link.ifi_change = IFF_UP;  // down
    return change(request, sizeof request.link);
  }
  const rtattr head{static_cast<uint16_t>(RTA_LENGTH(value.size())), type};
  std::memcpy(request.attributes, &head, sizeof head);
  std::memcpy(request.attributes + RTA_LENGTH(0), value.data(), value.size());
  return change(request, sizeof request.link + RTA_SPACE(value.size()));
}

// The test makes an interface `outside` on the host.
void change_interfaces(Attempt& attempt) {
  unsigned index = 0;
  for (unsigned candidate = 1; candidate < 64; ++candidate) {
    char name[IF_NAMESIZE] = "";
    if (::if_indextoname(candidate, name) && string(name) == "outside") index = candidate;
  }
  if (index == 0) return attempt.held("unseen");
  const auto self = static_cast<uint32_t>(::getpid());
  const string here(reinterpret_cast<const char*>(&self), sizeof self);
  attempt.refused(change_link(RTM_NEWLINK, index), "interface down");
  attempt.refused(change_link(RTM_NEWLINK, index, IFLA_IFNAME, "mine"), "interface renamed");
  attempt.refused(change_link(RTM_NEWLINK, index, IFLA_ADDRESS, "\2ours!"), "MAC address changed");
  attempt.refused(change_link(RTM_NEWLINK, index, IFLA_NET_NS_PID, here), "interface moved");
  attempt.refused(change_link(RTM_DELLINK, index), "interface removed");
  Request address{};
  address.head.nlmsg_type = RTM_NEWADDR;
  address.address.ifa_family = AF_INET;
  address.address.ifa_index = index;
  attempt.refused(change(address, sizeof(ifaddrmsg)), "address added");
  for (const uint16_t what : {RTM_NEWROUTE, RTM_DELROUTE}) {
    Request route{};
    route.head.nlmsg_type = what;
    route.route.rtm_family = AF_INET;
    route.route.rtm_table = RT_TABLE_LOCAL;
    attempt.refused(change(route, sizeof(rtmsg)), "route changed");
  }
}

struct Attack {
  const char* name;
  void (*run)(Attempt&);
};

constexpr Attack kAttacks[] = {
    {"01-double-chroot", double_chroot},
    {"02-file-handle", file_handle},
    {"03-make-device", make_device},
    {"04-planted-device", planted_device},
    {"05-working-directory", working_directory},
    {"10-remount", remount},
    {"11-mount-old", mount_old},
    {"12-mount-new", mount_new},
    {"13-unmount", unmount},
    {"14-pivot-root", pivot},
    {"15-cgroups", cgroups},
    {"20-unshare", unshare_each},
    {"21-clone", clone_each},
    {"22-clone3", clone3_each},
    {"23-setns-files", setns_files},
    {"24-setns-pidfd", setns_pidfd},
    {"25-id-maps", id_maps},
    {"30-trace-init", trace_init},
    {"31-init-memory", init_memory},
    {"32-init-files", init_files},
    {"33-init-descriptors", init_descriptors},
    {"34-other-pids", other_pids},
    {"35-forge-orders", forge_orders},
    {"40-write-proc", write_proc},
    {"41-write-sys", write_sys},
    {"42-kernel-helpers", helpers},
    {"43-kernel-secrets", secrets},
    {"50-keyrings", keyrings},
    {"51-bpf", load_bpf},
    {"52-perf", perf},
    {"53-io-uring", io_uring},
    {"54-userfaultfd", user_faults},
    {"55-kexec", new_kernel},
    {"56-modules", modules},
    {"57-swap-quota", swap},
    {"58-reboot", restart_machine},
    {"59-clocks", clocks},
    {"60-names", names},
    {"61-kernel-log", kernel_log},
    {"62-ports", ports},
    {"63-personality", personalities},
    {"64-other-abi", other_abi},
    {"65-forged-names", forge_names},
    {"70-push-input", push_input},
    {"80-packet-sockets", packet_sockets},
    {"81-raw-sockets", raw_sockets},
    {"111-raw-sources", raw_sources},
    {"82-odd-families", odd_families},
    {"83-odd-netlink", odd_netlink},
    {"84-list-sockets", list_sockets},
    {"85-abstract-socket", abstract_socket},
    {"86-change-interfaces", change_interfaces},
    {"110-device-events", device_events},
};

// In a process of its own, so that one that chroots or dies does not spoil the next.
void run(const Attack& attack) {
  std::fflush(stdout);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);
    Attempt attempt;
    attack.run(attempt);
    std::printf("%s %s\n", attack.name, attempt.verdict().c_str());
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) std::printf("%s held: signal %d\n", attack.name, WTERMSIG(status));
}

// --- parts of attacks that need the host's hand as well ---

// Whether a process that entered the jail is the host's command yet.
bool still_entering(pid_t pid) { return read_text(in_proc(pid, "comm")) == "jexec\n"; }

// Seizes a process and stops it at once: is it a program of the jail's by then?
string seize(pid_t pid) {
  string caught;
  int status = 0;
  ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
  while (::waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
    if (still_entering(pid)) caught = "seized before its exec";
    ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
  }
  return caught;
}

// Lies in wait for processes that enter the jail, to seize one before it has become a program
// of the jail's: until then it holds the memory and the descriptors of the host's command
// (CVE-2016-9962).
int race_entering_processes() {
  constexpr pid_t kAhead = 256;  // more than will enter: it may be late for the first ones
  string caught;
  int met = 0;
  pid_t next = ::getpid() + 1;
  while (::access("/tmp/stop", F_OK) != 0) {
    for (pid_t pid = next; pid < next + kAhead; ++pid) {
      if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0) {
        if (const string how = seize(pid); !how.empty()) caught = how;
        ++met;
        next = pid + 1;
      } else if (errno != ESRCH) {
        // It is there and out of reach: its files may not be.
        for (const char* file : {"mem", "environ", "exe", "root", "fd/3", "fd/4", "fd/5"}) {
          const int fd = ::open(in_proc(pid, file).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
          if (fd >= 0 && still_entering(pid)) caught = file;
          if (fd >= 0) ::close(fd);
        }
      }
    }
  }
  std::printf("met %d\n%s\n", met, caught.empty() ? "held" : ("ESCAPED: " + caught).c_str());
  return 0;
}

// Tries to write to the program of every process there is (CVE-2019-5736).
int write_to_programs() {
  int opened = 0;
  while (::access("/tmp/stop", F_OK) != 0) {
    DIR* proc = ::opendir("/proc");
    while (const dirent* entry = ::readdir(proc)) {
      const int pid = std::atoi(entry->d_name);
      if (pid == 0 || pid == ::getpid()) continue;
      const string exe = in_proc(pid, "exe");
      char target[256];
      const ssize_t length = ::readlink(exe.c_str(), target, sizeof target);
      // Busybox is the jail's to write.
      if (length >= 0 && string(target, static_cast<size_t>(length)) == "/bin/busybox") continue;
      for (const int flags : {O_WRONLY, O_RDWR}) {
        const int fd = ::open(exe.c_str(), flags | O_CLOEXEC);
        if (fd < 0) continue;
        ++opened;
        ::close(fd);
      }
    }
    ::closedir(proc);
  }
  std::printf("opened %d\n", opened);
  return 0;
}

// The caller's process group has members outside: none of them may hear this.
int signal_group() {
  ::signal(SIGTERM, SIG_IGN);
  ::kill(0, SIGTERM);
  return 0;
}

// Sends a signal to everybody that can be reached, again and again.
int signal_everybody(int signal) {
  while (::access("/tmp/stop", F_OK) != 0) ::kill(-1, signal);
  return 0;
}

// --- at the door ---

int knock(const char* door) {
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, door, sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  std::printf("knock: %s\n", ::strerrorname_np(errno));
  return -1;
}

// Whether a message of the host's is its last: done, or an error.
bool is_last(const string& answer) {
  return answer.find("\"kind\":0") != answer.npos || answer.find("\"kind\":1") != answer.npos;
}

// Says what comes on standard input, whatever that is, and brings these files along. Prints the
// answers.
int ask(const char* door, char** files) {
  const int fd = knock(door);
  if (fd < 0) return 1;
  string text(1 << 20, '\0');
  size_t size = 0;
  for (ssize_t got; (got = ::read(0, &text[size], text.size() - size)) > 0;)
    size += static_cast<size_t>(got);
  iovec part{text.data(), size};
  alignas(cmsghdr) char rights[CMSG_SPACE(16 * sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  size_t count = 0;
  for (; *files; ++files, ++count) {
    const int brought = ::open(*files, O_RDONLY | O_CLOEXEC);
    std::memcpy(rights + CMSG_LEN(0) + count * sizeof brought, &brought, sizeof brought);
  }
  if (count > 0) {
    message.msg_control = rights;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
  }
  if (::sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
    std::printf("send: %s\n", ::strerrorname_np(errno));
  ::alarm(20);
  for (ssize_t got; (got = ::recv(fd, text.data(), text.size(), 0)) > 0;) {
    const string answer(text.data(), static_cast<size_t>(got));
    std::printf("%s\n", answer.c_str());
    if (is_last(answer)) break;
  }
  return 0;
}

// Knocks this often and says nothing, until there is a file /tmp/stop. Prints when all are inside.
int crowd(const char* door, int times) {
  int inside = 0;
  while (inside < times && ::access("/tmp/stop", F_OK) != 0) {
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, door, sizeof address.sun_path - 1);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      ++inside;
    else
      ::close(fd), ::usleep(10'000);
  }
  std::printf("inside %d\n", inside);
  std::fflush(stdout);
  while (::access("/tmp/stop", F_OK) != 0) ::usleep(10'000);
  return 0;
}

// A file that would give its owner's power to whoever runs it.
int plant_setuid() {
  const int fd = ::open("/tmp/planted", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
  ::fchmod(fd, 04755);
  return fd < 0;
}

}  // namespace

int main(int argc, char** argv) {
  const string wanted = argc > 1 ? argv[1] : "";
  if (wanted == "racer") return race_entering_processes();
  if (wanted == "write-exe") return write_to_programs();
  if (wanted == "signal-group") return signal_group();
  if (wanted == "stop-everybody") return signal_everybody(SIGSTOP);
  if (wanted == "kill-everybody") return signal_everybody(SIGKILL);
  if (wanted == "plant-setuid") return plant_setuid();
  if (wanted == "ask" && argc > 2) return ask(argv[2], argv + 3);
  if (wanted == "crowd" && argc > 3) return crowd(argv[2], std::atoi(argv[3]));
  for (const auto& attack : kAttacks)
    if (starts(attack.name, wanted.c_str())) run(attack);
  return 0;
}
