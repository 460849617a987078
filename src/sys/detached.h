// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// The top of a file system that is mounted nowhere else than behind this descriptor: nobody finds
// it by a path, and it goes with the descriptor. Programs and devices in it are without effect.
Result<Fd> mount_detached(const char* type, const std::string& source);

}  // namespace gaol::sys
