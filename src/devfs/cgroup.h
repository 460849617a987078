// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the processes of a jail may open, beside what its /dev shows. A tree may hold device nodes
// of its own; that it is mounted nodev keeps them shut, and a program of its cgroup does so a
// second time, with the same set of devices (bpf/device.bpf.c; `gaol-stack load` puts it there).
// This file tells the program about one jail, under its cgroup's id.
//
// Where the kernel cannot have the program there is no second time; that is no reason to refuse.

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::devfs {

// Whether the program can hold so many; neighbours count as one.
Result<> check(const std::vector<sys::Node>& nodes);

// Lets the jail in the new cgroup with this id open the devices among `nodes`: to read where a
// node's mode has a read bit, to write where it has a write bit.
Result<> allow(sys::Kernel& kernel, uint64_t cgroup_id, const std::vector<sys::Node>& nodes);

// Puts `nodes` in the place of what was allowed before; there is no moment in between.
Result<> replace(sys::Kernel& kernel, uint64_t cgroup_id, const std::vector<sys::Node>& nodes);

// The cgroup itself may be gone. What is left in it has what every jail has.
Result<> forget(sys::Kernel& kernel, uint64_t cgroup_id);

}  // namespace gaol::devfs
