// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// For a program that reads what a stranger wrote, before it does: from here on it has no path but
// below `dir`, no network, and of root's powers those over files alone. Descriptors that are open
// stay so. There is no way back.
Result<> confine_to(const Fd& dir);

}  // namespace gaol::sys
