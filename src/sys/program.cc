// SPDX-License-Identifier: BSD-2-Clause
#include "sys/program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace gaol::sys {

namespace {

std::vector<std::string> environment() {
  return {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
}

}  // namespace

Result<Output> run_program(std::vector<std::string> argv, int input) {
  auto& kernel = real_kernel();
  const Fd output(::memfd_create("output", MFD_CLOEXEC));
  if (!output) return fail_errno(errno, "memfd");
  Command command;
  command.argv = std::move(argv);
  command.environment = environment();
  command.input = input;
  command.output = output.get();
  const auto child = TRY(kernel.spawn(command));
  const auto status = TRY(kernel.reap(child, -1));
  return Output{status.value_or(0), TRY(kernel.read_file(concat("/proc/self/fd/", output.get())))};
}

Result<> run_through(std::vector<std::string> argv, int held) {
  constexpr int kHigh = 10;  // Command wants it above 3
  auto& kernel = real_kernel();
  const auto doing = concat(argv[0], " ", argv[1]);
  Command command;
  command.argv = {"setpriv", "--pdeathsig", "KILL"};
  command.argv.insert(command.argv.end(), argv.begin(), argv.end());
  command.environment = environment();
  const Fd high(held < 0 ? -1 : ::fcntl(held, F_DUPFD_CLOEXEC, kHigh));
  if (held >= 0 && !high) return fail_errno(errno, "dup");
  command.held = high.get();
  const auto child = TRY(kernel.spawn(command));
  const auto status = TRY(kernel.reap(child, -1));
  if (status.value_or(0) != 0) return fail(doing, ": failed");
  return {};
}

Result<> write_out(std::string_view text) {
  while (!text.empty()) {
    const auto put = ::write(STDOUT_FILENO, text.data(), text.size());
    if (put < 0) return fail_errno(errno, "write");
    text.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<std::string> read_line(size_t limit) {
  std::string line;
  for (char c = 0; line.size() < limit; line.push_back(c)) {
    const auto got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0 || c == '\n') return line;
  }
  return fail_errno(EMSGSIZE, "read");
}

}  // namespace gaol::sys
