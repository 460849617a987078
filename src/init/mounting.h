// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>

#include "init/caller.h"
#include "init/mount_table.h"

namespace gaol::init {

// Carry out a mount(2) or an umount2(2) of root of the jail, in a process that ends with it: the
// process takes on the caller's root and working directory. `grants` are those of jail::Orders.
// 0, or -errno as the man page of the call has it; EPERM is what the jail may not, ENOSPC that it
// has mounted as much as a jail may.
long mount_for(const Caller& caller, uint32_t grants, const Foundation& foundation);
long unmount_for(const Caller& caller, const Foundation& foundation);

}  // namespace gaol::init
