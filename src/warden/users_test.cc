// SPDX-License-Identifier: BSD-2-Clause
#include "warden/users.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_kernel.h"

namespace gaol::warden {
namespace {

using testing::ElementsAre;

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "damaged line\n"
    "short:x:5:5\n"
    "letters:x:five:5::/:/bin/sh\n"
    "www:x:33:33:www:/var/www:\n"
    "33:x:77:77:a name of digits:/home/33:/bin/sh\n"
    "last:x:4294967294:99::/last:/bin/sh";
constexpr std::string_view kGroup =
    "www:x:33:\nlogs:x:4:root,www\nmore:x:5:wwwx,www\nbroken:x:y:www\nsame:x:33:www\n";

TEST(FindUser, ByNameAndByNumber) {
  const auto www = find_user(kPasswd, kGroup, "www");
  ASSERT_TRUE(www);
  EXPECT_EQ(www->name, "www");
  EXPECT_EQ(www->home, "/var/www");
  EXPECT_EQ(www->shell, "/bin/sh") << "the standard one where none is given";
  EXPECT_EQ(www->uid, 33u);
  EXPECT_THAT(www->groups, ElementsAre(33, 4, 5));

  EXPECT_EQ(find_user(kPasswd, kGroup, "0")->name, "root");
  EXPECT_EQ(find_user(kPasswd, kGroup, "4294967294")->name, "last");
  EXPECT_EQ(find_user(kPasswd, "", "www")->groups, std::vector<uint32_t>{33});
}

TEST(FindUser, RefusesAndSaysWhom) {
  struct {
    const char *who, *text;
  } const cases[] = {
      {"nobody", "nobody: no such user"}, {"letters", "letters: no such user"},
      {"short", "short: no such user"},   {"4711", "unknown uid 4711"},
      {"-1", "-1: no such user"},         {"", ": no such user"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(find_user(kPasswd, kGroup, c.who).error().text, c.text) << c.who;
}

TEST(FindUser, OfTheJailIsReadInItsRoot) {
  FakeKernel kernel;
  kernel.files["/etc/passwd"] = "admin:x:1:1::/:/bin/sh\n";
  kernel.files["/proc/42/root/etc/passwd"] = "www:x:33:33::/:/bin/sh\n";
  EXPECT_EQ(host_user(kernel, "admin")->uid, 1u);
  EXPECT_EQ(jail_user(kernel, 42, "www")->uid, 33u);
  EXPECT_EQ(jail_user(kernel, 42, "admin").error().text, "admin: no such user");
}

TEST(Become, TakesOnIdsAndThreeVariables) {
  sys::Command command{.argv = {"id"}, .environment = {"A=1", "HOME=/old", "HOMER=x"}};
  become(command, *find_user(kPasswd, kGroup, "www"));
  EXPECT_EQ(command.uid, 33u);
  EXPECT_EQ(command.gid, 33u);
  EXPECT_THAT(command.groups, ElementsAre(33, 4, 5));
  EXPECT_THAT(command.environment,
              ElementsAre("A=1", "HOMER=x", "USER=www", "HOME=/var/www", "SHELL=/bin/sh"));
  EXPECT_STREQ(variable(command.environment, "HOME"), "/var/www");
  EXPECT_EQ(variable(command.environment, "HOM"), nullptr);
}

}  // namespace
}  // namespace gaol::warden
