// SPDX-License-Identifier: BSD-2-Clause
#include "sys/clone.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "sys/raw.h"

namespace gaol::sys {

namespace {

// Enters `run(argument)` on a stack of its own in the child; gives clone3's result in the
// parent. Inline assembly, because the child must not return into the parent's frames.
long clone3_onto(clone_args* args, void (*run)(void*), void* argument) noexcept {
#if defined(__x86_64__)
  long result;
  register void (*r12)(void*) asm("r12") = run;
  register void* r13 asm("r13") = argument;
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
      : "0"(static_cast<long>(SYS_clone3)), "D"(args), "S"(sizeof *args), "r"(r12), "r"(r13)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = SYS_clone3;
  register long x0 asm("x0") = reinterpret_cast<long>(args);
  register long x1 asm("x1") = sizeof *args;
  register void (*x20)(void*) asm("x20") = run;
  register void* x21 asm("x21") = argument;
  asm volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, x21\n\t"
      "blr x20\n\t"
      "brk #0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x20), "r"(x21)
      : "memory", "x30");
  return x0;
#endif
}

}  // namespace

void Child::wait_exec() noexcept {
  if (!shared_) return;
  auto* tid = &shared_->tid;
  while (const uint32_t now = __atomic_load_n(tid, __ATOMIC_ACQUIRE))
    raw::call(__NR_futex, tid, FUTEX_WAIT, now, nullptr);
  shared_.reset();
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
  const long pid = clone3_onto(&args, request.run, request.argument);
  if (pid < 0) return fail_errno(static_cast<int>(-pid), "clone3");
  child.pid_ = static_cast<int>(pid);
  child.pidfd_ = Fd(pidfd);
  return child;
}

}  // namespace gaol::sys
