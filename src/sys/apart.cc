// SPDX-License-Identifier: BSD-2-Clause
#include "sys/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/fd.h"

namespace gaol::sys {

namespace {

std::string read_to_end(const Fd& from) {
  std::string text;
  char buffer[512];
  for (ssize_t got; (got = ::read(from.get(), buffer, sizeof buffer)) != 0;) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

void write_all(const Fd& to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(to.get(), text.data(), text.size());
    if (put < 0 && errno != EINTR) return;
    if (put > 0) text.remove_prefix(static_cast<size_t>(put));
  }
}

}  // namespace

Result<std::string> apart(const std::function<std::string()>& act) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return fail_errno(errno, "pipe");
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return fail_errno(errno, "fork");
  if (child == 0) {
    write_all(to, act());
    ::_exit(0);
  }
  to = Fd();
  std::string text = read_to_end(from);
  // It may have been collected already, by a program that does not keep its dead.
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  return text;
}

}  // namespace gaol::sys
