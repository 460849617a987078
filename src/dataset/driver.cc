// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/driver.h"

#include "host/mounts.h"
#include "sys/btrfs.h"
#include "sys/tree.h"

namespace gaol::dataset {

namespace {

// By the mount table: zfs-fuse is a FUSE like any other to statfs(2).
Result<bool> on_zfs(const sys::Fd& dir) {
  const auto path = TRY(sys::real_path(dir));
  const auto table = TRY(sys::real_kernel().read_file("/proc/self/mountinfo"));
  const auto mounts = host::parse_mounts(table);
  const auto* mount = host::mount_of(mounts, path);
  return mount && host::is_zfs(*mount);
}

}  // namespace

Result<Driver*> driver_at(const std::string& store) {
  static Dir dir;
  static Btrfs btrfs;
  static Zfs zfs;
  const auto top = TRY(sys::open_dir(concat(store, "/")));
  if (TRY(sys::on_btrfs(top))) return &btrfs;
  if (TRY(on_zfs(top))) return &zfs;
  return &dir;
}

}  // namespace gaol::dataset
