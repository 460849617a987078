// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lower_merge.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"

namespace gaol::pf {
namespace {

// Fewer rules are as fast one by one.
constexpr size_t kWorthAMap = 8;
// So many groups an entry looks back over for those of its own shape.
constexpr size_t kLookBack = 64;
// Intervals are compared one by one, so many of them.
constexpr size_t kMaxWide = 2000;

// The type that a key has in a map; nothing: it cannot be one.
std::string_view type_of(std::string_view key) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"iifname", "ifname"},      {"oifname", "ifname"},        {"meta l4proto", "inet_proto"},
      {"ip saddr", "ipv4_addr"},  {"ip daddr", "ipv4_addr"},    {"ip6 saddr", "ipv6_addr"},
      {"ip6 daddr", "ipv6_addr"}, {"th sport", "inet_service"}, {"th dport", "inet_service"}};
  const auto* found =
      std::ranges::find(kTypes, key, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kTypes) ? std::string_view{} : found->second;
}

bool is_key(const Test& test) { return test.is_interval() && !type_of(test.key).empty(); }

bool is_one_value(const Test& test) { return test.low == test.high; }

bool overlap(const Test& a, const Test& b) { return a.low <= b.high && b.low <= a.high; }

// No value passes both.
bool contradict(const Test& a, const Test& b) {
  if (a.key != b.key) return false;
  if (is_key(a) && is_key(b)) return !overlap(a, b);
  if (a.value == b.value) return a.op != b.op && (a.op == "!=" || b.op == "!=");
  return (a.op.empty() || a.op == "==") && a.op == b.op && !is_key(a) && !is_key(b) &&
         a.value.find_first_of("@{-/") == std::string::npos &&
         b.value.find_first_of("@{-/") == std::string::npos;
}

// No packet passes both.
bool contradict(const Condition& a, const Condition& b) {
  return std::ranges::any_of(a.tests, [&](const Test& test) {
    return std::ranges::any_of(b.tests, [&](const Test& other) { return contradict(test, other); });
  });
}

// Two conditions of one shape differ in the values of keys alone.
std::string shape_of(const Condition& condition) {
  std::string shape;
  for (const auto& test : condition.tests)
    shape += concat(test.key, " ", test.op, " ", is_key(test) ? "" : test.value, "\n");
  return shape;
}

// The values of all keys, where each is one value.
std::optional<std::string> exact_key(const Condition& condition) {
  std::string key;
  for (const auto& test : condition.tests) {
    if (!is_key(test)) continue;
    if (!is_one_value(test)) return {};
    key += concat(test.low.size(), ":", test.low);
  }
  return key;
}

// Entries of one shape, no two of which a packet passes; or one that nothing may join.
class Group {
 public:
  explicit Group(const Entry& entry, std::string shape)
      : fixed_(entry.own_chain.empty()), shape_(std::move(shape)), bounds_(entry.condition) {
    add(entry);
  }

  bool has(const std::string& shape) const { return !fixed_ && shape == shape_; }
  const std::vector<const Entry*>& entries() const { return entries_; }

  bool may_be_passed_by(const Entry& entry, const std::string& shape) const {
    if (fixed_) return false;
    if (contradict(bounds_, entry.condition)) return true;
    return shape == shape_ && wide_.size() < kMaxWide && !meets(entry.condition);
  }
  // Whatever passes the condition ends at an entry here.
  bool hides(const Condition& condition) const {
    const auto key = exact_key(condition);
    return key && exact_.contains(*key);
  }

  void add(const Entry& entry) {
    entries_.push_back(&entry);
    if (const auto key = exact_key(entry.condition))
      exact_.insert(*key);
    else
      wide_.push_back(&entry);
    for (size_t i = 0; i < bounds_.tests.size(); ++i) {
      auto& bound = bounds_.tests[i];
      const auto& test = entry.condition.tests[i];
      if (bound.value == test.value) continue;
      bound.value.clear();
      bound.low = std::min(bound.low, test.low);
      bound.high = std::max(bound.high, test.high);
    }
  }

 private:
  bool meets(const Condition& condition) const {
    const auto meets = [&](const Entry* entry) {
      for (size_t i = 0; i < condition.tests.size(); ++i) {
        const auto &a = condition.tests[i], &b = entry->condition.tests[i];
        if (is_key(a) && !overlap(a, b)) return false;
      }
      return true;
    };
    if (exact_key(condition)) return hides(condition) || std::ranges::any_of(wide_, meets);
    return std::ranges::any_of(entries_, meets);
  }

  bool fixed_;
  std::string shape_;
  Condition bounds_;  // around all entries
  std::vector<const Entry*> entries_, wide_;
  std::set<std::string, std::less<>> exact_;
};

std::vector<Group> grouped(const std::vector<Entry>& list) {
  std::vector<Group> groups;
  for (const auto& entry : list) {
    if (contradict(entry.condition, entry.condition)) continue;  // as `on em0 received-on em1`
    const auto shape = shape_of(entry.condition);
    const bool moves = !entry.own_chain.empty();
    Group* joined = nullptr;
    bool hidden = false;
    for (size_t back = 0; moves && !hidden && back < std::min(groups.size(), kLookBack); ++back) {
      Group& group = groups[groups.size() - 1 - back];
      const bool passes = group.may_be_passed_by(entry, shape);
      if (passes && group.has(shape)) joined = &group;
      if (passes) continue;
      hidden = group.has(shape) && group.hides(entry.condition);
      break;
    }
    if (hidden) continue;
    if (joined)
      joined->add(entry);
    else
      groups.emplace_back(entry, shape);
  }
  return groups;
}

// The group as one lookup: first what all its entries ask alike, then what they differ in.
void write_lookup(const Group& group, Map map, Merged& merged) {
  const auto& entries = group.entries();
  std::vector<size_t> keys;
  Condition common;
  const auto& first = entries.front()->condition.tests;
  for (size_t i = 0; i < first.size(); ++i) {
    const bool alike = std::ranges::all_of(entries, [&](const Entry* entry) {
      return entry->condition.tests[i].value == first[i].value;
    });
    if (alike)
      common.tests.push_back(first[i]);
    else
      keys.push_back(i);
  }
  std::string key;
  for (const size_t i : keys) {
    const std::string_view between = key.empty() ? "" : " . ";
    key += concat(between, first[i].key);
    map.type += concat(between, type_of(first[i].key));
  }
  for (const Entry* entry : entries) {
    std::string value;
    for (const size_t i : keys) {
      const auto& test = entry->condition.tests[i];
      value += concat(value.empty() ? "" : " . ", test.value);
      map.intervals = map.intervals || !is_one_value(test);
    }
    map.elements.push_back({std::move(value), entry->own_chain});
    merged.apart.push_back(entry);
  }
  merged.rules.push_back(concat(common.text(), key, " vmap @", map.name));
  merged.maps.push_back(std::move(map));
}

}  // namespace

Merged merge(const std::vector<Entry>& list, const std::string& prefix) {
  Merged merged;
  for (const auto& group : grouped(list)) {
    if (group.entries().size() >= kWorthAMap) {
      write_lookup(group, {.name = concat(prefix, merged.maps.size())}, merged);
      continue;
    }
    for (const Entry* entry : group.entries())
      merged.rules.push_back(entry->condition.text() + entry->action);
  }
  return merged;
}

}  // namespace gaol::pf
