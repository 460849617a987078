// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/watched.h"

#include <optional>

#include "sys/program.h"

namespace gaol::dataset {

namespace {

constexpr int kPollMilliseconds = 200;

}  // namespace

std::vector<std::string> alone() {
  return {"setpriv", "--pdeathsig", "KILL",         "unshare",     "--mount",
          "--pid",   "--fork",      "--kill-child", "--mount-proc"};
}

Result<int> Watched::run() {
  auto& kernel = sys::real_kernel();
  const auto file = TRY(sys::memory_file("output"));
  command_.output = file.get();
  const auto child = TRY(kernel.spawn(command_));
  std::optional<int> status;
  while (!status) {
    status = TRY(kernel.reap(child, kPollMilliseconds));
    text_ = TRY(kernel.read_file(concat("/proc/self/fd/", file.get())));
    report_lines();
  }
  return *status;
}

void Watched::report_lines() {
  for (size_t end; (end = text_.find('\n', told_)) != text_.npos; told_ = end + 1)
    progress_(std::string_view(text_).substr(told_, end - told_));
}

}  // namespace gaol::dataset
