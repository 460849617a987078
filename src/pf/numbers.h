// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Numbers for what connections remember by number: the rules that made their states, and tags.
// Connections outlive the rules, so a rule keeps its number as long as it is there.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gaol::pf {

struct Numbers {
  std::map<std::string, uint32_t, std::less<>> of;  // from 1
  uint32_t last = 0;                                // that was given
  bool operator==(const Numbers&) const = default;
};

// Those of `words`, up to `end`: what has one in `before` keeps it. Others get the next ones behind
// the last that was given, so that a number whose word went comes back as late as it can. Words for
// which none is left have none.
Numbers renumbered(const Numbers& before, const std::vector<std::string>& words, uint32_t end);

struct Remembered {
  Numbers rules, tags;
  bool operator==(const Remembered&) const = default;
};

}  // namespace gaol::pf
