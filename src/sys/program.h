// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Programs of the host that are asked for an answer.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"
#include "sys/kernel.h"

namespace gaol::sys {

struct Output {
  int status = 0;    // wait(2) status
  std::string text;  // stdout and stderr as they came
};
// Runs a program to its end, in an environment that makes it speak English. `input` is its stdin,
// and open as long as the program runs, even when we are killed before that.
Result<Output> run_program(std::vector<std::string> argv, int input = -1);

// Runs a program on our own stdin, stdout and stderr; what matters of it goes through one of them.
// When we are killed it is as well; `held` is open until it is gone.
enum class Stream : int { in = 0, out = 1 };
Result<> run_through(std::vector<std::string> argv, Stream stream, int held = -1);
// From now on, `tell` hears how many bytes have gone through, again and again.
void count_streams(std::function<void(uint64_t bytes)> tell);

// An empty file of no file system, for what a program says.
Result<Fd> memory_file(const char* name);

// Writes all of it to stdout, now.
Result<> write_out(std::string_view text);
// The next line of stdin without its end, at most `limit` bytes, and nothing read behind it.
Result<std::string> read_line(size_t limit);

}  // namespace gaol::sys
