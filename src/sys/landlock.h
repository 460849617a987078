// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// The version of Landlock this kernel offers: 0 without it, built out or switched off at boot.
Result<int> landlock_abi();

// A ruleset that restricts nothing but `scoped`, LANDLOCK_SCOPE_* bits.
// REQUIRES: landlock_abi() >= 6.
Result<Fd> landlock_scope(uint64_t scoped);

// Puts the calling thread, and all it starts, under the ruleset; 0, or -1 and errno.
// REQUIRES: no_new_privs, or CAP_SYS_ADMIN over the caller's user namespace.
// May be called between clone and exec.
int landlock_restrict_self(int ruleset) noexcept;

}  // namespace gaol::sys
