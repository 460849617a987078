// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <optional>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::mac {

// A Landlock ruleset for sys::landlock_restrict_self(): who is under it can connect to abstract
// unix sockets of its own Landlock domain only, and does as before otherwise. Nothing when this
// kernel cannot (before 6.12, or Landlock is off): such a jail must not share a network stack
// unless the user accepts it.
//
// A domain is entered by being born in it. A process that enters the jail later and restricts
// itself gets a domain of its own: it cannot connect to the abstract sockets of the jail's first
// processes, nor trace them or read their /proc/PID/fd. One that does not restrict itself can,
// but reaches the host's sockets as well.
Result<std::optional<sys::Fd>> abstract_socket_scope();

}  // namespace gaol::mac
