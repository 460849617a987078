// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a jail may be that was made below another. FreeBSD's kernel checks a child against its
// parent when either is set: nothing is given to a child that the parent does not have, and what
// is taken from a parent is taken from all below it. Giving never flows down.
// Source: jail(8), "Hierarchical Jails"; kern_jail_set(), FreeBSD 15.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jail/params.h"

namespace gaol::jail {

// `a.b` for `a.b.c`; empty for a jail of the host's.
std::string_view parent_name(std::string_view name);

// Whether one jail is somewhere below another.
inline bool is_below(std::string_view name, std::string_view other) {
  return !other.empty() && name.starts_with(other) && name.substr(other.size()).starts_with('.');
}

// Completes the settings of a child: what it did not ask for is its parent's, or as much of the
// standard as that has. EPERM when it asked for more.
Result<> settle_below(const Settings& parent, Settings& child);

// Cuts the settings of a running child down to what its parent still has.
void tighten(const Settings& parent, Settings& child);

// The families, "ip4" or "ip6", whose addresses are the parent's. To settle a child below a list is
// to give it that list, so that whoever wants to follow the parent's later ones remembers this.
std::vector<std::string> inherited_families(const Settings& child);
// Asks for them again; tighten() then gives what the parent has by now.
void inherit_again(const std::vector<std::string>& families, Settings& child);

}  // namespace gaol::jail
