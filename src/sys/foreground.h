// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A program that is given the terminal we were started on.
//
// On FreeBSD jexec(8) becomes the program, and so it has the very terminal. Here it is our child,
// and a shell among such children wants to be a process group of its own: ours is one that its PID
// namespace has no number for. So the program gets a new group, in the foreground
// (Command::terminal), and we do what a shell does for a job: take the terminal back when it stops
// or ends, stop with it, and go on with it.

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// Whether standard input and output are a terminal, with us in the foreground. In a pipe they are
// not, and a program stays in our group: its neighbours there belong to the foreground as well.
bool has_terminal();

// Waits for a child that was started with that terminal: its wait(2) status. Handles SIGCONT from
// here on.
Result<int> wait_in_foreground(const Fd& child);

}  // namespace gaol::sys
