// SPDX-License-Identifier: BSD-2-Clause
#include "pf/kept.h"

#include <gtest/gtest.h>

namespace gaol::pf {
namespace {

World nowhere() {
  World world;
  world.interfaces = [] { return std::vector<Interface>(); };
  world.resolve = [](const std::string&) -> Result<std::vector<sys::Address>> {
    return fail("no names here");
  };
  world.user = world.group = [](const std::string&) { return std::optional<uint32_t>(); };
  world.read = [](const std::string& path) -> Result<std::string> {
    return fail_errno(ENOENT, path);
  };
  return world;
}

TEST(Kept, IsTheSameAsText) {
  const Kept kept{.enabled = true,
                  .since = 1'700'000'000,
                  .generation = 7,
                  .units = {{"", "pass\n"}, {"web/one", "block \"quoted\"\n"}},
                  .remembered = {.rules = {.of = {{"\npass", 3}}, .last = 4},
                                 .tags = {.of = {{"A", 1}}, .last = 1}}};
  const auto again = kept_from(to_text(kept));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, kept);
}

TEST(Kept, DamageIsTold) {
  for (const char* text : {"", "{", "[]", R"({"enabled": 1})", R"({"enabled": true})"})
    EXPECT_TRUE(kept_from(text).error().line().starts_with("damaged: ")) << text;
}

// Tables without what is in them, anchors with what is written in them.
TEST(Kept, AUnitIsWhatItMeans) {
  const auto compiled = recompile("",
                                  "table <bad> persist { 10.0.0.1 }\nset skip on em1\n"
                                  "pass in proto tcp to port { ssh 172 }\n"
                                  "anchor \"a\" { block from <bad> }\n",
                                  nowhere());
  ASSERT_TRUE(compiled);
  const auto text = kept_text(compiled->policy, compiled->units.front());
  EXPECT_EQ(text,
            "set skip on { em1 }\n"
            "table <bad> persist\n"
            "pass in proto tcp from any to any port = 22 flags S/SA keep state\n"
            "pass in proto tcp from any to any port = 172 flags S/SA keep state\n"
            "anchor \"a\" all {\n  block drop from <bad> to any\n}\n");
  const auto again = recompile("", text, nowhere());
  ASSERT_TRUE(again);
  EXPECT_EQ(kept_text(again->policy, again->units.front()), text);
}

TEST(Kept, WhatIsFreshStandsForWhatWasThere) {
  const Kept kept{.enabled = true,
                  .since = 0,
                  .generation = 1,
                  .units = {{"", "set skip on em1\nblock\n"}, {"web", "pass\npass\n"}}};
  const auto fresh = recompile("", "pass\n", nowhere());
  ASSERT_TRUE(fresh);
  const auto policy = whole(kept, nowhere(), &fresh->policy);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->rulesets.at("").filter.size(), 1U);
  EXPECT_FALSE(policy->options.skip);
  EXPECT_EQ(policy->rulesets.at("web").filter.size(), 2U);
  EXPECT_EQ(policy->files.at(policy->rulesets.at("web").filter[1].at.file), "web");
}

TEST(Kept, NothingIsDisabledAndEmpty) {
  EXPECT_TRUE(Kept{}.is_nothing());
  EXPECT_TRUE((Kept{.units = {{"", ""}}}.is_nothing()));
  EXPECT_FALSE(Kept{.enabled = true}.is_nothing());
  EXPECT_FALSE((Kept{.units = {{"", "pass\n"}}}.is_nothing()));
}

}  // namespace
}  // namespace gaol::pf
