// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Every system call a jail may know, by the policy that rules it. What stands nowhere is
// absent: clone3, because its flags are behind a pointer; the calls that mount by descriptor,
// because a program that misses them turns to mount(2) and gives up on its EPERM; calls that Linux
// has dropped; and young ones that nothing needs yet. No number stands twice; seccomp.cc refuses to
// compile then.
//
// The allowed ones are what a stock Debian userland uses, in the spirit of Docker's list.

#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace gaol::mac {

enum class Policy : uint8_t {
  absent,  // ENOSYS
  allow,
  deny,    // EPERM
  notify,  // the jail's init answers
  // Decided by arguments.
  clone,
  ioctl,
  mknod,
  mknodat,
  personality,
  socket,
  // Settled by permissions alone, into one of the first four.
  broker,
  debug,
  mlock,
  syslog,
  reboot,
  sysvmsg,
  sysvsem,
  sysvshm,
  mqueue,
  uname,
};
inline constexpr size_t kSettledPolicies = std::to_underlying(Policy::socket) + size_t{1};

// Younger than the libc headers of Debian 12. From 424 on all architectures share their numbers.
inline constexpr int kQuotactlFd = 443, kMemfdSecret = 447, kProcessMrelease = 448,
                     kFutexWaitv = 449, kSetMempolicyHomeNode = 450, kCachestat = 451,
                     kFchmodat2 = 452, kMapShadowStack = 453, kFutexWake = 454, kFutexWait = 455,
                     kFutexRequeue = 456, kMseal = 462, kSetxattrat = 463, kGetxattrat = 464,
                     kListxattrat = 465, kRemovexattrat = 466;

namespace calls {
// clang-format off

// --- allowed ---

// Files and directories.
inline constexpr int kFiles[] = {
    SYS_openat, SYS_openat2, SYS_close, SYS_close_range, SYS_read, SYS_write, SYS_readv,
    SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2,
    SYS_lseek, SYS_sendfile, SYS_splice, SYS_tee, SYS_vmsplice, SYS_readahead,
    SYS_copy_file_range, SYS_fadvise64, SYS_fallocate, SYS_truncate, SYS_ftruncate, SYS_sync,
    SYS_syncfs, SYS_fsync, SYS_fdatasync, SYS_sync_file_range, kCachestat, SYS_dup, SYS_dup3,
    SYS_pipe2, SYS_fcntl, SYS_flock, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs,
    SYS_fstatfs, SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_chroot, SYS_mkdirat,
    SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_readlinkat,
    SYS_faccessat, SYS_faccessat2, SYS_fchmod, SYS_fchmodat, kFchmodat2, SYS_fchown, SYS_fchownat,
    SYS_utimensat, SYS_umask, SYS_name_to_handle_at, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr,
    kSetxattrat, SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr, kGetxattrat, SYS_listxattr,
    SYS_llistxattr, SYS_flistxattr, kListxattrat, SYS_removexattr, SYS_lremovexattr,
    SYS_fremovexattr, kRemovexattrat, SYS_inotify_init1, SYS_inotify_add_watch,
    SYS_inotify_rm_watch, SYS_io_setup, SYS_io_destroy, SYS_io_submit, SYS_io_cancel,
    SYS_io_getevents, SYS_io_pgetevents};
// Memory.
inline constexpr int kMemory[] = {
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_msync, SYS_mincore, SYS_madvise,
    SYS_process_madvise, kProcessMrelease, SYS_brk, SYS_munlock, SYS_munlockall,
    SYS_remap_file_pages, SYS_memfd_create, kMemfdSecret, SYS_membarrier, SYS_pkey_alloc,
    SYS_pkey_free, SYS_pkey_mprotect, kMapShadowStack, kMseal};
// Processes, threads, scheduling and limits.
inline constexpr int kProcesses[] = {
    SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_getpid,
    SYS_getppid, SYS_gettid, SYS_getpgid, SYS_setpgid, SYS_getsid, SYS_setsid, SYS_pidfd_open,
    SYS_set_tid_address, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_futex,
    kFutexWaitv, kFutexWake, kFutexWait, kFutexRequeue, SYS_prctl, SYS_seccomp,
    SYS_landlock_create_ruleset, SYS_landlock_add_rule, SYS_landlock_restrict_self,
    SYS_sched_yield, SYS_sched_setparam, SYS_sched_getparam, SYS_sched_setscheduler,
    SYS_sched_getscheduler, SYS_sched_get_priority_max, SYS_sched_get_priority_min,
    SYS_sched_rr_get_interval, SYS_sched_setaffinity, SYS_sched_getaffinity, SYS_sched_setattr,
    SYS_sched_getattr, SYS_getcpu, SYS_getpriority, SYS_setpriority, SYS_ioprio_set,
    SYS_ioprio_get, SYS_getrlimit, SYS_setrlimit, SYS_prlimit64, SYS_getrusage, SYS_times,
    SYS_sysinfo, SYS_getrandom, SYS_restart_syscall};
// Credentials.
inline constexpr int kCredentials[] = {
    SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getresuid, SYS_getresgid,
    SYS_setuid, SYS_setgid, SYS_setgroups, SYS_setreuid, SYS_setregid, SYS_setresuid,
    SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_capget, SYS_capset};
// Signals.
inline constexpr int kSignals[] = {
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending,
    SYS_rt_sigtimedwait, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_rt_sigsuspend,
    SYS_sigaltstack, SYS_signalfd4, SYS_kill, SYS_tkill, SYS_tgkill, SYS_pidfd_send_signal};
// Clocks and timers.
inline constexpr int kClocks[] = {
    SYS_gettimeofday, SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep,
    SYS_getitimer, SYS_setitimer, SYS_timer_create, SYS_timer_settime, SYS_timer_gettime,
    SYS_timer_getoverrun, SYS_timer_delete, SYS_timerfd_create, SYS_timerfd_settime,
    SYS_timerfd_gettime};
// Waiting, and sockets once they are made.
inline constexpr int kWaiting[] = {
    SYS_pselect6, SYS_ppoll, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
    SYS_eventfd2, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_connect, SYS_shutdown,
    SYS_getsockname, SYS_getpeername, SYS_setsockopt, SYS_getsockopt, SYS_sendto, SYS_sendmsg,
    SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg};

// --- decided by a permission or by arguments ---

// What init may do for root of the jail.
inline constexpr int kBroker[] = {SYS_sethostname, SYS_setdomainname, SYS_mount, SYS_umount2};
inline constexpr int kClone[] = {SYS_clone};
inline constexpr int kIoctl[] = {SYS_ioctl};
inline constexpr int kMknodat[] = {SYS_mknodat};
inline constexpr int kPersonality[] = {SYS_personality};
inline constexpr int kSocket[] = {SYS_socket, SYS_socketpair};
inline constexpr int kUname[] = {SYS_uname};
inline constexpr int kMlock[] = {SYS_mlock, SYS_mlock2, SYS_mlockall};
// The kernel's log. What is more than reading it asks for CAP_SYSLOG over the host.
inline constexpr int kSyslog[] = {SYS_syslog};
inline constexpr int kReboot[] = {SYS_reboot};
inline constexpr int kSysvmsg[] = {SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl};
inline constexpr int kSysvsem[] = {SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl};
inline constexpr int kSysvshm[] = {SYS_shmget, SYS_shmat, SYS_shmdt, SYS_shmctl};
// POSIX message queues need no file system: mq_open(2) finds those of the whole IPC namespace.
inline constexpr int kMqueue[] = {SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend,
    SYS_mq_timedreceive, SYS_mq_notify, SYS_mq_getsetattr};
// Whoever may trace a process can read its memory and take its descriptors anyway.
inline constexpr int kDebug[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd};

// --- EPERM ---

// Ways to gain a user namespace and with it CAP_SYS_ADMIN, or to change what is mounted.
inline constexpr int kNamespaces[] = {
    SYS_unshare, SYS_setns, SYS_pivot_root};
// Ways around the file system's root or its quotas.
inline constexpr int kRoots[] = {
    SYS_open_by_handle_at, SYS_fanotify_init, SYS_fanotify_mark, SYS_lookup_dcookie, SYS_quotactl,
    kQuotactlFd};
// Large and young parts of the kernel with a record of holes.
inline constexpr int kRisky[] = {
    SYS_bpf, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_userfaultfd,
    SYS_perf_event_open};
// Keys: not held apart by any namespace but the user's.
inline constexpr int kKeys[] = {SYS_add_key, SYS_request_key, SYS_keyctl};
// The machine: its clock, name, modules, swap, accounting, and where memory lies.
inline constexpr int kMachine[] = {
    SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load,
    SYS_kexec_file_load, SYS_swapon, SYS_swapoff, SYS_acct, SYS_vhangup,
    SYS_mbind, SYS_get_mempolicy, SYS_set_mempolicy, kSetMempolicyHomeNode,
    SYS_migrate_pages, SYS_move_pages};

#ifdef __x86_64__
// --- older forms that younger architectures were spared ---

inline constexpr int kLegacy[] = {
    SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_poll, SYS_select, SYS_pipe,
    SYS_dup2, SYS_pause, SYS_alarm, SYS_getpgrp, SYS_fork, SYS_vfork, SYS_getdents, SYS_rename,
    SYS_mkdir, SYS_rmdir, SYS_link, SYS_unlink, SYS_symlink, SYS_readlink, SYS_chmod, SYS_chown,
    SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_time, SYS_epoll_create, SYS_epoll_wait,
    SYS_inotify_init, SYS_signalfd, SYS_eventfd, SYS_arch_prctl};
inline constexpr int kMknod[] = {SYS_mknod};
inline constexpr int kLegacyDenied[] = {SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_ustat, SYS_sysfs};
#endif

// clang-format on
}  // namespace calls

struct Group {
  Policy policy;
  std::span<const int> numbers;
};

// clang-format off
inline constexpr Group kGroups[] = {
    {Policy::allow, calls::kFiles},
    {Policy::allow, calls::kMemory},
    {Policy::allow, calls::kProcesses},
    {Policy::allow, calls::kCredentials},
    {Policy::allow, calls::kSignals},
    {Policy::allow, calls::kClocks},
    {Policy::allow, calls::kWaiting},
    {Policy::broker, calls::kBroker},
    {Policy::clone, calls::kClone},
    {Policy::ioctl, calls::kIoctl},
    {Policy::mknodat, calls::kMknodat},
    {Policy::personality, calls::kPersonality},
    {Policy::socket, calls::kSocket},
    {Policy::uname, calls::kUname},
    {Policy::mlock, calls::kMlock},
    {Policy::syslog, calls::kSyslog},
    {Policy::reboot, calls::kReboot},
    {Policy::sysvmsg, calls::kSysvmsg},
    {Policy::sysvsem, calls::kSysvsem},
    {Policy::sysvshm, calls::kSysvshm},
    {Policy::mqueue, calls::kMqueue},
    {Policy::debug, calls::kDebug},
    {Policy::deny, calls::kNamespaces},
    {Policy::deny, calls::kRoots},
    {Policy::deny, calls::kRisky},
    {Policy::deny, calls::kKeys},
    {Policy::deny, calls::kMachine},
#ifdef __x86_64__
    {Policy::allow, calls::kLegacy},
    {Policy::mknod, calls::kMknod},
    {Policy::deny, calls::kLegacyDenied},
#endif
};
// clang-format on

}  // namespace gaol::mac
