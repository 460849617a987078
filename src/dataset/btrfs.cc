// SPDX-License-Identifier: BSD-2-Clause

// Trees that are subvolumes of btrfs. A clone shares its data with what it was made from but does
// not stand on it: the original may go, and nobody notices. So clones and copies are one thing.
// What is not a subvolume (a base on another file system) is copied file by file into one.
//
// Btrfs commits to disk with every snapshot it makes, so nothing needs to be flushed.

#include <cerrno>

#include "dataset/driver.h"
#include "sys/btrfs.h"
#include "sys/program.h"

namespace gaol::dataset {

namespace {

// False when `from` is no subvolume, or one of another file system.
Result<bool> snapshot_to(const std::string& from, const std::string& to, sys::Access access) {
  const auto source = TRY(sys::open_dir(from));
  if (!TRY(sys::is_subvolume(source))) return false;
  const Place at = split_place(to);
  const auto parent = TRY(sys::open_dir(at.store));
  auto made = sys::snapshot_subvolume(source, parent, at.name, access);
  if (made) return true;
  if (made.error().code == EXDEV) return false;
  return fail(std::move(made).error());
}

}  // namespace

Result<> Btrfs::make(const std::string& path) {
  const Place at = split_place(path);
  const auto parent = TRY(sys::open_dir(at.store));
  TRY(sys::make_subvolume(parent, at.name));
  return sys::set_mode(path, 0755);
}

Result<bool> Btrfs::clone(const std::string& from, const std::string& to) {
  return snapshot_to(from, to, sys::Access::read_write);
}

Result<sys::Copied> Btrfs::copy(const std::string& from, const std::string& to) {
  if (TRY(snapshot_to(from, to, sys::Access::read_write))) return sys::Copied{};
  return Dir::copy(from, to);
}

Result<> Btrfs::remove(const std::string& path) {
  const Place at = split_place(path);
  const auto parent = TRY(sys::open_dir(at.store));
  auto removed = sys::remove_subvolume(parent, at.name);
  if (removed || removed.error().code == ENOENT) return {};
  if (removed.error().code == ENOTDIR || removed.error().code == EINVAL) return remove_all(path);
  return removed;
}

Result<> Btrfs::freeze(const Place& at, const std::string& to) {
  if (TRY(snapshot_to(at.path(), to, sys::Access::read_only))) return {};
  return Dir::freeze(at, to);  // a directory from before it was gaol's
}

Result<> Btrfs::send(const Place& at, const std::string& label, const std::string& from) {
  std::vector<std::string> words = {"btrfs", "send", "-q"};
  if (!from.empty()) words.insert(words.end(), {"-p", frozen_tree(at, from)});
  words.push_back(frozen_tree(at, label));
  return sys::run_through(std::move(words));
}

// Where the stream's name for the tree, which is ours for it, is free.
Result<> Btrfs::receive_snapshot(const Place& at, const std::string& label) {
  const auto tree = frozen_tree(at, label);
  const Place frozen = split_place(tree);
  TRY(make_dirs(frozen.store, 0700));
  if (TRY(settle(tree))) return fail_errno(EEXIST, at.path(), "@", label);
  auto received = sys::run_through({"btrfs", "receive", "-q", frozen.store});
  if (!received) (void)forget(at, label);
  return received;
}

// As long as something is in .scratch, the next command looks after what a killed one left.
Result<> Btrfs::receive(const Place& at, const std::string& label) {
  TRY(sys::real_kernel().make_dir(at.scratch(), 0700));
  TRY(receive_snapshot(at, label));
  TRY(sys::real_kernel().remove_dir(at.scratch()));
  (void)TRY(snapshot_to(frozen_tree(at, label), at.scratch(), sys::Access::read_write));
  return {};
}

Result<> Btrfs::receive_changes(const Place& at, const std::string& label) {
  TRY(receive_snapshot(at, label));
  return rollback(at, label);
}

Result<Usage> Btrfs::usage(const std::string& path) {
  const auto top = TRY(sys::open_dir(path));
  const auto quota = TRY(sys::subvolume_quota(top));
  if (!quota) return Dir::usage(path);
  return Usage{quota->used, quota->limit ? std::optional(quota->limit) : std::nullopt};
}

Result<> Btrfs::limit(const std::string& path, uint64_t bytes) {
  const auto top = TRY(sys::open_dir(path));
  auto limited = sys::limit_subvolume(top, bytes);
  if (!limited && limited.error().code == ENOTCONN)
    return fail(std::move(limited).error().in(path).advise("btrfs quota enable ", path));
  return limited;
}

}  // namespace gaol::dataset
