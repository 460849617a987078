// SPDX-License-Identifier: BSD-2-Clause

#include "devfs/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace gaol::devfs {
namespace {

using testing::ElementsAre;

// The rules of set 9, read behind a header of it.
std::vector<std::string> shown(const std::string& lines) {
  Rulesets sets;
  const auto read = sets.read("f", "[other=7]\n[mine=9]\n" + lines);
  if (!read) return {read.error().line()};
  std::vector<std::string> out;
  for (const Rule& rule : sets.find(9)->rules) out.push_back(text_of(rule));
  return out;
}

TEST(DevfsRules, EachWordIsKept) {
  EXPECT_THAT(shown("add path 'dri/card*' type tty unhide user root group 44 mode 0660 include 7"),
              ElementsAre("100 type tty path dri/card* unhide user root group 44 mode 660 "
                          "include 7"));
  EXPECT_THAT(shown("add hide\nadd unhide"), ElementsAre("100 hide", "200 unhide"));
}

TEST(DevfsRules, NumbersGoOnBehindTheHighest) {
  EXPECT_THAT(shown("add 250 hide\nadd unhide\nadd 10 mode 0"),
              ElementsAre("10 mode 0", "250 hide", "350 unhide"));
}

TEST(DevfsRules, TheShellsPart) {
  EXPECT_THAT(shown("  add path \"a b\" hide # not read\n# nor this\n\nadd include $other\n"
                    "add include ${other}\nadd path 'x$y#z' hide\nadd path \"n$other\" hide\n"
                    "add path a\\ b hide\r"),
              ElementsAre("100 path a b hide", "200 include 7", "300 include 7",
                          "400 path x$y#z hide", "500 path n7 hide", "600 path a b hide"));
}

TEST(DevfsRules, ALaterFileReplacesASetOfTheSameNumber) {
  Rulesets sets;
  ASSERT_TRUE(sets.read("a", "[one=1]\nadd hide\n[two=2]\nadd hide\n"));
  ASSERT_TRUE(sets.read("b", "[uno=1]\nadd include $two\n[three=3]\nadd include $uno\n"));
  std::vector<std::string> all;
  for (const auto& set : sets.all())
    all.push_back(concat(set.number, " ", set.name, ": ", text_of(set.rules[0])));
  EXPECT_THAT(all,
              ElementsAre("1 uno: 100 include 2", "2 two: 100 hide", "3 three: 100 include 1"));
  EXPECT_EQ(sets.find(4), nullptr);
}

TEST(DevfsRules, AFileWithAFaultChangesNothing) {
  Rulesets sets;
  ASSERT_TRUE(sets.read("a", "[one=1]\nadd hide\n"));
  EXPECT_FALSE(sets.read("b", "[uno=1]\nadd unhide\nadd oops\n"));
  EXPECT_EQ(sets.find(1)->name, "one");
}

}  // namespace
}  // namespace gaol::devfs
