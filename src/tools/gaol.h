// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the files of gaol(8) share: the words of a command line, the table that a group of
// subcommands is, and how they speak. A group lies in a file of its own, gaol_GROUP.cc.

#include <getopt.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/print.h"

namespace gaol::tools {

using Json = nlohmann::ordered_json;

// The words of one subcommand.
struct Words {
  std::map<int, std::string> options;  // by the letter of their short form
  std::vector<std::string> operands;
  bool has(int letter) const { return options.contains(letter); }
  std::string text(int letter, const std::string& standard = {}) const {
    const auto found = options.find(letter);
    return found == options.end() ? standard : found->second;
  }
};

struct Subcommand {
  std::string_view name;
  std::string_view synopsis;
  const char* letters;               // of the options it takes
  size_t least, most;                // operands
  Result<int> (*run)(const Words&);  // the exit status
  int trouble = 1;                   // that of an error
  const option* own = nullptr;       // options in place of those that all share
};

std::span<const Subcommand> export_commands();   // gaol_export.cc
std::span<const Subcommand> host_commands();     // gaol_host.cc
std::span<const Subcommand> log_commands();      // gaol_log.cc
std::span<const Subcommand> net_commands();      // gaol_net.cc
std::span<const Subcommand> pool_commands();     // gaol_pool.cc
std::span<const Subcommand> release_commands();  // gaol_release.cc
std::span<const Subcommand> room_commands();     // gaol_room.cc
std::span<const Subcommand> shift_commands();    // gaol_shift.cc
std::span<const Subcommand> tree_commands();     // gaol_tree.cc

inline constexpr const char* kJailRoot = "/usr/jails";

inline void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
inline void print_json(const Json& json) { say(json.dump(2)); }
inline void tell(std::string_view text) { complain("gaol", text); }
// Rows of one length, their columns aligned.
using Row = std::vector<std::string>;
void print_table(const std::vector<Row>& rows);
inline void show_progress(std::string_view line) { write_line(stderr, line); }

// Refuses what cannot name a jail, a block of jail.conf(5) and a directory alike.
Result<> check_name(std::string_view name);
// Where releases are.
std::string releases(const Words& words);
// The value of --limit: mebibytes.
Result<uint64_t> limit(const Words& words);
// The path of a release that is there; the error names one that is nearly called so.
Result<std::string> existing_release(const Words& words, const std::string& name);
// Refuses to take away a tree that a jail's root is in: the jail would go on without its files.
Result<> check_unused(const std::string& tree);

}  // namespace gaol::tools
