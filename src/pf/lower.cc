// SPDX-License-Identifier: BSD-2-Clause

// Where each thing of a ruleset goes, in the order of the lists:
//
//                        stop, as in the file             last, in reverse
//   quick rule           itself                           -
//   other rule           -                                itself
//   match rule           itself, without a verdict        -
//   anchor A             jump stop/A                      jump last/A
//   anchor A quick       jump stop/A, jump last/A         -
//   anchor a/*           the same, for each in order      the same, for each in reverse
//
// By induction over anchors: `stop` has a verdict if and only if pf's evaluation of the ruleset
// ends early, and that verdict; if it has none, `last` has what pf remembers at the end.

#include "pf/lower.h"

#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include "base/text.h"
#include "pf/intervals.h"
#include "pf/lower_match.h"
#include "pf/lower_refuse.h"

namespace gaol::pf {
namespace {

// The kernel follows 16 jumps; the first is from the hook's chain.
constexpr int kMaxDepth = 14;
// Names have 255 characters, of which a table's takes up to 93.
constexpr size_t kMaxPath = 150;

// The hooks see the addresses that pf's rules see: behind the translation of the destination, and
// behind that of the source. `own` is the state that a packet makes in the direction of its
// connection, `other` the one that it makes against it.
struct Way {
  Direction direction;
  std::string_view name, hook, interface, own, other;
};
constexpr Way kWays[] = {
    {Direction::in, "in", "prerouting priority -50", "iifname", "0x1", "0x2"},
    {Direction::out, "out", "postrouting priority 300", "oifname", "0x2", "0x1"},
};

// The anchors that a call enters, in its order.
std::vector<std::string> called(const AnchorCall& call, const Policy& policy) {
  if (!call.children) return {call.path};
  const auto below = call.path.empty() ? std::string{} : call.path + "/";
  std::vector<std::string> paths;
  for (const auto& path : std::views::keys(policy.rulesets))
    if (!path.empty() && path.starts_with(below) &&
        path.find('/', below.size()) == std::string::npos)
      paths.push_back(path);
  return paths;
}

std::string range_text(const AddressRange& range) {
  const auto first = host_text(range.first), last = host_text(range.last);
  return first == last ? first : concat(first, "-", last);
}

class Lowering {
 public:
  explicit Lowering(const Policy& policy) : policy_(policy) {}

  Result<Lowered> lower() && {
    (void)TRY(depth("", 0));
    for (const auto& [path, ruleset] : policy_.rulesets) {
      for (const auto& table : ruleset.tables) declare(table, path);
      for (const auto& rule : ruleset.filter) (void)TRY(number(rule, path));
    }
    for (const auto& way : kWays) {
      hook(way);
      for (const auto& path : std::views::keys(paths_)) lists(path, way);
    }
    lowered_.text = "add table inet pf\n" + declarations_ + rules_;
    lowered_.sets.assign(sets_.begin(), sets_.end());
    return std::move(lowered_);
  }

 private:
  // Notes a ruleset that is called and what it calls. Chains of nothing are empty anchors.
  Result<> depth(const std::string& path, int above) {
    const auto [deepest, fresh] = paths_.try_emplace(path, above);
    if (!fresh && above <= deepest->second) return {};
    deepest->second = above;
    const auto ruleset = policy_.rulesets.find(path);
    if (ruleset == policy_.rulesets.end()) return {};
    for (const auto& rule : ruleset->second.filter) {
      if (rule.verdict != Verdict::anchor) continue;
      if (above == kMaxDepth)
        return refuse(policy_, rule.at, "anchors nested deeper than 14 levels");
      for (const auto& below : called(rule.anchor, policy_)) (void)TRY(depth(below, above + 1));
    }
    return {};
  }

  // Its counter and the sets that it asks.
  Result<> number(const FilterRule& rule, const std::string& path) {
    (void)TRY(check(policy_, rule));
    if (escaped(path).size() > kMaxPath)
      return refuse(policy_, rule.at, "names of anchors so long");
    for (const auto* side : {&rule.match.source, &rule.match.destination})
      if (const auto* table = std::get_if<TableName>(&side->address))
        for (const auto family : {Family::inet, Family::inet6})
          add_set(table_set(table->name, path, policy_, family), family);
    if (rule.verdict == Verdict::anchor) return {};
    declare("counter", counter(rule));
    return {};
  }

  std::string counter(const FilterRule& rule) {
    const auto [place, fresh] = numbers_.try_emplace(&rule, lowered_.rules.size());
    if (fresh) lowered_.rules.push_back(&rule);
    return concat("r", place->second);
  }

  void declare(std::string_view kind, std::string_view name) {
    declarations_ += concat("add ", kind, " inet pf ", name, "\n");
  }

  void add_set(const std::string& name, Family family) {
    if (!sets_.insert(name).second) return;
    declare("set", concat(name, " { type ", family == Family::inet ? "ipv4_addr" : "ipv6_addr",
                          "; flags interval; }"));
  }

  void declare(const Table& table, const std::string& path) {
    for (const auto family : {Family::inet, Family::inet6}) {
      const auto name = table_set(table.name, path, policy_, family);
      add_set(name, family);
      if (table.sources.empty()) continue;
      declarations_ += concat("flush set inet pf ", name, "\n");
      std::string elements;
      for (const auto& range : intervals(table, family == Family::inet ? AF_INET : AF_INET6))
        elements += concat(elements.empty() ? "" : ", ", range_text(range));
      if (!elements.empty())
        declarations_ += concat("add element inet pf ", name, " { ", elements, " }\n");
    }
  }

  // The chain of the hook: what is skipped, what has a state, and the rules.
  void hook(const Way& way) {
    const std::string name(way.name);
    declare("chain", concat(name, " { type filter hook ", way.hook, "; policy accept; }"));
    for (const auto& interface : policy_.options.skip.value_or(std::vector<std::string>{}))
      add(name, concat(way.interface, " ", interface_set(interface), " accept"));
    add(name, concat("ct direction . ct mark & 0x3 vmap { original . ", way.own,
                     " : accept, original . 0x3 : accept, reply . ", way.other,
                     " : accept, reply . 0x3 : accept }"));
    add(name, concat("jump ", way.name, "/stop"));
    add(name, concat("jump ", way.name, "/last"));
    keep(way);
  }

  // A packet that passes and makes a state. An error that speaks of a connection makes none.
  void keep(const Way& way) {
    const auto name = concat(way.name, "/keep");
    declare("chain", name);
    add(name, "meta l4proto { 1, 58 } ct state related accept");
    add(name, concat("ct direction original ct mark set ct mark | ", way.own));
    add(name, concat("ct direction reply ct mark set ct mark | ", way.other));
    add(name, "accept");
  }

  static std::string chain(const Way& way, std::string_view list, const std::string& path) {
    return concat(way.name, "/", list, path.empty() ? "" : "/", escaped(path));
  }

  // Both lists of one ruleset.
  void lists(const std::string& path, const Way& way) {
    const auto stop = chain(way, "stop", path), last = chain(way, "last", path);
    declare("chain", stop);
    declare("chain", last);
    const auto ruleset = policy_.rulesets.find(path);
    if (ruleset == policy_.rulesets.end()) return;
    for (const auto& rule : ruleset->second.filter)
      if (concerns(rule, way)) stop_item(rule, path, way, stop);
    for (const auto& rule : std::views::reverse(ruleset->second.filter))
      if (concerns(rule, way) && !rule.quick) last_item(rule, path, way, last);
  }

  static bool concerns(const FilterRule& rule, const Way& way) {
    return rule.match.direction == Direction::any || rule.match.direction == way.direction;
  }

  void stop_item(const FilterRule& rule, const std::string& path, const Way& way,
                 const std::string& to) {
    if (rule.verdict == Verdict::anchor) {
      const auto paths = called(rule.anchor, policy_);
      for (const auto& below : paths) jump(rule, path, way, to, chain(way, "stop", below));
      if (!rule.quick) return;
      for (const auto& below : std::views::reverse(paths))
        jump(rule, path, way, to, chain(way, "last", below));
    } else if (rule.quick || rule.verdict == Verdict::match) {
      each(rule, path, way, to, action(rule, way));
    }
  }

  void last_item(const FilterRule& rule, const std::string& path, const Way& way,
                 const std::string& to) {
    if (rule.verdict == Verdict::anchor) {
      for (const auto& below : std::views::reverse(called(rule.anchor, policy_)))
        jump(rule, path, way, to, chain(way, "last", below));
    } else if (rule.verdict != Verdict::match) {
      each(rule, path, way, to, action(rule, way));
    }
  }

  void jump(const FilterRule& rule, const std::string& path, const Way& way, const std::string& to,
            const std::string& target) {
    each(rule, path, way, to, "jump " + target);
  }

  // What is done, wherever the rule's tests hold.
  void each(const FilterRule& rule, const std::string& path, const Way& way, const std::string& to,
            const std::string& what) {
    for (const auto& condition : conditions(rule, way.direction, policy_, path))
      add(to, condition + what);
  }

  std::string action(const FilterRule& rule, const Way& way) {
    auto counted = concat("counter name ", counter(rule));
    if (rule.verdict == Verdict::match) return counted;
    if (rule.verdict == Verdict::block) return counted + " drop";
    if (rule.state == State::none) return counted + " accept";
    return concat(counted, " goto ", way.name, "/keep");
  }

  void add(std::string_view chain, std::string_view rule) {
    rules_ += concat("add rule inet pf ", chain, " ", rule, "\n");
  }

  const Policy& policy_;
  Lowered lowered_;
  std::map<const FilterRule*, size_t> numbers_;
  std::map<std::string, int> paths_;  // with the anchors around them
  std::set<std::string> sets_;
  std::string declarations_, rules_;
};

}  // namespace

Result<Lowered> lower(const Policy& policy) {
  (void)TRY(check(policy));
  return Lowering(policy).lower();
}

}  // namespace gaol::pf
