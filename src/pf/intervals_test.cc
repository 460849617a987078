// SPDX-License-Identifier: BSD-2-Clause
#include "pf/intervals.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "pf/lower_match.h"

namespace gaol::pf {
namespace {

TableEntry entry(std::initializer_list<uint8_t> bytes, int prefix, bool negated = false) {
  TableEntry made{{AF_INET, {}, prefix}, negated};
  std::copy(bytes.begin(), bytes.end(), made.network.bytes);
  return made;
}

std::string text(std::vector<TableEntry> entries, int family = AF_INET) {
  std::string all;
  for (const auto& range : intervals({.sources = {{"", std::move(entries)}}}, family))
    all += host_text(range.first) + "-" + host_text(range.last) + " ";
  return all;
}

TEST(Intervals, TheSmallestNetworkDecides) {
  struct {
    std::vector<TableEntry> entries;
    const char* text;
  } const cases[] = {
      {{}, ""},
      {{entry({10}, 8)}, "10.0.0.0-10.255.255.255 "},
      {{entry({10}, 8), entry({10, 1}, 16, true)},
       "10.0.0.0-10.0.255.255 10.2.0.0-10.255.255.255 "},
      {{entry({10}, 8, true), entry({10, 1}, 16)}, "10.1.0.0-10.1.255.255 "},
      {{entry({10}, 8), entry({10}, 9, true), entry({10}, 32)},
       "10.0.0.0-10.0.0.0 10.128.0.0-10.255.255.255 "},
      {{entry({10, 0, 0, 1}, 32), entry({10, 0, 0, 2}, 31)}, "10.0.0.1-10.0.0.3 "},
      {{entry({0}, 0), entry({255, 255, 255, 255}, 32, true)}, "0.0.0.0-255.255.255.254 "},
      {{entry({0}, 0, true), entry({255, 255, 255, 255}, 32)}, "255.255.255.255-255.255.255.255 "},
      {{entry({0}, 0), entry({255}, 8, true), entry({255, 255, 255, 255}, 32)},
       "0.0.0.0-254.255.255.255 255.255.255.255-255.255.255.255 "},
  };
  for (const auto& c : cases) EXPECT_EQ(text(c.entries), c.text);
}

TEST(Intervals, FamiliesAreApart) {
  TableEntry six{{AF_INET6, {0xfd}, 8}, false};
  EXPECT_EQ(text({entry({10}, 8), six}, AF_INET6),
            "fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ");
}

}  // namespace
}  // namespace gaol::pf
