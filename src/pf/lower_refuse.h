// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What Linux cannot do as pf does it, or gaol does not yet: refused before anything is changed.

#include <string_view>

#include "base/result.h"
#include "pf/ruleset.h"

namespace gaol::pf {

// `FILE:LINE: not supported on this system: WHAT`.
std::unexpected<Error> refuse(const Policy& policy, const Position& at, std::string_view what);

// Everything but filter rules: what is said once, and the lists of other kinds of rules.
Result<> check(const Policy& policy);
Result<> check(const Policy& policy, const FilterRule& rule);

}  // namespace gaol::pf
