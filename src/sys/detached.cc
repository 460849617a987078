// SPDX-License-Identifier: BSD-2-Clause
#include "sys/detached.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace gaol::sys {

namespace {

Result<Fd> own(long fd, const std::string& source) {
  if (fd < 0) return fail_errno(errno, "mount ", source);
  return Fd(static_cast<int>(fd));
}

}  // namespace

Result<Fd> mount_detached(const char* type, const std::string& source) {
  constexpr unsigned kHarmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  const Fd fs = TRY(own(::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), source));
  const auto say = [&](unsigned what, const char* key, const char* value) {
    return ::syscall(SYS_fsconfig, fs.get(), what, key, value, 0) == 0;
  };
  if (!say(FSCONFIG_SET_STRING, "source", source.c_str()) ||
      !say(FSCONFIG_CMD_CREATE, nullptr, nullptr))
    return fail_errno(errno, "mount ", source);
  const Fd top = TRY(own(::syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC, kHarmless), source));
  return own(::openat(top.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), source);
}

}  // namespace gaol::sys
