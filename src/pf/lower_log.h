// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a rule with `log` says of a packet; see pflog.h.

#include <optional>
#include <string>

#include "pf/ruleset.h"

namespace gaol::pf {

// The number of the main ruleset's rule that calls the anchor of that path, or one around it.
std::optional<size_t> call_of(const std::string& path, const Policy& policy);

// The statement of the n-th rule of a ruleset.
std::string log_statement(const FilterRule& rule, size_t n, const std::string& path,
                          const Policy& policy, Direction direction);

}  // namespace gaol::pf
