// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace gaol::dataset {

// Runs zfs(8) and gives what it says. The error is its first line, with the errno that the kernel
// would have had for it where that is known.
Result<std::string> zfs(std::vector<std::string> words);

}  // namespace gaol::dataset
