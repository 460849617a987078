// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The mount table of a process, as /proc/PID/mountinfo tells it.

#include <string>
#include <string_view>
#include <vector>

namespace gaol::host {

struct Mount {
  std::string point;    // where it stands
  std::string type;     // the filesystem: "ext4", "cgroup2"
  std::string source;   // device or remote name
  std::string options;  // the filesystem's own, comma-separated: "rw,cpu"
};

// Lines that are not mountinfo's are passed over: the kernel writes the file, not a user.
std::vector<Mount> parse_mounts(std::string_view mountinfo);

// The mounts at `path` and below. REQUIRES: `path` is absolute and without links.
std::vector<Mount> mounts_below(const std::vector<Mount>& mounts, std::string_view path);

// The mount that `path` lies on; nullptr when there is none. REQUIRES: as above.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path);

// Whether it is a dataset of ZFS, in the kernel or by FUSE; its source is then the dataset's name.
bool is_zfs(const Mount& mount);

}  // namespace gaol::host
