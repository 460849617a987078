// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace gaol::sys {

// Runs `act` in a process of its own and gives back the text it ends with. What that process
// leaves running is nobody's child here: a program that makes a jail would otherwise be the parent
// of the jail's first process, and have to collect it one day.
Result<std::string> apart(const std::function<std::string()>& act);

}  // namespace gaol::sys
