// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Trees whose files belong to a jail's ids on disk. Elsewhere the kernel shows a jail the owners it
// is to see (idmapped mounts) and the tree stays uid 0's; zfs-fuse and OpenZFS 2.1 cannot, so there
// a tree has a range of ids of the host to itself, from its first shift until it is shifted back or
// destroyed. The jail that starts in it gets that range. No other tree does, nor a jail elsewhere:
// what is cloned, copied or received of such a tree changes hands before anybody sees it. Snapshots
// stay as they were taken.
//
//   /usr/jails/.gaol/www/owners      "1879048192": uid 0 of the tree on disk; while that changes,
//                                    "0 1879048192": from, to
//   /usr/jails/.gaol/www/mixed       if snapshots of it may have other owners than it has
//   /usr/jails/.gaol/www/privileges  what a change takes away, as long as it lasts
//   /var/db/gaol/owners/28672        a link for each range that is given out, to the tree, or with
//                                    the name of a dataset that jails are given (delegation.h)

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "dataset/driver.h"
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
  uint32_t range() const { return to && *to ? *to : first; }
};
Result<Owners> read_owners(sys::Kernel& kernel, const Place& at);
// uid 0 of a tree on disk. Refused while that changes.
Result<uint32_t> settled_owners(sys::Kernel& kernel, const Place& at);
// Whether these are the ids of a jail that may have a tree to itself, or 0.
bool is_plain_or_range(uint32_t first);

// The next five REQUIRE the lock.
// The files of a new tree, made at `made` for `at`, have the ids from `first` on: gives them to a
// range of its own, or to uid 0 where the file system can show them with other owners.
Result<> adopt(const Place& at, const std::string& made, uint32_t first);
// `act` brings files with the ids from `first` on into the tree; they are then as its others.
Result<> take_in(const Place& at, uint32_t first, const std::function<Result<>()>& act);
// Records that a tree just made has these ids.
Result<> keep_range(const Place& at, uint32_t first);
// uid 0 of a snapshot.
Result<uint32_t> snapshot_owners(Driver& driver, const Place& at, const std::string& label);
// From now on, snapshots of it may have others than it has.
Result<> note_mixed(const Place& at);
bool is_mixed(const Place& at);

// A tree has come to another path.
Result<> move_range(const Place& from, const Place& to);
// Before a jail starts in a tree, or with a dataset. Refused when another of these has the range,
// which came with a pool of another machine.
Result<> check_range(const std::string& holder, uint32_t first);
// A range for a tree or a dataset; what it has been given already if it has not come to write that
// down.
Result<uint32_t> take_range(const std::string& holder);
// Gives the files of a tree to other ids; `name` is what it is called to whoever waits for it.
Result<> give_tree(const sys::Fd& top, const std::string& name, sys::Shift shift);
// What a dataset says of itself, by a property that those below it have from it.
inline constexpr const char* kUid0 = "gaol:uid0";
// 0: nothing, or there is no such dataset.
Result<uint32_t> uid0_of_dataset(const std::string& dataset);

// Before the records of a tree go: nobody has its range any more.
Result<> give_range_back(const Place& at);

}  // namespace gaol::dataset
