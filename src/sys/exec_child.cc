// SPDX-License-Identifier: BSD-2-Clause

// Runs between clone and exec, in memory shared with a parent that waits: no allocation, no locks,
// no errno, no libc. It is built without sanitizers, which know nothing of such a stack.

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "sys/exec.h"
#include "sys/raw.h"

namespace gaol::sys {

namespace {

constexpr int kProgram = 3;  // the first descriptor that is not a standard one

// A group that is not in the foreground yet would be stopped for asking.
long take_terminal(int terminal) noexcept {
  if (const long rc = raw::call(__NR_setpgid, 0, 0); rc < 0) return rc;
  const unsigned long quiet = 1UL << (SIGTTOU - 1);
  unsigned long before = 0;
  raw::call(__NR_rt_sigprocmask, SIG_BLOCK, &quiet, &before, sizeof before);
  const int self = static_cast<int>(raw::call(__NR_getpid));
  const long rc = raw::call(__NR_ioctl, terminal, TIOCSPGRP, &self);
  raw::call(__NR_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof before);
  return rc;
}

}  // namespace

void exec_in_child(const ExecPlan& plan, ChildFailure& failure) noexcept {
  const auto failed = [&](long rc, const char* act, const char* subject = nullptr) {
    if (rc >= 0) return false;
    failure = {static_cast<int>(-rc), act, subject};
    return true;
  };
  const Command& command = plan.command_;
  if (command.new_session) raw::call(__NR_setsid);
  if (command.terminal >= 0 && failed(take_terminal(command.terminal), "terminal")) return;
  if (command.input >= 0 && failed(raw::call(__NR_dup3, command.input, 0, 0), "dup")) return;
  if (command.output >= 0) {
    if (failed(raw::call(__NR_dup3, command.output, 1, 0), "dup") ||
        failed(raw::call(__NR_dup3, command.output, 2, 0), "dup"))
      return;
  }
  if (command.gid) {
    if (failed(raw::call(__NR_setgroups, command.groups.size(), command.groups.data()),
               "setgroups") ||
        failed(raw::call(__NR_setresgid, *command.gid, *command.gid, *command.gid), "setgid"))
      return;
  }
  if (command.uid &&
      failed(raw::call(__NR_setresuid, *command.uid, *command.uid, *command.uid), "setuid"))
    return;
  // Neither ours nor what the caller's caller left open may reach the program. Closed and not
  // only marked: the paths from here on may lead through a jail's /proc/self/fd.
  const bool by_descriptor = command.program >= 0;
  if (by_descriptor && command.program != kProgram &&
      failed(raw::call(__NR_dup3, command.program, kProgram, O_CLOEXEC), "dup"))
    return;
  if (command.held >= 0 && failed(raw::call(__NR_dup3, command.held, kProgram, 0), "dup")) return;
  const int first_closed = by_descriptor || command.held >= 0 ? kProgram + 1 : kProgram;
  if (failed(raw::call(__NR_close_range, first_closed, ~0U, 0U), "close_range")) return;
  if (!command.directory.empty() &&
      failed(raw::call(__NR_chdir, command.directory.c_str()), "chdir", command.directory.c_str()))
    return;

  if (by_descriptor) {
    failed(raw::call(__NR_execveat, kProgram, "", plan.argv_.data(), plan.environment_.data(),
                     AT_EMPTY_PATH),
           "exec", plan.argv_[0]);
    return;
  }
  long reason = -ENOENT;
  for (const auto& file : plan.candidates_) {
    const long rc =
        raw::call(__NR_execve, file.c_str(), plan.argv_.data(), plan.environment_.data());
    if (rc == -ENOEXEC) {
      plan.shell_argv_[1] = const_cast<char*>(file.c_str());
      raw::call(__NR_execve, "/bin/sh", plan.shell_argv_.data(), plan.environment_.data());
    }
    // One directory of PATH that we may not look into says more than another without the file.
    if (rc != -ENOENT && rc != -ENOTDIR) reason = rc;
  }
  failed(reason, command.act, plan.argv_[0]);
}

void spawn_in_child(void* spawning) noexcept {
  auto& self = *static_cast<Spawning*>(spawning);
  exec_in_child(self.plan, self.failure);
  exit_child(1);
}

void exit_child(int status) noexcept {
  for (;;) raw::call(__NR_exit_group, status);
}

}  // namespace gaol::sys
