// SPDX-License-Identifier: BSD-2-Clause
#include "sys/confine.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace gaol::sys {

namespace {

// Any owner, any mode, file capabilities. Not CAP_MKNOD: nothing here makes a device.
constexpr uint32_t kOverFiles = 1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_FOWNER |
                                1u << CAP_FSETID | 1u << CAP_SETFCAP;

Result<> keep_capabilities(uint32_t which) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct sets[2] = {{which, which, 0}, {}};  // the second has the high ones
  if (::syscall(SYS_capset, &header, sets) != 0) return fail_errno(errno, "drop capabilities");
  return {};
}

}  // namespace

Result<> confine_to(const Fd& dir) {
  if (::unshare(CLONE_NEWNET | CLONE_NEWIPC) != 0) return fail_errno(errno, "leave the network");
  if (::fchdir(dir.get()) != 0 || ::chroot(".") != 0) return fail_errno(errno, "change root");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "no new privileges");
  return keep_capabilities(kOverFiles);
}

}  // namespace gaol::sys
