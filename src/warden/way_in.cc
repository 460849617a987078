// SPDX-License-Identifier: BSD-2-Clause
#include "warden/way_in.h"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>

#include "warden/plan.h"
#include "warden/users.h"

namespace gaol::warden {

namespace {

constexpr std::string_view kInitSystems[] = {"/sbin/init", "/usr/sbin/init", "/sbin/openrc-init",
                                             "/lib/systemd/systemd", "/usr/lib/systemd/systemd"};

// By the name of the executable. The numbers are those of libraries in the jail, not of ours.
struct Shutdown {
  std::string_view program;
  int signal;  // 0: by command
  std::string_view command;
};
constexpr Shutdown kShutdowns[] = {
    {"systemd", 34 + 3, {}},  // SIGRTMIN+3, as systemd(1) has it
    {"busybox", SIGUSR2, {}},
    {"openrc-init", 0, "/sbin/openrc-shutdown -p now"},
};
constexpr std::string_view kElse = "/sbin/poweroff";

// It may end the PID namespace that it is the first of, which is what the kernel makes of a
// request to reboot there.
mac::Permissions with_reboot(mac::Permissions permissions) {
  permissions.reboot = true;
  return permissions;
}

}  // namespace

bool is_init_system(std::string_view program) {
  return std::ranges::count(kInitSystems, program) > 0;
}

Result<WayIn> way_in(sys::Kernel& kernel, const Record& jail) {
  WayIn way{.init = TRY(kernel.pidfd(jail.init)),
            .first = {},
            .cgroup = jail.cgroup,
            .permissions = permissions_of(jail.settings)};
  if (jail.first.pid == 0) return way;
  auto first = kernel.pidfd(jail.first);
  if (!first) return way;
  // What it divides has processes at the ends only, and it is at one.
  way.cgroup = TRY(jail::cgroup_of(kernel, concat(jail.first.pid)));
  way.first = std::move(*first);
  way.permissions = with_reboot(way.permissions);
  return way;
}

Result<sys::Fd> start_init_system(sys::Kernel& kernel, const Record& jail,
                                  const std::string& empty_dir, sys::Command command) {
  const WayIn way{.init = TRY(kernel.pidfd(jail.init)),
                  .first = {},
                  .cgroup = jail.cgroup + "/init",
                  .permissions = with_reboot(permissions_of(jail.settings))};
  // systemd(1) and others go by it, and hand down the rest to all that they start.
  std::vector<std::string> environment{"container=gaol"};
  if (const char* term = variable(command.environment, "TERM"))
    environment.push_back(concat("TERM=", term));
  command.environment = std::move(environment);
  set_variable(command.environment, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
  command.directory = "/";
  command.new_session = true;
  const sys::Fd null = TRY(kernel.open("/dev/null", O_RDWR));
  command.input = null.get();
  if (command.output < 0) command.output = null.get();
  TRY(kernel.delegate_cgroup(way.cgroup, jail.first_id));
  return jail::start_first(kernel, way.entry(), orders_of(jail.settings), empty_dir, command);
}

Farewell farewell_of(sys::Kernel& kernel, const sys::ProcessId& first) {
  const auto words_of = [](std::string_view line) {
    const auto views = words(line);
    return std::vector<std::string>(views.begin(), views.end());
  };
  const auto executable = kernel.read_symlink(concat("/proc/", first.pid, "/exe"));
  for (const auto& known : kShutdowns)
    if (executable && executable->ends_with(concat("/", known.program)))
      return {known.signal, words_of(known.command)};
  return {0, words_of(kElse)};
}

}  // namespace gaol::warden
