// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A process on its way into a jail: it joins the namespaces and takes on the jail's rules. Mostly
// a child between clone3() and execve(), which then becomes the program.

#include <linux/filter.h>
#include <linux/sched.h>

#include <cstdint>

#include "sys/exec.h"

namespace gaol::jail {

// What a jail has of its own, but for what it inherits (PrisonPlan::shared); the cgroup and
// network namespaces are made apart.
constexpr uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;

// What whoever enters takes on.
struct Rules {
  int init;  // pidfd of the process whose namespaces they join: the jail's init, or another
  uint64_t bounding;  // capabilities that may ever be held
  int orders;         // init's end for listeners; -1: the filter asks nobody
  sock_fprog filter;
};

struct Entrant {
  Rules rules;
  const sys::ExecPlan& exec;
  sys::ChildFailure failure;
};

// Root of the jail, its capabilities and its filter, for a process in its namespaces. Fails with
// -errno, and says in `act` at what.
long take_on_rules(const Rules& rules, const char*& act) noexcept;

// The child. `entrant` points to an Entrant.
void enter_in_child(void* entrant) noexcept;

// The calling process itself goes in, and goes on without an exec. REQUIRES: it has one thread.
// Fails before anything has changed, with -errno; after that there is no way back, and it ends.
long enter_oneself(const Rules& rules) noexcept;

}  // namespace gaol::jail
