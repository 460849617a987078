// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The exec.* commands of a jail: how a line becomes a program, where it runs, as whom, with
// what environment, and what its failure is called.
// Source: jail(8), "exec.*"; FreeBSD 15.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jail/prison.h"
#include "warden/plan.h"
#include "warden/record.h"

namespace gaol::warden {

// How a line is run. No words: an empty line, nothing to do.
struct CommandLine {
  std::vector<std::string> argv;
  bool background = false;  // ended with a lone `&`: in a new session, not waited for
  bool operator==(const CommandLine&) const = default;
};
CommandLine parse_command(std::string_view line);

enum class Where : uint8_t { host, jail };

// What is told while things happen. Libraries do not print; front ends do.
struct Report {
  // failed: a step of a start or stop, told at once because undoing it has lines of its own. The
  // first of them is also what the start or stop returns.
  // waiting, working: for some time nothing is done but to wait for processes that were asked to
  // end.
  enum class What : uint8_t {
    created,
    removed,
    updated,
    failed,
    command,
    detail,
    waiting,
    working
  };
  std::function<void(What, std::string_view text)> tell = [](What, std::string_view) {};
};

// A child of ours in a jail that nobody waits for: its line ended with `&`, or exec.timeout ran
// out. A jail's init cannot end before its parent has collected it.
struct Stray {
  Jid jid = 0;
  sys::Fd process;  // pidfd
};

// Everything a command line may need to know of its jail.
struct CommandContext {
  sys::Kernel& kernel;
  const Report& report;
  std::vector<Stray>& strays;
  const jail::Settings& settings;  // exec.clean, users, timeout, console log
  Jid jid = 0;                     // 0: not known yet
  std::string name, path;
  std::string tenancy;  // the path of the outermost jail around it, or its own
  // For Where::jail.
  const sys::Fd* init = nullptr;  // pidfd
  int init_pid = 0;
  const sys::Fd* cgroup = nullptr;
  mac::Permissions permissions;
};

// Runs the lines of a parameter one after the other; the first that fails ends it with
// `CMDLINE: failed`, `CMDLINE: exited on signal N` or `CMDLINE: timed out`.
Result<> run_lines(const CommandContext& context, const std::vector<std::string>& lines,
                   Where where);
Result<> run_command(const CommandContext& context, const CommandLine& line, Where where);

}  // namespace gaol::warden
