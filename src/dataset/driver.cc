// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/driver.h"

#include "sys/btrfs.h"

namespace gaol::dataset {

Result<Driver*> driver_at(const std::string& store) {
  static Dir dir;
  static Btrfs btrfs;
  const auto top = TRY(sys::open_dir(concat(store, "/")));
  if (TRY(sys::on_btrfs(top))) return &btrfs;
  return &dir;
}

}  // namespace gaol::dataset
