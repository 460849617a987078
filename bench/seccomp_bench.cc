// SPDX-License-Identifier: BSD-2-Clause
//
// What a jail's system call filter costs at each start and each attach: writing it, and the
// kernel taking it (checking, JIT, and one run per call number to learn which are always
// allowed). Beside it the same policy made by libseccomp, as a list (level 1) and as a binary
// tree (level 2), and what is left of the filter afterwards in a call that is allowed.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <vector>

#include "mac/seccomp.h"
#include "mac/seccomp_reference.h"

namespace {

using gaol::mac::Permissions;
using Seconds = std::chrono::duration<double>;

// A VNET jail with everything else as a new jail has it.
constexpr Permissions kJail{.inet4 = true, .inet6 = true, .vnet = true};

enum Maker { ours = 0, libseccomp_list = 1, libseccomp_tree = 2 };

std::vector<sock_filter> make(int64_t maker) {
  if (maker == ours) return gaol::mac::compile(kJail);
  return gaol::mac::reference::libseccomp_filter(kJail, static_cast<unsigned>(maker));
}

bool install(const std::vector<sock_filter>& code) {
  const sock_fprog program{static_cast<unsigned short>(code.size()),
                           const_cast<sock_filter*>(code.data())};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

Seconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::steady_clock::now() - start;
}

// Filters stack up, so each is measured in a process of its own, which reports what `measure`
// says, or nothing when the kernel refused.
template <class Measure>
std::optional<Seconds> in_a_child(Measure measure) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const std::optional<Seconds> took = measure();
    ::_exit(took && ::write(ends[1], &*took, sizeof *took) == sizeof *took ? 0 : 1);
  }
  ::close(ends[1]);
  Seconds took{};
  const bool reported = ::read(ends[0], &took, sizeof took) == sizeof took;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return reported ? std::optional(took) : std::nullopt;
}

void build(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make(state.range(0)));
}

template <class Measure>
void run_in_children(benchmark::State& state, Measure measure) {
  const auto code = make(state.range(0));
  for (auto _ : state) {
    const auto took = in_a_child([&] { return measure(code); });
    if (!took) {
      state.SkipWithError("seccomp(2) refused the filter");
      break;
    }
    state.SetIterationTime(took->count());
  }
  state.counters["instructions"] = static_cast<double>(code.size());
}

void load(benchmark::State& state) {
  run_in_children(state, [](const auto& code) -> std::optional<Seconds> {
    const auto start = std::chrono::steady_clock::now();
    if (!install(code)) return {};
    return since(start);
  });
}

// Calls per round, so that the clock does not count.
constexpr int kCalls = 10'000;

void use(benchmark::State& state) {
  run_in_children(state, [](const auto& code) -> std::optional<Seconds> {
    if (!install(code)) return {};
    const auto start = std::chrono::steady_clock::now();
    for (int left = kCalls; left > 0; --left) ::syscall(SYS_getppid);
    return since(start) / kCalls;
  });
}

void by_maker(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("maker")->Arg(ours)->Arg(libseccomp_list)->Arg(libseccomp_tree);
}
BENCHMARK(build)->Apply(by_maker)->Unit(benchmark::kMicrosecond);
BENCHMARK(load)->Apply(by_maker)->UseManualTime()->Iterations(500)->Unit(benchmark::kMicrosecond);
BENCHMARK(use)->Apply(by_maker)->UseManualTime()->Iterations(100)->Unit(benchmark::kNanosecond);

}  // namespace

BENCHMARK_MAIN();
