// SPDX-License-Identifier: BSD-2-Clause
#include "sys/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace gaol::sys {
namespace {

constexpr size_t kLongest = 100, kAround = 120;

std::string numbered() {
  std::string bytes(3 * kAround, '\0');
  std::iota(bytes.begin(), bytes.end(), '\1');
  return bytes;
}

// Every length, and every way that two areas can lie to each other.
TEST(Bytes, CopyWhateverOverlaps) {
  const std::string before = numbered();
  for (size_t length = 0; length <= kLongest; ++length)
    for (size_t to = 0; to < 2 * kAround; ++to) {
      std::string bytes = before, expected = before;
      copy_bytes(bytes.data() + to, bytes.data() + kAround, length);
      expected.replace(to, length, before, kAround, length);
      ASSERT_EQ(bytes, expected) << length << " bytes to " << to;
    }
}

TEST(Bytes, CompareAsUnsigned) {
  for (size_t length = 0; length <= kLongest; ++length) {
    const std::string a(length, 'a');
    EXPECT_EQ(compare_bytes(a.data(), std::string(length, 'a').data(), length), 0);
    for (size_t at = 0; at < length; ++at) {
      std::string b = a;
      b[at] = '\xff';
      std::ranges::fill(b.begin() + static_cast<std::ptrdiff_t>(at) + 1, b.end(), '\0');
      EXPECT_LT(compare_bytes(a.data(), b.data(), length), 0) << at << " of " << length;
      EXPECT_GT(compare_bytes(b.data(), a.data(), length), 0) << at << " of " << length;
      EXPECT_EQ(compare_bytes(a.data(), b.data(), at), 0);
    }
  }
}

}  // namespace
}  // namespace gaol::sys
