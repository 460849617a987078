// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the files of pfctl(8) share.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pf/kept.h"
#include "pf/lower.h"
#include "pf/print.h"

namespace gaol::pfctl {

// The command line.
struct Asked {
  std::string anchor, file, table;
  std::string question;  // of --explain
  std::vector<std::pair<std::string, std::string>> macros;
  std::string_view table_command;
  std::vector<std::string> addresses;  // of the table command
  std::string refused;                 // the first option that nothing is behind yet
  std::string_view flush, show, debug;
  std::string interface;  // -i
  bool enable = false, disable = false, merge = false, zero = false;
  bool dry = false, quiet = false, numeric = false;
  bool only_filter = false, only_nat = false, only_queue = false, only_options = false;
  std::vector<std::string> kills, source_kills;
  int verbose = 0;

  bool everything() const {
    return !only_filter && !only_nat && !only_queue && !only_options && table_command != "load";
  }
};

// The exit status says it all.
inline std::unexpected<Error> quietly() { return std::unexpected(Error{}); }

// What is loaded as one policy, of which one ruleset is asked for.
struct Whole {
  pf::Kept kept;
  pf::Policy policy;
  pf::Lowered lowered;
  std::string path;
};
Result<Whole> whole(const pf::Kept& kept, const std::string& path);

// What is kept becomes `next`, and the kernel has it.
Result<> put(pf::Keeper& keeper, pf::Kept next);
// The same with one ruleset changed; of an anchor that there is not, one is made.
Result<> edit(pf::Keeper& keeper, const std::string& anchor,
              const std::function<void(pf::Ruleset&)>& change);
Result<std::string> read_stdin();

// -f. Without a keeper the file is only read. Faults are told; the error may be silent.
struct Source {
  std::string name, text;
};
std::optional<Source> source_of(const Asked& words, const pf::World& world);
void tell_faults(const Asked& words, const pf::Compiled& compiled);
Result<> load(const Asked& words, pf::Keeper* keeper);
// Against `set limit table-entries`.
Result<> check_table_size(const pf::Options& options, size_t size);

// -s
bool is_shown(std::string_view what);
Result<> show(const Asked& words, pf::Keeper& keeper);
Result<> show_tables(const Asked& words, const Whole& whole, pf::Keeper& keeper);

using Show = Result<>(const Asked& words, const Whole& whole);
Show show_info, show_interfaces, show_labels, show_memory, show_sources, show_timeouts;

// States, as pfctl(8) has them.
Result<> show_states(const Asked& words, const Whole& whole);
// How many there are, by the rule's id.
Result<std::vector<uint64_t>> states_by_rule();
Result<> flush_states(const Asked& words);
Result<> kill_states(const Asked& words, const pf::Kept& kept);
Result<> kill_sources(const Asked& words);

// -T. What it comes to is the exit status: 2, if not all addresses of `test` match.
Result<int> change_table(const Asked& words, pf::Keeper& keeper);
// All tables of a ruleset.
Result<> flush_tables(const Asked& words, pf::Keeper& keeper);

}  // namespace gaol::pfctl
