// SPDX-License-Identifier: BSD-2-Clause
#include "sys/envoy.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace gaol::sys {

namespace {

// Whether it has ended, within the time that a handful of system calls may take.
bool ends(const Child& envoy) {
  constexpr int kLookAgain = 100, kMostLooks = 50;  // milliseconds; times
  pollfd ended{envoy.pidfd().get(), POLLIN, 0};
  for (int looks = 0; looks < kMostLooks; ++looks) {
    if (::poll(&ended, 1, kLookAgain) > 0) return true;
    envoy.end_if_stopped();
  }
  return false;
}

}  // namespace

long send_envoy(const Mission& mission) {
  Envoy envoy{mission, -ETIMEDOUT};
  const ChildStack stack;
  auto child = clone_shared(
      {.cgroup = mission.cgroup, .share_files = true, .run = be_envoy, .argument = &envoy}, stack);
  if (!child) return -child.error().code;
  const int raw = child->pidfd().get();
  if (!ends(*child)) ::syscall(SYS_pidfd_send_signal, raw, SIGKILL, nullptr, 0);
  child->wait_exec();
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(raw), &info, WEXITED) < 0 && errno == EINTR) continue;
  return envoy.result;
}

}  // namespace gaol::sys
