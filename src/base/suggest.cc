// SPDX-License-Identifier: BSD-2-Clause
#include "base/suggest.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/text.h"

namespace gaol {

int edit_distance(std::string_view a, std::string_view b, int limit) {
  if (std::abs(static_cast<int>(a.size()) - static_cast<int>(b.size())) > limit) return limit + 1;
  // Three rows suffice: a swap of neighbours looks back two.
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return std::min(last[b.size()], limit + 1);
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  const int limit = word.size() < 2 ? 0 : word.size() < 4 ? 1 : word.size() < 8 ? 2 : 3;
  std::string_view best;
  int best_distance = limit + 1;
  for (auto candidate : candidates) {
    // The last component alone is a usual slip: `hostname` for `host.hostname`.
    const bool tail = candidate.size() > word.size() && candidate.ends_with(word) &&
                      candidate[candidate.size() - word.size() - 1] == '.';
    const int distance = tail ? 1 : edit_distance(word, candidate, limit);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto best = nearest(word, candidates);
  return best.empty() ? std::string{} : concat(", did you mean \"", best, "\"?");
}

}  // namespace gaol
