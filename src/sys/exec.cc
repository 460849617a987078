// SPDX-License-Identifier: BSD-2-Clause
#include "sys/exec.h"

#include <errno.h>
#include <fcntl.h>

#include <string_view>

#include "sys/raw.h"

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

void exec_in_child(const ExecPlan& plan, ChildFailure& failure) noexcept {
  const auto failed = [&](long rc, const char* act, const char* subject = nullptr) {
    if (rc >= 0) return false;
    failure = {static_cast<int>(-rc), act, subject};
    return true;
  };
  const Command& command = plan.command_;
  if (command.new_session) raw::call(__NR_setsid);
  if (command.output >= 0) {
    if (failed(raw::call(__NR_dup3, command.output, 1, 0), "dup") ||
        failed(raw::call(__NR_dup3, command.output, 2, 0), "dup"))
      return;
  }
  if (command.gid) {
    if (failed(raw::call(__NR_setgroups, command.groups.size(), command.groups.data()),
               "setgroups") ||
        failed(raw::call(__NR_setresgid, *command.gid, *command.gid, *command.gid), "setgid"))
      return;
  }
  if (command.uid &&
      failed(raw::call(__NR_setresuid, *command.uid, *command.uid, *command.uid), "setuid"))
    return;
  // Neither ours nor what the caller's caller left open may reach the program. Closed and not
  // only marked: the paths from here on may lead through a jail's /proc/self/fd.
  if (failed(raw::call(__NR_close_range, 3U, ~0U, 0U), "close_range")) return;
  if (!command.directory.empty() &&
      failed(raw::call(__NR_chdir, command.directory.c_str()), "chdir", command.directory.c_str()))
    return;

  long reason = -ENOENT;
  for (const auto& file : plan.candidates_) {
    const long rc =
        raw::call(__NR_execve, file.c_str(), plan.argv_.data(), plan.environment_.data());
    if (rc == -ENOEXEC) {
      plan.shell_argv_[1] = const_cast<char*>(file.c_str());
      raw::call(__NR_execve, "/bin/sh", plan.shell_argv_.data(), plan.environment_.data());
    }
    // One directory of PATH that we may not look into says more than another without the file.
    if (rc != -ENOENT && rc != -ENOTDIR) reason = rc;
  }
  failed(reason, "exec", plan.argv_[0]);
}

void exit_child(int status) noexcept {
  for (;;) raw::call(__NR_exit_group, status);
}

}  // namespace gaol::sys
