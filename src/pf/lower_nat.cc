// SPDX-License-Identifier: BSD-2-Clause

// pf asks two lists of a direction, and each until its first match: on the way in rdr and then
// binat, on the way out binat and then nat. `no` ends a list, and the next one is asked. So does
// nftables, with jumps for anchors: a translation ends all of it, and `no` goes to what follows.
//
// The kernel translates destinations before pf's rules for `in` are asked and sources before those
// for `out` are, so both see what pf's see.

#include "pf/lower_nat.h"

#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "pf/lower_mark.h"
#include "pf/lower_pool.h"
#include "pf/lower_refuse.h"

namespace gaol::pf {
namespace {

using Rule = TranslationRule;
constexpr int kMaxDepth = 10;

struct List {
  std::string_view name;
  std::vector<Rule> Ruleset::*rules;
};
// A hook that asks two lists.
struct Hook {
  Direction direction;
  std::string_view name, where, interface;
  List first, then;
};
constexpr Hook kIn{Direction::in,
                   "nat/in",
                   "prerouting priority -100",
                   "iifname",
                   {"rdr", &Ruleset::rdr},
                   {"binat", &Ruleset::binat}};
constexpr Hook kOut{Direction::out,
                    "nat/out",
                    "postrouting priority 100",
                    "oifname",
                    {"binat", &Ruleset::binat},
                    {"nat", &Ruleset::nat}};
// Only looks whether kOut will translate.
constexpr Hook kEarly{Direction::out, "nat/early", "", "oifname", kOut.first, kOut.then};

class Chains {
 public:
  Chains(const Policy& policy, const Tags& tags, const Hook& hook, Commands& to)
      : policy_(policy), tags_(tags), hook_(hook), to_(to) {}

  // The chains of both lists; the base chain that asks them is `base`.
  Result<> lists() {
    (void)TRY(list(hook_.first, concat("goto ", hook_.name, "/then"), "", 0));
    (void)TRY(list(hook_.then, "accept", "", 0));
    const auto then = concat(hook_.name, "/then");
    to_.declare("chain", then);
    to_.add(then, "jump " + chain(hook_.then, ""));
    to_.add(then, "accept");
    return {};
  }

  void base(std::string_view name) {
    for (const auto& interface : policy_.options.skip.value_or(std::vector<std::string>{}))
      to_.add(name, concat(hook_.interface, " ", interface_set(interface), " accept"));
    to_.add(name, "jump " + chain(hook_.first, ""));
    to_.add(name, concat("goto ", hook_.name, "/then"));
  }

 private:
  std::string chain(const List& list, const std::string& path) const {
    return concat(hook_.name, "/", list.name, path.empty() ? "" : "/", escaped(path));
  }

  // One list of the ruleset and of those that it calls. `no` is what `no nat` does.
  Result<> list(const List& list, const std::string& no, const std::string& path, int above) {
    const auto to = chain(list, path);
    if (!made_.insert(to).second) return {};
    to_.declare("chain", to);
    const auto ruleset = policy_.rulesets.find(path);
    if (ruleset == policy_.rulesets.end()) return {};
    for (const auto& rule : ruleset->second.*list.rules) {
      if (rule.act == Rule::Act::anchor) {
        if (above == kMaxDepth)
          return refuse(policy_, rule.at, "anchors nested deeper than 10 levels");
        for (const auto& below : called(rule.anchor, policy_)) {
          (void)TRY(this->list(list, no, below, above + 1));
          each(rule, path, to, {{"", "jump " + chain(list, below)}});
        }
      } else {
        each(rule, path, to,
             rule.act == Rule::Act::keep ? std::vector{Translating{"", no}} : translation(rule));
      }
    }
    return {};
  }

  std::vector<Translating> translation(const Rule& rule) const {
    if (&hook_ == &kEarly) return {{"", set_mark(kRuleMask, kLater) + " accept"}};
    const auto family = rule.match.family;
    if (rule.kind == Rule::Kind::nat)
      return translate_source(rule.pool, family, rule.match.protocol);
    if (rule.kind == Rule::Kind::rdr)
      return translate_destination(rule.pool, family, rule.match.destination.port);
    Pool pool = rule.pool;
    pool.choice = Pool::Choice::bitmask;
    pool.static_port = true;
    if (hook_.direction == Direction::out) return translate_source(pool, family, 0);
    pool.members[0].address = rule.match.source.address;
    return translate_destination(pool, family, {});
  }

  // What is done wherever the rule's tests hold, behind its tag and its `pass`.
  void each(const Rule& rule, const std::string& path, const std::string& to,
            const std::vector<Translating>& what) {
    uint32_t mask = 0, bits = 0;
    const bool looks = &hook_ == &kEarly && rule.act == Rule::Act::translate;
    if (!rule.tag.empty() && !looks) mask |= kTagMask, bits |= tags_.at(rule.tag) << kTagShift;
    if (rule.pass && !looks) mask |= kRuleMask, bits |= kPassed;
    const auto mark = mask == 0 ? "" : set_mark(mask, bits) + " ";
    for (const auto& condition : conditions(asked(rule), hook_.direction, policy_, path, tags_))
      for (const auto& [test, statement] : what)
        to_.add(to, concat(condition.text(), test, mark, statement));
  }

  // On the way in, binat is for what comes to its outer addresses.
  FilterRule asked(const Rule& rule) const {
    FilterRule asked;
    asked.match = rule.match;
    if (rule.kind == Rule::Kind::binat && rule.act == Rule::Act::translate &&
        hook_.direction == Direction::in) {
      asked.match.source = rule.match.destination;
      asked.match.destination = {.address = *rule.pool.members[0].address};
    }
    return asked;
  }

  const Policy& policy_;
  const Tags& tags_;
  const Hook& hook_;
  Commands& to_;
  std::set<std::string> made_;
};

}  // namespace

bool translates(const Policy& policy) {
  return std::ranges::any_of(policy.rulesets, [](const auto& each) {
    const Ruleset& ruleset = each.second;
    return !ruleset.nat.empty() || !ruleset.rdr.empty() || !ruleset.binat.empty();
  });
}

bool reaches_loopback(const Policy& policy) {
  const auto is_loopback = [](const Pool::Member& member) {
    const auto* network = std::get_if<Network>(&*member.address);
    return network && network->family == AF_INET && network->bytes[0] == 127;
  };
  for (const auto& [path, ruleset] : policy.rulesets)
    for (const auto& rule : ruleset.rdr)
      if (std::ranges::any_of(rule.pool.members, is_loopback)) return true;
  return false;
}

void guard_loopback(Commands& commands) {
  commands.hook(kLoopback, "filter", "prerouting priority -110");
  for (const auto* end : {"saddr", "daddr"})
    commands.add(kLoopback, concat("iifname != \"lo\" ip ", end, " 127.0.0.0/8 drop"));
}

Result<> lower_translation(const Policy& policy, const Tags& tags, Early early,
                           Commands& commands) {
  for (const auto* hook : {&kIn, &kOut}) {
    commands.hook(hook->name, "nat", hook->where);
    Chains chains(policy, tags, *hook, commands);
    (void)TRY(chains.lists());
    if (early == Early::yes && hook == &kOut)  // rules were asked, and it was not to be translated
      commands.add(hook->name, concat("meta mark & ", hex(kRuleMask), " != 0 accept"));
    chains.base(hook->name);
  }
  if (early == Early::no) return {};
  Chains looks(policy, tags, kEarly, commands);
  (void)TRY(looks.lists());
  for (const std::string where : {"forward", "output"}) {
    const auto name = concat("nat/early/", where);
    commands.hook(name, "filter", where + " priority -1");
    commands.add(name, "ct status confirmed accept");  // it was, or will not be
    commands.add(name, set_mark(kRuleMask | kFound, 0));
    looks.base(name);
  }
  return {};
}

}  // namespace gaol::pf
