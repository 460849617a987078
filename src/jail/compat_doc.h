// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

namespace gaol::jail {

// docs/compat.md: every parameter of the registry and what it means on Linux.
std::string compat_doc();

}  // namespace gaol::jail
