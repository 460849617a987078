// SPDX-License-Identifier: BSD-2-Clause

#include "net/alias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/fake_kernel.h"

namespace gaol::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Alias alias(const char* interface, uint8_t last) {
  return {interface, {AF_INET, {10, 0, 0, last}, 32}};
}

TEST(Alias, AddsInOrderAndTakesAwayInReverse) {
  FakeKernel kernel;
  const std::vector plan = {alias("em0", 1), alias("lo1", 2)};
  const auto added = add_aliases(kernel, plan);
  ASSERT_TRUE(added);
  EXPECT_EQ(*added, plan);
  EXPECT_TRUE(remove_aliases(kernel, *added));
  EXPECT_THAT(kernel.diary, ElementsAre("add_address em0 10.0.0.1/32",     //
                                        "add_address lo1 10.0.0.2/32",     //
                                        "remove_address lo1 10.0.0.2/32",  //
                                        "remove_address em0 10.0.0.1/32"));
}

TEST(Alias, LeavesAloneWhatStoodThereBefore) {
  FakeKernel kernel;
  kernel.aliases["em0"].insert("10.0.0.1/32");
  const auto added = add_aliases(kernel, std::vector{alias("em0", 1), alias("em0", 2)});
  ASSERT_TRUE(added);
  EXPECT_THAT(*added, ElementsAre(alias("em0", 2)));
}

TEST(Alias, AFailureWalksBackAndIsReported) {
  FakeKernel kernel;
  kernel.fail_on("add_address em0 10.0.0.3", ENODEV);
  kernel.fail_on("remove_address em0 10.0.0.2", EPERM);
  const auto added = add_aliases(
      kernel, std::vector{alias("em0", 1), alias("em0", 2), alias("em0", 3), alias("em0", 4)});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().text, "add_address em0 10.0.0.3/32: No such device");
  EXPECT_THAT(kernel.diary, ElementsAre("add_address em0 10.0.0.1/32",     //
                                        "add_address em0 10.0.0.2/32",     //
                                        "add_address em0 10.0.0.3/32",     //
                                        "remove_address em0 10.0.0.2/32",  //
                                        "remove_address em0 10.0.0.1/32"));
}

TEST(Alias, RemovingGoesOnAndReportsTheFirstFailure) {
  FakeKernel kernel;
  const std::vector added = {alias("em0", 1), alias("em0", 2), alias("em0", 3)};
  ASSERT_TRUE(add_aliases(kernel, added));
  kernel.fail_on("remove_address em0 10.0.0.2", EPERM);
  kernel.fail_on("remove_address em0 10.0.0.1", EIO);
  const auto removed = remove_aliases(kernel, added);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, EPERM);
  EXPECT_EQ(kernel.diary.back(), "remove_address em0 10.0.0.1/32");
}

TEST(Alias, NothingToDoTouchesNothing) {
  FakeKernel kernel;
  EXPECT_THAT(add_aliases(kernel, {}).value(), IsEmpty());
  EXPECT_TRUE(remove_aliases(kernel, {}));
  EXPECT_THAT(kernel.diary, IsEmpty());
}

}  // namespace
}  // namespace gaol::net
