// SPDX-License-Identifier: BSD-2-Clause
#include "sys/envoy.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace gaol::sys {

namespace {

constexpr int kPatience = 5000;  // milliseconds for a handful of system calls

}  // namespace

long send_envoy(const Mission& mission) {
  Envoy envoy{mission, -ETIMEDOUT};
  const ChildStack stack;
  auto child = clone_shared(
      {.cgroup = mission.cgroup, .share_files = true, .run = be_envoy, .argument = &envoy}, stack);
  if (!child) return -child.error().code;
  const int raw = child->pidfd().get();
  pollfd ended{raw, POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&ended, 1, kPatience)) < 0 && errno == EINTR) continue;
  if (ready <= 0) ::syscall(SYS_pidfd_send_signal, raw, SIGKILL, nullptr, 0);
  child->wait_exec();
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(raw), &info, WEXITED) < 0 && errno == EINTR) continue;
  return envoy.result;
}

}  // namespace gaol::sys
