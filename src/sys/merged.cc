// SPDX-License-Identifier: BSD-2-Clause
#include "sys/merged.h"

#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace gaol::sys {

namespace {

Result<> configure(const Fd& fs, unsigned command, const char* key, const char* value) {
  if (::syscall(SYS_fsconfig, fs.get(), command, key, value, 0) != 0)
    return fail_errno(errno, "overlay");
  return {};
}

}  // namespace

Result<Fd> merged(const Fd& upper, const Fd& lower) {
  const Fd fs(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!fs) return fail_errno(errno, "overlay");
  // By descriptors: a path may be too long for an option, or have a colon in it.
  const auto layers = concat("/proc/self/fd/", upper.get(), ":/proc/self/fd/", lower.get());
  TRY(configure(fs, FSCONFIG_SET_STRING, "lowerdir", layers.c_str()));
  TRY(configure(fs, FSCONFIG_SET_FLAG, "userxattr", nullptr));  // as a jail's overlay leaves them
  TRY(configure(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr));
  const auto mount =
      ::syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC,
                MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  if (mount < 0) return fail_errno(errno, "overlay");
  return Fd(static_cast<int>(mount));
}

}  // namespace gaol::sys
