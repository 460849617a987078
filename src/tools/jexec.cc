// SPDX-License-Identifier: BSD-2-Clause

// jexec(8): run a program in a jail. The program is our child, because entering a PID
// namespace takes a fork; signals and the exit status are passed on so that it does not show.
// Source: jexec(8), FreeBSD 15.

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "tools/print.h"
#include "warden/users.h"
#include "warden/warden.h"

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

Result<sys::Command> make_command(const Options& o, const warden::Record& jail) {
  sys::Kernel& kernel = sys::real_kernel();
  sys::Command command{.argv = o.command,
                       .environment = warden::own_environment(),
                       .directory = o.directory,
                       .act = "execvp():"};
  std::optional<warden::User> user;
  if (o.jail_user)
    user = TRY(warden::jail_user(kernel, jail.init.pid, *o.jail_user));
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

void pass_on(int signal) {
  const int saved = errno;
  (void)sys::real_kernel().signal(*program, signal);
  errno = saved;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

// The terminal sends its signals to the whole foreground group, the program included; those
// sent to us alone are for the program.
void relay_signals(const sys::Fd& child) {
  program = &child;
  for (const int signal : {SIGINT, SIGQUIT}) handle(signal, SIG_IGN);
  for (const int signal : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH})
    handle(signal, pass_on);
}

// --- a terminal of our own ---
//
// As on FreeBSD the program uses the very terminal that jexec was started on. A shell in the
// jail wants to be a process group of its own there, and ours is one that its PID namespace has
// no number for. So the program gets a new group, in the foreground, and we do what a shell does
// for a job: take the terminal back when it stops or ends, stop with it, and go on with it.
// In a pipe the program stays in our group: its neighbours there belong to the foreground too.

bool has_terminal() {
  return ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO) &&
         ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

pid_t job = 0;      // the program's process group
bool lent = false;  // whether the terminal is with it

void set_foreground(pid_t group) {
  sigset_t quiet, before;
  sigemptyset(&quiet);
  sigaddset(&quiet, SIGTTOU);
  ::sigprocmask(SIG_BLOCK, &quiet, &before);
  ::tcsetpgrp(STDIN_FILENO, group);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

// Whoever continues us in the foreground means the program.
void go_on(int) {
  const int saved = errno;
  if (::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {
    set_foreground(job);
    lent = true;
  }
  ::kill(-job, SIGCONT);
  errno = saved;
}

void take_back() {
  if (lent) set_foreground(::getpgrp());
  lent = false;
}

// In what a pidfd says of itself: the process's number here, not in the jail.
Result<pid_t> number_of(const sys::Fd& process) {
  const auto text = TRY(sys::real_kernel().read_file(concat("/proc/self/fdinfo/", process.get())));
  for (const auto line : split(text, '\n'))
    if (line.starts_with("Pid:"))
      if (const auto pid = number<pid_t>(trim(line.substr(4)))) return *pid;
  return fail("/proc/self/fdinfo: no Pid");
}

Result<int> wait_on_terminal(const sys::Fd& child) {
  program = &child;
  job = TRY(number_of(child));
  lent = true;
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH})
    handle(signal, pass_on);
  handle(SIGCONT, go_on);
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(child.get()), &info, WEXITED | WSTOPPED) < 0) {
      if (errno == EINTR) continue;
      return fail_errno(errno, "wait");
    }
    take_back();
    if (info.si_code == CLD_EXITED) return info.si_status << 8;  // as wait(2) has it
    if (info.si_code != CLD_STOPPED) return info.si_status;
    // Where nobody could continue us the kernel does not stop us, and so we go on at once; as we do
    // if we have got the terminal meanwhile that the program was stopped for.
    const bool wants_terminal = info.si_status == SIGTTIN || info.si_status == SIGTTOU;
    if (!wants_terminal || ::tcgetpgrp(STDIN_FILENO) != ::getpgrp()) ::kill(0, SIGTSTP);
    go_on(SIGCONT);
  }
}

// Ends as the program ended, by the same signal if it was one.
[[noreturn]] void end_as(int status) {
  if (WIFSIGNALED(status)) {
    ::signal(WTERMSIG(status), SIG_DFL);
    ::raise(WTERMSIG(status));
    std::_Exit(128 + WTERMSIG(status));
  }
  std::_Exit(WEXITSTATUS(status));
}

Result<int> run(const Options& o) {
  sys::Kernel& kernel = sys::real_kernel();
  warden::Warden warden(kernel);
  auto jail = warden.find(o.jail);
  if (!jail) return fail("jail \"", o.jail, "\" not found");
  sys::Command command = TRY(make_command(o, *jail));
  const bool interactive = has_terminal();
  if (interactive) command.terminal = STDIN_FILENO;
  const sys::Fd child = TRY(warden.attach(*jail, command));
  if (interactive) return wait_on_terminal(child);
  relay_signals(child);
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
  end_as(*status);
}
