// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a jail's init is told from outside. Init is the broker for what root of a jail may do on
// FreeBSD but has no capability for on Linux: every program that enters leaves a seccomp listener
// with it, and it answers what is asked there by the orders it was given last.
//
// Orders and listeners are messages on a socket pair that init was born with. Both ends are init's
// own, so nothing of it has a name: whoever may pidfd_getfd(2) from init may give orders, which is
// root of the host. A message that brings a descriptor brings a listener, any other is an Orders.

#include <cstdint>

namespace gaol::jail {

// Init's descriptors for it.
inline constexpr int kOrdersIn = 0, kOrdersOut = 1;

// Requests that init grants.
enum Grant : uint32_t {
  kGrantHostname = 1U << 0,  // sethostname(2), setdomainname(2)
};

struct Orders {
  uint32_t grants = 0;
  uint32_t wants_answer = 0;  // init sends back an int32_t: 0, or the errno of what it cannot do
  char release[32]{};         // of the system, as uname(2) gives it; empty: the kernel's own

  bool operator==(const Orders&) const = default;
  bool any() const { return grants != 0 || release[0] != '\0'; }
};

}  // namespace gaol::jail
