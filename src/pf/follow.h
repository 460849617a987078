// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Addresses of interfaces that rules follow, `(em0)` and the like, and the group `egress`.
//
// On FreeBSD the kernel knows what they are when a packet comes. nftables does not, so each is a
// set of its own, which is filled when rules are loaded and again by whoever follows the machine.

#include <string>
#include <vector>

#include "base/result.h"
#include "pf/lower.h"
#include "pf/world.h"

namespace gaol::pf {

// The names of their sets.
std::string follow_set(const DynamicAddress& what, Family family);
std::string follow_set(const std::string& group);

// The commands that put into the sets what is meant by them at the moment.
std::string fill(const std::vector<Followed>& sets, const World& world);

// The policy with its sets filled.
Result<Lowered> lower_here(const Policy& policy, const Remembered& before, const World& world);

}  // namespace gaol::pf
