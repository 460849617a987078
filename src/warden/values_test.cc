// SPDX-License-Identifier: BSD-2-Clause
#include "warden/values.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <algorithm>

namespace gaol::warden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const jail::Param& param(std::string_view name) { return jail::param(*jail::find(name)); }

Entry entry_with(std::initializer_list<std::pair<std::string_view, std::string>> given) {
  Record record;
  record.jid = 7;
  record.name = "web";
  for (const auto& [name, value] : given) {
    const auto spelling = jail::spelling(name);
    record.settings.add({.id = spelling->id, .key = spelling->key, .values = {value}, .where = {}});
  }
  return entry_of(record, 1);
}

TEST(View, TellsWhatWasGivenWhatIsImpliedAndWhatIsAtHand) {
  const Entry entry = entry_with({{"ip4.addr", "lo0|10.0.0.1/8"},
                                  {"ip4.addr", "10.0.0.2"},
                                  {"allow.sysvipc", "true"},
                                  {"meta.a", "1"},
                                  {"meta.ab", "2=3"}});
  const View jail(entry);
  EXPECT_THAT(jail.value(param("jid")), ElementsAre("7"));
  EXPECT_THAT(jail.value(param("ip4.addr")), ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(jail.value(param("ip6.addr")), ElementsAre());
  EXPECT_THAT(jail.value(param("ip4")), ElementsAre("new"));
  EXPECT_THAT(jail.value(param("sysvmsg")), ElementsAre("inherit"));
  EXPECT_THAT(jail.value(param("allow.sysvipc")), ElementsAre("true"));
  EXPECT_THAT(jail.value(param("persist")), ElementsAre("false"));
  EXPECT_THAT(jail.value(param("meta")), ElementsAre("ab=2=3\na=1"));
  EXPECT_THAT(jail.value(param("meta"), "ab"), ElementsAre("2=3"));
  EXPECT_THAT(jail.value(param("meta"), "b"), ElementsAre(""));
}

TEST(View, OfTheHostIsWhatNobodyGave) {
  const Entry plain = entry_with({}), dressed = entry_with({{"osrelease", "15.0"}});
  EXPECT_TRUE(View(plain).inherited(param("osrelease")));
  EXPECT_NE(View(plain).value(param("osrelease")), Value{""});
  EXPECT_FALSE(View(dressed).inherited(param("osrelease")));
  EXPECT_THAT(View(dressed).value(param("osrelease")), ElementsAre("15.0"));
}

// jls prints it without looking at the jail again.
TEST(View, WhatNobodyGaveIsTheSameForAll) {
  const Entry nothing_given;
  const Entry entry = entry_with({{"persist", "true"},
                                  {"allow.sysvipc", "true"},
                                  {"ip4.addr", "10.0.0.1"},
                                  {"env.A", "1"},
                                  {"osrelease", "15.0"}});
  const View jail(entry), bare(nothing_given);
  std::vector<std::string_view> different;
  for (const auto& param : jail::registry()) {
    const bool given =
        std::ranges::any_of(jail.settings().all(), [&](const jail::Setting& setting) {
          const auto name = jail::param(setting.id).name;
          return name == param.name || name == param.implied_by;
        });
    if (given || is_each_jails_own(param)) continue;
    if (jail.value(param) != bare.value(param)) different.push_back(param.name);
  }
  EXPECT_THAT(different, IsEmpty());
  EXPECT_NE(jail.value(param("sysvmsg")), bare.value(param("sysvmsg")));
  EXPECT_TRUE(is_each_jails_own(param("jid")));
  EXPECT_FALSE(is_each_jails_own(param("persist")));
}

}  // namespace
}  // namespace gaol::warden
