// SPDX-License-Identifier: BSD-2-Clause

// gaol doctor and gaol host: whether this machine can run jails, and what there is of it to share
// out, from the metal up.

#include "dataset/dataset.h"
#include "host/doctor.h"
#include "host/machine.h"
#include "tools/gaol_pool.h"
#include "warden/warden.h"

namespace gaol::tools {

namespace {

std::vector<host::Finding> findings(const Words& words) {
  return host::examine(host::gather({kJailRoot, releases(words)}));
}

Json describe(const std::vector<host::Finding>& findings) {
  Json rows = Json::array();
  for (const auto& finding : findings)
    rows.push_back({{"subject", finding.subject},
                    {"verdict", host::verdict_word(finding.verdict)},
                    {"found", finding.found},
                    {"use", finding.use},
                    {"advice", finding.advice}});
  return rows;
}

// What there is to say of each tree is said by main()'s report.
Result<int> repair(const Words& words) {
  for (const auto& store : {std::string(kJailRoot), releases(words)}) TRY(dataset::repair(store));
  return 0;
}

Result<int> doctor(const Words& words) {
  if (words.has('X')) return repair(words);
  const auto found = findings(words);
  const bool able = host::can_run_jails(found);
  if (words.has('j')) {
    print_json({{"jails", able}, {"findings", describe(found)}});
    return able ? 0 : 1;
  }
  print(host::table(found));
  print(able ? "\nThis machine can run jails.\n" : "\nThis machine cannot run jails yet.\n");
  return able ? 0 : 1;
}

// All that there is to tell.
struct Inventory {
  host::Machine machine;
  std::vector<host::Finding> findings;
  std::vector<pool::Disk> disks;
  std::vector<pool::Pool> pools;
  size_t jails = 0;
  bool healthy() const { return std::ranges::all_of(pools, &pool::Pool::healthy); }
};

Json describe(const Inventory& all) {
  const auto& [machine, findings, disks, pools, jails] = all;
  Json disk_rows = Json::array(), pool_rows = Json::array(), nic_rows = Json::array();
  for (const auto& disk : disks)
    disk_rows.push_back({{"path", disk.path},
                         {"bytes", disk.bytes},
                         {"model", disk.model},
                         {"user", disk.user},
                         {"content", disk.content}});
  for (const auto& pool : pools) pool_rows.push_back(tools::describe(pool));
  for (const auto& nic : machine.nics)
    nic_rows.push_back({{"name", nic.name},
                        {"driver", nic.driver},
                        {"address", nic.address},
                        {"megabits", nic.megabits},
                        {"up", nic.up}});
  const auto& processor = machine.processor;
  return {{"name", machine.name},
          {"system", machine.system},
          {"kernel", machine.kernel},
          {"uptime", machine.uptime},
          {"healthy", all.healthy()},
          {"jails", jails},
          {"processor",
           {{"model", processor.model},
            {"packages", processor.packages},
            {"cores", processor.cores},
            {"threads", processor.threads}}},
          {"memory", {{"bytes", machine.memory.bytes}, {"available", machine.memory.available}}},
          {"features", describe(findings)},
          {"disks", disk_rows},
          {"pools", pool_rows},
          {"nics", nic_rows}};
}

std::string duration(uint64_t seconds) {
  constexpr uint64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  if (seconds >= 2 * kDay) return concat(seconds / kDay, " days");
  if (seconds >= 2 * kHour) return concat(seconds / kHour, " hours");
  return concat(seconds / kMinute, " minutes");
}

std::string speed(uint64_t megabits) {
  if (megabits == 0) return "-";
  return megabits % 1000 ? concat(megabits, " Mb/s") : concat(megabits / 1000, " Gb/s");
}

// What the kernel, and what is installed, leave to be wished.
std::string lacking(const std::vector<host::Finding>& findings) {
  std::vector<std::string> subjects;
  for (const auto& finding : findings)
    if (finding.verdict != host::Verdict::fine) subjects.push_back(finding.subject);
  return subjects.empty() ? "nothing" : join(subjects, ", ");
}

void print_machine(const Inventory& all) {
  const auto& machine = all.machine;
  const auto& [model, packages, cores, threads] = machine.processor;
  std::vector<Row> rows = {
      {"host", machine.name},
      {"system", concat(machine.system, ", Linux ", machine.kernel)},
      {"up", duration(machine.uptime)},
      {"processor", concat(model.empty() ? "" : concat(model, ", "), "packages ", packages,
                           ", cores ", cores, ", threads ", threads)},
      {"memory", concat(pool::size_text(machine.memory.bytes), ", ",
                        pool::size_text(machine.memory.available), " available")},
      {"jails", concat(all.jails, " running")},
      {"lacking", lacking(all.findings)}};
  print_table(rows);
}

void print_devices(const Inventory& all) {
  std::vector<Row> disks = {disk_titles()}, pools = {pool_titles()},
                   nics = {{"NIC", "DRIVER", "SPEED", "STATE", "ADDRESS"}};
  for (const auto& disk : all.disks) disks.push_back(disk_row(disk));
  for (const auto& pool : all.pools) pools.push_back(pool_row(pool));
  for (const auto& nic : all.machine.nics)
    nics.push_back(
        {nic.name, nic.driver, speed(nic.megabits), nic.up ? "up" : "down", nic.address});
  for (const auto& rows : {disks, pools, nics}) {
    if (rows.size() == 1) continue;  // the titles
    print("\n");
    print_table(rows);
  }
  for (const auto& pool : all.pools)
    if (const auto advice = pool.advice(); !advice.empty())
      say(concat("\n", pool.name, " is not well: ", advice));
}

Result<int> host_command(const Words& words) {
  const pool::Ask ask = pool::ask_program;
  Inventory all;
  all.machine = host::look_at_machine();
  all.findings = findings(words);
  all.pools = TRY(pool::pools(ask));
  all.disks = TRY(pool::disks(pool::members_of(all.pools), ask));
  all.jails = warden::Warden(sys::real_kernel()).list().size();
  if (words.has('j')) {
    print_json(describe(all));
  } else {
    print_machine(all);
    print_devices(all);
  }
  return all.healthy() ? 0 : 1;
}

constexpr Subcommand kCommands[] = {
    {"doctor", "[--json | --repair]", "jRX", 0, 0, doctor},
    {"host", "[--json]", "jR", 0, 0, host_command},
};

}  // namespace

std::span<const Subcommand> host_commands() { return kCommands; }

}  // namespace gaol::tools
