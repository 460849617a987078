// SPDX-License-Identifier: BSD-2-Clause

// gaol df, du and quota: the room that trees take, and how much of it they may. df tells what a
// tree holds beside its limit, as its jail sees it; du where that comes from, as the disk does.

#include <vector>

#include "dataset/state.h"
#include "tools/gaol_tree.h"

namespace gaol::tools {

namespace {

struct Suffix {
  char letter;
  uint64_t factor;
};
constexpr Suffix kSuffixes[] = {
    {'T', uint64_t{1} << 40}, {'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}};

// Those that are named, or all.
Result<std::vector<Target>> targets_of(const Words& words) {
  std::vector<Target> targets;
  for (const auto& name : words.operands)
    targets.push_back(TRY(target_of({words.options, {name}})));
  if (!targets.empty()) return targets;
  const auto all = TRY(dataset::list(store_of(words)));
  for (const auto& tree : all) targets.push_back({name_of(tree), tree.path, {}, false});
  return targets;
}

Json room_json(const std::string& name, const dataset::Room& room) {
  Json snapshots = Json::array();
  for (const auto& [label, kept] : room.snapshots)
    snapshots.push_back({{"label", label}, {"own", kept.own}, {"shared", kept.shared}});
  return {{"name", name},
          {"own", room.tree.own},
          {"shared", room.tree.shared},
          {"snapshots_own", room.snapshots_own},
          {"snapshots", snapshots},
          {"quota", room.limit ? Json(*room.limit) : Json()},
          {"left", room.left}};
}

void add_room(std::vector<Row>& rows, const std::string& name, const dataset::Room& room) {
  rows.push_back({name, readable(room.tree.own), readable(room.tree.shared),
                  readable(room.snapshots_own), room.limit ? readable(*room.limit) : "none",
                  readable(room.left)});
  for (const auto& [label, kept] : room.snapshots)
    rows.push_back(
        {concat(name, "@", label), readable(kept.own), readable(kept.shared), "", "", ""});
}

Result<dataset::Room> room_of(const Target& jail) {
  const auto tree = TRY(tree_of(jail));
  return dataset::room(tree.path);
}

// One tree that is not there, or whose release is not, does not keep the others from being shown.
Result<int> du(const Words& words) {
  const auto targets = TRY(targets_of(words));
  int status = 0;
  Json json = Json::array();
  std::vector<Row> rows = {{"NAME", "OWN", "SHARED", "SNAPSHOTS", "QUOTA", "LEFT"}};
  for (const auto& jail : targets) {
    auto room = room_of(jail);
    if (!room) {
      tell(std::move(room).error().in("du: ", jail.name).line());
      status = 1;
      continue;
    }
    json.push_back(room_json(jail.name, *room));
    add_room(rows, jail.name, *room);
  }
  if (words.has('j'))
    print_json(json);
  else
    print_table(rows);
  return status;
}

Result<int> quota(const Words& words) {
  const auto jail = TRY(target_of({words.options, {words.operands[0]}}));
  if (words.operands.size() == 2) {
    const auto size = TRY(size_of(words.operands[1]));
    TRY(dataset::limit(jail.path, size));
  }
  const auto usage = TRY(dataset::usage(jail.path));
  say(concat(jail.name, ": ", readable(usage.bytes), " of ",
             usage.limit ? readable(*usage.limit) : std::string("no limit")));
  return 0;
}

Result<int> df(const Words& words) {
  const auto all = TRY(dataset::list(store_of(words)));
  Json json = Json::array();
  for (const auto& tree : all) {
    const auto usage = TRY(dataset::usage(tree.path));
    const auto limit = usage.limit ? Json(*usage.limit) : Json();
    json.push_back(
        {{"name", name_of(tree)}, {"used", usage.bytes}, {"quota", limit}, {"uid0", tree.owners}});
    if (!words.has('j'))
      say(concat(name_of(tree), ": ", readable(usage.bytes), " of ",
                 usage.limit ? readable(*usage.limit) : std::string("no limit"),
                 tree.owners ? concat(", uid 0 is ", tree.owners, " here") : std::string()));
  }
  if (words.has('j')) print_json(json);
  return 0;
}

constexpr Subcommand kCommands[] = {
    {"df", "[--json]", "jp", 0, 0, df},
    {"du", "[NAME ...] [--json]", "jp", 0, 64, du},
    {"quota", "NAME [SIZE | none]", "p", 1, 2, quota},
};

}  // namespace

Result<uint64_t> size_of(std::string_view word) {
  if (word == "none") return 0;
  uint64_t factor = 1;
  auto digits = word;
  for (const auto& suffix : kSuffixes)
    if (word.ends_with(suffix.letter)) {
      factor = suffix.factor;
      digits.remove_suffix(1);
    }
  const auto value = number<uint64_t>(digits);
  if (!value || *value == 0 || *value > UINT64_MAX / factor)
    return fail("size \"", word, "\": expected a number with K, M, G or T, or none");
  return *value * factor;
}

std::string readable(uint64_t bytes) {
  for (const auto& suffix : kSuffixes)
    if (bytes >= 10 * suffix.factor) return concat(bytes / suffix.factor, suffix.letter);
  return concat(bytes);
}

std::span<const Subcommand> room_commands() { return kCommands; }

}  // namespace gaol::tools
