// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// A thin tree as its jail sees it: what is in `upper` over what is in `lower`, read-only, mounted
// nowhere. REQUIRES: no jail runs in it.
Result<Fd> merged(const Fd& upper, const Fd& lower);

}  // namespace gaol::sys
