// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Trees whose files belong to a jail's ids on disk. Elsewhere the kernel shows a jail the owners it
// is to see (idmapped mounts) and the tree stays uid 0's; zfs-fuse and OpenZFS 2.1 cannot, so there
// a tree has a range of ids of the host to itself, from its first shift until it is shifted back or
// destroyed. The jail that starts in it gets that range. No other tree does, nor a jail elsewhere.
//
//   /usr/jails/.gaol/www/owners      "1879048192": uid 0 of the tree on disk; while that changes,
//                                    "0 1879048192": from, to
//   /usr/jails/.gaol/www/privileges  what a change takes away, as long as it lasts
//   /var/db/gaol/owners/28672        a link for each range that is given out, to the tree

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "dataset/store.h"
#include "sys/owners.h"

namespace gaol::dataset {

// Range N is the ids from N * 65,536; those of jails begin above (warden/ids.h), for ZFS takes no
// id beyond 31 bits.
inline constexpr uint32_t kFirstOwnersRange = 0x7000, kOwnersRanges = 0x1000;

struct Owners {
  uint32_t first = 0;          // uid 0 of the tree on disk
  std::optional<uint32_t> to;  // it is on its way there
  // What is the tree's own; 0: none.
  uint32_t range() const { return first ? first : to.value_or(0); }
};
Result<Owners> read_owners(sys::Kernel& kernel, const Place& at);
// Refuses a tree whose files are not uid 0's, for who would read them as they are.
Result<> check_plain_owners(const Place& at);
// A tree has come to another path.
Result<> note_range(const Place& at);
// Before a jail starts in the tree. Refused when another tree has the range, which came with a pool
// of another machine.
Result<> check_range(const Place& at, uint32_t first);
// Before the records of a tree go: nobody has its range any more.
Result<> give_range_back(const Place& at);

}  // namespace gaol::dataset
