// SPDX-License-Identifier: BSD-2-Clause
#include "sys/program.h"

#include <sys/mman.h>

#include <cerrno>

namespace gaol::sys {

Result<Answer> run_program(std::vector<std::string> argv, int input) {
  auto& kernel = real_kernel();
  const Fd output(::memfd_create("output", MFD_CLOEXEC));
  if (!output) return fail_errno(errno, "memfd");
  Command command;
  command.argv = std::move(argv);
  command.environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  command.input = input;
  command.output = output.get();
  const auto child = TRY(kernel.spawn(command));
  const auto status = TRY(kernel.reap(child, -1));
  return Answer{status.value_or(0), TRY(kernel.read_file(concat("/proc/self/fd/", output.get())))};
}

}  // namespace gaol::sys
