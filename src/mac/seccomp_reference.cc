// SPDX-License-Identifier: BSD-2-Clause
//
// The table below is the readable form of the policy: every call libseccomp has a name for is
// allowed, unless it is here.

#include "mac/seccomp_reference.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <string>

#include "base/text.h"
#include "sys/fd.h"

namespace gaol::mac::reference {
namespace {

constexpr int kNumbers = 1024;

enum class Rule : uint8_t {
  allowed,
  denied,
  absent,
  by_arguments,
  broker,
  debug,
  mlock,
  syslog,
  reboot,
  msg,
  sem,
  shm,
  mqueue,
  uname
};

constexpr struct {
  Rule rule;
  const char* calls;
} kExceptions[] = {
    {Rule::denied,
     "pivot_root unshare setns open_by_handle_at fanotify_init fanotify_mark "
     "lookup_dcookie "
     "quotactl "
     "quotactl_fd bpf io_uring_setup io_uring_enter io_uring_register userfaultfd perf_event_open "
     "add_key request_key keyctl settimeofday clock_settime adjtimex clock_adjtime "
     "init_module finit_module delete_module kexec_load kexec_file_load "
     "swapon swapoff acct vhangup mbind get_mempolicy set_mempolicy "
     "set_mempolicy_home_node migrate_pages move_pages iopl ioperm modify_ldt ustat sysfs"},
    {Rule::absent,
     "clone3 open_tree move_mount mount_setattr fsopen fsconfig fsmount fspick _sysctl uselib "
     "create_module get_kernel_syms query_module nfsservctl getpmsg putpmsg "
     "afs_syscall tuxcall security vserver epoll_ctl_old epoll_wait_old set_thread_area "
     "get_thread_area uretprobe"},
    {Rule::broker, "sethostname setdomainname mount umount2"},
    {Rule::uname, "uname"},
    {Rule::debug, "ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd"},
    {Rule::mlock, "mlock mlock2 mlockall"},
    {Rule::syslog, "syslog"},
    {Rule::reboot, "reboot"},
    {Rule::msg, "msgget msgsnd msgrcv msgctl"},
    {Rule::sem, "semget semop semtimedop semctl"},
    {Rule::shm, "shmget shmat shmdt shmctl"},
    {Rule::mqueue, "mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr"},
    {Rule::by_arguments, "clone ioctl mknod mknodat personality socket socketpair"},
};

// From here on older libseccomps have no names.
constexpr int kYoung = 451;
constexpr struct {
  int number;
  Rule rule;
} kYoungCalls[] = {
    {451, Rule::allowed},  // cachestat
    {452, Rule::allowed},  // fchmodat2
    {453, Rule::allowed},  // map_shadow_stack
    {454, Rule::allowed},  // futex_wake
    {455, Rule::allowed},  // futex_wait
    {456, Rule::allowed},  // futex_requeue
    {462, Rule::allowed},  // mseal
    {463, Rule::allowed},  // setxattrat
    {464, Rule::allowed},  // getxattrat
    {465, Rule::allowed},  // listxattrat
    {466, Rule::allowed},  // removexattrat
};

bool has_name(int number) {
  char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
  const bool known = name != nullptr;
  std::free(name);
  return known;
}

std::array<Rule, kNumbers> make_rules() {
  std::array<Rule, kNumbers> rules;
  rules.fill(Rule::absent);
  for (int number = 0; number < kYoung; ++number) {
    if (has_name(number)) rules[static_cast<size_t>(number)] = Rule::allowed;
  }
  for (const auto& exception : kExceptions) {
    for (const std::string_view call : words(exception.calls)) {
      const int number = seccomp_syscall_resolve_name(std::string(call).c_str());
      if (number >= 0) rules[static_cast<size_t>(number)] = exception.rule;  // else: not here
    }
  }
  for (const auto& young : kYoungCalls) rules[static_cast<size_t>(young.number)] = young.rule;
  return rules;
}

bool is_ping(int protocol) { return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6; }

uint32_t either(bool on, int code) { return on ? SCMP_ACT_ALLOW : errno_verdict(code); }

// --- libseccomp ---

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {
    must(seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)));
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { seccomp_release(context_); }

  // A verdict equal to the default one needs no rule, and libseccomp refuses it.
  void add(uint32_t action, int call, std::initializer_list<scmp_arg_cmp> when = {}) {
    if (action == SCMP_ACT_ERRNO(ENOSYS)) return;
    must(seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(when.size()),
                                when.begin()));
  }

  std::vector<sock_filter> code(unsigned optimize) {
    must(seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, optimize));
    const sys::Fd file(::memfd_create("filter", MFD_CLOEXEC));
    must(seccomp_export_bpf(context_, file.get()));
    const off_t bytes = ::lseek(file.get(), 0, SEEK_END);
    std::vector<sock_filter> code(static_cast<size_t>(bytes) / sizeof(sock_filter));
    if (::pread(file.get(), code.data(), static_cast<size_t>(bytes), 0) != bytes) std::abort();
    return code;
  }

 private:
  static void must(int answer) {
    if (answer != 0) std::abort();
  }
  scmp_filter_ctx context_;
};

scmp_arg_cmp compare(unsigned argument, scmp_compare operation, uint64_t value) {
  return {argument, operation, value, 0};
}
scmp_arg_cmp equal(unsigned argument, uint64_t value) {
  return compare(argument, SCMP_CMP_EQ, value);
}
scmp_arg_cmp bits(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void add_clone(Filter& filter) {
  constexpr uint32_t kFlags[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                 CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
  uint32_t all = 0;
  for (const uint32_t flag : kFlags) {
    filter.add(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), {bits(0, flag, flag)});
    all |= flag;
  }
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone), {bits(0, all, 0)});
}

void add_ioctl(Filter& filter) {
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {compare(1, SCMP_CMP_LT, TIOCSTI)});
  for (uint32_t command = TIOCSTI; command <= TIOCLINUX; ++command) {
    const bool refused = command == TIOCSTI || command == TIOCLINUX;
    filter.add(either(!refused, EPERM), SCMP_SYS(ioctl), {equal(1, command)});
  }
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {compare(1, SCMP_CMP_GT, TIOCLINUX)});
}

void add_mknod(Filter& filter, int call, unsigned mode_argument) {
  for (uint32_t type = 0; type <= S_IFMT; type += S_IFIFO) {
    const bool allowed = type == 0 || S_ISREG(type) || S_ISFIFO(type) || S_ISSOCK(type);
    filter.add(either(allowed, EPERM), call, {bits(mode_argument, S_IFMT, type)});
  }
}

void add_socket(Filter& filter, int call, const Permissions& may) {
  constexpr uint32_t kTypes = 16, kLastFamily = 63, kLastProtocol = 31;
  for (uint32_t family = 0; family <= kLastFamily; ++family) {
    const auto ask = [&](uint32_t type, uint32_t protocol) {
      return socket_verdict(static_cast<int>(family), static_cast<int>(type),
                            static_cast<int>(protocol), may);
    };
    if (family == AF_NETLINK) {
      for (uint32_t protocol = 0; protocol <= kLastProtocol; ++protocol) {
        filter.add(ask(SOCK_RAW, protocol), call, {equal(0, family), equal(2, protocol)});
      }
    } else if ((family == AF_INET && may.inet4) || (family == AF_INET6 && may.inet6)) {
      for (uint32_t type = 0; type < kTypes; ++type) {
        const auto type_is = bits(1, kTypes - 1, type);
        for (uint32_t protocol = 0; protocol <= IPPROTO_ICMPV6; ++protocol)
          filter.add(ask(type, protocol), call, {equal(0, family), type_is, equal(2, protocol)});
        filter.add(ask(type, IPPROTO_ICMPV6 + 1), call,
                   {equal(0, family), type_is, compare(2, SCMP_CMP_GT, IPPROTO_ICMPV6)});
      }
    } else {
      filter.add(ask(SOCK_STREAM, 0), call, {equal(0, family)});
    }
  }
  filter.add(either(may.socket_af, EAFNOSUPPORT), call, {compare(0, SCMP_CMP_GT, kLastFamily)});
}

}  // namespace

uint32_t errno_verdict(int code) { return SECCOMP_RET_ERRNO | static_cast<uint32_t>(code); }

std::optional<uint32_t> verdict(int number, const Permissions& may) {
  static const auto rules = make_rules();
  switch (rules[static_cast<size_t>(number)]) {
    case Rule::allowed: return SECCOMP_RET_ALLOW;
    case Rule::denied: return errno_verdict(EPERM);
    case Rule::absent: return errno_verdict(ENOSYS);
    case Rule::broker: return may.brokered() ? SCMP_ACT_NOTIFY : errno_verdict(EPERM);
    case Rule::uname: return may.own_release ? SCMP_ACT_NOTIFY : SCMP_ACT_ALLOW;
    case Rule::debug: return may.proc_debug ? SCMP_ACT_ALLOW : SCMP_ACT_NOTIFY;
    case Rule::mlock: return either(may.mlock, EPERM);
    case Rule::syslog: return either(may.read_msgbuf, EPERM);
    case Rule::reboot: return either(may.reboot, EPERM);
    case Rule::msg: return either(may.sysvmsg, ENOSYS);
    case Rule::sem: return either(may.sysvsem, ENOSYS);
    case Rule::shm: return either(may.sysvshm, ENOSYS);
    case Rule::mqueue: return either(may.own_ipc, ENOSYS);
    case Rule::by_arguments: break;
  }
  return {};
}

uint32_t socket_verdict(int family, int type, int protocol, const Permissions& may) {
  const bool packets = may.vnet && may.raw_sockets;
  switch (family) {
    case AF_UNIX: return SECCOMP_RET_ALLOW;
    case AF_PACKET: return either(packets, EPERM);
    case AF_INET:
    case AF_INET6: {
      if (family == AF_INET ? !may.inet4 : !may.inet6) return errno_verdict(EAFNOSUPPORT);
      const int kind = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
      const uint32_t raw =
          may.raw_sockets && !may.vnet ? SCMP_ACT_NOTIFY : either(may.raw_sockets, EPERM);
      if (kind == SOCK_RAW) return raw;
      if (kind == SOCK_PACKET) return either(packets, EPERM);
      return is_ping(protocol) ? raw : SECCOMP_RET_ALLOW;
    }
    case AF_NETLINK: {
      if (protocol == NETLINK_ROUTE) return SECCOMP_RET_ALLOW;
      const bool of_a_stack = protocol == NETLINK_SOCK_DIAG || protocol == NETLINK_NETFILTER ||
                              protocol == NETLINK_GENERIC || protocol == NETLINK_KOBJECT_UEVENT;
      return either(may.vnet && of_a_stack, EPROTONOSUPPORT);
    }
    case AF_VSOCK:
    case AF_ALG: return errno_verdict(EAFNOSUPPORT);
    default: return either(may.socket_af, EAFNOSUPPORT);
  }
}

std::vector<sock_filter> libseccomp_filter(const Permissions& may, unsigned optimize) {
  Filter filter;
  for (int number = 0; number < kNumbers; ++number) {
    if (const auto known = verdict(number, may)) filter.add(*known, number);
  }
  add_clone(filter);
  add_ioctl(filter);
  if (SCMP_SYS(mknod) >= 0) add_mknod(filter, SCMP_SYS(mknod), 1);
  add_mknod(filter, SCMP_SYS(mknodat), 2);
  for (const auto& [persona, allowed] : kPersonalities) {
    filter.add(either(allowed, EPERM), SCMP_SYS(personality), {equal(0, persona)});
  }
  add_socket(filter, SCMP_SYS(socket), may);
  add_socket(filter, SCMP_SYS(socketpair), may);
  return filter.code(optimize);
}

}  // namespace gaol::mac::reference
