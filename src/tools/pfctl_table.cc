// SPDX-License-Identifier: BSD-2-Clause

// pfctl -t TABLE -T COMMAND, and -s Tables.

#include <algorithm>
#include <ctime>

#include "pf/facts.h"
#include "pf/lower_match.h"
#include "pf/table_file.h"
#include "pf/table_rows.h"
#include "tools/pfctl.h"
#include "tools/print.h"

namespace gaol::pfctl {
namespace {

using pf::Answers;
using pf::Feedback;
using pf::TableEntry;
using pf::TableRows;

// One call: the table, what is in it, and what was said about it.
struct Call {
  const Asked& words;
  pf::Keeper& keeper;
  const pf::Options& options;
  const pf::Table* table;  // nullptr: there is none of that name
  pf::TableId id;
  TableRows rows;
  std::vector<TableEntry> entries;
  int64_t now = std::time(nullptr);
};

template <class... Parts>
void say(const Call& call, const Parts&... parts) {
  if (!call.words.quiet)
    tools::write_line(stderr, concat(parts..., call.words.dry ? " (dummy)." : "."));
}

size_t count(const Answers& answers, Feedback feedback) {
  return static_cast<size_t>(std::ranges::count(answers, feedback, &pf::Answered::feedback));
}

std::string line(const TableEntry& entry, Feedback feedback = Feedback::none) {
  return concat(static_cast<char>(feedback), " ", entry.negated ? "!" : " ",
                pf::print(entry.network));
}

// What became of each; with -vv also of those of which nothing did.
void list(const Call& call, const Answers& answers) {
  tools::Lines lines;
  if (call.words.verbose == 0) return;
  for (const auto& [entry, feedback] : answers)
    if (feedback != Feedback::none || call.words.verbose > 1) lines.add(line(entry, feedback));
}

Result<> store(const Call& call, const TableRows& before) {
  if (call.rows.size() > before.size()) TRY(check_table_size(call.options, call.rows.size()));
  return call.words.dry ? Result<>{} : call.keeper.tables().change(call.id, before, call.rows);
}

// A table of the command line stays until it is killed.
Result<> create(Call& call) {
  if (call.table) return {};
  say(call, "1 table created");
  if (call.words.dry) return {};
  return edit(call.keeper, call.words.anchor, [&](pf::Ruleset& ruleset) {
    ruleset.tables.push_back({.at = {}, .name = call.words.table, .persist = true, .sources = {}});
  });
}

Result<int> add(Call& call) {
  TRY(create(call));
  const auto before = call.rows;
  const auto answers = pf::add(call.rows, call.entries, call.now);
  TRY(store(call, before));
  say(call, count(answers, Feedback::added), "/", call.entries.size(), " addresses added");
  list(call, answers);
  return 0;
}

Result<int> remove(Call& call) {
  const auto before = call.rows;
  const auto answers = pf::remove(call.rows, call.entries);
  TRY(store(call, before));
  say(call, count(answers, Feedback::deleted), "/", call.entries.size(), " addresses deleted");
  list(call, answers);
  return 0;
}

Result<int> replace(Call& call) {
  TRY(create(call));
  const auto before = call.rows;
  const auto answers = pf::replace(call.rows, call.entries, call.now);
  TRY(store(call, before));
  bool changed = false;
  for (const auto& [feedback, what] : {std::pair{Feedback::added, "added"},
                                       {Feedback::deleted, "deleted"},
                                       {Feedback::changed, "changed"}})
    if (const auto n = count(answers, feedback); n > 0) {
      say(call, n, " addresses ", what);
      changed = true;
    }
  if (!changed) say(call, "no changes");
  list(call, answers);
  return 0;
}

std::string when(int64_t time) {
  char text[32] = "";
  const time_t seconds = time;
  ::ctime_r(&seconds, text);
  return text;
}

Result<int> show(Call& call) {
  tools::Lines lines;
  for (const auto& [entry, cleared] : call.rows) {
    lines.add(line(entry));
    if (call.words.verbose > 0) lines.add(concat("\tCleared:     ", trim(when(cleared))));
  }
  return 0;
}

Result<int> test(Call& call) {
  size_t matches = 0;
  tools::Lines lines;
  for (const auto& entry : call.entries) {
    const auto* row = pf::deciding(call.rows, entry.network);
    const bool match = row && !row->entry.negated;
    matches += match;
    const auto shown = line(entry, match ? Feedback::match : Feedback::none);
    if (call.words.verbose == 1 && match) lines.add(shown);
    if (call.words.verbose > 1)
      lines.add(row ? concat(shown, "\t", line(row->entry).substr(2)) : shown);
  }
  say(call, matches, "/", call.entries.size(), " addresses match");
  return matches < call.entries.size() ? 2 : 0;
}

Result<int> zero(Call& call) {
  std::vector<TableEntry> all;
  for (const auto& row : call.rows) all.push_back(row.entry);
  const bool some = !call.entries.empty();
  const auto answers = pf::clear(call.rows, some ? call.entries : all, call.now);
  if (!call.words.dry) TRY(call.keeper.tables().zero(call.id, call.rows));
  if (some)
    say(call, count(answers, Feedback::cleared), "/", call.entries.size(), " addresses cleared");
  else
    say(call, "1 table/stats cleared");
  list(call, some ? answers : Answers{});
  return 0;
}

Result<int> reset(Call&) {
  return fail("-T reset: not supported on this system: addresses of tables have no counters");
}

Result<int> expire(Call& call) {
  const auto age =
      call.words.addresses.empty() ? std::nullopt : number<int64_t>(call.words.addresses.front());
  if (!age || *age < 0) return fail("expire: how many seconds?");
  std::vector<TableEntry> old;
  for (const auto& row : call.rows)
    if (row.cleared + *age <= call.now) old.push_back(row.entry);
  const auto before = call.rows;
  const auto answers = pf::remove(call.rows, old);
  TRY(store(call, before));
  say(call, count(answers, Feedback::deleted), "/", old.size(), " addresses expired");
  list(call, answers);
  return 0;
}

Result<int> flush(Call& call) {
  const auto before = std::exchange(call.rows, {});
  TRY(store(call, before));
  say(call, before.size(), " addresses deleted");
  return 0;
}

// What rules name goes on in the kernel, with nothing in it.
Result<int> kill(Call& call) {
  const auto before = std::exchange(call.rows, {});
  TRY(store(call, before));
  const auto named = [&](const pf::Table& table) { return table.name == call.words.table; };
  if (!call.words.dry)
    TRY(edit(call.keeper, call.words.anchor,
             [&](pf::Ruleset& ruleset) { std::erase_if(ruleset.tables, named); }));
  say(call, "1 table deleted");
  return 0;
}

struct Command {
  std::string_view word;
  bool changes, makes, addresses;
  Result<int> (*run)(Call&);
};
constexpr Command kCommands[] = {
    {"add", true, true, true, add},         {"delete", true, false, true, remove},
    {"expire", true, false, false, expire}, {"flush", true, false, false, flush},
    {"kill", true, false, false, kill},     {"replace", true, true, true, replace},
    {"reset", false, false, false, reset},  {"show", false, false, false, show},
    {"test", false, false, true, test},     {"zero", false, false, true, zero},
};

// Those of the command line and of the file.
Result<std::vector<TableEntry>> entries(const Asked& words, const pf::World& world) {
  std::string text;
  if (!words.file.empty()) text = TRY(words.file == "-" ? read_stdin() : world.read(words.file));
  auto all = pf::table_words(text);
  all.insert(all.begin(), words.addresses.begin(), words.addresses.end());
  pf::Hosts hosts(world);
  std::vector<TableEntry> out;
  for (const auto word : all) {
    const auto found = pf::table_entries(word, hosts);
    if (!found) return fail(found.error().note.empty() ? found.error().text : found.error().note);
    out.insert(out.end(), found->begin(), found->end());
  }
  return out;
}

const pf::Table* table_of(const Whole& whole, const std::string& name) {
  const auto ruleset = whole.policy.rulesets.find(whole.path);
  if (ruleset == whole.policy.rulesets.end()) return nullptr;
  const auto found = std::ranges::find(ruleset->second.tables, name, &pf::Table::name);
  return found == ruleset->second.tables.end() ? nullptr : &*found;
}

// How many rules name it.
size_t references(const Whole& whole, const std::string& name) {
  const auto id = pf::table_id(name, whole.path, whole.policy);
  size_t all = 0;
  for (const auto& [path, ruleset] : whole.policy.rulesets)
    for (const auto& rule : ruleset.filter)
      for (const auto* side : {&rule.match.source, &rule.match.destination})
        if (const auto* table = std::get_if<pf::TableName>(&side->address))
          all += pf::table_id(table->name, path, whole.policy) == id;
  return all;
}

std::string details(const pf::Table& table, const Whole& whole, size_t rules) {
  std::string flags = "--a----";
  if (table.constant) flags[0] = 'c';
  if (table.persist) flags[1] = 'p';
  if (rules > 0) flags[4] = 'r';
  return concat(flags, "\t", table.name, whole.path.empty() ? "" : "\t", whole.path);
}

}  // namespace

Result<int> change_table(const Asked& words, pf::Keeper& keeper) {
  const auto& command = *std::ranges::find(kCommands, words.table_command, &Command::word);
  const auto all = TRY(whole(keeper.now(), words.anchor));
  const auto* table = table_of(all, words.table);
  if (!table && !command.makes) return fail("Table does not exist.");
  if (table && table->constant && command.changes) return fail("Operation not permitted.");
  Call call{.words = words,
            .keeper = keeper,
            .options = all.policy.options,
            .table = table,
            .id = concat(pf::escaped(words.anchor), words.anchor.empty() ? "" : "/",
                         pf::escaped(words.table)),
            .rows = {},
            .entries = {}};
  call.rows = TRY(keeper.tables().read(call.id));
  if (command.addresses) call.entries = TRY(entries(words, pf::this_machine()));
  return command.run(call);
}

Result<> flush_tables(const Asked& words, pf::Keeper& keeper) {
  const auto all = TRY(whole(keeper.now(), words.anchor));
  size_t deleted = 0;
  if (const auto ruleset = all.policy.rulesets.find(all.path);
      ruleset != all.policy.rulesets.end() && !ruleset->second.tables.empty()) {
    for (const auto& table : ruleset->second.tables) {
      const auto id = pf::table_id(table.name, all.path, all.policy);
      const auto rows = TRY(keeper.tables().read(id));
      TRY(keeper.tables().change(id, rows, {}));
      ++deleted;
    }
    TRY(edit(keeper, words.anchor, [](pf::Ruleset& one) { one.tables.clear(); }));
  }
  if (!words.quiet) tools::write_line(stderr, concat(deleted, " tables deleted."));
  return {};
}

Result<> show_tables(const Asked& words, const Whole& whole, pf::Keeper& keeper) {
  const auto ruleset = whole.policy.rulesets.find(whole.path);
  if (ruleset == whole.policy.rulesets.end()) return {};
  tools::Lines lines;
  for (const auto& table : ruleset->second.tables) {
    const auto rules = references(whole, table.name);
    lines.add(words.verbose > 0 ? details(table, whole, rules) : table.name);
    if (words.verbose < 2) continue;
    const auto rows = TRY(keeper.tables().read(pf::table_id(table.name, whole.path, whole.policy)));
    lines.add(concat("\tAddresses:   ", rows.size()));
    lines.add(concat("\tReferences:  [ Rules: ", rules, " ]"));
  }
  return {};
}

}  // namespace gaol::pfctl
