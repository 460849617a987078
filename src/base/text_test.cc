// SPDX-License-Identifier: BSD-2-Clause
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/result.h"

namespace gaol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, ConcatTakesStringsCharactersAndIntegers) {
  const std::string name = "web";
  EXPECT_EQ(concat("jail ", name, ':', ' ', 7, std::string_view("!"), uint8_t{200}, int64_t{-9}),
            "jail web: 7!200-9");
  EXPECT_EQ(concat(), "");
}

TEST(Text, SplitKeepsEmptyPieces) {
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split("a", ','), ElementsAre("a"));
  EXPECT_THAT(split(",a,,b,", ','), ElementsAre("", "a", "", "b", ""));
}

TEST(Text, WordsHaveNoEmptyPieces) {
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words(" \t\f\v\r\n"), IsEmpty());
  EXPECT_THAT(words(" a\tb\r\n c "), ElementsAre("a", "b", "c"));
}

TEST(Text, JoinAndTrim) {
  EXPECT_EQ(join({}, ","), "");
  EXPECT_EQ(join({"a"}, ","), "a");
  EXPECT_EQ(join({"a", "", "a"}, ", "), "a, , a");
  EXPECT_EQ(trim(" \n a b\t"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, CaseIsThatOfAscii) {
  EXPECT_TRUE(equal_ignoring_case("TRUE", "true"));
  EXPECT_FALSE(equal_ignoring_case("true", "tru"));
  EXPECT_FALSE(equal_ignoring_case("\xc4", "\xe4"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Text, NumbersAreWholeOrNothing) {
  EXPECT_EQ(number<int>("0"), 0);
  EXPECT_EQ(number<int>("-12"), -12);
  EXPECT_EQ(number<uint32_t>("4294967295"), 4294967295);
  for (const char* junk : {"", " 1", "1 ", "+1", "0x1", "1.0", "4294967296", "-1", "one"})
    EXPECT_EQ(number<uint32_t>(junk), std::nullopt) << junk;
}

TEST(Text, ErrnoSpeaksEnglish) {
  EXPECT_EQ(errno_text(ENOENT), "No such file or directory");
  EXPECT_EQ(errno_text(EPERM), "Operation not permitted");
}

// --- Error and TRY ---

Result<int> half(int n) {
  if (n % 2 != 0) return fail(n, " is odd");
  return n / 2;
}
Result<int> quarter(int n) {
  const int halved = TRY(half(n));
  return half(halved);
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(7).error().text, "7 is odd");
  EXPECT_EQ(quarter(6).error().text, "3 is odd");
}

TEST(Result, ErrorsGrowOutwardAndEndWithAdvice) {
  Error error = fail_errno(ENOENT, "open ", "/x").error();
  EXPECT_EQ(error.code, ENOENT);
  EXPECT_EQ(std::move(error).in("mount.fstab ", 2).advise("make it first").line(),
            "mount.fstab 2: open /x: No such file or directory (make it first)");
}

}  // namespace
}  // namespace gaol
