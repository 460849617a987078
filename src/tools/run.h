// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// For commands that are another's words: that one in our place.

#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::tools {

// The exit status of a program that has our terminal and environment. 128 and the signal, as with
// sh(1), if one ended it.
inline Result<int> run_program(std::vector<std::string> argv) {
  sys::Command command{.argv = std::move(argv), .act = "exec"};
  for (char** variable = environ; *variable; ++variable)
    command.environment.emplace_back(*variable);
  auto& kernel = sys::real_kernel();
  const sys::Fd program = TRY(kernel.spawn(command));
  const int status = TRY(kernel.reap(program, -1)).value_or(0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace gaol::tools
