// SPDX-License-Identifier: BSD-2-Clause

// One file is the truth. Before the kernel gets rules, what that file is to be lies beside it, and
// the rules carry its generation: whoever finds such a file asks the kernel which of the two it
// has.

#include "pf/kept.h"

#include <errno.h>

#include <algorithm>
#include <ctime>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "pf/load.h"
#include "pf/print.h"

namespace gaol::pf {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Loader, uid, pid)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Numbers, of, last)

namespace {

using nlohmann::json;

constexpr const char* kDirectory = "/run/gaol/pf";

// Each network namespace has its own. Without a procfs, in a jail, there is but one.
std::string own_directory(sys::Kernel& kernel) {
  const auto link =
      kernel.read_symlink("/proc/self/ns/net").value_or("net:[own]");  // net:[4026...]
  const auto begin = link.find('[') + 1;
  return concat(kDirectory, "/", link.substr(begin, link.find(']') - begin));
}

Result<> remove_if_there(sys::Kernel& kernel, const std::string& path) {
  auto gone = kernel.remove_file(path);
  return !gone && gone.error().code != ENOENT ? gone : Result<>{};
}

template <class Rules>
void move_positions(Rules& rules, uint32_t files) {
  for (auto& rule : rules) rule.at.file += files;
}

// Adds what is of `other` and not there yet.
void add(Policy& policy, Policy other) {
  const auto files = static_cast<uint32_t>(policy.files.size());
  policy.files.insert(policy.files.end(), other.files.begin(), other.files.end());
  for (auto& [path, ruleset] : other.rulesets) {
    move_positions(ruleset.tables, files);
    move_positions(ruleset.ether, files);
    move_positions(ruleset.scrub, files);
    move_positions(ruleset.nat, files);
    move_positions(ruleset.rdr, files);
    move_positions(ruleset.binat, files);
    move_positions(ruleset.filter, files);
  }
  policy.rulesets.merge(other.rulesets);
}

Result<Kept> read(sys::Kernel& kernel, const std::string& path) {
  const auto text = kernel.read_file(path);
  if (!text && text.error().code == ENOENT) return Kept{};
  auto kept = kept_from(TRY(text));
  if (!kept) return fail(std::move(kept).error().in(path));
  return kept;
}

TableRows rows_of(const Table& table) {
  TableRows rows;
  std::vector<TableEntry> entries;
  for (const auto& source : table.sources)
    entries.insert(entries.end(), source.entries.begin(), source.entries.end());
  add(rows, entries, std::time(nullptr));
  return rows;
}

// What pfctl shows of states beside their ends. Where it cannot be had, it is shown as nothing.
void count_connections(sys::Kernel& kernel) {
  for (const char* what : {"acct", "timestamp"})
    (void)kernel.write_file(concat("/proc/sys/net/netfilter/nf_conntrack_", what), "1");
}

}  // namespace

bool Kept::is_nothing() const {
  return !enabled &&
         std::ranges::all_of(units, [](const auto& unit) { return unit.second.empty(); });
}

std::string kept_text(const Policy& policy, const Unit& unit) {
  std::string out;
  for (const Declared& declared : unit.declared)
    if (declared.kind == Declared::Kind::option || declared.kind == Declared::Kind::queue)
      out += declared.line + "\n";
  if (const auto found = policy.rulesets.find(unit.anchor); found != policy.rulesets.end())
    for (Table table : found->second.tables) {
      table.sources.clear();
      out += print(table) + "\n";
    }
  for (const auto kind : {Rules::scrub, Rules::ether, Rules::translation, Rules::filter})
    out += print_rules(policy, unit.anchor, kind, {.numeric_ports = true});
  return out;
}

std::string to_text(const Kept& kept) {
  return json{{"enabled", kept.enabled},       {"since", kept.since},
              {"generation", kept.generation}, {"units", kept.units},
              {"loaders", kept.loaders},       {"tables", kept.tables},
              {"before", kept.before},         {"rules", kept.remembered.rules},
              {"tags", kept.remembered.tags}}
      .dump();
}

Result<Kept> kept_from(std::string_view text) {
  try {
    const auto j = json::parse(text);
    return Kept{.enabled = j.at("enabled"),
                .since = j.at("since"),
                .generation = j.at("generation"),
                .units = j.at("units").get<decltype(Kept::units)>(),
                .tables = j.at("tables").get<decltype(Kept::tables)>(),
                .before = j.at("before").get<decltype(Kept::before)>(),
                .loaders = j.at("loaders").get<decltype(Kept::loaders)>(),
                .remembered = {j.at("rules"), j.at("tags")}};
  } catch (const json::exception& e) {
    return fail("damaged: ", e.what());
  }
}

Result<Compiled> recompile(const std::string& path, const std::string& text, const World& world) {
  auto compiled = compile(
      {.name = path.empty() ? "(main)" : path, .text = text, .anchor = path, .macros = {}}, world);
  if (!compiled.errors.empty())
    return fail("what was loaded cannot be read: ", compiled.errors.front());
  return compiled;
}

Result<Policy> whole(const Kept& kept, const World& world, const Policy* fresh) {
  Policy policy = fresh ? *fresh : Policy{};
  for (const auto& [path, text] : kept.units) {
    if (fresh && fresh->rulesets.contains(path)) continue;
    auto compiled = TRY(recompile(path, text, world));
    if (path.empty()) policy.options = compiled.policy.options;
    add(policy, std::move(compiled.policy));
  }
  return policy;
}

Keeper::Keeper(sys::Kernel& kernel, std::string directory, sys::Fd lock)
    : kernel_(kernel),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      tables_(kernel, place("tables")) {}

Result<Keeper> Keeper::open(sys::Kernel& kernel) {
  const auto directory = own_directory(kernel);
  for (const std::string_view each : {"/run", "/run/gaol", kDirectory, directory.c_str()})
    if (auto made = kernel.make_dir(std::string(each), 0755); !made && made.error().code != EEXIST)
      return fail(std::move(made).error());
  Keeper keeper(kernel, directory, TRY(kernel.lock(directory + "/lock")));
  TRY(keeper.recover());
  return keeper;
}

Result<> Keeper::recover() {
  now_ = TRY(read(kernel_, place("rulesets")));
  auto next = TRY(read(kernel_, place("next")));
  const bool begun = kernel_.exists(place("next").c_str());
  if (begun && TRY(is_loaded(next.is_nothing() ? 0 : next.generation))) {
    now_ = std::move(next);
    TRY(settle(to_text(now_)));
  } else if (begun) {
    TRY(tables_.abandon());
    TRY(kernel_.remove_file(place("next")));
  }
  if (now_.is_nothing() || TRY(is_loaded(now_.generation))) return tables_.open();
  // The machine was started anew, or somebody took the rules away.
  Kept nothing;
  TRY(set(nothing, {}));
  now_ = {};
  return settle(to_text(now_));
}

Result<> Keeper::change(Kept next, const Lowered& lowered) {
  next.generation = now_.generation + 1;
  next.remembered = lowered.remembered;
  next.tables.clear();
  for (const auto& [id, table] : lowered.tables) next.tables.push_back(id);
  TRY(kernel_.publish(place("next"), to_text(next), 0600));
  for (const auto& [id, table] : lowered.tables)
    if (!table->sources.empty()) TRY(tables_.stage(id, rows_of(*table)));
  auto done = next.is_nothing() ? unload() : load(lowered, {next.generation, next.enabled});
  if (!done) {
    (void)tables_.abandon();
    (void)kernel_.remove_file(place("next"));
    return done;
  }
  if (next.enabled) count_connections(kernel_);
  auto set = this->set(next, next.enabled ? lowered.settings : Settings{});
  TRY(settle(to_text(next)));
  now_ = std::move(next);
  return set;
}

// What rules do not say any more is as it was before them. It may be set once connections are
// tracked: with the first rules.
Result<> Keeper::set(Kept& next, const Settings& settings) {
  for (const auto& [file, value] : now_.before)
    if (!settings.contains(file)) {
      TRY(kernel_.write_file(file, value));
      next.before.erase(file);
    }
  for (const auto& [file, value] : settings) {
    const auto old = TRY(kernel_.read_file(file));
    next.before.try_emplace(file, trim(old));
    TRY(kernel_.write_file(file, value));
  }
  return {};
}

// The kernel has it.
Result<> Keeper::settle(const std::string& next) {
  const auto kept = TRY(kept_from(next));
  TRY(tables_.settle(kept.is_nothing() ? std::vector<TableId>{} : kept.tables));
  if (kept.is_nothing())
    TRY(remove_if_there(kernel_, place("rulesets")));
  else
    TRY(kernel_.publish(place("rulesets"), next, 0600));
  return remove_if_there(kernel_, place("next"));
}

}  // namespace gaol::pf
