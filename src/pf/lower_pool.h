// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The address and port that a translation chooses, as statements of nftables.

#include <string>
#include <vector>

#include "base/result.h"
#include "pf/ruleset.h"

namespace gaol::pf {

// Why the kernel cannot choose as the pool says; nothing if it can. `on` is where the packets leave
// or arrive, and `ports` those that a redirected packet is for.
std::string refusal_of_source(const Pool& pool, const InterfaceTest& on);
std::string refusal_of_destination(const Pool& pool, const Ports& ports);

// Each with the test that it needs, if any, and a blank behind it: the first that holds is meant.
struct Translating {
  std::string test, statement;
};
// `snat ...` or `masquerade ...`.
std::vector<Translating> translate_source(const Pool& pool, Family family, uint8_t protocol);
// `dnat ...`.
std::vector<Translating> translate_destination(const Pool& pool, Family family, const Ports& ports);

}  // namespace gaol::pf
