// SPDX-License-Identifier: BSD-2-Clause
#include "sys/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace gaol::sys {

namespace {

std::vector<std::string> environment() {
  return {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
}

std::function<void(uint64_t)>& counter() {
  static std::function<void(uint64_t)> counter;
  return counter;
}

Result<> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto put = ::write(fd, text.data(), text.size());
    if (put < 0) return fail_errno(errno, "write");
    text.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<> pump(int from, int to) {
  std::vector<char> block(128 << 10);
  for (uint64_t bytes = 0;;) {
    const auto got = ::read(from, block.data(), block.size());
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) return {};
    TRY(write_all(to, {block.data(), static_cast<size_t>(got)}));
    counter()(bytes += static_cast<size_t>(got));
  }
}

// Starts it with one end of a pipe in place of ours.
Result<Fd> spawn_on(const Command& command, Stream stream, const Fd& end) {
  const int ours = static_cast<int>(stream);
  const Fd saved(::fcntl(ours, F_DUPFD_CLOEXEC, 3));
  if (!saved || ::dup2(end.get(), ours) < 0) return fail_errno(errno, "dup");
  auto child = real_kernel().spawn(command);
  ::dup2(saved.get(), ours);
  return child;
}

// Between it and what it reads or writes. It may end before all of that is read.
Result<Fd> spawn_counted(const Command& command, Stream stream, Result<>& pumped) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "pipe");
  Fd from(ends[0]), to(ends[1]);
  const bool in = stream == Stream::in;
  Fd child = TRY(spawn_on(command, stream, in ? from : to));
  (in ? from : to) = Fd();
  const auto before = ::signal(SIGPIPE, in ? SIG_IGN : SIG_DFL);
  pumped = in ? pump(STDIN_FILENO, to.get()) : pump(from.get(), STDOUT_FILENO);
  ::signal(SIGPIPE, before);
  if (in && !pumped && pumped.error().code == EPIPE) pumped = {};
  return child;
}

}  // namespace

Result<Output> run_program(std::vector<std::string> argv, int input) {
  auto& kernel = real_kernel();
  const auto output = TRY(memory_file("output"));
  Command command;
  command.argv = std::move(argv);
  command.environment = environment();
  command.input = input;
  command.output = output.get();
  const auto child = TRY(kernel.spawn(command));
  const auto status = TRY(kernel.reap(child, -1));
  return Output{status.value_or(0), TRY(kernel.read_file(concat("/proc/self/fd/", output.get())))};
}

Result<> run_through(std::vector<std::string> argv, Stream stream, int held) {
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
  Result<> pumped;
  const auto child =
      TRY(counter() ? spawn_counted(command, stream, pumped) : kernel.spawn(command));
  const auto status = TRY(kernel.reap(child, -1));
  if (status.value_or(0) != 0) return fail(doing, ": failed");
  return pumped;
}

void count_streams(std::function<void(uint64_t bytes)> tell) { counter() = std::move(tell); }

Result<Fd> memory_file(const char* name) {
  Fd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) return fail_errno(errno, "memfd");
  return file;
}

Result<> write_out(std::string_view text) { return write_all(STDOUT_FILENO, text); }

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
