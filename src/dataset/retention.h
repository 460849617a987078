// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Which snapshots have served. Those that a schedule took are told by their labels; what a person
// named stays until a person destroys it.

#include <string>
#include <vector>

#include "dataset/dataset.h"

namespace gaol::dataset {

// A label for a snapshot of that second: "auto-20261122T081500Z".
std::string label_of_time(int64_t second);

// How many hours, days and weeks (from Monday, in UTC) to have a snapshot of: the last one taken
// in each.
struct Keep {
  unsigned hourly = 0, daily = 0, weekly = 0;
};
// The labels of those that need not be kept, the oldest first. REQUIRES: `all` is sorted by time.
std::vector<std::string> expired(const std::vector<Snapshot>& all, const Keep& keep);

}  // namespace gaol::dataset
