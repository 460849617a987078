// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <linux/filter.h>

#include <vector>

#include "mac/permissions.h"

namespace gaol::mac {

// The system call filter of a jail, ready for seccomp(2). It never kills; what it refuses
// fails the way a program expects:
//   ENOSYS           calls we do not know, clone3 (libc falls back to clone, whose flags can be
//                    read), System V IPC that is disabled, and every call of another ABI
//   EPERM            calls we know and withhold
//   EAFNOSUPPORT     socket families the jail has not
//   EPROTONOSUPPORT  netlink protocols the jail has not, as on a kernel built without them
// Some calls of a brokered jail it leaves to a listener (SECCOMP_FILTER_FLAG_NEW_LISTENER): the
// jail's init, which has the power that root of the jail lacks. Loaded without one, they are
// ENOSYS. REQUIRES: no_new_privs, or CAP_SYS_ADMIN over the caller's user namespace, where it is
// loaded.
std::vector<sock_filter> compile(const Permissions& may);

}  // namespace gaol::mac
