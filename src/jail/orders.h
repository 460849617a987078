// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a jail's init is told from outside. Init is the broker for what root of a jail may do on
// FreeBSD but has no capability for on Linux: every program that enters leaves a seccomp listener
// with it, and it answers what is asked there by the orders it was given last.
//
// Orders and listeners are messages on a socket pair that init was born with. Both ends are init's
// own, so nothing of it has a name: whoever may pidfd_getfd(2) from init may give orders, which is
// root of the host. A message that brings a descriptor brings a listener, any other is an Orders.
//
// The pair was made on the host, and so whoever lists the host's sockets sees in one go which inits
// live (sys/local_sockets.h). Init's end gets a name of its own before the jail's host name or
// domain name changes: those without one still have the names that they were born with.

#include <cstdint>

namespace gaol::jail {

// Init's descriptors for it.
inline constexpr int kOrdersIn = 0, kOrdersOut = 1;

// Requests that init grants.
enum Grant : uint32_t {
  kGrantHostname = 1U << 0,  // sethostname(2), setdomainname(2)
  kGrantMount = 1U << 1,     // mount(2) and umount2(2) of the kinds below
  kGrantDevfs = 1U << 2,
  kGrantFdescfs = 1U << 3,
  kGrantFusefs = 1U << 4,
  kGrantNullfs = 1U << 5,
  kGrantProcfs = 1U << 6,
  kGrantSysfs = 1U << 7,
  kGrantTmpfs = 1U << 8,
  kGrantZfs = 1U << 9,
  kGrantRawSockets = 1U << 10,  // socket(2) of raw sockets: see raw_sockets.h
};

struct Orders {
  uint32_t grants = 0;
  uint32_t wants_answer = 0;  // init sends back an int32_t: 0, or the errno of what it cannot do
  char release[32]{};         // of the system, as uname(2) gives it; empty: the kernel's own

  bool operator==(const Orders&) const = default;
  bool any() const { return grants != 0 || release[0] != '\0'; }
};

}  // namespace gaol::jail
