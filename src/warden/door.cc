// SPDX-License-Identifier: BSD-2-Clause
#include "warden/door.h"

#include <fcntl.h>
#include <signal.h>

#include "sys/helper.h"

namespace gaol::warden {

namespace {

constexpr int kPatience = 2000;  // milliseconds for what was killed to end

Result<> open_door(sys::Kernel& kernel, Record& record) {
  const sys::Fd root =
      TRY(kernel.open(concat("/proc/", record.init.pid, "/root"), O_PATH | O_DIRECTORY));
  const auto socket = kernel.listen(root, "dev/gaol", "control", record.first_id);
  if (!socket) return {};
  const sys::Fd null = TRY(kernel.open("/dev/null", O_RDWR));
  const std::string program = TRY(sys::helper_path(kernel, "gaol-control"));
  const sys::Fd process = TRY(kernel.spawn(
      {.argv = {program, concat(record.jid), concat(record.init.pid), concat(record.init.birth)},
       .environment = {},
       .directory = "/",
       .input = socket->get(),
       .output = null.get(),
       .new_session = true}));
  record.control = kernel.identify(process);
  return {};
}

}  // namespace

Result<> set_door(sys::Kernel& kernel, Record& record) {
  if (record.settings.integer("children.max") == 0) return close_door(kernel, record);
  if (record.control.pid != 0 && kernel.alive(record.control)) return {};
  auto opened = open_door(kernel, record);
  if (!opened) return fail(std::move(opened).error().in("children.max"));
  return {};
}

Result<> close_door(sys::Kernel& kernel, Record& record) {
  if (record.control.pid == 0) return {};
  const auto process = kernel.pidfd(record.control);
  record.control = {};
  if (!process) return {};  // gone by itself
  TRY(kernel.signal(*process, SIGKILL));
  (void)TRY(kernel.wait_gone(*process, kPatience));
  (void)kernel.reap(*process, 0);  // a child of ours, where we opened the door: libgaol's callers
  return {};
}

}  // namespace gaol::warden
