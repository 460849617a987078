// SPDX-License-Identifier: BSD-2-Clause
#include "pf/numbers.h"

#include <set>

namespace gaol::pf {

Numbers renumbered(const Numbers& before, const std::vector<std::string>& words, uint32_t end) {
  Numbers now{.of = {}, .last = before.last};
  std::set<uint32_t> taken;
  for (const auto& word : words)
    if (const auto known = before.of.find(word); known != before.of.end()) {
      now.of.insert(*known);
      taken.insert(known->second);
    }
  for (const auto& word : words) {
    if (taken.size() == end) break;
    if (now.of.contains(word)) continue;
    do now.last = now.last % end + 1;
    while (!taken.insert(now.last).second);
    now.of[word] = now.last;
  }
  return now;
}

}  // namespace gaol::pf
