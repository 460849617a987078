// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The programs that only gaol itself starts: gaol-control, gaol-init, gaol-stack.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gaol::sys {

class Kernel;

// Where the helper `name` lies. A command has them in ../libexec/gaol, wherever it was unpacked
// to; a program that only links to libgaol can lie anywhere, and finds them where the build was
// configured to install them.
Result<std::string> helper_path(Kernel& kernel, std::string_view name);

// Where the command `name` lies that came with those programs.
std::optional<std::string> command_path(Kernel& kernel, std::string_view name);

}  // namespace gaol::sys
