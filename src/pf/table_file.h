// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Addresses of tables outside rulesets: in files, and on pfctl(8)'s command line.

#include <expected>
#include <string_view>
#include <vector>

#include "pf/hosts.h"

namespace gaol::pf {

// Of a file; # and ; begin comments.
std::vector<std::string_view> table_words(std::string_view text);

// What one of them means: `!10.0.0.0/8`, a name, an interface.
std::expected<std::vector<TableEntry>, Unresolved> table_entries(std::string_view word,
                                                                 Hosts& hosts);

}  // namespace gaol::pf
