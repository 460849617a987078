// SPDX-License-Identifier: BSD-2-Clause
#include "pf/numbers.h"

#include <gtest/gtest.h>

namespace gaol::pf {
namespace {

using Map = std::map<std::string, uint32_t, std::less<>>;

TEST(Numbers, StayWithTheirWords) {
  const auto first = renumbered({}, {"a", "b", "c"}, 5);
  EXPECT_EQ(first.of, (Map{{"a", 1}, {"b", 2}, {"c", 3}}));
  const auto second = renumbered(first, {"c", "d", "a"}, 5);
  EXPECT_EQ(second.of, (Map{{"a", 1}, {"c", 3}, {"d", 4}}));
  // 2 was of b, and comes again only when all others are taken.
  const auto third = renumbered(second, {"c", "b", "a"}, 5);
  EXPECT_EQ(third.of, (Map{{"a", 1}, {"b", 5}, {"c", 3}}));
  EXPECT_EQ(renumbered(third, {"e", "f", "a"}, 5).of, (Map{{"a", 1}, {"e", 2}, {"f", 3}}));
}

TEST(Numbers, EndSomewhere) {
  EXPECT_EQ(renumbered({}, {"a", "b", "c"}, 2).of, (Map{{"a", 1}, {"b", 2}}));
}

}  // namespace
}  // namespace gaol::pf
