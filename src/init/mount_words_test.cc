// SPDX-License-Identifier: BSD-2-Clause
#include "init/mount_words.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <string>

namespace gaol::init {
namespace {

TEST(MountFlags, BecomeAttributesAndTheOthersAreRefused) {
  struct {
    unsigned long flags;
    bool known;
    unsigned long set, clear;
  } const cases[] = {
      {0, true, 0, 0},
      {MS_RDONLY | MS_NOEXEC | MS_SILENT, true, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, 0},
      {MS_BIND | MS_REMOUNT, true, 0, 0},
      {MS_NOATIME, true, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
      {MS_BIND | MS_REC, false, 0, 0},
      {MS_MANDLOCK, false, 0, 0},
      {MS_SYNCHRONOUS | MS_RDONLY, false, MOUNT_ATTR_RDONLY, 0},
      {1UL << 40, false, 0, 0},
  };
  for (const auto& c : cases) {
    mount_attr attributes{};
    EXPECT_EQ(translate_flags(c.flags, attributes), c.known) << c.flags;
    EXPECT_EQ(attributes.attr_set, c.set) << c.flags;
    EXPECT_EQ(attributes.attr_clr, c.clear) << c.flags;
  }
}

TEST(TmpfsSize, IsInKibibytes) {
  constexpr unsigned long kMemory = 8'000'000;
  struct {
    const char* text;
    unsigned long size;
  } const cases[] = {
      {"65536", 64},
      {"64k", 64},
      {"1M", 1024},
      {"2g", 2 * 1024 * 1024},
      {"50%", 4'000'000},
      {"100%", kMemory},
      {"101%", 0},
      {"1023", 0},
      {"", 0},
      {"k", 0},
      {"-1", 0},
      {"1kk", 0},
      {"1t", 0},
      {" 1k", 0},
      {"0x10k", 0},
      {"99999999999999999999999", ~0UL / 1024},
      {"99999999999999999999999m", 0},
      {"18014398509481984m", 0},  // 2^54 times 2^10
  };
  for (const auto& c : cases) EXPECT_EQ(size_of(c.text, kMemory), c.size) << c.text;
}

constexpr OptionName kKnown[] = {{"size", true}, {"mode", true}, {"quiet", false}, {}};

// What becomes of the words: the options one by one, or the refusal.
std::string taken(std::string words, const OptionName* known = kKnown) {
  Options options;
  options.expect(known);
  if (const long rc = options.take(words.data()); rc < 0) return "-" + std::to_string(-rc);
  std::string out;
  for (const Option& option : options)
    out += std::string(option.key) + (option.value ? ":" : "") +
           (option.value ? option.value : "") + ";";
  return out;
}

TEST(MountOptions, AreTakenApartOrRefused) {
  const std::string refused = "-" + std::to_string(EINVAL);
  EXPECT_EQ(taken(""), "");
  EXPECT_EQ(taken("", nullptr), "");
  EXPECT_EQ(taken("size=1m,quiet,mode=700"), "size:1m;quiet;mode:700;");
  EXPECT_EQ(taken("size="), "size:;");
  EXPECT_EQ(taken("size=a=b"), "size:a=b;");
  EXPECT_EQ(taken("quiet,"), "quiet;");
  for (const char* words : {"size", "quiet=1", "siz=1", "sizes=1", "=1", ",", "quiet,,quiet",
                            "what", "size=1,what", "Size=1"})
    EXPECT_EQ(taken(words), refused) << words;
  EXPECT_EQ(taken("size=1", nullptr), refused);
}

TEST(MountOptions, AreSixteenAtMost) {
  std::string words;
  for (int count = 1; count <= 16; ++count) words += "quiet,";
  EXPECT_EQ(taken(words).size(), 16 * std::string("quiet;").size());
  EXPECT_EQ(taken(words + "quiet"), "-" + std::to_string(EINVAL));
}

TEST(MountOptions, TheLastOneCounts) {
  Options options;
  options.expect(kKnown);
  std::string words = "size=1,size=2";
  ASSERT_EQ(options.take(words.data()), 0);
  EXPECT_STREQ(options.find("size")->value, "2");
  EXPECT_EQ(options.find("mode"), nullptr);
  ASSERT_EQ(options.add("mode", "700"), 0);
  EXPECT_STREQ(options.find("mode")->value, "700");
}

}  // namespace
}  // namespace gaol::init
