// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// iocage keeps what it knows of a jail in config.json. What jail.conf has a word for carries over.

#include <string>
#include <string_view>

#include "base/result.h"

namespace gaol::archive {

// The text of config.json as statements of jail.conf.
Result<std::string> iocage_statements(std::string_view config);

}  // namespace gaol::archive
