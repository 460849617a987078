// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The programs that pools are made of and asked about. They are what their file systems promise to
// keep: zpool(8) has no library that stands still, and that of btrfs-progs knows half of it.

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace gaol::pool {

using Words = std::vector<std::string>;

// Runs a program to its end and gives what it printed. ENOENT: there is no such program. Another
// error has the last line it said.
using Ask = std::function<Result<std::string>(const Words& words)>;
Result<std::string> ask_program(const Words& words);

}  // namespace gaol::pool
