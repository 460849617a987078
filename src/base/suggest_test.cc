// SPDX-License-Identifier: BSD-2-Clause
#include "base/suggest.h"

#include <gtest/gtest.h>

#include <vector>

namespace gaol {
namespace {

TEST(Suggest, EditDistanceCountsSingleEdits) {
  struct {
    const char *a, *b;
    int distance;
  } const cases[] = {
      {"", "", 0},         {"abc", "abc", 0},   {"abc", "abd", 1}, {"abc", "ab", 1},
      {"abc", "xabc", 1},  {"abcd", "abdc", 1}, {"ca", "abc", 3},  {"kitten", "sitting", 3},
      {"hots", "host", 1}, {"", "abc", 3},      {"abcdef", "", 6}, {"persist", "presist", 1},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(edit_distance(c.a, c.b, 10), c.distance) << c.a << " " << c.b;
    EXPECT_EQ(edit_distance(c.b, c.a, 10), c.distance) << c.b << " " << c.a;
  }
}

TEST(Suggest, BeyondTheLimitIsJustBeyond) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 2), 3);
  EXPECT_EQ(edit_distance("a", "abcdefgh", 2), 3);
  EXPECT_EQ(edit_distance("abcdefgh", "zyxwvuts", 2), 3);
}

TEST(Suggest, TheNearMissIsOfferedTheFarOneNot) {
  const std::vector<std::string_view> known = {"a", "allow.mount", "host.hostname", "jid",
                                               "persist"};
  struct {
    const char *word, *offer;
  } const cases[] = {
      {"persits", "persist"},
      {"presist", "persist"},
      {"hostname", "host.hostname"},
      {"hots.hostname", "host.hostname"},
      {"jd", "jid"},
      {"allow.mounts", "allow.mount"},
      {"xyz", ""},
      {"x", ""},
      {"mountain", ""},
      {"", ""},
      {"persistent", "persist"},
  };
  for (const auto& c : cases) EXPECT_EQ(nearest(c.word, known), c.offer) << c.word;
  EXPECT_EQ(did_you_mean("persits", known), ", did you mean \"persist\"?");
  EXPECT_EQ(did_you_mean("quota", known), "");
  EXPECT_EQ(did_you_mean("quota", {}), "");
}

TEST(Suggest, OfEqualOnesTheFirstIsOffered) {
  const std::vector<std::string_view> known = {"aac", "aab"};
  EXPECT_EQ(nearest("aad", known), "aac");
}

}  // namespace
}  // namespace gaol
