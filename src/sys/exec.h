// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The last steps of every child that becomes a program, on the host or in a jail. All that
// needs memory is laid out before the clone (ExecPlan); exec_in_child() only walks it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace gaol::sys {

// A request to start a program.
struct Command {
  std::vector<std::string> argv;         // argv[0] is searched in PATH when it has no slash
  std::vector<std::string> environment;  // NAME=value
  std::string directory;                 // working directory; empty: unchanged
  int program = -1;                      // what runs, whatever argv[0] says; -1: that
  int input = -1;                        // replaces stdin; -1: inherited
  int output = -1;                       // replaces stdout and stderr; -1: inherited
  int held = -1;                         // above 3: is 3 there; not with `program`
  bool new_session = false;              // setsid(2) first
  int terminal = -1;                     // whose foreground process group, a new one, it becomes
  const char* act = "exec";              // what a failure to execute is called
  std::optional<uint32_t> uid, gid;      // credentials to take on; none: unchanged
  std::vector<uint32_t> groups;          // supplementary groups; used when gid is set
};

// What went wrong in a child, in memory it shares with its parent. The parent makes the
// sentence.
struct ChildFailure {
  int code = 0;                   // errno; 0 while all is well
  const char* act = nullptr;      // "exec", "mount /proc"
  const char* subject = nullptr;  // may be null

  Error error() const;
};

class ExecPlan {
 public:
  // REQUIRES: `command` outlives the plan, argv is not empty.
  explicit ExecPlan(const Command& command);

 private:
  const Command& command_;
  std::vector<std::string> candidates_;  // the files to try, in PATH's order
  std::vector<char*> argv_, environment_;
  mutable std::vector<char*> shell_argv_;  // /bin/sh FILE ARGS, for a script without #!
  friend void exec_in_child(const ExecPlan&, ChildFailure&) noexcept;
};

// Session, output, credentials, directory, descriptors, exec. Runs between clone and
// exec. Returns only when it failed, with `failure` filled in.
void exec_in_child(const ExecPlan& plan, ChildFailure& failure) noexcept;
// The whole of a child that is only that. The argument points to a Spawning.
struct Spawning {
  const ExecPlan& plan;
  ChildFailure failure;
};
void spawn_in_child(void* spawning) noexcept;
// Ends the child without running anything of libc's.
[[noreturn]] void exit_child(int status) noexcept;

}  // namespace gaol::sys
