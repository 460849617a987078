// SPDX-License-Identifier: BSD-2-Clause

// gaol pool: from disks to a place for datasets, and how it feels.

#include <algorithm>

#include "host/facts.h"
#include "tools/gaol_pool.h"

namespace gaol::tools {

namespace {

const pool::Ask& ask() {
  static const pool::Ask program = pool::ask_program;
  return program;
}

pool::Contents contents(const Words& words) {
  return words.has('o') ? pool::Contents::overwrite : pool::Contents::keep;
}

bool has_system(pool::System system) {
  return !host::find_program(system == pool::System::zfs ? "zpool" : "mkfs.btrfs").empty();
}

// What can be made of so many disks on this machine, a command each.
std::string offers(const std::string& name, const std::string& disks, size_t count) {
  std::string lines;
  for (const auto& layout : pool::layouts())
    if (has_system(layout.system) && count >= layout.least &&
        count % std::max<size_t>(layout.group, 1) == 0)
      lines += concat("  gaol pool create ", name, " ", layout.word, disks, "    (",
                      pool::system_word(layout.system), ": ", layout.promise, ")\n");
  return lines;
}

// What a person needs to know before the first pool: the disks, and what can be made of them.
Result<int> guide(const std::string& name, const pool::Taken& taken) {
  std::vector<Row> rows = {disk_titles()};
  std::string free_disks;
  size_t count = 0;
  for (const auto& disk : TRY(pool::disks(taken, ask()))) {
    rows.push_back(disk_row(disk));
    if (!disk.user.empty() || !disk.content.empty()) continue;
    free_disks += " " + disk.path;
    ++count;
  }
  print_table(rows);
  const auto lines = offers(name, free_disks, count);
  print(lines.empty() ? "\nA pool takes two free disks or more, and ZFS or btrfs.\n"
                      : concat("\nWith the disks that are free:\n", lines));
  return 0;
}

void print_plan(const pool::Wish& wish, const pool::Plan& plan) {
  say(concat("a pool \"", wish.name, "\" at /", wish.name, ": ",
             pool::system_word(wish.layout->system), ", ", wish.layout->promise));
  std::vector<Row> rows;
  for (const auto& disk : wish.disks)
    rows.push_back({"  " + disk.path, pool::size_text(disk.bytes), disk.model,
                    disk.content.empty() ? "" : "LOSES " + disk.content});
  print_table(rows);
  for (const auto& words : plan.commands) say(concat("  # ", join(words, " ")));
  if (!plan.mount_line.empty()) say(concat("  # echo '", plan.mount_line, "' >>/etc/fstab"));
}

Result<int> create(const Words& words) {
  const auto& name = words.operands[0];
  const auto pools = TRY(pool::pools(ask()));
  const auto taken = pool::members_of(pools);
  if (words.operands.size() == 1) return guide(name, taken);
  TRY(pool::check_name(name, pools));
  pool::Wish wish;
  wish.name = name;
  wish.layout = TRY(pool::find_layout(words.operands[1]));
  wish.contents = contents(words);
  wish.fuse = !host::find_program("zfs-fuse").empty();
  for (const auto& path : std::span(words.operands).subspan(2))
    wish.disks.push_back(TRY(pool::disk(path, taken, ask())));
  const auto plan = TRY(pool::plan(wish));
  print_plan(wish, plan);
  if (!words.has('y')) return print("nothing is made without --yes\n"), 0;
  TRY(pool::carry_out(plan, ask()));
  return 0;
}

Result<int> list(const Words& words) {
  const auto all = TRY(pool::pools(ask()));
  Json json = Json::array();
  std::vector<Row> rows = {pool_titles()};
  for (const auto& pool : all) {
    json.push_back(describe(pool));
    rows.push_back(pool_row(pool));
  }
  if (words.has('j')) return print_json(json), 0;
  print_table(rows);
  return 0;
}

void print_status(const pool::Pool& pool) {
  say(concat(pool.name, ": ", pool.state, ", ", pool::system_word(pool.system), ", ",
             pool::size_text(pool.used), " of ", pool::size_text(pool.bytes), " used, at ",
             pool.place));
  if (!pool.scan.empty()) say(concat("  ", pool.scan));
  std::vector<Row> rows;
  for (const auto& member : pool.members)
    rows.push_back({"  " + member.name, member.state, concat(member.errors, " errors")});
  if (!rows.empty()) print_table(rows);
  if (!pool.fault.empty()) say(concat("  ", pool.fault));
  if (const auto advice = pool.advice(); !advice.empty()) say(concat("  to do: ", advice));
}

// 0: all of them are well.
Result<int> status(const Words& words) {
  auto chosen = TRY(pool::pools(ask()));
  if (!words.operands.empty()) chosen = {TRY(pool::find_pool(words.operands[0], chosen))};
  Json json = Json::array();
  for (const auto& pool : chosen) {
    if (words.has('j'))
      json.push_back(describe(pool));
    else
      print_status(pool);
  }
  if (words.has('j')) print_json(json);
  return std::ranges::all_of(chosen, &pool::Pool::healthy) ? 0 : 1;
}

Result<int> scrub(const Words& words) {
  const auto pools = TRY(pool::pools(ask()));
  const auto pool = TRY(pool::find_pool(words.operands[0], pools));
  TRY(pool::scrub(pool, ask()));
  return 0;
}

Result<int> replace(const Words& words) {
  const auto pools = TRY(pool::pools(ask()));
  const auto pool = TRY(pool::find_pool(words.operands[0], pools));
  const auto disk = TRY(pool::disk(words.operands[2], pool::members_of(pools), ask()));
  TRY(pool::replace(pool, {words.operands[1], disk, contents(words)}, ask()));
  return 0;
}

constexpr size_t kAnyNumber = 1000;
constexpr Subcommand kCommands[] = {
    {"pool create", "NAME [LAYOUT DISK ...] [--overwrite] [--yes]", "oy", 1, kAnyNumber, create},
    {"pool list", "[--json]", "j", 0, 0, list},
    {"pool replace", "NAME OLD-DISK NEW-DISK [--overwrite]", "o", 3, 3, replace},
    {"pool scrub", "NAME", "", 1, 1, scrub},
    {"pool status", "[NAME] [--json]", "j", 0, 1, status},
};

}  // namespace

Row disk_row(const pool::Disk& disk) {
  const auto content = disk.content.empty() ? std::string("free") : "holds " + disk.content;
  return {disk.path, pool::size_text(disk.bytes), disk.model,
          disk.user.empty() ? content : disk.user};
}

Row pool_row(const pool::Pool& pool) {
  return {pool.name,
          std::string(pool::system_word(pool.system)),
          pool::size_text(pool.bytes),
          pool::size_text(pool.used),
          pool.state,
          pool.place};
}

Json describe(const pool::Pool& pool) {
  Json members = Json::array();
  for (const auto& member : pool.members)
    members.push_back({{"name", member.name}, {"state", member.state}, {"errors", member.errors}});
  return {{"name", pool.name},      {"system", pool::system_word(pool.system)},
          {"place", pool.place},    {"state", pool.state},
          {"bytes", pool.bytes},    {"used", pool.used},
          {"scan", pool.scan},      {"fault", pool.fault},
          {"members", members},     {"healthy", pool.healthy()},
          {"advice", pool.advice()}};
}

std::span<const Subcommand> pool_commands() { return kCommands; }

}  // namespace gaol::tools
