// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The kernel's side of pf: one table of nftables, `inet pf`, in the caller's network namespace.

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "pf/lower.h"

namespace gaol::pf {

// Puts these rules in place of those that are there, in one transaction: a packet meets the old or
// the new, and a failure changes nothing. Connections go on, and so do the contents of tables that
// both have. Not for two at a time.
struct Loading {
  uint64_t generation = 0;  // is_loaded() then
  bool enabled = true;      // or the rules are there and no packet meets them
};
Result<> load(const Lowered& lowered, Loading how = {});

// Commands to the table that is there, in one transaction.
Result<> change(const std::string& commands);

// Whether the rules that are there are of that generation; 0: there are none.
Result<bool> is_loaded(uint64_t generation);

// What a rule has decided since it was loaded, with the packets of states that it made.
struct Counted {
  uint64_t packets = 0, bytes = 0;
  bool operator==(const Counted&) const = default;
};
struct RuleCounts {
  Counted in, out;
  uint64_t made = 0;  // states
  bool operator==(const RuleCounts&) const = default;
};
// The n-th is of Lowered::rules[n].
Result<std::vector<RuleCounts>> counted(size_t rules);

// They begin at 0 again.
Result<> reset_counters();
// They begin as these say, when `lowered` is loaded: the rules there that have the same names.
void keep_counters(Lowered& lowered, const Lowered& before, const std::vector<RuleCounts>& counts);

// Takes the table away, if there is one.
Result<> unload();

}  // namespace gaol::pf
