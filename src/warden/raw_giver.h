// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What stands behind the door for raw sockets (jail/raw_sockets.h).

#include "sys/channel.h"
#include "warden/record.h"

namespace gaol::warden {

// Answers one question. The calling process is in the jail's cgroup from then on. `init` is that of
// the jail whose door it is.
void give_raw_socket(sys::Kernel& kernel, const sys::Fd& line, Jid jid, const sys::ProcessId& init);

}  // namespace gaol::warden
