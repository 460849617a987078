// SPDX-License-Identifier: BSD-2-Clause
#include "warden/compat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_kernel.h"

namespace gaol::warden {
namespace {

class CompatTest : public testing::Test {
 protected:
  CompatTest() {
    kernel_.symlinks["/proc/self/exe"] = "/usr/sbin/jail";
    for (const char* word : {"ifconfig", "route", "sysctl"})
      kernel_.files[concat("/usr/libexec/gaol/compat/", word)] = "";
  }
  FakeKernel kernel_;
};

TEST_F(CompatTest, StandsForTheWordsOfFreeBsdWhereItHasThem) {
  for (const char* word : {"ifconfig", "/sbin/ifconfig", "/usr/sbin/ifconfig", "route"}) {
    const auto program = compat_program(kernel_, word);
    ASSERT_TRUE(program) << word << ": " << program.error().text;
    EXPECT_TRUE(*program) << word;
  }
  for (const char* word : {"ifconfigs", "/bin/ifconfig", "./ifconfig", "sh", "/sbin/", ""}) {
    const auto program = compat_program(kernel_, word);
    ASSERT_TRUE(program) << word << ": " << program.error().text;
    EXPECT_FALSE(*program) << word;
  }
}

TEST_F(CompatTest, AMissingProgramIsAnErrorAndNotTheHostsOwn) {
  kernel_.files.erase("/usr/libexec/gaol/compat/route");
  const auto program = compat_program(kernel_, "route");
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().text, "/usr/libexec/gaol/compat/route: No such file or directory");
}

TEST_F(CompatTest, IsFoundFirst) {
  std::vector<std::string> environment = {"PATH=/sbin:/bin", "TERM=vt100"};
  find_compat_first(kernel_, environment);
  EXPECT_THAT(environment, testing::UnorderedElementsAre("PATH=/usr/libexec/gaol/compat:/sbin:/bin",
                                                         "TERM=vt100"));
}

TEST_F(CompatTest, IsFoundLastInsideAJail) {
  std::vector<std::string> environment = {"PATH=/sbin:/bin"};
  find_compat_last(environment);
  EXPECT_THAT(environment, testing::ElementsAre("PATH=/sbin:/bin:/dev/gaol/bin"));
  environment = {"TERM=vt100"};
  find_compat_last(environment);
  EXPECT_THAT(environment, testing::ElementsAre("TERM=vt100"));
}

}  // namespace
}  // namespace gaol::warden
