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

constexpr std::string_view kInbox = "@";   // behind the name of a tree that is received
constexpr const char* kReceived = "tree";  // our name for a snapshot's tree, and so its stream's

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
  if (removed.error().code != ENOTDIR && removed.error().code != EINVAL) return removed;
  if (path.ends_with(kInbox)) {  // what it holds is read-only as long as it is there
    const auto inbox = TRY(sys::open_dir(path));
    (void)sys::remove_subvolume(inbox, kReceived);
  }
  return remove_all(path);
}

Result<> Btrfs::freeze(const Place& at, const std::string& to) {
  if (TRY(snapshot_to(at.path(), to, sys::Access::read_only))) return {};
  return Dir::freeze(at, to);  // a directory from before it was gaol's
}

Result<> Btrfs::send(const Place& at, const std::string& label, const std::string& from) {
  std::vector<std::string> words = {"btrfs", "send", "-q"};
  if (!from.empty()) words.insert(words.end(), {"-p", frozen_tree(at, from)});
  words.push_back(frozen_tree(at, label));
  return sys::run_through(std::move(words), sys::Stream::out);
}

// A snapshot is received in a directory of .scratch, which becomes that of the snapshot when it is
// complete and the tree has been made of it: what a killed command leaves is rubbish as always.
Result<> Btrfs::receive_snapshot(const Place& at, const std::string& label, const Fill& use) {
  if (TRY(settle(frozen_tree(at, label)))) return fail_errno(EEXIST, at.path(), "@", label);
  const auto inbox = concat(at.scratch(), kInbox);
  TRY(sys::real_kernel().make_dir(inbox, 0700));
  auto received =
      arrived(sys::run_through({"btrfs", "receive", "-q", inbox}, sys::Stream::in, Lock::latest()));
  if (received) received = use(concat(inbox, "/", kReceived));
  if (received) received = keep_snapshot(at, label, inbox);
  if (!received) (void)remove(inbox);
  return received;
}

Result<> Btrfs::keep_snapshot(const Place& at, const std::string& label, const std::string& inbox) {
  const auto kept = split_place(frozen_tree(at, label)).store;
  TRY(make_dirs(split_place(kept).store, 0700));
  TRY(remove_all(kept));
  return sys::rename_new(inbox, kept);
}

Result<> Btrfs::receive(const Place& at, const std::string& label) {
  return receive_snapshot(at, label, [&](const std::string& tree) -> Result<> {
    (void)TRY(snapshot_to(tree, at.scratch(), sys::Access::read_write));
    return {};
  });
}

// btrfs(8) takes changes of whatever it finds on the file system that they begin with.
Result<> Btrfs::check_base(const Place& at, const std::string& received) {
  const auto tree = TRY(sys::open_dir(received));
  const auto all = TRY(snapshots(at));
  for (const auto& snapshot : all) {
    const auto base = TRY(sys::open_dir(frozen_tree(at, snapshot.label)));
    if (TRY(sys::is_snapshot_of(tree, base))) return {};
  }
  return fail(at.path(), kNoBase);
}

Result<> Btrfs::receive_changes(const Place& at, const std::string& label) {
  return receive_snapshot(at, label, [&](const std::string& tree) -> Result<> {
    TRY(check_base(at, tree));
    return replace(at, [&](const std::string& scratch) -> Result<> {
      (void)TRY(snapshot_to(tree, scratch, sys::Access::read_write));
      return {};
    });
  });
}

Result<Usage> Btrfs::usage(const std::string& path) {
  const auto top = TRY(sys::open_dir(path));
  const auto quota = TRY(sys::subvolume_quota(top));
  if (!quota) return Dir::usage(path);
  return Usage{quota->used, quota->limit ? std::optional(quota->limit) : std::nullopt};
}

// The file system keeps these accounts where quotas are on.
Result<sys::Room> Btrfs::room_of(const std::string& path) {
  const auto top = TRY(sys::open_dir(path));
  const auto quota = TRY(sys::subvolume_quota(top));
  if (!quota) return Dir::room_of(path);
  return sys::Room{quota->own, quota->used - quota->own};
}

Result<> Btrfs::limit(const std::string& path, uint64_t bytes) {
  const auto top = TRY(sys::open_dir(path));
  auto limited = sys::limit_subvolume(top, bytes);
  if (!limited && limited.error().code == ENOTCONN)
    return fail(std::move(limited).error().in(path).advise("btrfs quota enable ", path));
  return limited;
}

namespace {

constexpr const char* kNoRoom =
    ": reservation: not supported on this system: btrfs keeps no room for a subvolume";

}  // namespace

// What is written from now on is compressed that way.
Result<std::string> Btrfs::property(const std::string& path, Property which) {
  if (which == Property::reservation) return fail(path, kNoRoom);
  const auto answer = TRY(sys::run_program({"btrfs", "property", "get", path, "compression"}));
  if (answer.status != 0) return fail("btrfs property: ", trim(answer.text));
  const auto value = trim(std::string_view(answer.text).substr(answer.text.find('=') + 1));
  return std::string(value.empty() ? "off" : value);
}

Result<> Btrfs::set(const std::string& path, Property which, const std::string& value) {
  if (which == Property::reservation) return fail(path, kNoRoom);
  const auto answer = TRY(sys::run_program(
      {"btrfs", "property", "set", path, "compression", value == "off" ? "" : value}));
  if (answer.status != 0) return fail("btrfs property: ", trim(answer.text));
  return {};
}

Result<> Btrfs::promote(const std::string& path) {
  return fail(path, ": promote: not needed here: on btrfs no clone stands on another tree");
}

}  // namespace gaol::dataset
