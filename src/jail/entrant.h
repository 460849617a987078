// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A process on its way into a jail, between clone3() and execve(): it joins the namespaces, takes
// on the jail's rules, and becomes the program.

#include <linux/filter.h>
#include <linux/sched.h>

#include <cstdint>

#include "sys/exec.h"

namespace gaol::jail {

// What a jail has of its own, but for what it inherits (PrisonPlan::shared); the cgroup and
// network namespaces are made apart.
constexpr uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;

struct Entrant {
  int init;           // pidfd of the jail's init
  uint64_t bounding;  // capabilities that may ever be held
  sock_fprog filter;
  const sys::ExecPlan& exec;
  sys::ChildFailure failure;
};

// The child. `entrant` points to an Entrant.
void enter_in_child(void* entrant) noexcept;

}  // namespace gaol::jail
