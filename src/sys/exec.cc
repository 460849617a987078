// SPDX-License-Identifier: BSD-2-Clause
#include "sys/exec.h"

#include <string_view>

namespace gaol::sys {

namespace {

constexpr std::string_view kDefaultPath = "/sbin:/bin:/usr/sbin:/usr/bin";

std::string_view search_path(const Command& command) {
  for (const std::string_view entry : command.environment)
    if (entry.starts_with("PATH=")) return entry.substr(5);
  return kDefaultPath;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

Error ChildFailure::error() const {
  return fail_errno(code, act, subject ? " " : "", subject ? subject : "").error();
}

ExecPlan::ExecPlan(const Command& command)
    : command_(command),
      argv_(pointers(command.argv)),
      environment_(pointers(command.environment)) {
  const std::string& name = command.argv.front();
  if (name.contains('/')) {
    candidates_.push_back(name);
  } else {
    for (auto dir : split(search_path(command), ':'))
      candidates_.push_back(dir.empty() ? name : concat(dir, "/", name));
  }
  shell_argv_ = argv_;
  shell_argv_.insert(shell_argv_.begin(), const_cast<char*>("/bin/sh"));
}

}  // namespace gaol::sys
