// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The init system of a jail's userland (`exec.start = "/sbin/init"`). Such a program must be
// process 1, which gaol-init is: it is given a PID namespace below the jail's, and what it expects
// of a machine: its own /proc, a cgroup to divide, a /run. They are mounts of the jail's mount
// namespace, so that everything in the jail sees them, and have to be taken away when the jail
// outlives it.

#include <linux/sched.h>

#include <span>

#include "jail/birth.h"
#include "jail/entrant.h"

namespace gaol::jail {

// The namespaces that it is born into; the rest are the jail's.
constexpr uint64_t kFirstNamespaces = CLONE_NEWPID | CLONE_NEWNS;

// What is mounted for it, in that order.
inline constexpr const char* kFirstMounts[] = {"/proc", "/sys/fs/cgroup", "/run", "/run/lock",
                                               "/dev/shm"};

struct FirstProcess {
  Rules rules;
  const sys::ExecPlan& exec;
  int mounts;                   // nsfs descriptor of the jail's mount namespace
  std::span<const Mask> masks;  // for /proc
  bool vnet;
  sys::ChildFailure failure;
};

// The child, born in the cgroup that becomes the root of its own. `first` points to a FirstProcess.
void become_first(void* first) noexcept;

}  // namespace gaol::jail
