// SPDX-License-Identifier: BSD-2-Clause

// pfctl -s: what is loaded, and what it has done.

#include <inttypes.h>

#include <algorithm>
#include <map>
#include <ranges>

#include "pf/facts.h"
#include "pf/load.h"
#include "tools/pfctl.h"
#include "tools/print.h"

namespace gaol::pfctl {
namespace {

using pf::Rules;

using Counters = std::map<const pf::FilterRule*, std::string>;

// Evaluations that did not end with the rule are not known: what is printed are those in which it
// decided.
std::string counter_lines(const pf::RuleCounts& counts, bool makes_states, uint64_t states,
                          const pf::Loader& loader) {
  const auto packets = counts.in.packets + counts.out.packets;
  char text[256];
  std::snprintf(text, sizeof text,
                "  [ Evaluations: %-8" PRIu64 "  Packets: %-8" PRIu64 "  Bytes: %-10" PRIu64
                "  States: %-6" PRIu64
                "]\n"
                "  [ Inserted: uid %u pid %u State Creations: %-6" PRIu64 "]\n",
                makes_states ? counts.made : packets, packets, counts.in.bytes + counts.out.bytes,
                states, loader.uid, loader.pid, counts.made);
  return text;
}

// The lines below each rule.
Result<Counters> counters(const Whole& whole) {
  const auto& [rules, ids] = std::tie(whole.lowered.rules, whole.lowered.ids);
  const auto counts = TRY(pf::counted(rules.size()));
  const auto states = TRY(states_by_rule());
  const auto loader = whole.kept.loaders.find(whole.path);
  Counters lines;
  for (size_t n = 0; n < rules.size(); ++n)
    lines[rules[n]] = counter_lines(
        counts[n], rules[n]->state != pf::State::none, ids[n] == 0 ? 0 : states[ids[n]],
        loader == whole.kept.loaders.end() ? pf::Loader{} : loader->second);
  return lines;
}

Result<> show_rules(const Asked& words, const Whole& whole, std::initializer_list<Rules> kinds) {
  const pf::Style style{.numeric_ports = words.numeric, .numbers = words.verbose > 1};
  pf::Below below;
  const auto lines = words.verbose > 0 ? TRY(counters(whole)) : Counters{};
  below = [&](const pf::FilterRule& rule) {
    const auto found = lines.find(&rule);
    return found == lines.end() ? std::string{} : found->second;
  };
  for (const Rules kind : kinds)
    tools::write_text(stdout, pf::print_rules(whole.policy, whole.path, kind, style, below));
  return {};
}

Result<> show_filter(const Asked& words, const Whole& whole) {
  return show_rules(words, whole, {Rules::scrub, Rules::filter});
}
Result<> show_nat(const Asked& words, const Whole& whole) {
  return show_rules(words, whole, {Rules::translation});
}
Result<> show_ether(const Asked& words, const Whole& whole) {
  return show_rules(words, whole, {Rules::ether});
}

// Those directly below; with -v also what is below them, and hidden ones.
Result<> show_anchors(const Asked& words, const Whole& whole) {
  const std::string above = whole.path.empty() ? "" : whole.path + "/";
  for (const auto& path : std::views::keys(whole.policy.rulesets)) {
    if (path.empty() || !path.starts_with(above)) continue;
    const auto name = std::string_view(path).substr(above.size());
    if (words.verbose > 0 || (!name.contains('/') && !name.starts_with('_')))
      tools::write_line(stdout, concat("  ", path));
  }
  return {};
}

Result<> show_running(const Asked&, const Whole& whole) {
  tools::write_line(stdout, whole.kept.enabled ? "Enabled" : "Disabled");
  return whole.kept.enabled ? Result<>{} : quietly();
}

struct Shown {
  std::string_view what;
  Show* show;
};
constexpr Shown kShown[] = {
    {"Anchors", show_anchors}, {"Interfaces", show_interfaces}, {"Running", show_running},
    {"Sources", show_sources}, {"ether", show_ether},           {"info", show_info},
    {"labels", show_labels},   {"memory", show_memory},         {"nat", show_nat},
    {"rules", show_filter},    {"states", show_states},         {"timeouts", show_timeouts},
};

// The parts of -s all.
struct Section {
  std::string_view title, what;
};
constexpr Section kSections[] = {
    {"TRANSLATION RULES:", "nat"}, {"FILTER RULES:", "rules"},
    {"STATES:", "states"},         {"INFO:", "info"},
    {"LABEL COUNTERS:", "labels"}, {"TIMEOUTS:", "timeouts"},
    {"LIMITS:", "memory"},         {"TABLES:", "Tables"},
};

Result<> show_one(std::string_view what, const Asked& words, const Whole& whole,
                  pf::Keeper& keeper) {
  if (what == "Tables") return show_tables(words, whole, keeper);
  return std::ranges::find(kShown, what, &Shown::what)->show(words, whole);
}

}  // namespace

Result<Whole> whole(const pf::Kept& kept, const std::string& path) {
  Whole made{kept, TRY(pf::whole(kept, pf::this_machine())), {}, path};
  made.lowered = TRY(pf::lower(made.policy, kept.remembered));
  return made;
}

bool is_shown(std::string_view what) {
  return what == "all" || what == "Tables" || std::ranges::count(kShown, what, &Shown::what) > 0;
}

Result<> show(const Asked& words, pf::Keeper& keeper) {
  const auto all = TRY(whole(keeper.now(), words.anchor));
  if (!all.path.empty() && !all.policy.rulesets.contains(all.path))
    return fail("Anchor '", all.path, "' not found.");
  if (words.show != "all") return show_one(words.show, words, all, keeper);
  for (const auto& [title, what] : kSections) {
    tools::write_line(stdout, concat(what == kSections[0].what ? "" : "\n", title));
    TRY(show_one(what, words, all, keeper));
  }
  return {};
}

}  // namespace gaol::pfctl
