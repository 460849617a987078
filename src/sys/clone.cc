// SPDX-License-Identifier: BSD-2-Clause
#include "sys/clone.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>

#include "sys/envoy.h"
#include "sys/raw.h"

namespace gaol::sys {

namespace {

// Inline assembly, because the child must not return into the parent's frames.
long enter(long number, const long (&argument)[5], void (*run)(void*), void* its) noexcept {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = argument[3];
  register long r8 asm("r8") = argument[4];
  register void (*r12)(void*) asm("r12") = run;
  register void* r13 asm("r13") = its;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "0"(number), "D"(argument[0]), "S"(argument[1]), "d"(argument[2]), "r"(r10), "r"(r8),
        "r"(r12), "r"(r13)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = argument[0];
  register long x1 asm("x1") = argument[1];
  register long x2 asm("x2") = argument[2];
  register long x3 asm("x3") = argument[3];
  register long x4 asm("x4") = argument[4];
  register void (*x20)(void*) asm("x20") = run;
  register void* x21 asm("x21") = its;
  asm volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, x21\n\t"
      "blr x20\n\t"
      "brk #0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x20), "r"(x21)
      : "memory", "x30");
  return x0;
#endif
}

// The older call knows all that a child without namespaces and cgroup of its own asks for.
long clone_onto(const clone_args& args, void (*run)(void*), void* its) noexcept {
  const long flags = static_cast<long>(args.flags | args.exit_signal);
  const long stack = static_cast<long>(args.stack + args.stack_size);
  const long pidfd = static_cast<long>(args.pidfd), tid = static_cast<long>(args.child_tid);
#if defined(__x86_64__)
  return enter(SYS_clone, {flags, stack, pidfd, tid, 0}, run, its);
#else
  return enter(SYS_clone, {flags, stack, pidfd, 0, tid}, run, its);
#endif
}

}  // namespace

long clone3_onto(clone_args* args, void (*run)(void*), void* argument) noexcept {
  return enter(SYS_clone3, {reinterpret_cast<long>(args), sizeof *args, 0, 0, 0}, run, argument);
}

// The number this process has for us, whichever PID namespace it was born in.
int pid_of(const Fd& pidfd) {
  const std::string path = concat("/proc/self/fdinfo/", pidfd.get());
  const Fd info(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[512];
  const ssize_t got = ::read(info.get(), text, sizeof text);
  for (auto line : split({text, static_cast<size_t>(std::max<ssize_t>(got, 0))}, '\n'))
    if (line.starts_with("Pid:")) return number<int>(trim(line.substr(4))).value_or(-1);
  return -1;
}

namespace {

// In a jail clone3(2) is not there: no filter can read its flags.
long clone_here(const CloneRequest& request, clone_args& args) {
  const long pid = clone3_onto(&args, request.run, request.argument);
  const bool plain = request.namespaces == 0 && request.cgroup < 0;
  return pid == -ENOSYS && plain ? clone_onto(args, request.run, request.argument) : pid;
}

// Somebody else's child by birth would be his to collect: it is made our own. Root of the jail may
// kill the envoy at any moment of this. What tells whether there is a child then is its number,
// which the kernel writes once there is: a pidfd it writes before that.
long clone_below(const CloneRequest& request, clone_args& args) {
  int born = 0;
  args.flags &= ~static_cast<uint64_t>(CLONE_INTO_CGROUP);
  args.flags |= CLONE_PARENT | CLONE_PARENT_SETTID;
  args.parent_tid = reinterpret_cast<uint64_t>(&born);
  args.exit_signal = 0;  // that of whom it is a child with
  Delivery delivery{&args, request.run, request.argument};
  const long sent =
      send_envoy({.init = request.below->get(),
                  .namespaces = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC,
                  .cgroup = request.cgroup,
                  .errand = deliver,
                  .argument = &delivery});
  return born > 0 ? born : sent;
}

}  // namespace

void Child::wait_exec() noexcept {
  constexpr timespec kLookAgain{0, 100'000'000};
  if (!shared_) return;
  auto* tid = &shared_->tid;
  while (const uint32_t now = __atomic_load_n(tid, __ATOMIC_ACQUIRE))
    if (raw::call(__NR_futex, tid, FUTEX_WAIT, now, &kLookAgain) == -ETIMEDOUT) end_if_stopped();
  shared_.reset();
}

void Child::end_if_stopped() const noexcept {
  constexpr int kLook = WSTOPPED | WNOHANG | WNOWAIT | __WALL;  // also at who has no SIGCHLD
  siginfo_t info{};
  // By number, for the pidfd may have been taken: a child of ours that is not collected keeps it.
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, kLook) == 0 && info.si_pid == pid_)
    ::kill(pid_, SIGKILL);
}

Result<Child> clone_shared(const CloneRequest& request, const ChildStack& stack) {
  Child child;
  child.shared_ = std::make_unique<Child::Shared>();
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | request.namespaces;
  if (request.share_files) args.flags |= CLONE_FILES;
  if (request.cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(request.cgroup);
  }
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.child_tid = reinterpret_cast<uint64_t>(&child.shared_->tid);
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<uint64_t>(stack.base());
  args.stack_size = ChildStack::kBytes;
  const long pid = request.below ? clone_below(request, args) : clone_here(request, args);
  if (pid < 0) return fail_errno(static_cast<int>(-pid), "clone3");
  child.pidfd_ = Fd(pidfd);
  child.pid_ = request.below ? pid_of(child.pidfd_) : static_cast<int>(pid);
  return child;
}

}  // namespace gaol::sys
