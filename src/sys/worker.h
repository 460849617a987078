// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A second process of the program that runs, for work that is to go on beside other work. Worker
// and starter share nothing but a line, on which either says words of one character. A worker
// dies with its starter: to a user both are one command.

#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

struct Worker {
  Fd process;  // pidfd, a child of ours: Kernel::reap() collects it
  Fd line;
};

// Starts a worker that runs `work` and ends with the status that gives. Of open files only whole
// lines may have been written, for what is in a buffer is lost when the worker ends.
Result<Worker> start_worker(const std::function<int(const Fd& line)>& work);

// Says a word. That nobody is left to hear it is no error.
void say(const Fd& line, char word);
// Waits for the next word; nothing when the other side is gone.
std::optional<char> hear(const Fd& line);

// What has come of one worker.
struct News {
  std::optional<char> word;
  bool ended = false;  // and has said its last word
};
// Waits until one of the workers has said something or ended: its place among them, and what.
std::pair<size_t, News> listen(std::span<const Worker* const> workers);

// Ends as another process did, by the same signal if it was one. `status` is of wait(2).
[[noreturn]] void end_as(int status);

}  // namespace gaol::sys
