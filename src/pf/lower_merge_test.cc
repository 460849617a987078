// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lower_merge.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace gaol::pf {
namespace {

Test port(int low, int high) {
  const auto bytes = [](int port) {
    return std::string{static_cast<char>(port >> 8), static_cast<char>(port)};
  };
  return {"th dport", "", low == high ? concat(low) : concat(low, "-", high), bytes(low),
          bytes(high)};
}
Test protocol(int number) {
  const std::string byte(1, static_cast<char>(number));
  return {"meta l4proto", "", concat(number), byte, byte};
}
Test interface(const std::string& name) { return {"iifname", "", name, name, name}; }

class List {
 public:
  List& add(std::vector<Test> tests) {
    const auto n = entries_.size();
    entries_.push_back({{std::move(tests)}, concat("act ", n), concat("do/", n)});
    return *this;
  }
  List& fixed(std::vector<Test> tests) {
    entries_.push_back({{std::move(tests)}, "jump elsewhere", ""});
    return *this;
  }
  List& ports(int first, int last) {
    for (int n = first; n <= last; ++n) add({protocol(6), port(n, n)});
    return *this;
  }
  // One line for each rule and map.
  std::string merged() const {
    const auto made = merge(entries_, "m/");
    std::string text;
    for (const auto& map : made.maps) {
      text += concat(map.name, " ", map.type, map.intervals ? " intervals:" : ":");
      for (const auto& [key, chain] : map.elements) text += concat(" ", key, ">", chain);
      text += "\n";
    }
    for (const auto& rule : made.rules) text += rule + "\n";
    return text;
  }

 private:
  std::vector<Entry> entries_;
};

TEST(Merge, AlikeRulesAreOneLookup) {
  EXPECT_EQ(List().ports(1, 8).merged(),
            "m/0 inet_service: 1>do/0 2>do/1 3>do/2 4>do/3 5>do/4 6>do/5 7>do/6 8>do/7\n"
            "meta l4proto 6 th dport vmap @m/0\n");
}

TEST(Merge, FewRulesStayAsTheyAre) {
  EXPECT_EQ(List().ports(1, 2).merged(),
            "meta l4proto 6 th dport 1 act 0\n"
            "meta l4proto 6 th dport 2 act 1\n");
}

TEST(Merge, WhatDiffersIsTheKey) {
  List list;
  for (int n = 1; n <= 8; ++n) list.add({interface(n % 2 ? "a" : "b"), port(n, n + n % 2)});
  EXPECT_EQ(list.merged(),
            "m/0 ifname . inet_service intervals: a . 1-2>do/0 b . 2>do/1 a . 3-4>do/2 b . 4>do/3 "
            "a . 5-6>do/4 b . 6>do/5 a . 7-8>do/6 b . 8>do/7\n"
            "iifname . th dport vmap @m/0\n");
}

TEST(Merge, TheFirstOfTwoAlikeHidesTheSecond) {
  EXPECT_EQ(List().ports(1, 8).ports(3, 3).merged(), List().ports(1, 8).merged());
}

TEST(Merge, WhatOverlapsIsAskedBehind) {
  const auto text = List().ports(1, 8).add({protocol(6), port(5, 9)}).merged();
  EXPECT_TRUE(
      text.ends_with("meta l4proto 6 th dport vmap @m/0\n"
                     "meta l4proto 6 th dport 5-9 act 8\n"));
}

TEST(Merge, RulesMoveAheadOfThoseThatNoPacketPassesWithThem) {
  const auto text = List().ports(1, 7).add({protocol(17)}).ports(8, 8).merged();
  EXPECT_TRUE(
      text.ends_with("meta l4proto 6 th dport vmap @m/0\n"
                     "meta l4proto 17 act 7\n"));
}

TEST(Merge, RulesDoNotMoveAheadOfOthers) {
  EXPECT_FALSE(List().ports(1, 7).add({interface("a")}).ports(8, 8).merged().contains("vmap"));
  EXPECT_FALSE(List().ports(1, 7).fixed({protocol(17)}).ports(8, 8).merged().contains("vmap"));
}

TEST(Merge, WhatNoPacketPassesIsLeftOut) {
  EXPECT_EQ(List().add({interface("a"), interface("b")}).merged(), "");
}

}  // namespace
}  // namespace gaol::pf
