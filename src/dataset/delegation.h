// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Datasets that root of a jail drives with its own zfs(8). On FreeBSD they are given to a jail by
// its jid, by zfs-jail(8); OpenZFS for Linux gives them to a user namespace, by zfs-zone(8), from
// 2.2 on. Three things are different there:
//
//   - ZFS never takes one back by itself: it holds the namespace even when nobody lives there any
//     more, and hears of it by a file only. So a name for the namespace has to outlive the jail.
//   - Whoever lacks CAP_SYS_ADMIN, as all of a jail do, may do what zfs-allow(8) says of its id, so
//     the jail's root is allowed what changes the datasets and nothing else.
//   - Files have ids of the host on disk, and a jail's are others at every start. So datasets have
//     a range of ids to themselves, as trees may (dataset/owners.h), which their jail gets. What
//     they hold when they are first delegated is given to it, and the property gaol:uid0 says so.
//
// As on FreeBSD, a dataset has to be meant for that: its property `zoned` (there `jailed`) is on,
// and the host does not mount it.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::dataset {

// Whether the ZFS of this host can do that; the error is why not. `dataset` is what it is asked
// with, and need not exist.
Result<> check_delegation(sys::Kernel& kernel, const std::string& dataset);

// The ids that a jail has for the sake of these datasets, from this one on; `tree` are those that
// its tree asks for, or 0. Some that are taken now, if none of the datasets has any.
Result<uint32_t> ids_of_datasets(const std::vector<std::string>& datasets, uint32_t tree);

// A user namespace with these ids, by a file of it.
struct Users {
  std::string file;
  uint32_t first = 0;
};
Result<> delegate(const std::string& dataset, const Users& users);
// Nothing when it is not delegated there, or is gone, or the file is another.
Result<> take_back(const std::string& dataset, const Users& users);

}  // namespace gaol::dataset
