// SPDX-License-Identifier: BSD-2-Clause
#include "pf/table_rows.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <random>

#include "base/text.h"
#include "pf/lower_match.h"

namespace gaol::pf {
namespace {

using testing::ElementsAre;

TableEntry entry(std::initializer_list<uint8_t> bytes, int prefix, bool negated = false) {
  TableEntry made{{AF_INET, {}, prefix}, negated};
  std::copy(bytes.begin(), bytes.end(), made.network.bytes);
  return made;
}

std::string letters(const Answers& answers) {
  std::string all;
  for (const auto& answer : answers) all += static_cast<char>(answer.feedback);
  return all;
}

std::vector<std::string> spans(const std::vector<sys::AddressSpan>& all) {
  std::vector<std::string> texts;
  for (const auto& [first, last] : all)
    texts.push_back(concat(host_text(first), "-", host_text(last)));
  return texts;
}

TEST(TableRows, AreTheSameAsText) {
  TableRows rows;
  add(rows, {entry({10, 1}, 16, true), entry({10}, 8), entry({192, 0, 2, 1}, 32)}, 1'700'000'000);
  rows.push_back({{{AF_INET6, {0x20, 1}, 16}, false}, 5});
  const auto text = to_text(rows);
  EXPECT_EQ(text,
            "10.0.0.0/8 1700000000\n"
            "!10.1.0.0/16 1700000000\n"
            "192.0.2.1/32 1700000000\n"
            "2001::/16 5\n");
  EXPECT_EQ(to_text(*rows_from(text)), text);
}

TEST(TableRows, DamageIsTold) {
  for (const char* text : {"10.0.0.1 5", "10.0.0.1/32", "10.0.0.1/32 x", "ten/8 5", "10.0.0.1/ 5"})
    EXPECT_EQ(rows_from(text).error().line(), concat("damaged: ", text)) << text;
}

TEST(TableRows, SayWhatBecameOfEachEntry) {
  TableRows rows;
  const auto a = entry({10, 0, 0, 1}, 32), b = entry({10, 0, 0, 2}, 32), c = entry({10}, 8);
  const auto not_a = entry({10, 0, 0, 1}, 32, true);
  EXPECT_EQ(letters(add(rows, {b, a, a}, 1)), "AAX");
  EXPECT_EQ(letters(add(rows, {a, not_a, c}, 2)), " XA");
  EXPECT_EQ(letters(add(rows, {not_a}, 2)), "Y");
  EXPECT_EQ(letters(clear(rows, {a, entry({11}, 8)}, 9)), "Z ");
  EXPECT_EQ(to_text(rows), "10.0.0.0/8 2\n10.0.0.1/32 9\n10.0.0.2/32 1\n");
  EXPECT_EQ(letters(replace(rows, {not_a, c, c, entry({11}, 8)}, 7)), "C XAD");
  EXPECT_EQ(to_text(rows), "10.0.0.0/8 2\n!10.0.0.1/32 9\n11.0.0.0/8 7\n");
  EXPECT_EQ(letters(remove(rows, {a, b, c, c})), "Y DX");
  EXPECT_EQ(to_text(rows), "!10.0.0.1/32 9\n11.0.0.0/8 7\n");
}

TEST(TableRows, TheSmallestNetworkDecides) {
  TableRows rows;
  add(rows, {entry({10}, 8), entry({10, 1}, 16, true), entry({10, 1, 0, 1}, 32)}, 1);
  EXPECT_EQ(deciding(rows, entry({10, 1, 0, 1}, 32).network)->entry.network.prefix, 32);
  EXPECT_EQ(deciding(rows, entry({10, 1, 0, 2}, 32).network)->entry.network.prefix, 16);
  EXPECT_EQ(deciding(rows, entry({10, 2, 0, 1}, 32).network)->entry.network.prefix, 8);
  EXPECT_EQ(deciding(rows, entry({11, 0, 0, 1}, 32).network), nullptr);
}

// Only the intervals around what changed.
TEST(TableRows, TheKernelHearsTheDifference) {
  TableRows before, after;
  add(before, {entry({1, 2, 3, 4}, 32), entry({10}, 8)}, 1);
  after = before;
  add(after, {entry({10, 1}, 16, true), entry({1, 2, 3, 5}, 32)}, 1);
  const auto change = difference(before, after, AF_INET);
  EXPECT_THAT(spans(change.remove), ElementsAre("1.2.3.4-1.2.3.4", "10.0.0.0-10.255.255.255"));
  EXPECT_THAT(spans(change.add),
              ElementsAre("1.2.3.4-1.2.3.5", "10.0.0.0-10.0.255.255", "10.2.0.0-10.255.255.255"));
  const auto none = difference(before, after, AF_INET6);
  EXPECT_TRUE(none.remove.empty() && none.add.empty());
}

// Whatever is added to tables or taken out: the set is as if it were made anew.
TEST(TableRows, TheDifferenceLeadsFromOneToTheOther) {
  std::minstd_rand random(5);
  for (int round = 0; round < 2000; ++round) {
    TableRows before, after;
    std::vector<TableEntry> entries;
    for (int n = 0; n < 12; ++n) {
      const auto host = static_cast<uint8_t>(random() % 32);
      const int prefix = random() % 2 ? 32 : 27 + static_cast<int>(random() % 5);
      const auto bits = static_cast<uint8_t>(0xff << (32 - prefix));
      entries.push_back(entry({static_cast<uint8_t>(random() % 3 ? 10 : 255), 255, 255,
                               static_cast<uint8_t>((224 + host) & bits)},
                              prefix, random() % 4 == 0));
    }
    add(before, {entries.begin(), entries.begin() + 8}, 1);
    after = before;
    add(after, {entries.begin() + 8, entries.end()}, 1);
    remove(after, {entries.begin(), entries.begin() + random() % 3});
    auto set = spans(difference({}, before, AF_INET).add);
    const auto change = difference(before, after, AF_INET);
    for (const auto& gone : spans(change.remove))
      ASSERT_EQ(std::erase(set, gone), 1U) << round << " " << gone << "\n" << to_text(before);
    for (const auto& fresh : spans(change.add)) set.push_back(fresh);
    ASSERT_THAT(set, testing::UnorderedElementsAreArray(spans(difference({}, after, AF_INET).add)))
        << round << "\n"
        << to_text(before) << "\n"
        << to_text(after);
  }
}

}  // namespace
}  // namespace gaol::pf
