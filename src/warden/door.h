// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The door of a jail that may have jails below it. FreeBSD's kernel answers jail_set(2) wherever it
// is called; here making a jail takes power over the host, which nobody in a jail may hold. So such
// a jail has a socket, /dev/gaol/control, and behind it a process of the host, gaol-control, which
// does what the jail's root may ask for (viewer.h) and ends when the jail does.
//
// Nobody waits for that process and none is needed to run jails: a door that was left without one
// is opened again when children.max is set.

#include "base/result.h"
#include "sys/kernel.h"
#include "warden/record.h"

namespace gaol::warden {

// Where the socket is, in the jail.
inline constexpr const char* kControl = "/dev/gaol/control";

// Whether a jail has any door: this, or that for raw sockets (jail/raw_sockets.h).
bool wants_doors(const jail::Settings& settings);
// Opens or closes them, as children.max and allow.raw_sockets say; record.control and record.raw
// are who answers then. A jail without a /dev of ours goes without.
Result<> set_doors(sys::Kernel& kernel, Record& record);
Result<> close_doors(sys::Kernel& kernel, Record& record);

}  // namespace gaol::warden
