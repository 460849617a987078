// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/retention.h"

#include <ctime>
#include <set>

namespace gaol::dataset {

namespace {

constexpr std::string_view kAutomatic = "auto-";
constexpr int64_t kHour = 3600, kDay = 24 * kHour, kWeek = 7 * kDay;
constexpr int64_t kMonday = 3 * kDay;  // 1970 began on a Thursday

// Keeps the newest of each of the newest `count` periods.
void keep_of(const std::vector<Snapshot>& all, int64_t period, int64_t offset, unsigned count,
             std::set<std::string>& kept) {
  std::set<int64_t> periods;
  for (auto snapshot = all.rbegin(); snapshot != all.rend() && periods.size() < count; ++snapshot)
    if (periods.insert((snapshot->taken + offset) / period).second) kept.insert(snapshot->label);
}

}  // namespace

std::string label_of_time(int64_t second) {
  const time_t time = second;
  tm parts{};
  ::gmtime_r(&time, &parts);
  char text[24];
  const auto size = ::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return concat(kAutomatic, std::string_view(text, size));
}

std::vector<std::string> expired(const std::vector<Snapshot>& all, const Keep& keep) {
  std::vector<Snapshot> automatic;
  for (const auto& snapshot : all)
    if (snapshot.label.starts_with(kAutomatic)) automatic.push_back(snapshot);
  std::set<std::string> kept;
  keep_of(automatic, kHour, 0, keep.hourly, kept);
  keep_of(automatic, kDay, 0, keep.daily, kept);
  keep_of(automatic, kWeek, kMonday, keep.weekly, kept);
  std::vector<std::string> out;
  for (const auto& snapshot : automatic)
    if (!kept.contains(snapshot.label)) out.push_back(snapshot.label);
  return out;
}

}  // namespace gaol::dataset
