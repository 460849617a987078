// SPDX-License-Identifier: BSD-2-Clause

// PID 1 of a jail. A FreeBSD jail has no such process; a PID namespace cannot be without one,
// so ours does as little as a process can: it collects orphans, it ends the jail (by ending) when
// nothing else lives in it and nobody asked for `persist`, and it grants what root of the jail may
// do on FreeBSD but has no capability for (broker.cc).
//
// Whether it stays is said by signals from outside. The kernel gives signals from an ancestor
// PID namespace a sender of 0, which no process inside can forge:
//   SIGUSR1  run until empty      SIGUSR2  hold, empty or not (as at the start)
//
// It is linked without libc: its whole resident memory is a few pages, and there is one of it
// for each jail. The file is installed execute-only, which makes the kernel treat its memory
// as unreadable and untraceable for the jail's root. It has the namespaces of the jail and no
// others, so that taking it over would make one root of the jail's user namespace, not of the host.

#include <asm/signal.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/signalfd.h>

#include "init/broker.h"
#include "jail/orders.h"
#include "sys/raw.h"

namespace gaol::init {
namespace {

using sys::raw::call;

constexpr unsigned long bit(int signal) { return 1UL << (signal - 1); }
constexpr int kFromUser = 0;  // SI_USER
constexpr int kWaitAny = -1;
constexpr int kNoHang = 1;      // WNOHANG
constexpr long kNoChild = -10;  // -ECHILD
constexpr int kSecond = 1000;   // milliseconds

enum class Mode { hold, run_until_empty };

// Collects every ended child; false when there are no children at all.
bool reap() {
  for (;;) {
    const long pid = call(__NR_wait4, kWaitAny, nullptr, kNoHang, nullptr);
    if (pid == kNoChild) return false;
    if (pid == 0) return true;
  }
}

// Processes that were attached from outside are nobody's children here, so wait4 does not
// know them; a signal 0 to everybody does.
bool anybody_else() { return call(__NR_kill, -1, 0) == 0; }

Mode take_signals(int signals, Mode mode) {
  signalfd_siginfo info;
  while (call(__NR_read, signals, &info, sizeof info) == sizeof info) {
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the kernel filled it in
    if (info.ssi_code != kFromUser || info.ssi_pid != 0) continue;
    if (info.ssi_signo == SIGUSR1) mode = Mode::run_until_empty;
    if (info.ssi_signo == SIGUSR2) mode = Mode::hold;
  }
  return mode;
}

int open_signals() {
  const unsigned long watched = bit(SIGCHLD) | bit(SIGUSR1) | bit(SIGUSR2);
  const unsigned long all = ~0UL;
  call(__NR_rt_sigprocmask, SIG_BLOCK, &all, nullptr, sizeof all);
  return static_cast<int>(
      call(__NR_signalfd4, -1, &watched, sizeof watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

void live() {
  const int signals = open_signals();
  const int events = static_cast<int>(call(__NR_epoll_create1, EPOLL_CLOEXEC));
  watch(events, signals);
  watch(events, jail::kOrdersIn);
  // Apart from the stack: most jails never write to it, and their init holds no page for it.
  static constinit Foundation foundation;
  Broker broker(events, foundation);
  Mode mode = Mode::hold;
  for (;;) {
    const bool has_children = reap();
    const bool empty = mode == Mode::run_until_empty && !has_children;
    if (empty && !anybody_else()) return;
    // Attached processes end without a SIGCHLD to us: look again every second while only
    // such processes keep the jail alive.
    epoll_event event;
    const long ready = call(__NR_epoll_pwait, events, &event, 1, empty ? kSecond : -1, nullptr, 0);
    mode = take_signals(signals, mode);
    // Orders first: what is withdrawn by the time that a call is taken up is refused.
    broker.take_orders();
    if (ready == 1) broker.attend(event);
  }
}

}  // namespace
}  // namespace gaol::init

// The kernel enters with an aligned stack and no return address.
#if defined(__x86_64__)
#define GAOL_ENTRY extern "C" [[noreturn, gnu::force_align_arg_pointer]]
#else
#define GAOL_ENTRY extern "C" [[noreturn]]
#endif
GAOL_ENTRY void _start() {
  gaol::init::live();
  for (;;) gaol::sys::raw::call(__NR_exit_group, 0);
}
