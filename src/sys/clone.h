// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// clone3(2) for children that share the parent's memory until they exec.
//
// fork copies page tables, which costs more the larger the parent is; a child that shares
// memory (CLONE_VM) costs the same for a command and for a daemon. libc's wrappers know
// neither CLONE_INTO_CGROUP nor a child in new namespaces that goes on beside its parent,
// so the trampoline is ours.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "sys/fd.h"

struct clone_args;

namespace gaol::sys {

// A stack for one such child. It must outlive the child's exec: see Child::wait_exec().
class ChildStack {
 public:
  static constexpr size_t kBytes = 65536;
  ChildStack() : memory_(new std::byte[kBytes]) {}
  std::byte* base() const noexcept { return memory_.get(); }

 private:
  std::unique_ptr<std::byte[]> memory_;
};

struct CloneRequest {
  uint64_t namespaces = 0;   // CLONE_NEW* for the child
  int cgroup = -1;           // descriptor of a cgroup v2 directory to be born in; -1: ours
  bool share_files = false;  // one descriptor table until exec
  // The child is born below a jail: in its PID namespace, with its user namespace as the parent
  // of its own, and sharing of its network stack, names and IPC what it gets no new one of. A
  // process of that jail.
  const Fd* below = nullptr;  // pidfd
  // Runs in the child, in the parent's memory, on its own stack; must not return. It may
  // call nothing that allocates, locks or touches errno: sys/raw.h only.
  void (*run)(void*) = nullptr;
  void* argument = nullptr;
};

// A child made by clone_shared(), not yet collected.
class Child {
 public:
  Child() = default;
  int pid() const noexcept { return pid_; }
  const Fd& pidfd() const noexcept { return pidfd_; }
  Fd take_pidfd() noexcept { return std::move(pidfd_); }
  // Waits until the child has left our memory, by exec or by exit. REQUIRED before the
  // stack or anything the child was given goes away.
  void wait_exec() noexcept;
  // Kills it if it is stopped. Root of a jail can do that to what is on its way in, and whoever
  // waits for it out here would wait for as long as that pleases.
  void end_if_stopped() const noexcept;

 private:
  friend Result<Child> clone_shared(const CloneRequest&, const ChildStack&);
  struct Shared {
    uint32_t tid = 1;  // the kernel clears it and wakes us when the child leaves
  };
  int pid_ = -1;
  Fd pidfd_;
  std::unique_ptr<Shared> shared_;
};

// REQUIRES: with `below`, children are already born into that jail's PID namespace.
Result<Child> clone_shared(const CloneRequest& request, const ChildStack& stack);

// The number that a process has for us, by its pidfd; -1: none.
int pid_of(const Fd& pidfd);

// Enters `run(argument)` on the stack in `args`, in the child; gives clone3's result in the
// parent.
long clone3_onto(clone_args* args, void (*run)(void*), void* argument) noexcept;

}  // namespace gaol::sys
