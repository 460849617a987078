// SPDX-License-Identifier: BSD-2-Clause
#include "sys/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace gaol::sys {

namespace {

// A word that waits on the line, if one does.
std::optional<char> heard(const Fd& line, int flags) {
  char word;
  ssize_t got;
  do got = ::recv(line.get(), &word, 1, flags);
  while (got < 0 && errno == EINTR);
  return got == 1 ? std::optional(word) : std::nullopt;
}

// A starter that is gone already will send no signal any more.
bool die_with(pid_t starter) {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == starter;
}

}  // namespace

Result<Worker> start_worker(const std::function<int(const Fd& line)>& work) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return fail_errno(errno, "socketpair");
  Fd ours(ends[0]), theirs(ends[1]);
  const pid_t starter = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "fork");
  if (pid == 0) {
    ours = Fd();
    ::_exit(die_with(starter) ? work(theirs) : 1);
  }
  Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return fail_errno(errno, "pidfd_open");
  return Worker{std::move(process), std::move(ours)};
}

void say(const Fd& line, char word) { (void)::send(line.get(), &word, 1, MSG_NOSIGNAL); }

std::optional<char> hear(const Fd& line) { return heard(line, 0); }

std::pair<size_t, News> listen(std::span<const Worker* const> workers) {
  std::vector<pollfd> watched;
  for (const Worker* worker : workers) {
    watched.push_back({worker->line.get(), POLLIN, 0});
    watched.push_back({worker->process.get(), POLLIN, 0});
  }
  for (;;) {
    ::poll(watched.data(), watched.size(), -1);
    for (size_t i = 0; i < workers.size(); ++i) {
      // Before its end comes what it said.
      if (watched[2 * i].revents || watched[2 * i + 1].revents)
        if (const auto word = heard(workers[i]->line, MSG_DONTWAIT)) return {i, {word, false}};
      if (watched[2 * i + 1].revents) return {i, {{}, true}};
      // Hung up, and not yet ended: there is nothing more to hear.
      if (watched[2 * i].revents & POLLHUP) watched[2 * i].fd = -1;
    }
  }
}

void end_as(int status) {
  if (!WIFSIGNALED(status)) ::_exit(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  const rlimit none{};  // whoever dumped core was another
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);
}

}  // namespace gaol::sys
