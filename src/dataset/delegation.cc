// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/delegation.h"

#include <cerrno>

#include "dataset/owners.h"
#include "dataset/zfs.h"
#include "sys/detached.h"

namespace gaol::dataset {

namespace {

// Not `allow` and `share`, which reach beyond the datasets, nor `volmode`: what has it set to none
// shows the host no device of a volume that a jail makes.
constexpr const char* kAllowed =
    "bookmark,clone,create,destroy,diff,hold,mount,promote,receive,release,rename,rollback,send,"
    "snapshot,userprop,aclinherit,acltype,atime,canmount,checksum,compression,copies,dnodesize,"
    "exec,filesystem_limit,logbias,mountpoint,primarycache,quota,readonly,recordsize,refquota,"
    "refreservation,relatime,reservation,secondarycache,snapdir,snapshot_limit,sync,xattr";

bool is_absent(const Error& error) { return error.code == ENOENT || error.code == ENOTTY; }

Result<> unless_absent(Result<std::string> done) {
  if (done || is_absent(done.error())) return {};
  return fail(std::move(done).error());
}

Result<> give_files(const std::string& dataset, uint32_t first) {
  const auto top = TRY(sys::mount_detached("zfs", dataset));
  return give_tree(top, dataset, {0, first});
}

// With those below it, which have the property from it.
Result<> give_all_files(const std::string& dataset, uint32_t first) {
  const auto text = TRY(zfs({"list", "-H", "-o", "name", "-t", "filesystem", "-r", dataset}));
  for (const auto name : split(trim(text), '\n')) TRY(give_files(std::string(name), first));
  TRY(zfs({"set", concat(kUid0, "=", first), dataset}));
  return {};
}

}  // namespace

// A namespace of another kind is what no dataset can be given to. Whoever says that, or that there
// is no such dataset, knows how: a zfs(8) before 2.2 has no such word, its module no such call.
Result<> check_delegation(sys::Kernel& kernel, const std::string& dataset) {
  if (kernel.exists("/dev/zfs")) {
    const auto answer = zfs({"zone", "/proc/self/ns/net", dataset});
    if (!answer && is_absent(answer.error())) return {};
  }
  return fail(
      "not supported on this system: it would need ZFS that delegates a dataset to a user "
      "namespace (OpenZFS 2.2)");
}

Result<uint32_t> ids_of_datasets(const std::vector<std::string>& datasets, uint32_t tree) {
  if (tree != 0) return tree;
  for (const auto& dataset : datasets) {
    const auto first = TRY(uid0_of_dataset(dataset));
    if (first == 0) continue;
    TRY(check_range(dataset, first));
    return first;
  }
  return take_range(datasets.front());
}

Result<> delegate(const std::string& dataset, const Users& users) {
  const auto zoned = TRY(zfs({"get", "-H", "-o", "value", "zoned", dataset}));
  if (trim(zoned) != "on")
    return fail(Error{0, concat(dataset, ": is not meant for a jail"),
                      concat("zfs set zoned=on ", dataset)});
  const auto first = TRY(uid0_of_dataset(dataset));
  if (first == 0) TRY(give_all_files(dataset, users.first));
  if (first != 0 && first != users.first)
    return fail(dataset, ": uid 0 of it is uid ", first, " here, and that of the jail ",
                users.first);
  TRY(zfs({"allow", "-u", concat(users.first), kAllowed, dataset}));
  TRY(zfs({"zone", users.file, dataset}));
  return {};
}

Result<> take_back(const std::string& dataset, const Users& users) {
  TRY(unless_absent(zfs({"unzone", users.file, dataset})));
  return unless_absent(zfs({"unallow", "-u", concat(users.first), dataset}));
}

}  // namespace gaol::dataset
