// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the sender of a blocked packet hears: `block return` and its kinds.

#include <string>
#include <vector>

#include "pf/ruleset.h"

namespace gaol::pf {

// Whether anything is said.
bool is_answered(const FilterRule& rule);

// The chain that says so, one for all rules that say the same, and what is in it. It ends every
// packet that comes to it.
std::string answer_chain(const Reply& reply);
std::vector<std::string> answer_rules(const Reply& reply);

}  // namespace gaol::pf
