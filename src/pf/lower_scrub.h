// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What scrub and `set tos` do with a packet, as rules of nftables.

#include <string>
#include <vector>

#include "pf/ruleset.h"

namespace gaol::pf {

// What the rule does with the packets that it matches, and with those of the states it has a part
// in; all options off: nothing. `reassemble tcp` does nothing here.
Normalization changes(const FilterRule& rule);

// One rule for each thing that is done. None of them ends the evaluation.
std::vector<std::string> scrub_rules(const Normalization& normalization);

}  // namespace gaol::pf
