// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Programs of the host that are asked for an answer.

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

struct Answer {
  int status = 0;    // wait(2) status
  std::string text;  // stdout and stderr as they came
};
// Runs a program to its end, in an environment that makes it speak English. `input` is its stdin,
// and open as long as the program runs, even when we are killed before that.
Result<Answer> run_program(std::vector<std::string> argv, int input = -1);

}  // namespace gaol::sys
