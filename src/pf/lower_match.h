// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a rule tests, as nftables asks it.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pf/ruleset.h"

namespace gaol::pf {

// The numbers of tags, from 1. A packet carries its tag in these bits of its mark.
using Tags = std::map<std::string, unsigned, std::less<>>;
constexpr uint32_t kTagMask = 0x00ff0000;
constexpr int kTagShift = 16;

// `0x10`.
std::string hex(uint32_t number);

// `key op value`, as `ip saddr 10.0.0.0/8`. Where the value is one interval it can be a key of a
// map, and these are its ends as bytes, which compare as what they stand for does.
struct Test {
  std::string key, op, value;
  std::string low = {}, high = {};

  bool is_interval() const { return !low.empty(); }
};

// All of these hold.
struct Condition {
  std::vector<Test> tests;

  std::string text() const;  // with a blank behind each
};

// Conditions that exclude each other; the rule matches where one of them holds. None: it never
// matches. `tables` is the path of the ruleset whose tables it may name.
std::vector<Condition> conditions(const FilterRule& rule, Direction direction, const Policy& policy,
                                  const std::string& tables, const Tags& tags);

// Whether it is no name of a driver or of one of its interfaces: a set has the members.
bool is_group(const std::string& interface);

// `{ "em0" }`. The name of a group is that of its driver, but for is_group().
std::string interface_set(const std::string& name);

// The table that is meant by a name: what its sets are called behind the name of the family.
std::string table_id(const std::string& table, const std::string& path, const Policy& policy);
// The set that has its addresses of one family.
std::string table_set(const std::string& table, const std::string& path, const Policy& policy,
                      Family family);

// The anchors that a call enters, in its order.
std::vector<std::string> called(const AnchorCall& call, const Policy& policy);

// Without the prefix.
std::string host_text(const Network& network);
std::string range_text(const AddressRange& range);

// A name of nftables that says a path of pf's, or a table's; never the same for two of them.
std::string escaped(const std::string& path);

}  // namespace gaol::pf
