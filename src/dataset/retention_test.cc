// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gaol::dataset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kSunday = 1795305600;  // 2026-11-22 00:00:00 UTC

std::vector<Snapshot> taken_at(const std::vector<int64_t>& seconds) {
  std::vector<Snapshot> all;
  for (const auto second : seconds) all.push_back({label_of_time(second), second});
  return all;
}

TEST(Retention, LabelsAreOfTheirSecond) {
  EXPECT_EQ(label_of_time(kSunday), "auto-20261122T000000Z");
  EXPECT_EQ(label_of_time(kSunday + 86399), "auto-20261122T235959Z");
}

TEST(Retention, TheLastOfEachHourIsKept) {
  const auto all = taken_at({kSunday, kSunday + 1800, kSunday + 3600, kSunday + 3601});
  EXPECT_THAT(expired(all, {.hourly = 2}),
              ElementsAre("auto-20261122T000000Z", "auto-20261122T010000Z"));
  EXPECT_THAT(expired(all, {.hourly = 1}), testing::SizeIs(3));
}

TEST(Retention, HoursWithoutASnapshotDoNotCount) {
  const auto all = taken_at({kSunday - 1'000'000, kSunday});
  EXPECT_THAT(expired(all, {.hourly = 2}), IsEmpty());
}

TEST(Retention, OnePeriodKeepsWhatAnotherDrops) {
  const auto all = taken_at({kSunday - 3600, kSunday + 60, kSunday + 120});
  EXPECT_THAT(expired(all, {.hourly = 1}),
              ElementsAre("auto-20261121T230000Z", "auto-20261122T000100Z"));
  EXPECT_THAT(expired(all, {.hourly = 1, .daily = 2}), ElementsAre("auto-20261122T000100Z"));
}

TEST(Retention, WeeksBeginOnMonday) {
  const auto monday = kSunday + 86400;
  const auto all = taken_at({kSunday, monday - 1, monday});
  EXPECT_THAT(expired(all, {.weekly = 2}), ElementsAre("auto-20261122T000000Z"));
}

TEST(Retention, WhatAPersonNamedStays) {
  const std::vector<Snapshot> all = {{"before-upgrade", kSunday}, {"auto-x", kSunday + 1}};
  EXPECT_THAT(expired(all, {}), ElementsAre("auto-x"));
}

}  // namespace
}  // namespace gaol::dataset
