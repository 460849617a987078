// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What Linux cannot do as pf does it, or gaol does not yet: refused before anything is changed.

#include <string_view>

#include "base/result.h"
#include "pf/ruleset.h"

namespace gaol::pf {

// `FILE:LINE: not supported on this system: WHAT`.
std::unexpected<Error> refuse(const Policy& policy, const Position& at, std::string_view what);
// The same of what is not said in one place.
std::unexpected<Error> refuse(const Policy& policy, std::string_view what);

// Everything but rules of filter, translation and scrub: what is said once, and lists of other
// kinds.
Result<> check(const Policy& policy);
Result<> check(const Policy& policy, const ScrubRule& rule);
Result<> check(const Policy& policy, const FilterRule& rule);
Result<> check(const Policy& policy, const TranslationRule& rule);

}  // namespace gaol::pf
