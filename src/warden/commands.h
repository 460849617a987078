// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The exec.* commands of a jail: how a line becomes a program, where it runs, as whom, with
// what environment, and what its failure is called.
// Source: jail(8), "exec.*"; FreeBSD 15.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "warden/record.h"
#include "warden/users.h"

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

// The way into a running jail.
struct Entrance {
  // Starts a program there; the Fd is its pidfd, a child of ours.
  std::function<Result<sys::Fd>(const sys::Command&)> enter;
  // Starts the init system of its userland, where the jail is being started; it is not waited for.
  std::function<Result<sys::Fd>(const sys::Command&)> boot = {};
  // By the jail's own passwd(5).
  std::function<Result<User>(std::string_view who)> user;
  bool vnet = false;  // it has a network stack of its own
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
  Entrance entrance{};  // for Where::jail
  // What the parameter `command` is, where it is one program with its arguments.
  std::span<const std::string> argv{};
};

// Runs the lines of a parameter one after the other; the first that fails ends it with
// `CMDLINE: failed`, `CMDLINE: exited on signal N` or `CMDLINE: timed out`.
Result<> run_lines(const CommandContext& context, const std::vector<std::string>& lines,
                   Where where);
Result<> run_command(const CommandContext& context, const CommandLine& line, Where where);

// Runs the commands of one parameter of a jail.
using RunParameter =
    std::function<Result<>(const CommandContext&, std::string_view parameter, Where)>;
Result<> run_parameter(const CommandContext& context, std::string_view parameter, Where where);

}  // namespace gaol::warden
