// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The local sockets (unix(7)) of the caller's network namespace, as sock_diag(7) lists them: all of
// them in the time that a few processes take to be asked one by one. The list is the kernel's own,
// and a cookie never comes back, so that nobody can pass for somebody else in it.

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace gaol::sys {

struct LocalSocket {
  uint64_t cookie = 0;
  bool named = false;
};

// The connected ones, by cookie. One that comes or goes meanwhile may hide another. ENOENT: this
// kernel has no such list.
Result<std::vector<LocalSocket>> connected_local_sockets();

}  // namespace gaol::sys
