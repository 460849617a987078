// SPDX-License-Identifier: BSD-2-Clause

// Jails in jails: made, counted and removed from inside.

#include "tests/functional/functional.h"

namespace gaol::test {
namespace {

std::string in(const std::string& jail, const std::string& command) {
  return "jexec " + jail + " /dev/gaol/sbin/" + command;
}

class NestedTest : public FunctionalTest {
 protected:
  void SetUp() override {
    FunctionalTest::SetUp();
    if (IsSkipped()) return;
    GAOL_NEEDS(commands_run_anywhere(), "needs static commands");
  }
  // What a jail reads of how many jails it may have, and has.
  std::string children(const std::string& jail) {
    return seen("jexec " + jail + " sed -n 's/security.jail.children.\\(.*\\)=/\\1 /p' " +
                "/dev/gaol/sysctl | sort");
  }
};

TEST_F(NestedTest, F03_nested) {
  ASSERT_EQ(create("name=outer children.max=1"), "");
  follow({
      {in("outer", "jail -c name=inner path=/ persist"), ""},
      {in("outer", "jail -c name=other path=/ persist"), "jail: prison limit exceeded\n[exit 1]\n"},
      {in("outer.inner", "jail -c name=third path=/ persist"),
       "jail: jail_set: Operation not permitted\n[exit 1]\n"},
      {in("outer", "jls name"), "inner\n"},
      {"jls name", "outer\nouter.inner\n"},
      {in("outer", "jail -r inner"), ""},
      {in("outer", "jls name"), ""},
      {in("outer", "jail -c name=other path=/ persist"), ""},
      {"jail -r outer", ""},
      {"jls name", ""},
  });
}

TEST_F(NestedTest, F24_not_inheritable) {
  ASSERT_EQ(create("name=outer children.max=1 meta=a=1 env=b=2"), "");
  follow({
      {in("outer", "jail -c name=inner path=/ persist"), ""},
      {"jls name meta env", "outer a=1 b=2\nouter.inner \"\" \"\"\n"},
      {"jexec outer.inner grep security.jail.env /dev/gaol/sysctl", "security.jail.env=\n"},
      {in("outer.inner", "jls meta env"), ""},
      {in("outer", "jls -n meta env"), "meta=\"\" env=\"\"\n"},
      {in("outer", "jail -m name=inner meta=c env=d"), ""},
      {in("outer", "jls meta env"), "c d\n"},
  });
}

TEST_F(NestedTest, F28_children_max_cur) {
  ASSERT_EQ(create("name=outer children.max=3"), "");
  EXPECT_EQ(children("outer"), "cur 0\nmax 3\n");
  EXPECT_EQ(seen(in("outer", "jail -c name=inner path=/ persist children.max=2")), "");
  EXPECT_EQ(children("outer"), "cur 1\nmax 3\n");
  EXPECT_EQ(children("outer.inner"), "cur 0\nmax 2\n");
  for (const char* name : {"one", "two"})
    EXPECT_EQ(seen(in("outer.inner", std::string("jail -c path=/ persist name=") + name)), "");
  EXPECT_EQ(children("outer"), "cur 3\nmax 3\n");
  EXPECT_EQ(children("outer.inner"), "cur 2\nmax 2\n");
  EXPECT_EQ(seen(in("outer.inner", "jail -r one")), "");
  EXPECT_EQ(seen(in("outer", "jail -m name=inner children.max=1")), "");
  EXPECT_EQ(children("outer"), "cur 2\nmax 3\n");
  EXPECT_EQ(children("outer.inner"), "cur 1\nmax 1\n");
  EXPECT_EQ(seen("jail -r outer.inner"), "");
  EXPECT_EQ(children("outer"), "cur 0\nmax 3\n");
}

}  // namespace
}  // namespace gaol::test
