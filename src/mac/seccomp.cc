// SPDX-License-Identifier: BSD-2-Clause
//
// FreeBSD asks prison_priv_check() in each system call. Linux asks capabilities, and most of
// its kernel bugs sit in calls that ask nothing; so a jail gets a list of the calls it may make.
//
// When a filter is loaded, the kernel compiles it and runs it once for every call number, to
// learn which are always allowed; those never meet the filter again. So a filter costs its
// length and the length of its paths, once. A list of comparisons is long in both; a balanced
// tree over *ranges* of numbers, all of them leading to the same few verdicts, is short in both.
// The ranges are found when gaol is compiled. At run time the permissions settle the policies
// that depend on them, neighbours that became equal are joined, and the tree is written down.
// That takes less than a microsecond, so nothing is cached.

#include "mac/seccomp.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <utility>

#include "mac/syscalls.h"

namespace gaol::mac {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "gaol has no system call table for this architecture"
#endif

// --- ranges, found when gaol is compiled ---

// The numbers from `first` up to the next range's share a policy; the last range has no end,
// and x32's numbers (from 0x40000000) lie in it.
struct Range {
  uint32_t first;
  Policy policy;
};

consteval auto policy_of_each_number() {
  std::array<Policy, 512> policies{};  // absent
  for (const Group& group : kGroups) {
    for (const int number : group.numbers) {
      Policy& policy = policies.at(static_cast<size_t>(number));
      if (policy != Policy::absent) throw "a call is listed twice";
      policy = group.policy;
    }
  }
  if (policies.back() != Policy::absent) throw "the last range must be absent";
  return policies;
}
constexpr auto kPolicyOf = policy_of_each_number();

constexpr bool begins_range(uint32_t number) {
  return number == 0 || kPolicyOf[number] != kPolicyOf[number - 1];
}

consteval size_t count_ranges() {
  size_t count = 0;
  for (uint32_t number = 0; number < kPolicyOf.size(); ++number) count += begins_range(number);
  return count;
}

consteval auto find_ranges() {
  std::array<Range, count_ranges()> ranges{};
  size_t count = 0;
  for (uint32_t number = 0; number < kPolicyOf.size(); ++number) {
    if (begins_range(number)) ranges[count++] = {number, kPolicyOf[number]};
  }
  return ranges;
}
constexpr auto kRanges = find_ranges();

// --- the program ---

constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t errno_verdict(int code) {
  return SECCOMP_RET_ERRNO | static_cast<uint32_t>(code);
}
constexpr uint32_t kDenied = errno_verdict(EPERM);
constexpr uint32_t kNotify = SECCOMP_RET_USER_NOTIF;
constexpr uint32_t kAbsent = errno_verdict(ENOSYS);
constexpr uint32_t kNoFamily = errno_verdict(EAFNOSUPPORT);
constexpr uint32_t kNoProtocol = errno_verdict(EPROTONOSUPPORT);

// BPF code as it is written. Jumps are relative and go forward; an answer ends a path.
class Program {
 public:
  Program() { code_.reserve(2 * kRanges.size()); }

  size_t size() const { return code_.size(); }
  std::vector<sock_filter> take() && { return std::move(code_); }

  void load(size_t offset) { put(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  // The low half of an argument. Every argument we look at is an `int` to the kernel, which
  // ignores the upper half; looking at it would be a way past the filter.
  void load_argument(size_t index) {
    load(offsetof(seccomp_data, args) + index * sizeof(seccomp_data::args[0]));
  }
  void keep_bits(uint32_t mask) { put(BPF_ALU | BPF_AND | BPF_K, mask); }

  void answer(uint32_t verdict) { put(BPF_RET | BPF_K, verdict); }
  void answer_if(uint32_t value, uint32_t verdict) {
    put(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(verdict);
  }
  void answer_if_any_bit(uint32_t mask, uint32_t verdict) {
    put(BPF_JMP | BPF_JSET | BPF_K, mask, 0, 1);
    answer(verdict);
  }
  void answer_unless(std::initializer_list<uint32_t> values, uint32_t verdict) {
    auto left = static_cast<uint8_t>(values.size());
    for (const uint32_t value : values) put(BPF_JMP | BPF_JEQ | BPF_K, value, left--, 0);
    answer(verdict);
  }

  // A fork to be aimed when it is known where its two ways begin.
  size_t fork_at(uint32_t value) {
    put(BPF_JMP | BPF_JGE | BPF_K, value);
    return code_.size() - 1;
  }
  void aim(size_t fork, size_t below, size_t from_value_up) {
    code_[fork].jf = static_cast<uint8_t>(below - fork - 1);
    code_[fork].jt = static_cast<uint8_t>(from_value_up - fork - 1);
  }

  void append(const Program& other) {
    code_.insert(code_.end(), other.code_.begin(), other.code_.end());
  }

 private:
  void put(int code, uint32_t k, uint8_t jt = 0, uint8_t jf = 0) {
    code_.push_back({static_cast<uint16_t>(code), jt, jf, k});
  }
  std::vector<sock_filter> code_;
};

// --- calls decided by their arguments ---

void check_clone(Program& program) {
  constexpr uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  program.load_argument(0);
  program.answer_if_any_bit(kNewNamespaces, kDenied);
  program.answer(kAllow);
}

// Both push input into a terminal, which may be that of whoever attached.
void check_ioctl(Program& program) {
  program.load_argument(1);
  program.answer_if(TIOCSTI, kDenied);
  program.answer_if(TIOCLINUX, kDenied);
  program.answer(kAllow);
}

// No jail has CAP_MKNOD, but device 0:0, an overlay's whiteout, can be made without it.
void check_mknod(Program& program, size_t mode_argument) {
  program.load_argument(mode_argument);
  program.keep_bits(S_IFMT);
  program.answer_unless({0, S_IFREG, S_IFIFO, S_IFSOCK}, kDenied);
  program.answer(kAllow);
}

// Asking (all bits set), 32-bit uname, and what debuggers and setarch(8) use. The others emulate
// old systems' address layouts.
void check_personality(Program& program) {
  constexpr uint32_t kHarmless =
      uint32_t{PER_LINUX32} | uint32_t{UNAME26} | uint32_t{ADDR_NO_RANDOMIZE};
  program.load_argument(0);
  program.answer_if(0xffffffff, kAllow);
  program.answer_if_any_bit(~kHarmless, kDenied);
  program.answer(kAllow);
}

void check_netlink(Program& program, const Permissions& may) {
  program.load_argument(2);
  if (may.vnet) {
    program.answer_unless({NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_NETFILTER, NETLINK_GENERIC,
                           NETLINK_KOBJECT_UEVENT},
                          kNoProtocol);
  } else {  // in a shared stack, sock_diag lists the host's sockets, and uevents are its devices'
    program.answer_unless({NETLINK_ROUTE}, kNoProtocol);
  }
  program.answer(kAllow);
}

void check_inet(Program& program, const Permissions& may, uint32_t packet_verdict) {
  constexpr uint32_t kTypeBits = 0xf;  // the rest are SOCK_CLOEXEC and SOCK_NONBLOCK
  program.load_argument(1);
  program.keep_bits(kTypeBits);
  const uint32_t raw = !may.raw_sockets ? kDenied : may.vnet ? kAllow : kNotify;
  program.answer_if(SOCK_RAW, raw);
  program.answer_if(SOCK_PACKET, packet_verdict);  // the kernel turns it into AF_PACKET
  if (raw != kAllow) {  // ping's other way, which the host opens by net.ipv4.ping_group_range
    program.load_argument(2);
    program.answer_if(IPPROTO_ICMP, raw);
    program.answer_if(IPPROTO_ICMPV6, raw);
  }
  program.answer(kAllow);
}

void check_socket(Program& program, const Permissions& may) {
  const uint32_t packet_verdict = may.vnet && may.raw_sockets ? kAllow : kDenied;
  program.load_argument(0);
  program.answer_if(AF_UNIX, kAllow);
  program.answer_if(AF_PACKET, packet_verdict);
  if (!may.inet4) program.answer_if(AF_INET, kNoFamily);
  if (!may.inet6) program.answer_if(AF_INET6, kNoFamily);
  if (may.socket_af) {  // these two reach the hypervisor and the host's crypto drivers
    program.answer_if(AF_VSOCK, kNoFamily);
    program.answer_if(AF_ALG, kNoFamily);
  }
  const size_t fork = program.fork_at(AF_NETLINK);
  const size_t inet = program.size();
  program.answer_unless({AF_INET, AF_INET6}, may.socket_af ? kAllow : kNoFamily);
  check_inet(program, may, packet_verdict);
  program.aim(fork, inet, program.size());
  program.answer_unless({AF_NETLINK}, may.socket_af ? kAllow : kNoFamily);
  check_netlink(program, may);
}

// What follows when the number has led to a settled policy.
void write_verdict(Program& program, Policy policy, const Permissions& may) {
  switch (policy) {
    case Policy::absent: return program.answer(kAbsent);
    case Policy::allow: return program.answer(kAllow);
    case Policy::notify: return program.answer(kNotify);
    case Policy::clone: return check_clone(program);
    case Policy::ioctl: return check_ioctl(program);
    case Policy::mknod: return check_mknod(program, 1);
    case Policy::mknodat: return check_mknod(program, 2);
    case Policy::personality: return check_personality(program);
    case Policy::socket: return check_socket(program, may);
    default: return program.answer(kDenied);
  }
}

// --- the tree ---

Policy settle(Policy policy, const Permissions& may) {
  switch (policy) {
    case Policy::broker: return may.brokered() ? Policy::notify : Policy::deny;
    case Policy::debug: return may.proc_debug ? Policy::allow : Policy::notify;
    case Policy::mlock: return may.mlock ? Policy::allow : Policy::deny;
    case Policy::syslog: return may.read_msgbuf ? Policy::allow : Policy::deny;
    case Policy::reboot: return may.reboot ? Policy::allow : Policy::deny;
    case Policy::sysvmsg: return may.sysvmsg ? Policy::allow : Policy::absent;
    case Policy::sysvsem: return may.sysvsem ? Policy::allow : Policy::absent;
    case Policy::sysvshm: return may.sysvshm ? Policy::allow : Policy::absent;
    case Policy::mqueue: return may.own_ipc ? Policy::allow : Policy::absent;
    case Policy::uname: return may.own_release ? Policy::notify : Policy::allow;
    default: return policy;
  }
}

// Where each settled policy's verdict begins.
using Verdicts = std::array<size_t, kSettledPolicies>;

// Writes the tree that finds a number's range, one fork for each border between two ranges, and
// gives back where it begins; for a single range that is its verdict.
size_t write_tree(Program& program, std::span<const Range> ranges, const Verdicts& verdicts) {
  if (ranges.size() == 1) return verdicts[std::to_underlying(ranges.front().policy)];
  const auto lower = ranges.first(ranges.size() / 2);
  const auto upper = ranges.subspan(lower.size());
  const size_t fork = program.fork_at(upper.front().first);
  const size_t below = write_tree(program, lower, verdicts);
  program.aim(fork, below, write_tree(program, upper, verdicts));
  return fork;
}

}  // namespace

// A jump reaches 255 instructions, and the farthest goes 118 today. Should the table grow past
// that, the test would see it: it walks all numbers under all permissions.
std::vector<sock_filter> compile(const Permissions& may) {
  std::array<Range, kRanges.size()> ranges;
  size_t count = 0;
  for (const Range& range : kRanges) {
    const Policy policy = settle(range.policy, may);
    if (count == 0 || ranges[count - 1].policy != policy) ranges[count++] = {range.first, policy};
  }

  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.answer_unless({kArchitecture}, kAbsent);
  program.load(offsetof(seccomp_data, nr));
  const size_t tree_end = program.size() + count - 1;

  Program tail;
  Verdicts verdicts;
  for (size_t policy = 0; policy < verdicts.size(); ++policy) {
    verdicts[policy] = tree_end + tail.size();
    write_verdict(tail, static_cast<Policy>(policy), may);
  }
  write_tree(program, std::span(ranges).first(count), verdicts);
  program.append(tail);
  return std::move(program).take();
}

}  // namespace gaol::mac
