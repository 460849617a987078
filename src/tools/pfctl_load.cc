// SPDX-License-Identifier: BSD-2-Clause

// pfctl -f: a file is read, shown and loaded, all of it or the kinds of rules that are asked for.

#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "pf/compile.h"
#include "pf/facts.h"
#include "pf/follow.h"
#include "pf/load.h"
#include "tools/pfctl.h"
#include "tools/print.h"

namespace gaol::pfctl {
namespace {

using pf::Declared;
using pf::Rules;
using tools::complain;

// Options and queues are the machine's, not an anchor's.
bool wanted(const Asked& words, Declared::Kind kind) {
  const bool shared = kind == Declared::Kind::option || kind == Declared::Kind::queue;
  if (shared && !words.anchor.empty()) return false;
  if (words.everything() || kind == Declared::Kind::macro) return true;
  if (kind == Declared::Kind::option) return words.only_options;
  if (kind == Declared::Kind::queue) return words.only_queue;
  return words.table_command == "load";
}

void show_unit(const Asked& words, const pf::Compiled& compiled, const pf::Unit& unit) {
  const pf::Style style{.numeric_ports = words.numeric, .numbers = words.verbose > 1};
  std::string out;
  for (const Declared& declared : unit.declared)
    if (wanted(words, declared.kind)) out += declared.line + "\n";
  const auto add = [&](Rules kind) {
    out += pf::print_rules(compiled.policy, unit.anchor, kind, style);
  };
  const bool filter = words.everything() || words.only_filter;
  if (filter) add(Rules::scrub);
  if (filter) add(Rules::ether);
  if (words.everything() || words.only_nat) add(Rules::translation);
  if (filter) add(Rules::filter);
  tools::write_text(stdout, out);
  std::fflush(stdout);
}

// Of a ruleset that was there the rules that the file is not asked for, and tables that persist,
// though the file does not name them.
void take_over(const Asked& words, const pf::Ruleset& old, pf::Ruleset& now) {
  const bool all = words.everything();
  if (!all && !words.only_filter)
    std::tie(now.filter, now.scrub, now.ether) = std::tie(old.filter, old.scrub, old.ether);
  if (!all && !words.only_nat)
    std::tie(now.nat, now.rdr, now.binat) = std::tie(old.nat, old.rdr, old.binat);
  if (!all && words.table_command != "load") now.tables = old.tables;
  for (const auto& table : old.tables)
    if (table.persist && std::ranges::count(now.tables, table.name, &pf::Table::name) == 0)
      now.tables.push_back(table);
}

// What an option sets: `set timeout` and `set limit` set one of several things.
std::string set_by(const Declared& declared) {
  const auto word = words(declared.line);
  const bool one_of_many = word.size() > 2 && (word[1] == "timeout" || word[1] == "limit");
  return word.size() < 2 ? "" : concat(word[1], one_of_many ? word[2] : "");
}

// Options that were there: all of them where the file's are not asked for, with -m those that it
// does not mention.
void take_over(const Asked& words, const std::vector<Declared>& old, std::vector<Declared>& now) {
  if (!words.everything() && !words.only_options)
    std::erase_if(now, [](const Declared& one) { return one.kind == Declared::Kind::option; });
  else if (!words.merge)
    return;
  std::vector<Declared> kept;
  for (const auto& one : old)
    if (one.kind == Declared::Kind::option && std::ranges::count(now, set_by(one), set_by) == 0)
      kept.push_back(one);
  now.insert(now.begin(), kept.begin(), kept.end());
}

Result<> take_over(const Asked& words, const pf::Kept& kept, pf::Compiled& compiled,
                   const pf::World& world) {
  for (pf::Unit& unit : compiled.units) {
    const auto before = kept.units.find(unit.anchor);
    const auto text = before == kept.units.end() ? std::string{} : before->second;
    const auto old = TRY(pf::recompile(unit.anchor, text, world));
    for (const auto& [path, ruleset] : old.policy.rulesets)
      take_over(words, ruleset, compiled.policy.rulesets[path]);
    for (auto& [path, ruleset] : compiled.policy.rulesets)
      if (!old.policy.rulesets.contains(path)) take_over(words, {}, ruleset);
    take_over(words, old.units.front().declared, unit.declared);
  }
  return {};
}

// The kernel counts states of all network namespaces together.
Result<> check_limits(const pf::Policy& policy, const pf::Kept& kept, pf::Keeper& keeper) {
  const auto& limits = policy.options.limits;
  if (const auto states = limits.find(pf::Limit::states); states != limits.end()) {
    const auto most = sys::real_kernel().read_file(pf::kStatesFile);
    const auto value = most ? number<uint32_t>(trim(*most)) : std::nullopt;
    if (states->second != 0 && value && *value > states->second)
      return fail("not supported on this system: set limit states ", states->second,
                  ": the kernel's is ", *value, " for all of the machine (nf_conntrack_max)");
  }
  if (!limits.contains(pf::Limit::table_entries)) return {};
  for (const auto& id : kept.tables) {
    const auto rows = TRY(keeper.tables().read(id));
    TRY(check_table_size(policy.options, rows.size()));
  }
  for (const auto& [path, ruleset] : policy.rulesets)
    for (const auto& table : ruleset.tables)
      for (const auto& source : table.sources)
        TRY(check_table_size(policy.options, source.entries.size()));
  return {};
}

// `set keepcounters`
Result<> keep_counters(pf::Lowered& lowered, const pf::Kept& kept) {
  const auto before = TRY(whole(kept, ""));
  const auto counts = TRY(pf::counted(before.lowered.rules.size()));
  pf::keep_counters(lowered, before.lowered, counts);
  return {};
}

// The rules of a file in place of those that are kept under the same paths.
Result<> put(const Asked& words, pf::Keeper& keeper, pf::Compiled& compiled,
             const pf::World& world) {
  pf::Kept next = keeper.now();
  TRY(take_over(words, next, compiled, world));
  for (const pf::Unit& unit : compiled.units) {
    next.units[unit.anchor] = pf::kept_text(compiled.policy, unit);
    next.loaders[unit.anchor] = {::getuid(), static_cast<uint32_t>(::getpid())};
    if (unit.anchor.empty())
      compiled.policy.options = TRY(pf::recompile("", next.units[""], world)).policy.options;
  }
  const auto policy = TRY(pf::whole(next, world, &compiled.policy));
  TRY(check_limits(policy, keeper.now(), keeper));
  auto lowered = TRY(pf::lower_here(policy, next.remembered, world));
  if (policy.options.keep_counters) TRY(keep_counters(lowered, keeper.now()));
  if (!words.quiet)
    for (const auto& line : lowered.warnings) tools::write_line(stderr, line);
  return keeper.change(std::move(next), lowered);
}

}  // namespace

std::optional<Source> source_of(const Asked& words, const pf::World& world) {
  const bool from_stdin = words.file == "-";
  auto text = from_stdin ? read_stdin() : world.read(words.file);
  if (text) return Source{from_stdin ? "stdin" : words.file, std::move(*text)};
  complain("pfctl", concat(words.file, ": ", errno_text(text.error().code)));
  return {};
}

void tell_faults(const Asked& words, const pf::Compiled& compiled) {
  if (!words.quiet)
    for (const auto& line : compiled.warnings) tools::write_line(stderr, line);
  for (const auto& line : compiled.errors) tools::write_line(stderr, line);
  if (words.verbose > 1)
    for (const auto& name : compiled.unused_macros)
      tools::write_line(stderr, concat("warning: macro '", name, "' not used"));
}

Result<> load(const Asked& words, pf::Keeper* keeper) {
  const pf::World world = pf::this_machine();
  const auto source = source_of(words, world);
  if (!source) return quietly();
  auto compiled = pf::compile(
      {.name = source->name, .text = source->text, .anchor = words.anchor, .macros = words.macros},
      world);
  tell_faults(words, compiled);
  for (const pf::Unit& unit : compiled.units) {
    if (words.verbose == 0) break;
    if (&unit != compiled.units.data())
      tools::write_line(stderr, concat("\nLoading anchor ", unit.anchor, " from ", unit.file));
    if (compiled.errors.empty()) show_unit(words, compiled, unit);
  }
  if (compiled.errors.empty()) return keeper ? put(words, *keeper, compiled, world) : Result<>{};
  if (keeper) complain("pfctl", "Syntax error in config file: pf rules not loaded");
  return quietly();
}

Result<> check_table_size(const pf::Options& options, size_t size) {
  const auto limit = options.limits.find(pf::Limit::table_entries);
  if (limit == options.limits.end() || limit->second == 0 || size <= limit->second) return {};
  return fail("table with ", size, " addresses: set limit table-entries is ", limit->second);
}

Result<std::string> read_stdin() {
  std::string out;
  char buffer[1 << 14];
  for (ssize_t n; (n = ::read(STDIN_FILENO, buffer, sizeof buffer)) != 0;) {
    if (n < 0) return fail_errno(errno, "stdin");
    out.append(buffer, static_cast<size_t>(n));
  }
  return out;
}

Result<> put(pf::Keeper& keeper, pf::Kept next) {
  const auto world = pf::this_machine();
  const auto policy = TRY(pf::whole(next, world));
  const auto lowered = TRY(pf::lower_here(policy, next.remembered, world));
  return keeper.change(std::move(next), lowered);
}

Result<> edit(pf::Keeper& keeper, const std::string& anchor,
              const std::function<void(pf::Ruleset&)>& change) {
  pf::Kept next = keeper.now();
  auto& unit = next.units[anchor];
  auto compiled = TRY(pf::recompile(anchor, unit, pf::this_machine()));
  change(compiled.policy.rulesets[anchor]);
  unit = pf::kept_text(compiled.policy, compiled.units.front());
  return put(keeper, std::move(next));
}

}  // namespace gaol::pfctl
