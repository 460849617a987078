// SPDX-License-Identifier: BSD-2-Clause
#include "jail/hierarchy.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gaol::jail {
namespace {

Settings settings(const std::vector<std::string>& words) {
  Settings out;
  for (const std::string_view word : words) {
    const auto equals = word.find('=');
    const auto name = spelling(word.substr(0, equals)).value();
    Setting setting{.id = name.id, .key = {}, .values = {}, .negated = name.negated, .where = {}};
    if (equals != word.npos) setting.values = {std::string(word.substr(equals + 1))};
    out.set(std::move(setting));
  }
  return out;
}

// What a child shows of one parameter.
std::string shown(const Settings& settings, std::string_view name) {
  const auto& row = param(*find(name));
  switch (row.type) {
    case Type::boolean: return settings.on(name) ? "on" : "off";
    case Type::jailsys: return std::string(jailsys_word(settings.jailsys(name)));
    case Type::ip4_list:
    case Type::ip6_list: return join(settings.list(name), ",");
    default: return settings.text(name);
  }
}

TEST(Hierarchy, NamesSayWhoIsBelowWhom) {
  EXPECT_EQ(parent_name("a.b.c"), "a.b");
  EXPECT_EQ(parent_name("a"), "");
  EXPECT_TRUE(is_below("a.b.c", "a"));
  EXPECT_FALSE(is_below("a", "a"));
  EXPECT_FALSE(is_below("ab", "a"));
  EXPECT_FALSE(is_below("a", ""));
}

TEST(Hierarchy, NothingIsGivenThatTheParentHasNot) {
  struct {
    std::vector<std::string> parent, child;
    std::string_view refused;
  } const cases[] = {
      {{}, {"allow.mlock"}, "allow.mlock"},
      {{"allow.nosuser"}, {"allow.suser"}, "allow.suser"},
      {{"children.max=3"}, {"children.max=3"}, "children.max"},
      {{"children.max=1"}, {"children.max=1"}, "children.max"},
      {{"enforce_statfs=2"}, {"enforce_statfs=1"}, "enforce_statfs"},
      {{"securelevel=0"}, {"securelevel=-1"}, "securelevel"},
      {{}, {"sysvshm=new"}, "sysvshm"},
      {{}, {"ip4.addr=10.0.0.1"}, "ip4"},
      {{"ip4.addr=10.0.0.1"}, {"ip4.addr=10.0.0.2"}, "ip4"},
      {{"ip4.addr=10.0.0.1", "ip6=inherit"}, {"ip4.addr=10.0.0.1,10.0.0.2"}, "ip4"},
  };
  for (const auto& c : cases) {
    auto child = settings(c.child);
    const auto settled = settle_below(settings(c.parent), child);
    ASSERT_FALSE(settled) << c.refused;
    EXPECT_EQ(settled.error().code, EPERM);
    EXPECT_EQ(settled.error().line(), concat("jail_set: Operation not permitted (", c.refused,
                                             ": more than the parent jail has)"));
  }
}

TEST(Hierarchy, WhatWasNotAskedForComesFromTheParent) {
  struct {
    std::vector<std::string> parent, child;
    std::string_view name, shown;
  } const cases[] = {
      {{"allow.nosuser"}, {}, "allow.suser", "off"},
      {{}, {}, "allow.suser", "on"},
      {{"allow.nounprivileged_proc_debug"}, {}, "allow.unprivileged_proc_debug", "on"},
      {{"allow.mlock"}, {}, "allow.mlock", "off"},
      {{"allow.mlock"}, {"allow.mlock"}, "allow.mlock", "on"},
      {{"securelevel=0"}, {}, "securelevel", "0"},
      {{"devfs_ruleset=4"}, {}, "devfs_ruleset", "4"},
      {{"devfs_ruleset=4"}, {"devfs_ruleset=5"}, "devfs_ruleset", "5"},
      {{"children.max=3"}, {"children.max=2"}, "children.max", "2"},
      {{"ip4.addr=10.0.0.1"}, {}, "ip4", "disable"},
      {{"ip4.addr=em0|10.0.0.1/32"}, {"ip4=inherit"}, "ip4.addr", "10.0.0.1"},
      {{}, {"ip4=inherit"}, "ip4", "disable"},
      {{"ip4=inherit"}, {"ip4.addr=10.0.0.1"}, "ip4.addr", "10.0.0.1"},
      {{"vnet"}, {"ip4.addr=10.0.0.1"}, "ip4.addr", "10.0.0.1"},
      {{"vnet"}, {"ip4=inherit"}, "ip4", "inherit"},
  };
  for (const auto& c : cases) {
    auto child = settings(c.child);
    const auto settled = settle_below(settings(c.parent), child);
    ASSERT_TRUE(settled) << settled.error().line();
    EXPECT_EQ(shown(child, c.name), c.shown) << c.name;
  }
}

TEST(Hierarchy, WhatIsTakenFromTheParentIsTakenBelow) {
  auto child = settings({"allow.mlock", "children.max=4", "ip4.addr=10.0.0.1,10.0.0.2",
                         "ip6=inherit", "sysvmsg=new", "enforce_statfs=1"});
  tighten(settings({"children.max=3", "ip4.addr=10.0.0.2,10.0.0.3", "ip6.addr=2001:db8::1",
                    "sysvmsg=disable"}),
          child);
  EXPECT_EQ(shown(child, "allow.mlock"), "off");
  EXPECT_EQ(shown(child, "children.max"), "2");
  EXPECT_EQ(shown(child, "ip4.addr"), "10.0.0.2");
  EXPECT_EQ(shown(child, "ip6.addr"), "2001:db8::1");
  EXPECT_EQ(shown(child, "sysvmsg"), "disable");
  EXPECT_EQ(shown(child, "enforce_statfs"), "2");
}

TEST(Tighten, WhoInheritsFollowsTheParentsList) {
  Settings child = settings({"ip4=inherit"});
  const auto inherited = inherited_families(child);
  EXPECT_THAT(inherited, testing::ElementsAre("ip4"));
  ASSERT_TRUE(settle_below(settings({"ip4.addr=10.0.0.1"}), child));
  EXPECT_THAT(child.list("ip4.addr"), testing::ElementsAre("10.0.0.1"));
  for (const char* grown : {"ip4.addr=10.0.0.1,10.0.0.2", "ip4.addr=10.0.0.3"}) {
    const Settings parent = settings({grown});
    inherit_again(inherited, child);
    tighten(parent, child);
    EXPECT_EQ(child.jailsys("ip4"), Jailsys::fresh);
    EXPECT_EQ(child.list("ip4.addr"), parent.list("ip4.addr"));
  }
}

}  // namespace
}  // namespace gaol::jail
