// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How programs get into a running jail: beside gaol-init, or beside the init system of the jail's
// userland where it has one (jail/first.h), in whose /proc they then are.

#include <string>

#include "base/result.h"
#include "jail/prison.h"
#include "warden/record.h"

namespace gaol::warden {

struct WayIn {
  sys::Fd init, first;  // pidfds; no `first`: the jail has none
  std::string cgroup;
  mac::Permissions permissions;
  jail::Entry entry() const { return {init, first ? first : init, cgroup, permissions}; }
};

// ESRCH: the jail is over.
Result<WayIn> way_in(sys::Kernel& kernel, const Record& jail);

// Whether a program is one that wants to be process 1.
bool is_init_system(std::string_view program);

// Starts it. The Fd is its pidfd.
Result<sys::Fd> start_init_system(sys::Kernel& kernel, const Record& jail,
                                  const std::string& empty_dir, sys::Command command);

// How one is told to shut down: by a signal, or by a program of the jail's.
struct Farewell {
  int signal;
  std::vector<std::string> argv;
};
Farewell farewell_of(sys::Kernel& kernel, const sys::ProcessId& first);

}  // namespace gaol::warden
