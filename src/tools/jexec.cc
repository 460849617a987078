// SPDX-License-Identifier: BSD-2-Clause

// jexec(8): run a program in a jail. The program is our child, because entering a PID
// namespace takes a fork; signals and the exit status are passed on so that it does not show.
// Source: jexec(8), FreeBSD 15.

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "sys/foreground.h"
#include "sys/worker.h"
#include "tools/print.h"
#include "warden/authority.h"
#include "warden/compat.h"
#include "warden/users.h"

namespace {

using namespace gaol;
using tools::complain;

constexpr const char* kUsage =
    "usage: jexec [-l] [-d working-directory] [[-e name=value] ...]\n"
    "             [-u username | -U username] jail [command ...]\n";

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(1);
}

struct Options {
  bool login = false;
  std::string directory;
  std::vector<std::string> assignments;
  std::optional<std::string> host_user, jail_user;
  std::string jail;
  std::vector<std::string> command;
};

Options parse_options(int argc, char** argv) {
  Options o;
  for (int c; (c = ::getopt(argc, argv, "+d:e:lnu:U:")) != -1;) {
    switch (c) {
      case 'd': o.directory = optarg; break;
      case 'e': o.assignments.emplace_back(optarg); break;
      case 'l': o.login = true; break;
      case 'n': break;  // old scripts still say it
      case 'u': o.host_user = optarg; break;
      case 'U': o.jail_user = optarg; break;
      default: usage();
    }
  }
  for (const auto& assignment : o.assignments)
    if (assignment.find('=') == 0 || !assignment.contains('=')) usage();
  if (optind >= argc || (o.host_user && o.jail_user)) usage();
  o.jail = argv[optind];
  o.command.assign(argv + optind + 1, argv + argc);
  return o;
}

Result<sys::Command> make_command(const Options& o, warden::Authority& authority,
                                  const warden::Record& jail) {
  sys::Kernel& kernel = sys::real_kernel();
  sys::Command command{.argv = o.command,
                       .environment = warden::own_environment(),
                       .directory = o.directory,
                       .act = "execvp():"};
  std::optional<warden::User> user;
  if (o.jail_user)
    user = TRY(authority.user_of(jail, *o.jail_user));
  else if (o.host_user)
    user = TRY(warden::host_user(kernel, *o.host_user));
  else if (o.login)
    user = TRY(warden::host_user(kernel, concat(::getuid())));
  if (o.login) {
    std::vector<std::string> kept;
    if (const char* term = warden::variable(command.environment, "TERM"))
      kept.push_back(concat("TERM=", term));
    command.environment = std::move(kept);
    warden::set_variable(command.environment, "PATH", "/bin:/usr/bin");
  }
  if (warden::permissions_of(jail.settings).vnet) warden::find_compat_last(command.environment);
  if (user) warden::become(command, *user);
  if (command.directory.empty()) command.directory = o.login ? user->home : "/";
  for (const auto& assignment : o.assignments) {
    const auto equals = assignment.find('=');
    warden::set_variable(command.environment, assignment.substr(0, equals),
                         std::string_view(assignment).substr(equals + 1));
  }
  if (command.argv.empty()) {
    const char* shell = warden::variable(command.environment, "SHELL");
    command.argv = {shell && *shell ? shell : "/bin/sh", "-i"};
  }
  return command;
}

const sys::Fd* program = nullptr;
volatile sig_atomic_t early = 0;  // a signal that came before there was a program

void pass_on(int signal) {
  const int saved = errno;
  if (program)
    (void)sys::real_kernel().signal(*program, signal);
  else
    early = signal;
  errno = saved;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

// Signals sent to us alone are for the program, and wait for it. Those of the terminal it gets
// without us, being in the foreground like we are, or in our place.
void hold_signals() {
  for (const int signal : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH})
    handle(signal, pass_on);
}
void relay_signals(const sys::Fd& child, bool interactive) {
  program = &child;
  for (const int signal : {SIGINT, SIGQUIT}) handle(signal, interactive ? pass_on : SIG_IGN);
  if (early) pass_on(early);
}

Result<int> run(const Options& o) {
  sys::Kernel& kernel = sys::real_kernel();
  const auto authority = warden::authority(kernel);
  auto jail = authority->find(o.jail);
  if (!jail) return fail("jail \"", o.jail, "\" not found");
  sys::Command command = TRY(make_command(o, *authority, *jail));
  const bool interactive = sys::has_terminal();
  if (interactive) command.terminal = STDIN_FILENO;
  hold_signals();
  const sys::Fd child = TRY(authority->attach(*jail, command));
  relay_signals(child, interactive);
  if (interactive) return sys::wait_in_foreground(child);
  const auto status = TRY(kernel.reap(child, -1));
  return *status;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  if (::geteuid() != 0) {
    complain("jexec", "only root may enter a jail (run it with sudo)");
    return 1;
  }
  const auto status = run(options);
  if (!status) {
    complain("jexec", status.error());
    return 1;
  }
  sys::end_as(*status);
}
