// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the kernel has and Debian 12's headers may not. The numbers are the same on every
// architecture; all of it goes when the oldest libc we build on has them.

#include <sys/syscall.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif
