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
//
// Where the kernel lets a packet out, it sends no answers any more. So if a rule for `out` answers,
// the rules are asked when a packet is forwarded or sent, before its source is translated; the
// number of the one that decides stays in the mark until the packet leaves.

#include "pf/lower.h"

#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include "base/text.h"
#include "pf/commands.h"
#include "pf/follow.h"
#include "pf/intervals.h"
#include "pf/lower_answer.h"
#include "pf/lower_log.h"
#include "pf/lower_mark.h"
#include "pf/lower_match.h"
#include "pf/lower_merge.h"
#include "pf/lower_nat.h"
#include "pf/lower_refuse.h"
#include "pf/lower_scrub.h"
#include "pf/lower_state.h"
#include "pf/print.h"

namespace gaol::pf {
namespace {

// The kernel follows 15 jumps. A list of `all` needs three of its own, two calls of anchors, and
// what becomes of a packet two.
constexpr int kMaxDepth = 10;
// In the label of a connection two bits say that its packets are scrubbed in one of these ways: of
// the state for `in`, and of the one for `out`.
constexpr size_t kMaxScrubs = 32, kFirstScrubBit = 32;
// Names have 255 characters, of which a table's takes up to 93.
constexpr size_t kMaxPath = 150;

constexpr const Way& kOut = kWays[1];

class Lowering {
 public:
  Lowering(const Policy& policy, const Remembered& before) : policy_(policy), before_(before) {}

  Result<Lowered> lower() && {
    lowered_.settings = TRY(settings_of(policy_));
    (void)TRY(depth("", 0));
    (void)TRY(normalize());
    for (const auto& name : policy_.options.skip.value_or(std::vector<std::string>{})) note(name);
    for (const auto& [path, ruleset] : policy_.rulesets) {
      for (const auto& table : ruleset.tables) declare(table, path);
      for (const auto& rule : ruleset.filter) (void)TRY(number(rule, path));
      for (const auto* rules : {&ruleset.nat, &ruleset.rdr, &ruleset.binat})
        for (const auto& rule : *rules) (void)TRY(note(rule, path));
    }
    identify();
    states_.shared();
    for (const auto& way : kWays) {
      hook(way);
      scrub(way);
      for (const auto& path : std::views::keys(paths_)) lists(path, way);
      if (acts_late(way)) decide(way);
      for (size_t n = 0; n < lowered_.rules.size(); ++n) carry_out(n, way);
    }
    if (answers(kOut)) ask_early(kOut);
    own();
    lowered_.loopback = reaches_loopback(policy_);
    if (lowered_.loopback) guard_loopback(commands_);
    if (translates_)
      (void)TRY(
          lower_translation(policy_, tags_, answers(kOut) ? Early::yes : Early::no, commands_));
    lowered_.text = commands_.declarations + commands_.rules;
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

  // What a rule names, if it can be carried over at all.
  template <class Rule>
  Result<> note(const Rule& rule, const std::string& path) {
    (void)TRY(check(policy_, rule));
    if (escaped(path).size() > kMaxPath)
      return refuse(policy_, rule.at, "names of anchors so long");
    for (const auto* side : {&rule.match.source, &rule.match.destination})
      for (const auto family : {Family::inet, Family::inet6}) {
        if (const auto* table = std::get_if<TableName>(&side->address))
          add_set(table_set(table->name, path, policy_, family), family);
        if (const auto* dynamic = std::get_if<DynamicAddress>(&side->address))
          follow({follow_set(*dynamic, family), family, *dynamic});
      }
    note(rule.match.on.name);
    for (const auto& tag : {rule.tag, rule.match.tagged.name})
      if (!tag.empty()) tags_.try_emplace(tag);
    if (tags_.size() > kMaxTags) return refuse(policy_, rule.at, "more than 255 tags");
    return {};
  }

  // Its counter.
  Result<> number(const FilterRule& rule, const std::string& path) {
    (void)TRY(note(rule, path));
    note(rule.received_on.name);
    if (!rule.tag.empty() || (rule.verdict == Verdict::match && rule.quick))
      for (const auto& way : kWays)
        if (concerns(rule, way)) in_order_.insert(way.direction);
    if (rule.verdict == Verdict::anchor) return {};
    if (changes(rule) != Normalization{}) (void)TRY(number_scrub(rule));
    if (rule.scrub.reassemble_tcp) warn_of_reassembly(rule.at);
    if (rule.state == State::modulate)
      warn(rule.at, "modulate state is keep state: initial sequence numbers are random as it is");
    answers_ = answers_ || (is_answered(rule) && concerns(rule, kOut));
    const auto number = lowered_.rules.size();
    numbers_[&rule] = number;
    lowered_.rules.push_back(&rule);
    paths_of_rules_.push_back(path);
    if (lowered_.rules.size() >= kLater) return refuse(policy_, rule.at, "more than 65532 rules");
    for (const auto& way : kWays)
      if (concerns(rule, way) || has_states(rule))
        commands_.declare("counter", concat(way.name, "/", number));
    if (has_states(rule)) commands_.declare("counter", concat("made/", number));
    lowered_.names.push_back(concat(path, "\n", print(rule, {.numeric_ports = true})));
    return {};
  }

  // States remember how they are scrubbed.
  Result<> number_scrub(const FilterRule& rule) {
    const auto [place, fresh] = scrubs_.try_emplace(changes(rule), scrubs_.size());
    if (scrubs_.size() > kMaxScrubs) return refuse(policy_, rule.at, "more than 32 kinds of scrub");
    if (fresh) scrub_chain(scrub_name(rule), changes(rule));
    return {};
  }

  void warn_of_reassembly(const Position& at) {
    warn(at, "reassemble tcp does nothing on this system");
  }

  void warn(const Position& at, std::string_view what) {
    const std::string file = at.file < policy_.files.size() ? policy_.files[at.file] : "-";
    lowered_.warnings.push_back(concat(file, ":", at.line, ": warning: ", what));
  }

  // What is translated has a state, whatever its rule says.
  bool has_states(const FilterRule& rule) const {
    return rule.verdict == Verdict::pass && (rule.state != State::none || translates_);
  }

  // What connections remember by number. A rule that stands there twice is two rules.
  void identify() {
    std::map<std::string, int> copies;
    for (auto& name : lowered_.names)
      if (const int copy = copies[name]++; copy > 0) name += concat("\n", copy);
    std::vector<std::string> with_states;
    for (size_t n = 0; n < lowered_.rules.size(); ++n)
      if (has_states(*lowered_.rules[n])) with_states.push_back(lowered_.names[n]);
    lowered_.remembered.rules = renumbered(before_.rules, with_states, kMaxId);
    lowered_.ids.resize(lowered_.rules.size());
    for (size_t n = 0; n < lowered_.rules.size(); ++n) {
      const auto id = lowered_.remembered.rules.of.find(lowered_.names[n]);
      if (id == lowered_.remembered.rules.of.end()) continue;
      lowered_.ids[n] = id->second;
      state_rules_.push_back({id->second, n});
    }
    std::vector<std::string> tags;
    for (const auto& tag : std::views::keys(tags_)) tags.push_back(tag);
    lowered_.remembered.tags = renumbered(before_.tags, tags, kMaxTags);
    for (auto& [tag, number] : tags_) number = lowered_.remembered.tags.of.at(tag);
  }

  // What is done with every packet that a rule decides about.
  std::string counted(const FilterRule& rule, const Way& way) const {
    return concat("counter name ", way.name, "/", numbers_.at(&rule), logged(rule, way));
  }

  std::string logged(const FilterRule& rule, const Way& way) const {
    if (!rule.log) return {};
    const auto& path = paths_of_rules_[numbers_.at(&rule)];
    const auto n = static_cast<size_t>(&rule - policy_.rulesets.at(path).filter.data());
    return " " + log_statement(rule, n, path, policy_, way.direction);
  }

  void add_set(const std::string& name, Family family) {
    if (!sets_.insert(name).second) return;
    commands_.declare("set",
                      concat(name, " { type ", family == Family::inet ? "ipv4_addr" : "ipv6_addr",
                             "; flags interval; }"));
  }

  // Groups whose members no name says.
  void note(const std::string& interface) {
    if (is_group(interface)) follow({follow_set(interface), Family::any, {.interface = interface}});
  }

  void follow(const Followed& followed) {
    if (sets_.contains(followed.name)) return;
    if (followed.family != Family::any)
      add_set(followed.name, followed.family);
    else
      commands_.declare("set", followed.name + " { type ifname; }");
    sets_.insert(followed.name);
    lowered_.follows.push_back(followed);
  }

  void declare(const Table& table, const std::string& path) {
    lowered_.tables.emplace_back(table_id(table.name, path, policy_), &table);
    for (const auto family : {Family::inet, Family::inet6}) {
      const auto name = table_set(table.name, path, policy_, family);
      add_set(name, family);
      if (table.sources.empty()) continue;
      commands_.declarations += concat("flush set inet pf ", name, "\n");
      std::string elements;
      for (const auto& range : intervals(table, family == Family::inet ? AF_INET : AF_INET6))
        elements += concat(elements.empty() ? "" : ", ", range_text(range));
      if (!elements.empty())
        commands_.declarations += concat("add element inet pf ", name, " { ", elements, " }\n");
    }
  }

  // The chain of the hook: what no rule is asked about, and the rules.
  void hook(const Way& way) {
    const std::string name(way.name);
    commands_.hook(name, "filter", way.hook);
    spare(name, way, states_.known(way, also(way)));
    if (translates_) translated(name, way);
    if (answers(way)) add(name, concat("meta mark & ", hex(kRuleMask), " != 0 accept"));
    ask(name, way);
    pass(way);
    any(way);
    states_.keep(way);
  }

  void skip(const std::string& chain, const Way& way) {
    for (const auto& interface : policy_.options.skip.value_or(std::vector<std::string>{}))
      add(chain, concat(way.interface, " ", interface_set(interface), " accept"));
  }

  // What is skipped, what pf says itself, which is in no state's account, and what has a state.
  void spare(const std::string& chain, const Way& way, const std::string& known) {
    skip(chain, way);
    const auto* from_here = way.direction == Direction::in ? "iifname \"lo\"" : "meta iif 0";
    add(chain, concat(from_here, " ct state { invalid, related } jump own"));
    add(chain, known);
  }

  // `rdr pass` and the like: no rule is asked, and the state is made. If the translation changes
  // nothing, there was none.
  void translated(const std::string& chain, const Way& way) {
    const auto passed = concat(way.name, "/passed");
    commands_.declare("chain", passed);
    add(chain, has_mark(kRuleMask, kPassed) + "goto " + passed);
    add(passed, set_mark(kRuleMask, 0));
    add(passed, concat("ct status ", way.translation, " jump options"));
    add(passed, concat("ct status ", way.translation, " goto ", way.name, "/keep"));
    ask(passed, way);
  }

  void ask(const std::string& chain, const Way& way) {
    if (in_order(way)) {
      add(chain, set_mark(kRuleMask | kFound, 0));
      add(chain, concat("jump ", way.name, "/all"));
    } else {
      add(chain, concat("jump ", way.name, "/stop"));
      add(chain, concat("jump ", way.name, "/last"));
    }
    add(chain, acts_late(way) ? end(way) : concat("goto ", way.name, "/pass"));
  }

  // What comes after the last rule, or after the one that ends it all.
  std::string end(const Way& way) const {
    return concat("goto ", way.name, answers(way) ? "/asked" : "/decide");
  }

  // Rules of this direction are asked by one hook, and another does what they say.
  bool answers(const Way& way) const { return answers_ && way.direction == Direction::out; }

  // What the last rule said is done at the end.
  bool acts_late(const Way& way) const { return in_order(way) || answers(way); }

  void ask_early(const Way& way) {
    std::string elements;
    for (size_t n = 0; n < lowered_.rules.size(); ++n) {
      const auto& rule = *lowered_.rules[n];
      if (!is_answered(rule) || !concerns(rule, way)) continue;
      const auto name = concat(way.name, "/answer/", n);
      commands_.declare("chain", name);
      add(name, concat(set_mark(kRuleMask | kFound, 0), " ", answer(rule, way)));
      elements += concat(elements.empty() ? "" : ", ", n + 1, " : goto ", name);
    }
    for (const std::string where : {"forward", "output"}) {
      const auto asks = concat(way.name, "/", where), replies = asks + "/answer";
      commands_.hook(asks, "filter", where + " priority 0");
      if (translates_) add(asks, has_mark(kRuleMask, kLater) + set_mark(kRuleMask, 0) + " accept");
      add(asks, set_mark(kRuleMask | kFound, 0));
      spare(asks, way, admitted(way, "accept", "accept"));
      ask(asks, way);
      commands_.hook(replies, "filter", where + " priority 1");
      add(replies, concat("meta mark & ", hex(kRuleMask), " vmap { ", elements, " }"));
    }
    const auto asked = concat(way.name, "/asked"), ends = concat(way.name, "/end");
    commands_.declare("chain", asked);
    add(asked, concat("meta mark & ", hex(kRuleMask), " == 0 ", set_mark(kRuleMask, kNobody)));
    add(asked, "accept");
    commands_.hook(ends, "filter", "postrouting priority 301");
    add(ends, concat("meta mark & ", hex(kRuleMask), " == 0 accept"));
    add(ends, concat("goto ", way.name, "/decide"));
  }

  // No rule is asked about answers to what was blocked, nor about the kernel's errors: they come of
  // packets that were let in, or of none.
  void own() {
    commands_.declare("chain", "own");
    add("own", "meta skuid >= 0 return");  // somebody's socket
    add("own", "icmp type { 3, 11, 12 } accept");
    add("own", "icmpv6 type { 1-4 } accept");
    add("own", "ct state related tcp flags & 0x4 == 0x4 accept");
  }

  // The counter of the rule and the answer, which is not to be had in every hook.
  std::string answer(const FilterRule& rule, const Way& way) {
    const auto name = answer_chain(rule.reply);
    if (replies_.insert(name).second) {
      commands_.declare("chain", name);
      for (const auto& line : answer_rules(rule.reply)) add(name, line);
    }
    return concat(counted(rule, way), " goto ", name);
  }

  std::string scrub_name(const FilterRule& rule) const {
    return concat("scrub/", scrubs_.at(changes(rule)));
  }

  void scrub_chain(const std::string& name, const Normalization& normalization) {
    commands_.declare("chain", name);
    for (const auto& line : scrub_rules(normalization)) add(name, line);
  }

  static size_t scrub_bit(size_t number, Direction state) {
    return kFirstScrubBit + 2 * number + (state == Direction::out ? 1 : 0);
  }

  // What a packet of a state has to go through.
  StateChains::Also also(const Way& way) {
    return [this, &way](const std::string& chain, const Half& half) {
      const auto state = half.bit == kFirst.bit ? Direction::in : Direction::out;
      for (const auto number : std::views::values(scrubs_))
        add(chain, concat("ct label ", scrub_bit(number, state), " jump scrub/", number));
      log_all(way, chain, half);
    };
  }

  // Of states whose rules have `log (all)`.
  void log_all(const Way& way, const std::string& chain, const Half& half) {
    std::string elements;
    for (const auto& [id, number] : state_rules_) {
      const auto& rule = *lowered_.rules[number];
      if (!rule.log || !rule.log->all) continue;
      const auto logs = concat(way.name, "/log/", number);
      if (apart_.insert(logs).second) {
        commands_.declare("chain", logs);
        add(logs, logged(rule, way).substr(1));
      }
      elements += concat(elements.empty() ? "" : ", ", hex(id << half.rule), " : jump ", logs);
    }
    if (!elements.empty())
      add(chain, concat("ct mark & ", hex(kMaxId << half.rule), " vmap { ", elements, " }"));
  }

  // What rules and states do with packets on this way: a state that is made in the direction of the
  // connection is of this way, one against it of the other.
  void scrub(const Way& way) {
    const auto other = way.direction == Direction::in ? Direction::out : Direction::in;
    for (const auto number : std::views::values(scrubs_)) {
      const auto name = concat(way.name, "/scrub/", number);
      commands_.declare("chain", name);
      add(name, concat("jump scrub/", number));
      add(name, concat("ct direction original ct label set ", scrub_bit(number, way.direction)));
      add(name, concat("ct direction reply ct label set ", scrub_bit(number, other)));
    }
    const auto main = policy_.rulesets.find("");
    if (main == policy_.rulesets.end() || main->second.scrub.empty()) return;
    const auto& rules = main->second.scrub;
    const auto list = concat(way.name, "/normalize");
    commands_.hook(
        list, "filter",
        way.direction == Direction::in ? "prerouting priority -150" : "postrouting priority 90");
    skip(list, way);
    for (size_t n = 0; n < rules.size(); ++n)
      for (const auto& condition :
           conditions({.match = rules[n].match}, way.direction, policy_, "", tags_))
        if (concerns(rules[n].match, way))
          add(list,
              concat(condition.text(), rules[n].no ? "accept" : concat("goto normalize/", n)));
  }

  // `scrub` as rules of their own: the first that matches is done with every packet.
  Result<> normalize() {
    for (const auto& [path, ruleset] : policy_.rulesets) {
      for (size_t n = 0; n < ruleset.scrub.size(); ++n) {
        const auto& rule = ruleset.scrub[n];
        (void)TRY(check(policy_, rule));
        if (rule.normalization.reassemble_tcp) warn_of_reassembly(rule.at);
        if (!path.empty()) warn(rule.at, "scrub in an anchor is never asked");
        if (path.empty() && !rule.no) scrub_chain(concat("normalize/", n), rule.normalization);
      }
    }
    return {};
  }

  std::string scrubs(const FilterRule& rule, const Way& way) const {
    if (changes(rule) == Normalization{}) return {};
    return concat(" jump ", way.name, "/", scrub_name(rule));
  }

  // Where a rule sends a packet that it scrubs first.
  std::string scrubbed(const FilterRule& rule, const Way& way, const std::string& then) {
    if (changes(rule) == Normalization{}) return then;
    const auto scrubs = concat(way.name, "/", scrub_name(rule));
    const auto name = concat(scrubs, "/", then.substr(then.rfind('/') + 1));
    if (!scrubbed_.insert(name).second) return "goto " + name;
    commands_.declare("chain", name);
    add(name, "jump " + scrubs);
    add(name, then);
    return "goto " + name;
  }

  void pass(const Way& way) {
    const auto name = concat(way.name, "/pass");
    commands_.declare("chain", name);
    add(name, "jump options");
    add(name, concat("goto ", way.name, "/any"));
  }

  // A packet that passes with all its options. What is translated has a state, whatever is said.
  void any(const Way& way) {
    const auto name = concat(way.name, "/any");
    commands_.declare("chain", name);
    if (translates_)
      add(name,
          concat("ct direction original ct status ", way.translation, " goto ", way.name, "/keep"));
    add(name, "accept");
  }

  bool in_order(const Way& way) const { return in_order_.contains(way.direction); }

  static std::string chain(const Way& way, std::string_view list, const std::string& path) {
    return concat(way.name, "/", list, path.empty() ? "" : "/", escaped(path));
  }

  // Both lists of one ruleset.
  void lists(const std::string& path, const Way& way) {
    if (in_order(way)) return all(path, way);
    const auto stop = chain(way, "stop", path), last = chain(way, "last", path);
    commands_.declare("chain", stop);
    commands_.declare("chain", last);
    const auto ruleset = policy_.rulesets.find(path);
    if (ruleset == policy_.rulesets.end()) return;
    for (const auto& rule : ruleset->second.filter)
      if (concerns(rule, way)) stop_item(rule, path, way, stop);
    for (const auto& rule : std::views::reverse(ruleset->second.filter))
      if (concerns(rule, way) && !rule.quick) last_item(rule, path, way, last);
    for (const auto& list : {stop, last}) write(list);
  }

  // A list that was collected, with its likes as lookups.
  void write(const std::string& list) {
    const auto merged = merge(collected_[list], list + "/map/");
    for (const auto* entry : merged.apart) {
      if (entry->action == "goto " + entry->own_chain) continue;  // it has its chain
      if (!apart_.insert(entry->own_chain).second) continue;
      commands_.declare("chain", entry->own_chain);
      add(entry->own_chain, entry->action);
    }
    for (const auto& map : merged.maps) {
      // Behind all chains: of intervals nft sends the elements together with the map.
      commands_.rules += concat("add map inet pf ", map.name, " { type ", map.type, " : verdict;",
                                map.intervals ? " flags interval;" : "", " }\n");
      std::string elements;
      for (const auto& [key, chain] : map.elements)
        elements += concat(elements.empty() ? "" : ", ", key, " : goto ", chain);
      commands_.rules += concat("add element inet pf ", map.name, " { ", elements, " }\n");
    }
    for (const auto& rule : merged.rules) add(list, rule);
    collected_.erase(list);
  }

  void collect(const FilterRule& rule, const std::string& path, const Way& way,
               const std::string& list, const std::string& action, const std::string& own_chain) {
    for (auto& condition : conditions(rule, way.direction, policy_, path, tags_))
      collected_[list].push_back({std::move(condition), action, own_chain});
  }

  // A rule with a verdict of its own.
  void decides(const FilterRule& rule, const std::string& path, const Way& way,
               const std::string& list) {
    // What comes behind a rule that tosses a coin is reached.
    const auto act = action(rule, way);
    const auto own_chain = rule.probability != 0 ? std::string{}
                           : act.starts_with("goto ")
                               ? act.substr(5)
                               : concat(way.name, "/do/", numbers_.at(&rule));
    collect(rule, path, way, list, act, own_chain);
  }

  // The list of one ruleset as it is in the file.
  void all(const std::string& path, const Way& way) {
    const auto to = chain(way, "all", path);
    commands_.declare("chain", to);
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
    if (rule.verdict == Verdict::match) first = counted(rule, way) + " ";
    if (rule.verdict == Verdict::pass || rule.verdict == Verdict::block) {
      mask |= kRuleMask | kFound;
      bits |= static_cast<uint32_t>(numbers_.at(&rule) + 1) | kFound;
    }
    if (mask != 0) first += set_mark(mask, bits) + " ";
    if (rule.verdict == Verdict::anchor) return first + "jump " + call(rule, way);
    if (rule.verdict != Verdict::match) return rule.quick ? first + end(way) : first;
    return first + (rule.quick ? scrubbed(rule, way, end(way)) : scrubs(rule, way));
  }

  // The anchors of one call. If it is quick, it ends all that found something, which what was found
  // before must not hide.
  std::string call(const FilterRule& rule, const Way& way) {
    auto name = concat(way.name, "/call/", calls_++);
    const auto inside = rule.quick ? name + "/inside" : name;
    commands_.declare("chain", name);
    if (rule.quick) {
      commands_.declare("chain", inside);
      add(name, concat("meta mark & ", hex(kFound), " == 0 goto ", inside));
      add(name, set_mark(kFound, 0));
      add(name, "jump " + inside);
      add(name, set_mark(kFound, kFound));
    }
    for (const auto& below : called(rule.anchor, policy_))
      add(inside, "jump " + chain(way, "all", below));
    if (rule.quick) add(inside, concat("meta mark & ", hex(kFound), " != 0 ", end(way)));
    return name;
  }

  // What the last rule that matched says.
  void decide(const Way& way) {
    const auto decide = concat(way.name, "/decide");
    commands_.declare("chain", decide);
    std::string elements;
    for (size_t n = 0; n < lowered_.rules.size(); ++n) {
      const auto& rule = *lowered_.rules[n];
      if (rule.verdict == Verdict::match || !concerns(rule, way)) continue;
      elements += concat(elements.empty() ? "" : ", ", n + 1, " : goto ", way.name, "/rule/", n);
    }
    if (!elements.empty())
      add(decide, concat("meta mark & ", hex(kRuleMask), " vmap { ", elements, " }"));
    add(decide, set_mark(kRuleMask | kFound, 0));
    add(decide, concat("goto ", way.name, "/pass"));
  }

  static bool concerns(const Match& match, const Way& way) {
    return match.direction == Direction::any || match.direction == way.direction;
  }
  static bool concerns(const FilterRule& rule, const Way& way) { return concerns(rule.match, way); }

  void stop_item(const FilterRule& rule, const std::string& path, const Way& way,
                 const std::string& to) {
    if (rule.verdict == Verdict::anchor) {
      const auto paths = called(rule.anchor, policy_);
      for (const auto& below : paths) jump(rule, path, way, to, chain(way, "stop", below));
      if (!rule.quick) return;
      for (const auto& below : std::views::reverse(paths))
        jump(rule, path, way, to, chain(way, "last", below));
    } else if (rule.verdict == Verdict::match) {
      collect(rule, path, way, to, action(rule, way), "");
    } else if (rule.quick) {
      decides(rule, path, way, to);
    }
  }

  void last_item(const FilterRule& rule, const std::string& path, const Way& way,
                 const std::string& to) {
    if (rule.verdict == Verdict::anchor) {
      for (const auto& below : std::views::reverse(called(rule.anchor, policy_)))
        jump(rule, path, way, to, chain(way, "last", below));
    } else if (rule.verdict != Verdict::match) {
      decides(rule, path, way, to);
    }
  }

  void jump(const FilterRule& rule, const std::string& path, const Way& way, const std::string& to,
            const std::string& target) {
    collect(rule, path, way, to, "jump " + target, "");
  }

  // What is done, wherever the rule's tests hold.
  void each(const FilterRule& rule, const std::string& path, const Way& way, const std::string& to,
            const std::string& what) {
    for (const auto& condition : conditions(rule, way.direction, policy_, path, tags_))
      add(to, condition.text() + what);
  }

  // What takes one line to carry out.
  bool is_simple(const FilterRule& rule) const {
    return rule.verdict == Verdict::block ||
           (rule.allow_opts && !has_states(rule) && changes(rule) == Normalization{});
  }
  std::string simple(const FilterRule& rule, const Way& way) {
    if (is_answered(rule) && way.direction == Direction::in) return answer(rule, way);
    return counted(rule, way) + (rule.verdict == Verdict::block ? " drop" : " accept");
  }

  std::string action(const FilterRule& rule, const Way& way) {
    if (rule.verdict == Verdict::match) return counted(rule, way) + scrubs(rule, way);
    if (answers(way))
      return set_mark(kRuleMask, static_cast<uint32_t>(numbers_.at(&rule) + 1)) + " accept";
    if (is_simple(rule)) return simple(rule, way);
    return concat("goto ", way.name, "/rule/", numbers_.at(&rule));
  }

  // The chain of a rule that has decided, if it needs one.
  void carry_out(size_t number, const Way& way) {
    const auto& rule = *lowered_.rules[number];
    if (rule.verdict == Verdict::match || !concerns(rule, way)) return;
    if (is_simple(rule) && !acts_late(way)) return;
    const auto name = concat(way.name, "/rule/", number);
    commands_.declare("chain", name);
    if (acts_late(way)) add(name, set_mark(kRuleMask | kFound, 0));
    if (is_simple(rule)) return add(name, simple(rule, way));
    if (!rule.allow_opts) add(name, "jump options");
    if (changes(rule) != Normalization{}) add(name, scrubs(rule, way).substr(1));
    if (has_states(rule) && rule.log) add(name, logged(rule, way).substr(1));
    if (!has_states(rule)) return add(name, counted(rule, way) + " accept");
    states_.decided(way, name, {lowered_.ids[number], number},
                    rule.state == State::none ? "/any" : "/keep");
  }

  void add(std::string_view chain, std::string_view rule) { commands_.add(chain, rule); }

  const Policy& policy_;
  Lowered lowered_;
  const Remembered& before_;
  std::map<const FilterRule*, size_t> numbers_;
  std::vector<std::string> paths_of_rules_;
  std::vector<StateRule> state_rules_;
  std::map<std::string, int> paths_;  // with the anchors around them
  std::set<std::string> sets_;
  Tags tags_;
  std::map<Normalization, size_t> scrubs_;               // of states
  std::set<std::string> scrubbed_;                       // chains that go on behind them
  std::set<Direction> in_order_;                         // where order counts
  bool answers_ = false;                                 // some rule for `out` does
  std::set<std::string> replies_;                        // chains of answers
  std::map<std::string, std::vector<Entry>> collected_;  // by list
  std::set<std::string> apart_;                          // chains of actions that are there
  int calls_ = 0;
  bool translates_ = translates(policy_);
  Commands commands_;
  StateChains states_{commands_, state_rules_, tags_};
};

}  // namespace

Result<Lowered> lower(const Policy& policy, const Remembered& before) {
  (void)TRY(check(policy));
  return Lowering(policy, before).lower();
}

}  // namespace gaol::pf
