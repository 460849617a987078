// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A table as nftables can hold it. In pf's tables networks lie within others, and of those that
// hold an address the smallest decides, for it or (negated) against it. A set has neither order
// nor negation: it has intervals, apart from each other.

#include <vector>

#include "pf/ruleset.h"

namespace gaol::pf {

// The addresses of one family that are in the table, upward; neighbours are one interval.
std::vector<AddressRange> intervals(const Table& table, int family);
// The same of entries of one family, which are upward already, the larger network first.
std::vector<AddressRange> intervals(const std::vector<TableEntry>& entries);

Network last_of(Network network);

}  // namespace gaol::pf
