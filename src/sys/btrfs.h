// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Subvolumes of btrfs: trees that the file system copies, freezes and drops as one, whatever is in
// them. By the kernel's own interface, linux/btrfs.h and linux/btrfs_tree.h: the commands are
// static, and what they need of it is a handful of calls.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// Whether `dir` lies on a btrfs, and whether it is itself the top of a subvolume.
Result<bool> on_btrfs(const Fd& dir);
Result<bool> is_subvolume(const Fd& dir);
// Whether one was made as a snapshot of the other.
Result<bool> is_snapshot_of(const Fd& subvolume, const Fd& other);

// Makes an empty subvolume.
Result<> make_subvolume(const Fd& parent, const std::string& name);

enum class Access : uint8_t { read_write, read_only };
// A subvolume with what `from` holds at this moment, at once. Subvolumes below it are empty
// directories there.
Result<> snapshot_subvolume(const Fd& from, const Fd& parent, const std::string& name,
                            Access access);

// Removes subvolume `name` of `parent`, with what is in it and with the subvolumes below it: root
// of a jail may have made some. ENOTDIR when it is none.
Result<> remove_subvolume(const Fd& parent, const std::string& name);

// The quota group of a subvolume: what it refers to, what of that no other does, and how much it
// may. Nothing when quotas are
// off for its file system.
struct Quota {
  uint64_t used = 0;   // bytes
  uint64_t own = 0;    // of them
  uint64_t limit = 0;  // 0: none
};
Result<std::optional<Quota>> subvolume_quota(const Fd& subvolume);
// ENOTCONN when quotas are off.
Result<> limit_subvolume(const Fd& subvolume, uint64_t bytes);

}  // namespace gaol::sys
