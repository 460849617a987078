// SPDX-License-Identifier: BSD-2-Clause
//
// The filter is data, so it is run here: by a small interpreter of classic BPF, for every call
// number and every set of permissions, against the policy as seccomp_reference.h states it.
// One test hands it to the kernel.

#include "mac/seccomp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <functional>

#include "mac/seccomp_reference.h"

namespace gaol::mac {
namespace {

using reference::errno_verdict;

#if defined(__x86_64__)
constexpr uint32_t kNative = AUDIT_ARCH_X86_64, kOther = AUDIT_ARCH_I386;
#else
constexpr uint32_t kNative = AUDIT_ARCH_AARCH64, kOther = AUDIT_ARCH_ARM;
#endif
constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr int kNumbers = 1024;
constexpr uint64_t kHighBit = uint64_t{1} << 32;

struct Outcome {
  uint32_t verdict;
  int steps;
};

// Gives no verdict (0, "kill the thread") for code that leaves the program or that the kernel
// would not take.
Outcome run(const std::vector<sock_filter>& code, const seccomp_data& data) {
  uint32_t value = 0;
  Outcome out{0, 0};
  for (size_t at = 0; at < code.size(); ++at) {
    const sock_filter& op = code[at];
    ++out.steps;
    switch (op.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (op.k % 4 != 0 || op.k + 4 > sizeof data) return out;
        std::memcpy(&value, reinterpret_cast<const char*>(&data) + op.k, sizeof value);
        break;
      case BPF_ALU | BPF_AND | BPF_K: value &= op.k; break;
      case BPF_JMP | BPF_JA: at += op.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += value == op.k ? op.jt : op.jf; break;
      case BPF_JMP | BPF_JGT | BPF_K: at += value > op.k ? op.jt : op.jf; break;
      case BPF_JMP | BPF_JGE | BPF_K: at += value >= op.k ? op.jt : op.jf; break;
      case BPF_JMP | BPF_JSET | BPF_K: at += (value & op.k) != 0 ? op.jt : op.jf; break;
      case BPF_RET | BPF_K: out.verdict = op.k; return out;
      default: return out;
    }
  }
  return out;
}

struct Arguments {
  uint64_t a0 = 0, a1 = 0, a2 = 0;
};

seccomp_data call(long number, Arguments arguments = {}, uint32_t architecture = kNative) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = architecture;
  data.args[0] = arguments.a0;
  data.args[1] = arguments.a1;
  data.args[2] = arguments.a2;
  return data;
}

// --- sets of permissions ---

using Member = bool Permissions::*;
constexpr Member kFiltered[] = {
    // those that seccomp carries out
    &Permissions::raw_sockets,
    &Permissions::socket_af,
    &Permissions::mlock,
    &Permissions::proc_debug,
    &Permissions::sysvmsg,
    &Permissions::sysvsem,
    &Permissions::sysvshm,
    &Permissions::inet4,
    &Permissions::inet6,
    &Permissions::vnet,
    &Permissions::own_ipc,
    &Permissions::read_msgbuf,
    // and those that send calls to init
    &Permissions::set_hostname,
    &Permissions::own_release,
    // and one that is about a single call
    &Permissions::reboot,
};
constexpr unsigned kSets = 1U << std::size(kFiltered);
constexpr unsigned kSocketSets = kSets >> 3;  // sockets are no concern of the last three

Permissions set_of(unsigned bits) {
  Permissions may;
  for (unsigned at = 0; at < std::size(kFiltered); ++at) may.*kFiltered[at] = bits >> at & 1U;
  return may;
}

Permissions with(std::initializer_list<Member> members) {
  Permissions may;
  for (const Member member : members) may.*member = true;
  return may;
}

// None, all, a new jail's, and each alone.
std::vector<Permissions> telling_sets() {
  std::vector<Permissions> sets{set_of(0), set_of(kSets - 1), Permissions{}};
  for (unsigned at = 0; at < std::size(kFiltered); ++at) sets.push_back(set_of(1U << at));
  sets.push_back(with(
      {&Permissions::inet4, &Permissions::inet6, &Permissions::vnet, &Permissions::raw_sockets}));
  return sets;
}

// --- tests ---

TEST(Permissions, KeyHasOneBitAMember) {
  EXPECT_EQ(Permissions{}.key(), 0b111'0000'0011'1000U);
  EXPECT_EQ(with({&Permissions::raw_sockets}).key(), Permissions{}.key() | 1U);
  EXPECT_EQ(with({&Permissions::vnet}).key(), Permissions{}.key() | 1U << 11);
  EXPECT_NE(with({&Permissions::inet4}), with({&Permissions::inet6}));
}

TEST(Seccomp, EveryNumberUnderEveryPermission) {
  for (unsigned bits = 0; bits < kSets; ++bits) {
    const Permissions may = set_of(bits);
    const auto filter = compile(may);
    for (int number = 0; number < kNumbers; ++number) {
      const auto expected = reference::verdict(number, may);
      if (!expected) continue;
      const Outcome ran = run(filter, call(number));
      ASSERT_EQ(ran.verdict, *expected) << "call " << number << ", permissions " << bits;
      ASSERT_LE(ran.steps, 11) << "call " << number;  // four to begin with, then the tree
    }
  }
}

TEST(Seccomp, LeavesToInitWhatAnyOfItsJailsPermissionsNeeds) {
  const uint32_t notify = SECCOMP_RET_USER_NOTIF, denied = errno_verdict(EPERM);
  const Permissions none{.set_hostname = false};
  struct {
    const char* what;
    Permissions may;
    uint32_t names, uname, ptrace;
  } const cases[] = {
      {"nothing", none, denied, kAllow, kAllow},
      {"a new jail", {}, notify, kAllow, kAllow},
      {"a release", {.set_hostname = false, .own_release = true}, notify, notify, kAllow},
      {"mounts", {.set_hostname = false, .mount = true}, notify, kAllow, kAllow},
      {"no debugging", {.proc_debug = false, .set_hostname = false}, notify, kAllow, notify},
  };
  for (const auto& c : cases) {
    const auto filter = compile(c.may);
    EXPECT_EQ(run(filter, call(SYS_sethostname)).verdict, c.names) << c.what;
    EXPECT_EQ(run(filter, call(SYS_setdomainname)).verdict, c.names) << c.what;
    EXPECT_EQ(run(filter, call(SYS_mount)).verdict, c.names) << c.what;
    EXPECT_EQ(run(filter, call(SYS_umount2)).verdict, c.names) << c.what;
    EXPECT_EQ(run(filter, call(SYS_ptrace)).verdict, c.ptrace) << c.what;
    EXPECT_EQ(run(filter, call(SYS_uname)).verdict, c.uname) << c.what;
  }
}

TEST(Seccomp, OtherAbisAreAbsent) {
  const auto filter = compile(set_of(kSets - 1));
  for (int number = 0; number < kNumbers; ++number) {
    EXPECT_EQ(run(filter, call(number, {}, kOther)).verdict, errno_verdict(ENOSYS)) << number;
    EXPECT_EQ(run(filter, call(number | 0x40000000)).verdict, errno_verdict(ENOSYS)) << number;
  }
  EXPECT_EQ(run(filter, call(-1)).verdict, errno_verdict(ENOSYS));
}

struct ArgumentCase {
  const char* what;
  long number;
  Arguments arguments;
  uint32_t verdict;
};

TEST(Seccomp, DecidesByArguments) {
  const uint32_t denied = errno_verdict(EPERM);
  const ArgumentCase cases[] = {
      {"fork", SYS_clone, {SIGCHLD}, kAllow},
      {"a thread", SYS_clone, {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_THREAD}, kAllow},
      {"mount namespace", SYS_clone, {CLONE_NEWNS | SIGCHLD}, denied},
      {"cgroup namespace", SYS_clone, {CLONE_NEWCGROUP}, denied},
      {"UTS namespace", SYS_clone, {CLONE_NEWUTS}, denied},
      {"IPC namespace", SYS_clone, {CLONE_NEWIPC}, denied},
      {"user namespace", SYS_clone, {CLONE_NEWUSER | CLONE_VM}, denied},
      {"PID namespace", SYS_clone, {CLONE_NEWPID}, denied},
      {"network namespace", SYS_clone, {CLONE_NEWNET}, denied},
      {"user namespace, high bits", SYS_clone, {kHighBit | CLONE_NEWUSER}, denied},
      {"TCGETS", SYS_ioctl, {0, TCGETS}, kAllow},
      {"TIOCSTI", SYS_ioctl, {0, TIOCSTI}, denied},
      {"TIOCSTI, high bits", SYS_ioctl, {0, kHighBit | TIOCSTI}, denied},
      {"TIOCLINUX", SYS_ioctl, {0, TIOCLINUX}, denied},
      {"TIOCLINUX, high bits", SYS_ioctl, {0, ~uint64_t{0} << 32 | TIOCLINUX}, denied},
      {"regular file", SYS_mknodat, {0, 0, S_IFREG | 0644}, kAllow},
      {"regular file, type left out", SYS_mknodat, {0, 0, 0644}, kAllow},
      {"fifo", SYS_mknodat, {0, 0, S_IFIFO | 0600}, kAllow},
      {"socket", SYS_mknodat, {0, 0, S_IFSOCK | 0600}, kAllow},
      {"character device", SYS_mknodat, {0, 0, S_IFCHR | 0666}, denied},
      {"block device", SYS_mknodat, {0, 0, S_IFBLK | 0600}, denied},
      {"block device, high bits", SYS_mknodat, {0, 0, kHighBit | 0xf0000 | S_IFBLK}, denied},
#ifdef __x86_64__
      {"mknod fifo", SYS_mknod, {0, S_IFIFO | 0600}, kAllow},
      {"mknod character device", SYS_mknod, {0, S_IFCHR | 0666}, denied},
#endif
  };
  for (const Permissions& may : telling_sets()) {
    const auto filter = compile(may);
    for (const auto& c : cases) {
      EXPECT_EQ(run(filter, call(c.number, c.arguments)).verdict, c.verdict) << c.what;
    }
    for (const auto& [persona, allowed] : reference::kPersonalities) {
      const uint32_t expected = allowed ? kAllow : denied;
      EXPECT_EQ(run(filter, call(SYS_personality, {persona})).verdict, expected) << persona;
      EXPECT_EQ(run(filter, call(SYS_personality, {kHighBit | persona})).verdict, expected);
    }
  }
}

TEST(Seccomp, SocketFamiliesTypesAndProtocols) {
  const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  for (unsigned bits = 0; bits < kSocketSets; ++bits) {
    const Permissions may = set_of(bits);
    const auto filter = compile(may);
    for (int family = -1; family < 64; ++family) {
      for (int type = 0; type < 16; ++type) {
        for (const int protocol : {0, 1, 4, 9, 12, 15, 16, 58, 255}) {
          const uint32_t expected = reference::socket_verdict(family, type, protocol, may);
          const Arguments plain{static_cast<uint32_t>(family), static_cast<uint32_t>(type),
                                static_cast<uint32_t>(protocol)};
          const Arguments dressed{plain.a0 | kHighBit, plain.a1 | kHighBit | uint32_t{flags},
                                  plain.a2 | kHighBit};
          ASSERT_EQ(run(filter, call(SYS_socket, plain)).verdict, expected)
              << "family " << family << " type " << type << " protocol " << protocol;
          ASSERT_EQ(run(filter, call(SYS_socketpair, dressed)).verdict, expected)
              << "family " << family << " type " << type << " protocol " << protocol;
        }
      }
    }
  }
}

// The table above is computed with the reference; this one is for reading.
TEST(Seccomp, SocketsOfTypicalJails) {
  const auto no_network = compile({});
  const auto shared = compile(with({&Permissions::inet4}));
  const auto vnet = compile(with(
      {&Permissions::inet4, &Permissions::inet6, &Permissions::vnet, &Permissions::raw_sockets}));
  const auto any = compile(with({&Permissions::socket_af}));
  const uint32_t no_family = errno_verdict(EAFNOSUPPORT), denied = errno_verdict(EPERM),
                 no_protocol = errno_verdict(EPROTONOSUPPORT);
  struct {
    const char* what;
    const std::vector<sock_filter>& filter;
    Arguments arguments;
    uint32_t verdict;
  } const cases[] = {
      {"local", no_network, {AF_UNIX, SOCK_STREAM}, kAllow},
      {"TCP without a network", no_network, {AF_INET, SOCK_STREAM}, no_family},
      {"interfaces", no_network, {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}, kAllow},
      {"audit, as PAM asks", no_network, {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT}, no_protocol},
      {"TCP", shared, {AF_INET, SOCK_STREAM}, kAllow},
      {"TCP over IPv6", shared, {AF_INET6, SOCK_STREAM}, no_family},
      {"ping", shared, {AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1}, denied},
      {"ping without privilege", shared, {AF_INET, SOCK_DGRAM, 1}, denied},
      {"the host's sockets", shared, {AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG}, no_protocol},
      {"packets", shared, {AF_PACKET, SOCK_RAW}, denied},
      {"packets, the oldest way", shared, {AF_INET, SOCK_PACKET}, denied},
      {"ping in vnet", vnet, {AF_INET6, SOCK_RAW, 58}, kAllow},
      {"packets in vnet", vnet, {AF_PACKET, SOCK_RAW}, kAllow},
      {"pf in vnet", vnet, {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER}, kAllow},
      {"the host's devices", shared, {AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT}, no_protocol},
      {"uevents in vnet", vnet, {AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT}, kAllow},
      {"bluetooth", vnet, {AF_BLUETOOTH, SOCK_RAW}, no_family},
      {"bluetooth, socket_af", any, {AF_BLUETOOTH, SOCK_RAW}, kAllow},
      {"hypervisor, socket_af", any, {AF_VSOCK, SOCK_STREAM}, no_family},
      {"kernel crypto, socket_af", any, {AF_ALG, SOCK_SEQPACKET}, no_family},
      {"TCP, socket_af alone", any, {AF_INET, SOCK_STREAM}, no_family},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(run(c.filter, call(SYS_socket, c.arguments)).verdict, c.verdict) << c.what;
  }
}

TEST(Seccomp, AgreesWithLibseccomp) {
  std::vector<seccomp_data> calls;
  for (int number = 0; number < kNumbers; ++number) calls.push_back(call(number));
  for (uint64_t family = 0; family < 70; ++family) {
    for (uint64_t type = 0; type < 16; ++type) {
      calls.push_back(call(SYS_socket, {family, type}));
      calls.push_back(call(SYS_socketpair, {family, type | SOCK_CLOEXEC}));
    }
  }
  for (uint64_t protocol = 0; protocol < 32; ++protocol) {
    calls.push_back(call(SYS_socket, {AF_NETLINK, SOCK_RAW, protocol}));
  }
  for (uint64_t bit = 1; bit < kHighBit; bit <<= 1) calls.push_back(call(SYS_clone, {bit}));
  for (uint64_t command = 0x5400; command < 0x5500; ++command) {
    calls.push_back(call(SYS_ioctl, {0, command}));
  }
  for (uint64_t type = 0; type <= S_IFMT; type += 0x1000) {
    calls.push_back(call(SYS_mknodat, {0, 0, type | 0644}));
#ifdef __x86_64__
    calls.push_back(call(SYS_mknod, {0, type | 0644}));
#endif
  }
  for (const auto& known : reference::kPersonalities) {
    calls.push_back(call(SYS_personality, {known.persona}));
  }
  for (const Permissions& may : telling_sets()) {
    const auto ours = compile(may), theirs = reference::libseccomp_filter(may, 1);
    for (const seccomp_data& data : calls) {
      ASSERT_EQ(run(ours, data).verdict, run(theirs, data).verdict)
          << "call " << data.nr << " (" << data.args[0] << ", " << data.args[1] << ", "
          << data.args[2] << "), permissions " << may.key();
    }
    EXPECT_EQ(run(theirs, call(0, {}, kOther)).verdict, errno_verdict(ENOSYS));
  }
}

TEST(Seccomp, CompilesWithinTheStartPathsBudget) {
  std::vector<std::chrono::nanoseconds> times;
  for (unsigned bits = 0; bits < kSets; ++bits) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(compile(set_of(bits)).empty());
    times.push_back(std::chrono::steady_clock::now() - start);
  }
  std::ranges::nth_element(times, times.begin() + kSets / 2);
  EXPECT_LT(times[kSets / 2], std::chrono::microseconds(30));
}

// --- the kernel's word ---

// Loads the filter of a new jail without a network and without debugging into a child, makes the
// calls there and gives back their errno, 0 for success.
std::vector<int> errnos_in_a_jail(const std::vector<std::function<long()>>& calls) {
  const auto filter = compile({.proc_debug = false});
  std::vector<int> out(calls.size());
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    sock_fprog program{static_cast<unsigned short>(filter.size()),
                       const_cast<sock_filter*>(filter.data())};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(1);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) ::_exit(2);
    for (size_t at = 0; at < calls.size(); ++at) out[at] = calls[at]() < 0 ? errno : 0;
    const size_t bytes = out.size() * sizeof out[0];
    ::_exit(::write(ends[1], out.data(), bytes) == static_cast<ssize_t>(bytes) ? 0 : 3);
  }
  ::close(ends[1]);
  const size_t bytes = out.size() * sizeof out[0];
  EXPECT_EQ(::read(ends[0], out.data(), bytes), static_cast<ssize_t>(bytes));
  ::close(ends[0]);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return out;
}

// posix_spawn() tries clone3 first, so it shows that libc finds its way back to clone.
long spawn_true() {
  char name[] = "true";
  char* const arguments[] = {name, nullptr};
  pid_t child = 0;
  errno = ::posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, nullptr);
  int status = -1;
  return errno == 0 && ::waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

TEST(Seccomp, TheKernelTakesItAndObeys) {
  const std::string fifo = testing::TempDir() + "gaol-seccomp-fifo-" + std::to_string(::getpid());
  const std::string node = fifo + "-node";
  struct Case {
    const char* what;
    int expected;
    std::function<long()> act;
  };
  const Case cases[] = {
      {"getppid", 0, [] { return ::syscall(SYS_getppid); }},
      {"fork and exec", 0, spawn_true},
      {"clone3", ENOSYS, [] { return ::syscall(SYS_clone3, nullptr, 0); }},
      {"clone(NEWUSER)", EPERM, [] { return ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0); }},
      {"unshare", EPERM, [] { return long{::unshare(CLONE_NEWUSER)}; }},
      {"fsopen", ENOSYS, [] { return ::syscall(SYS_fsopen, "tmpfs", 0); }},
      {"bpf", EPERM, [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
      {"io_uring", EPERM, [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }},
      {"keyctl", EPERM, [] { return ::syscall(SYS_keyctl, 0, -3, 0); }},
      {"ptrace, where no init listens", ENOSYS,
       [] { return long{::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)}; }},
      {"mlock", EPERM, [] { return ::syscall(SYS_mlock, &errno, 1); }},
      {"shmget", ENOSYS, [] { return ::syscall(SYS_shmget, IPC_PRIVATE, 1, 0600); }},
      {"local socket", 0, [] { return long{::socket(AF_UNIX, SOCK_STREAM, 0)}; }},
      {"TCP", EAFNOSUPPORT, [] { return long{::socket(AF_INET, SOCK_STREAM, 0)}; }},
      {"TCP, high bits", EAFNOSUPPORT,
       [] { return ::syscall(SYS_socket, kHighBit | AF_INET, SOCK_STREAM, 0); }},
      {"route socket", 0, [] { return long{::socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)}; }},
      {"audit socket", EPROTONOSUPPORT,
       [] { return long{::socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)}; }},
      {"TIOCSTI", EPERM, [] { return ::syscall(SYS_ioctl, 0, kHighBit | TIOCSTI, nullptr); }},
      {"fifo", 0, [&] { return long{::mkfifo(fifo.c_str(), 0600)}; }},
      {"null", EPERM, [&] { return long{::mknod(node.c_str(), S_IFCHR | 0600, 0x103)}; }},
      {"whiteout", EPERM, [&] { return long{::mknod(node.c_str(), S_IFCHR, 0)}; }},
      {"ask persona", 0, [] { return ::syscall(SYS_personality, 0xffffffff); }},
      {"BSD persona", EPERM, [] { return ::syscall(SYS_personality, 6); }},
      {"a call of the future", ENOSYS, [] { return ::syscall(1000); }},
#ifdef __x86_64__
      {"getpid of x32", ENOSYS, [] { return ::syscall(0x40000000 | SYS_getpid); }},
#endif
  };
  std::vector<std::function<long()>> acts;
  for (const Case& c : cases) acts.push_back(c.act);
  const std::vector<int> got = errnos_in_a_jail(acts);
  for (size_t at = 0; at < std::size(cases); ++at) {
    EXPECT_EQ(got[at], cases[at].expected) << cases[at].what;
  }
  EXPECT_EQ(::unlink(fifo.c_str()), 0);
}

}  // namespace
}  // namespace gaol::mac
