// SPDX-License-Identifier: BSD-2-Clause
#include "sys/project.h"

#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "sys/listing.h"
#include "sys/newer.h"
#include "sys/tree.h"

namespace gaol::sys {

namespace {

constexpr uint64_t kBlock = 512;  // what the interface of xfs counts in, which others have as well
// Numbers of ours, far from those that people give out in /etc/projid.
constexpr uint32_t kFirstProject = 0x40000000, kProjects = 0x10000000;
constexpr long kXfsMagic = 0x58465342;

long ask(const Fd& dir, unsigned command, uint32_t project, void* answer) {
  return ::syscall(SYS_quotactl_fd, dir.get(), QCMD(command, PRJQUOTA), project, answer);
}

// Not by ioctl(2) of libc: to what the kernel takes as 32 bits musl says int, glibc unsigned long.
long ask_file(const Fd& file, unsigned request, fsxattr& attributes) {
  return ::syscall(SYS_ioctl, file.get(), request, &attributes);
}

Result<> join(const Fd& file, uint32_t project, uint32_t also) {
  fsxattr is{};
  if (ask_file(file, FS_IOC_FSGETXATTR, is) != 0) return fail_errno(errno, "project");
  if (is.fsx_projid == project && (is.fsx_xflags & also) == also) return {};
  is.fsx_projid = project;
  is.fsx_xflags |= also;
  if (ask_file(file, FS_IOC_FSSETXATTR, is) != 0) return fail_errno(errno, "project");
  return {};
}

}  // namespace

std::optional<NoProjects> check_projects(const Fd& dir) {
  fs_quota_statv state{};
  state.qs_version = FS_QSTATV_VERSION1;
  constexpr unsigned kHolds = FS_QUOTA_PDQ_ACCT | FS_QUOTA_PDQ_ENFD;
  if (ask(dir, Q_XGETQSTATV, 0, &state) == 0 && (state.qs_flags & kHolds) == kHolds) return {};
  struct statfs is;
  if (::fstatfs(dir.get(), &is) == 0 && is.f_type == EXT4_SUPER_MAGIC)
    return NoProjects{"its file system has no project quotas",
                      "tune2fs -O project -Q prjquota, then mount it with prjquota"};
  if (::fstatfs(dir.get(), &is) == 0 && is.f_type == kXfsMagic)
    return NoProjects{"its file system has no project quotas", "mount it with prjquota"};
  return NoProjects{"the tree is a plain directory", ""};
}

uint32_t project_of(const Fd& dir) {
  fsxattr is{};
  return ask_file(dir, FS_IOC_FSGETXATTR, is) == 0 ? is.fsx_projid : 0;
}

Result<ProjectUse> project_use(const Fd& dir, uint32_t project) {
  fs_disk_quota quota{};
  if (ask(dir, Q_XGETQUOTA, project, &quota) != 0 && errno != ENOENT)  // nobody has asked for it
    return fail_errno(errno, "quota");
  return ProjectUse{quota.d_bcount * kBlock, quota.d_blk_hardlimit * kBlock};
}

Result<> limit_project(const Fd& dir, uint32_t project, uint64_t bytes) {
  fs_disk_quota quota{};
  quota.d_version = FS_DQUOT_VERSION;
  quota.d_flags = FS_PROJ_QUOTA;
  quota.d_fieldmask = FS_DQ_BHARD | FS_DQ_BSOFT;
  quota.d_id = project;
  quota.d_blk_hardlimit = bytes ? (bytes + kBlock - 1) / kBlock : 0;
  if (ask(dir, Q_XSETQLIM, project, &quota) != 0) return fail_errno(errno, "quota");
  return {};
}

// The inode number says where to look first, so two that are made at once do not meet.
Result<uint32_t> new_project(const Fd& dir) {
  struct stat is;
  if (::fstat(dir.get(), &is) != 0) return fail_errno(errno, "stat");
  for (uint32_t n = 0; n < kProjects; ++n) {
    const uint32_t project = kFirstProject + static_cast<uint32_t>((is.st_ino + n) % kProjects);
    const auto use = TRY(project_use(dir, project));
    if (use.used == 0 && use.limit == 0) return project;
  }
  return fail_errno(ENOSPC, "project");
}

// A directory comes before what is in it: what is made there meanwhile is in the project.
Result<> give_to_project(const Fd& top, uint32_t project) {
  std::vector<std::string> waiting = {"."};
  while (!waiting.empty()) {
    const std::string path = std::move(waiting.back());
    waiting.pop_back();
    const auto dir = open_here(top, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!dir) continue;  // gone meanwhile, or a mount
    TRY(join(*dir, project, FS_XFLAG_PROJINHERIT));
    const Listing all = TRY(list_entries(top, path));
    for (const auto& [name, is] : all.entries) {
      if (S_ISDIR(is.st_mode)) waiting.push_back(concat(path, "/", name));
      if (!S_ISREG(is.st_mode)) continue;
      const auto file = open_here(*dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      if (file) TRY(join(*file, project, 0));
    }
  }
  return {};
}

}  // namespace gaol::sys
