// SPDX-License-Identifier: BSD-2-Clause
#include "sys/foreground.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clone.h"

namespace gaol::sys {

namespace {

pid_t job = 0;      // the program's process group
bool lent = false;  // whether the terminal is with it

// A group that is not in the foreground would be stopped for asking.
void set_foreground(pid_t group) {
  sigset_t quiet, before;
  sigemptyset(&quiet);
  sigaddset(&quiet, SIGTTOU);
  ::sigprocmask(SIG_BLOCK, &quiet, &before);
  ::tcsetpgrp(STDIN_FILENO, group);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

bool in_foreground() { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

// Whoever continues us in the foreground means the program.
void go_on(int) {
  const int saved = errno;
  if (in_foreground()) {
    set_foreground(job);
    lent = true;
  }
  ::kill(-job, SIGCONT);
  errno = saved;
}

void take_back() {
  if (lent) set_foreground(::getpgrp());
  lent = false;
}

// Where nobody could continue us the kernel does not stop us, and so we go on at once; as we do if
// we have got the terminal meanwhile that the program was stopped for.
void stop_with_it(int signal) {
  const bool wants_terminal = signal == SIGTTIN || signal == SIGTTOU;
  if (!wants_terminal || !in_foreground()) ::kill(0, SIGTSTP);
  go_on(SIGCONT);
}

}  // namespace

bool has_terminal() { return ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO) && in_foreground(); }

Result<int> wait_in_foreground(const Fd& child) {
  job = pid_of(child);
  lent = true;
  struct sigaction continued {};
  continued.sa_handler = go_on;
  continued.sa_flags = SA_RESTART;
  ::sigaction(SIGCONT, &continued, nullptr);
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(child.get()), &info, WEXITED | WSTOPPED) < 0) {
      if (errno == EINTR) continue;
      return fail_errno(errno, "wait");
    }
    take_back();
    if (info.si_code == CLD_EXITED) return info.si_status << 8;  // as wait(2) has it
    if (info.si_code != CLD_STOPPED) return info.si_status;
    stop_with_it(info.si_status);
  }
}

}  // namespace gaol::sys
