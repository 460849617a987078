// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Project quotas, by which ext4 and xfs count and limit what is in a directory and below: every
// file has the number of a project, and those made in a directory of a project get its number. No
// process of a user namespace can change it. See quotactl(2), xfs_quota(8) and FS_IOC_FSSETXATTR in
// linux/fs.h.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// Why limits do not hold on the file system of a directory, and what helps.
struct NoProjects {
  std::string_view why, hint;
};
std::optional<NoProjects> check_projects(const Fd& dir);

// The project of an open directory; 0: none, or there are none.
uint32_t project_of(const Fd& dir);
struct ProjectUse {
  uint64_t used = 0, limit = 0;  // bytes; no limit: 0
};
// Of a project of the file system that `dir` is on.
Result<ProjectUse> project_use(const Fd& dir, uint32_t project);
Result<> limit_project(const Fd& dir, uint32_t project, uint64_t bytes);
// A project that nobody has had, for this directory.
Result<uint32_t> new_project(const Fd& dir);

// Gives a directory and all that is below it to a project, and what will be made there. What cannot
// be opened (links, fifos) stays where it is: it takes no room. May be cut short and done again.
Result<> give_to_project(const Fd& top, uint32_t project);

}  // namespace gaol::sys
