// SPDX-License-Identifier: BSD-2-Clause

// PID 1 of a jail. A FreeBSD jail has no such process; a PID namespace cannot be without one,
// so ours does as little as a process can: it collects orphans, and it ends the jail (by
// ending) when nothing else lives in it and nobody asked for `persist`.
//
// It is controlled by signals from outside alone. The kernel gives signals from an ancestor
// PID namespace a sender of 0, which no process inside can forge:
//   SIGUSR1  run until empty      SIGUSR2  hold, empty or not (as at the start)
//
// It is linked without libc: its whole resident memory is a few pages, and there is one of it
// for each jail. The file is installed execute-only, which makes the kernel treat its memory
// as unreadable and untraceable for the jail's root.

#include <asm/signal.h>
#include <linux/time_types.h>

#include "sys/raw.h"

namespace {

using gaol::sys::raw::call;

// linux/siginfo.h's layout; its field macros do not survive C++'s dialect checks.
struct Siginfo {
  int number, error, code, padding;
  int sender;
  char rest[128 - 5 * sizeof(int)];
};
static_assert(sizeof(Siginfo) == 128);

constexpr unsigned long bit(int signal) { return 1UL << (signal - 1); }
constexpr int kFromUser = 0;  // SI_USER
constexpr int kWaitAny = -1;
constexpr int kNoHang = 1;      // WNOHANG
constexpr long kNoChild = -10;  // -ECHILD

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

}  // namespace

// The kernel enters with an aligned stack and no return address.
#if defined(__x86_64__)
#define GAOL_ENTRY extern "C" [[noreturn, gnu::force_align_arg_pointer]]
#else
#define GAOL_ENTRY extern "C" [[noreturn]]
#endif
GAOL_ENTRY void _start() {
  const unsigned long watched = bit(SIGCHLD) | bit(SIGUSR1) | bit(SIGUSR2);
  const unsigned long all = ~0UL;
  call(__NR_rt_sigprocmask, SIG_BLOCK, &all, nullptr, sizeof all);
  const __kernel_timespec second{1, 0};
  Mode mode = Mode::hold;

  for (;;) {
    const bool has_children = reap();
    const bool empty = mode == Mode::run_until_empty && !has_children;
    if (empty && !anybody_else()) break;
    // Attached processes end without a SIGCHLD to us: look again every second while only
    // such processes keep the jail alive.
    Siginfo info;
    const long signal =
        call(__NR_rt_sigtimedwait, &watched, &info, empty ? &second : nullptr, sizeof watched);
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the kernel filled it in
    if (signal < 0 || info.code != kFromUser || info.sender != 0) continue;
    if (signal == SIGUSR1) mode = Mode::run_until_empty;
    if (signal == SIGUSR2) mode = Mode::hold;
  }
  for (;;) call(__NR_exit_group, 0);
}
