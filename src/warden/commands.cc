// SPDX-License-Identifier: BSD-2-Clause
#include "warden/commands.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "warden/compat.h"
#include "warden/users.h"
#include "warden/way_in.h"

namespace gaol::warden {

namespace {

// What makes a line one for the shell. Not in it, as on FreeBSD: # = % , and newline.
constexpr std::string_view kShellCharacters = "!\"$&'()*;<>?[\\]`{|}~";

std::vector<std::string> split_words(std::string_view line) {
  const auto views = words(line);
  return {views.begin(), views.end()};
}

Result<User> user_for(const CommandContext& context, std::string_view who, Where where) {
  if (where == Where::jail && !context.settings.on("exec.system_jail_user"))
    return context.entrance.user(who);
  return host_user(context.kernel, who);
}

// `exec.clean` empties the environment and starts at home, for commands on the host as well.
void start_clean(sys::Command& command, const User& user) {
  std::vector<std::string> kept;
  if (const char* term = variable(command.environment, "TERM"))
    kept.push_back(concat("TERM=", term));
  command.environment = std::move(kept);
  set_variable(command.environment, "PATH", "/bin:/usr/bin");
  set_variable(command.environment, "USER", user.name);
  set_variable(command.environment, "HOME", user.home);
  set_variable(command.environment, "SHELL", user.shell);
  command.directory = user.home;
}

std::string user_parameter(const CommandContext& context, Where where) {
  return context.settings.text(where == Where::jail ? "exec.jail_user" : "exec.system_user");
}

Result<> set_surroundings(const CommandContext& context, sys::Command& command, Where where) {
  command.environment = own_environment();
  const bool clean = context.settings.on("exec.clean");
  if (!clean) {
    if (context.jid) set_variable(command.environment, "JID", concat(context.jid));
    set_variable(command.environment, "JNAME", context.name);
    set_variable(command.environment, "JPATH", context.path);
    if (where == Where::jail) command.directory = "/";
  }
  const std::string who = user_parameter(context, where);
  if (!who.empty() || clean) {
    const User user = TRY(user_for(context, who.empty() ? std::string("0") : who, where));
    if (!who.empty()) become(command, user);
    if (clean) start_clean(command, user);
  }
  if (where == Where::host) find_compat_first(context.kernel, command.environment);
  return {};
}

// Only what runs in the jail is logged; the file is the host's. In the tree of the jail, or of one
// above it, its root could have put a link in the way.
Result<sys::Fd> console_log(const CommandContext& context, Where where) {
  const std::string path = context.settings.text("exec.consolelog");
  if (where == Where::host || path.empty()) return sys::Fd{};
  if (!path.starts_with('/')) return fail("exec.consolelog: ", path, ": not an absolute pathname");
  auto log = context.kernel.open_log(path, !path.starts_with(context.tenancy + "/"));
  if (!log) return fail(std::move(log).error().in("exec.consolelog"));
  return log;
}

std::string announcement(const CommandContext& context, std::string_view line, Where where) {
  const std::string who = user_parameter(context, where);
  return concat("run command", where == Where::jail ? " in jail" : "", who.empty() ? "" : " as ",
                who, ": ", line);
}

void leave(const CommandContext& context, sys::Fd child, Where where) {
  if (where == Where::jail) context.strays.push_back({context.jid, std::move(child)});
}

Result<sys::Fd> start(const CommandContext& context, const sys::Command& command, Where where) {
  return where == Where::host ? context.kernel.spawn(command) : context.entrance.enter(command);
}

bool boots(const CommandContext& context, const CommandLine& line, Where where) {
  return where == Where::jail && context.entrance.boot && is_init_system(line.argv.front());
}

}  // namespace

CommandLine parse_command(std::string_view line) {
  const auto special = line.find_first_of(kShellCharacters);
  if (special == line.npos) return {split_words(line), false};
  if (line[special] == '&' && special == line.size() - 1)
    return {split_words(line.substr(0, special)), true};
  return {{"/bin/sh", "-c", std::string(line)}, false};
}

Result<> run_command(const CommandContext& context, const CommandLine& line, Where where) {
  if (line.argv.empty()) return {};
  const std::string text = join(line.argv, " ");
  context.report.tell(Report::What::command, announcement(context, text, where));
  sys::Command command{.argv = line.argv, .new_session = line.background};
  TRY(set_surroundings(context, command, where));
  if (where == Where::jail && context.entrance.vnet) find_compat_last(command.environment);
  const sys::Fd log = TRY(console_log(context, where));
  command.output = log.get();
  const sys::Fd program = TRY(compat_program(context.kernel, line.argv.front()));
  command.program = program.get();
  const bool boot = boots(context, line, where);
  auto child = boot ? context.entrance.boot(command) : start(context, command, where);
  if (!child) return fail(std::move(child).error().in(text));
  if (line.background || boot) {
    leave(context, std::move(*child), where);
    return {};
  }

  const auto seconds = context.settings.integer("exec.timeout");
  const auto status =
      TRY(context.kernel.reap(*child, seconds > 0 ? static_cast<int>(seconds) * 1000 : -1));
  if (!status) {
    leave(context, std::move(*child), where);
    return fail(text, ": timed out");
  }
  if (WIFSIGNALED(*status)) return fail(text, ": exited on signal ", WTERMSIG(*status));
  if (WEXITSTATUS(*status) != 0) return fail(text, ": failed");
  return {};
}

Result<> run_lines(const CommandContext& context, const std::vector<std::string>& lines,
                   Where where) {
  for (const auto& line : lines) TRY(run_command(context, parse_command(line), where));
  return {};
}

Result<> run_parameter(const CommandContext& context, std::string_view parameter, Where where) {
  if (parameter == "command" && !context.argv.empty())
    return run_command(context, {{context.argv.begin(), context.argv.end()}, false}, where);
  return run_lines(context, context.settings.list(parameter), where);
}

}  // namespace gaol::warden
