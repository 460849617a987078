// SPDX-License-Identifier: BSD-2-Clause
#include "warden/door.h"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>

#include "sys/helper.h"
#include "warden/plan.h"

namespace gaol::warden {

namespace {

constexpr int kPatience = 2000;  // milliseconds for what was killed to end

struct Door {
  const char* name;  // of its socket
  const char* parameter;
  sys::ProcessId Record::*keeper;
  bool (*wanted)(const jail::Settings&);
};
constexpr Door kDoors[] = {
    {"control", "children.max", &Record::control,
     [](const jail::Settings& settings) { return settings.integer("children.max") > 0; }},
    {"raw", "allow.raw_sockets", &Record::raw,
     [](const jail::Settings& settings) {
       return (orders_of(settings).grants & jail::kGrantRawSockets) != 0;
     }},
};

Result<> open_door(sys::Kernel& kernel, const Door& door, Record& record) {
  const sys::Fd root =
      TRY(kernel.open(concat("/proc/", record.init.pid, "/root"), O_PATH | O_DIRECTORY));
  const auto socket = kernel.listen(root, "dev/gaol", door.name, record.first_id);
  if (!socket) return {};
  const sys::Fd null = TRY(kernel.open("/dev/null", O_RDWR));
  const std::string program = TRY(sys::helper_path(kernel, "gaol-control"));
  const sys::Fd process =
      TRY(kernel.spawn({.argv = {program, door.name, concat(record.jid), concat(record.init.pid),
                                 concat(record.init.birth)},
                        .environment = {},
                        .directory = "/",
                        .input = socket->get(),
                        .output = null.get(),
                        .new_session = true}));
  record.*door.keeper = kernel.identify(process);
  return {};
}

Result<> close_door(sys::Kernel& kernel, const Door& door, Record& record) {
  auto& keeper = record.*door.keeper;
  if (keeper.pid == 0) return {};
  const auto process = kernel.pidfd(keeper);
  keeper = {};
  if (!process) return {};  // gone by itself
  TRY(kernel.signal(*process, SIGKILL));
  (void)TRY(kernel.wait_gone(*process, kPatience));
  (void)kernel.reap(*process, 0);  // a child of ours, where we opened the door: libgaol's callers
  return {};
}

}  // namespace

bool wants_doors(const jail::Settings& settings) {
  return std::ranges::any_of(kDoors, [&](const Door& door) { return door.wanted(settings); });
}

Result<> set_doors(sys::Kernel& kernel, Record& record) {
  for (const auto& door : kDoors) {
    if (!door.wanted(record.settings)) {
      TRY(close_door(kernel, door, record));
      continue;
    }
    const auto& keeper = record.*door.keeper;
    if (keeper.pid != 0 && kernel.alive(keeper)) continue;
    auto opened = open_door(kernel, door, record);
    if (!opened) return fail(std::move(opened).error().in(door.parameter));
  }
  return {};
}

Result<> close_doors(sys::Kernel& kernel, Record& record) {
  for (const auto& door : kDoors) TRY(close_door(kernel, door, record));
  return {};
}

}  // namespace gaol::warden
