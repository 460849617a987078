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
// Where a rule sets a tag, which sticks though another rule decides, and where `match quick` ends
// it all, order is everything. There the list `all` is as the file, a rule that matches leaves its
// number in the packet's mark, and `decide` does what the last of them says.
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

// The kernel follows 15 jumps. A list of `all` needs three of its own, two calls of anchors, and
// what becomes of a packet two.
constexpr int kMaxDepth = 10;
constexpr size_t kMaxTags = 255;
// Names have 255 characters, of which a table's takes up to 93.
constexpr size_t kMaxPath = 150;

// Of the mark: the number of the rule that decides so far, and whether one was found in the anchor.
constexpr uint32_t kRuleMask = 0x0000ffff, kFound = 0x01000000;
// Where the mark of a connection keeps its tag.
constexpr int kKeptTagShift = 4;
constexpr uint32_t kKeptTagMask = kTagMask >> kTagShift << kKeptTagShift;

// `meta mark set ...`, with these bits instead of those of `mask`.
std::string set_mark(uint32_t mask, uint32_t bits, std::string_view mark = "meta") {
  const auto kept = concat(mark, " mark & ", hex(~mask));
  return concat(mark, " mark set ", kept, bits ? " | " : "", bits ? hex(bits) : "");
}

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
    for (const auto& [tag, number] : tags_) keep_tag(number);
    for (const auto& way : kWays) {
      hook(way);
      for (const auto& path : std::views::keys(paths_)) lists(path, way);
      if (in_order(way)) decide(way);
    }
    lowered_.text = declarations_ + rules_;
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
        return refuse(policy_, rule.at, "anchors nested deeper than 10 levels");
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
    for (const auto& tag : {rule.tag, rule.match.tagged.name})
      if (!tag.empty()) tags_.try_emplace(tag, static_cast<unsigned>(tags_.size() + 1));
    if (tags_.size() > kMaxTags) return refuse(policy_, rule.at, "more than 255 tags");
    if (!rule.tag.empty() || (rule.verdict == Verdict::match && rule.quick))
      for (const auto& way : kWays)
        if (concerns(rule, way)) in_order_.insert(way.direction);
    if (rule.verdict == Verdict::anchor) return {};
    declare("counter", counter(rule));
    if (lowered_.rules.size() > kRuleMask) return refuse(policy_, rule.at, "more than 65535 rules");
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
    const auto admit = concat("goto ", way.name, "/known");
    add(name, concat("ct direction . ct mark & 0x3 vmap { original . ", way.own, " : ", admit,
                     ", original . 0x3 : ", admit, ", reply . ", way.other, " : ", admit,
                     ", reply . 0x3 : ", admit, " }"));
    if (in_order(way)) {
      add(name, set_mark(kRuleMask | kFound, 0));
      add(name, concat("jump ", way.name, "/all"));
      add(name, concat("goto ", way.name, "/decide"));
    } else {
      add(name, concat("jump ", way.name, "/stop"));
      add(name, concat("jump ", way.name, "/last"));
      add(name, concat("goto ", way.name, "/pass"));
    }
    pass(way);
    keep(way);
    known(way);
  }

  // Nothing passes with options of IP, unless its rule says so.
  void no_options(const std::string& chain) {
    add(chain, "ip hdrlength > 5 drop");
    for (const auto* header : {"hbh", "dst", "rt"})
      add(chain, concat("exthdr ", header, " exists drop"));
  }

  void pass(const Way& way) {
    const auto name = concat(way.name, "/pass");
    declare("chain", name);
    no_options(name);
    add(name, "accept");
  }

  bool in_order(const Way& way) const { return in_order_.contains(way.direction); }

  // A tag goes with the packets of a connection, from the one that made the state.
  void keep_tag(unsigned number) {
    const auto keeps = concat("tag/keep/", number), has = concat("tag/has/", number);
    declare("chain", keeps);
    declare("chain", has);
    add(keeps, set_mark(kKeptTagMask, number << kKeptTagShift, "ct"));
    add(has, set_mark(kTagMask, number << kTagShift) + " accept");
  }

  // A lookup of tags in that mark: `to` of every number.
  std::string each_tag(std::string_view mark, uint32_t mask, int shift, std::string_view to) {
    std::string elements;
    for (const auto number : std::views::values(tags_))
      elements += concat(elements.empty() ? "" : ", ", hex(number << shift), " : ", to, number);
    return concat(mark, " mark & ", hex(mask), " vmap { ", elements, " }");
  }

  // A packet that passes and makes a state. An error that speaks of a connection makes none.
  void keep(const Way& way) {
    const auto name = concat(way.name, "/keep");
    declare("chain", name);
    no_options(name);
    add(name, "meta l4proto { 1, 58 } ct state related accept");
    add(name, concat("ct direction original ct mark set ct mark | ", way.own));
    add(name, concat("ct direction reply ct mark set ct mark | ", way.other));
    if (!tags_.empty()) add(name, each_tag("meta", kTagMask, kTagShift, "jump tag/keep/"));
    add(name, "accept");
  }

  // A packet that has a state.
  void known(const Way& way) {
    const auto name = concat(way.name, "/known");
    declare("chain", name);
    no_options(name);
    if (!tags_.empty()) add(name, each_tag("ct", kKeptTagMask, kKeptTagShift, "goto tag/has/"));
    add(name, "accept");
  }

  static std::string chain(const Way& way, std::string_view list, const std::string& path) {
    return concat(way.name, "/", list, path.empty() ? "" : "/", escaped(path));
  }

  // Both lists of one ruleset.
  void lists(const std::string& path, const Way& way) {
    if (in_order(way)) return all(path, way);
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

  // The list of one ruleset as it is in the file.
  void all(const std::string& path, const Way& way) {
    const auto to = chain(way, "all", path);
    declare("chain", to);
    const auto ruleset = policy_.rulesets.find(path);
    if (ruleset == policy_.rulesets.end()) return;
    for (const auto& rule : ruleset->second.filter)
      if (concerns(rule, way)) each(rule, path, way, to, effect(rule, way));
  }

  // What is done with a packet at once, where order counts.
  std::string effect(const FilterRule& rule, const Way& way) {
    uint32_t mask = rule.tag.empty() ? 0 : kTagMask;
    uint32_t bits = rule.tag.empty() ? 0 : tags_.at(rule.tag) << kTagShift;
    std::string first;
    if (rule.verdict == Verdict::match) first = concat("counter name ", counter(rule), " ");
    if (rule.verdict == Verdict::pass || rule.verdict == Verdict::block) {
      mask |= kRuleMask | kFound;
      bits |= static_cast<uint32_t>(numbers_.at(&rule) + 1) | kFound;
    }
    if (mask != 0) first += set_mark(mask, bits) + " ";
    if (rule.verdict == Verdict::anchor) return first + "jump " + call(rule, way);
    return rule.quick ? concat(first, "goto ", way.name, "/decide") : first;
  }

  // The anchors of one call. If it is quick, it ends all that found something, which what was found
  // before must not hide.
  std::string call(const FilterRule& rule, const Way& way) {
    auto name = concat(way.name, "/call/", calls_++);
    const auto inside = rule.quick ? name + "/inside" : name;
    declare("chain", name);
    if (rule.quick) {
      declare("chain", inside);
      add(name, concat("meta mark & ", hex(kFound), " == 0 goto ", inside));
      add(name, set_mark(kFound, 0));
      add(name, "jump " + inside);
      add(name, set_mark(kFound, kFound));
    }
    for (const auto& below : called(rule.anchor, policy_))
      add(inside, "jump " + chain(way, "all", below));
    if (rule.quick)
      add(inside, concat("meta mark & ", hex(kFound), " != 0 goto ", way.name, "/decide"));
    return name;
  }

  // What the last rule that matched says.
  void decide(const Way& way) {
    const auto decide = concat(way.name, "/decide");
    declare("chain", decide);
    std::string elements;
    for (size_t n = 0; n < lowered_.rules.size(); ++n) {
      const auto& rule = *lowered_.rules[n];
      if (rule.verdict == Verdict::match || !concerns(rule, way)) continue;
      const auto name = concat(way.name, "/rule/", n);
      declare("chain", name);
      add(name, concat(set_mark(kRuleMask | kFound, 0), " ", action(rule, way)));
      elements += concat(elements.empty() ? "" : ", ", n + 1, " : goto ", name);
    }
    if (!elements.empty())
      add(decide, concat("meta mark & ", hex(kRuleMask), " vmap { ", elements, " }"));
    add(decide, concat("goto ", way.name, "/pass"));
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
    for (const auto& condition : conditions(rule, way.direction, policy_, path, tags_))
      add(to, condition.text() + what);
  }

  std::string action(const FilterRule& rule, const Way& way) {
    auto counted = concat("counter name ", counter(rule));
    if (rule.verdict == Verdict::match) return counted;
    if (rule.verdict == Verdict::block) return counted + " drop";
    if (rule.allow_opts) return counted + " accept";
    if (rule.state == State::none) return concat(counted, " goto ", way.name, "/pass");
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
  Tags tags_;
  std::set<Direction> in_order_;  // where order counts
  int calls_ = 0;
  std::string declarations_, rules_;
};

}  // namespace

Result<Lowered> lower(const Policy& policy) {
  (void)TRY(check(policy));
  return Lowering(policy).lower();
}

}  // namespace gaol::pf
