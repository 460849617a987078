// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a file system can do for the trees in it. FreeBSD's managers know one, ZFS; here a tree may
// also be a subvolume of btrfs, or no more than a directory. Which it is follows from what the
// path stands on, and is written down nowhere.
//
// A driver does single acts, each there as a whole or not at all, and knows nothing of records,
// locks and who may do what: that is store.h's and dataset.h's, once for all of them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "dataset/state.h"
#include "dataset/store.h"
#include "sys/tree.h"

namespace gaol::dataset {

// What a program says that takes a stream: where it failed, the line broke, most likely.
inline Result<> arrived(Result<> taken) {
  if (!taken) taken.error().hint = "nothing of it is left: it has to be sent again";
  return taken;
}
// What a receiver says of changes that are not for the tree.
inline constexpr const char* kNoBase = ": has not the snapshot that these changes begin with";

struct Dependence {
  std::string clone, base;  // by their paths
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string_view name() const = 0;
  // Whether a snapshot is of one moment, even while somebody writes.
  virtual bool instant() const = 0;
  // Whether a tree can be the writable layer of an overlay.
  virtual bool layers() const { return true; }
  // Whether a clone is made where it belongs and not moved there: that would take several steps.
  virtual bool clones_in_place() const { return false; }
  // Whether a tree is a mount by itself.
  virtual bool mounts() const { return false; }

  // Whether a tree stands at `path`. One that is there but not to be seen is put to where it can
  // be.
  virtual Result<bool> settle(const std::string& path) = 0;
  // Makes an empty tree.
  virtual Result<> make(const std::string& path) = 0;
  // Makes a tree with what `from` holds, at once and at no cost. False when this file system cannot
  // with that one: the caller has other ways.
  virtual Result<bool> clone(const std::string& from, const std::string& to) = 0;
  // The same with all of it copied: whatever happens to `from`, the new tree stands.
  virtual Result<sys::Copied> copy(const std::string& from, const std::string& to) = 0;
  virtual Result<> move(const std::string& from, const std::string& to) = 0;
  // With everything in it. There need be none.
  virtual Result<> remove(const std::string& path) = 0;
  // What this file system keeps together: the base cannot go before the clone. At least all of
  // trees in the directory `store`.
  virtual Result<std::vector<Dependence>> dependences(const std::string& store) = 0;

  // Snapshots of a tree, the oldest first.
  virtual Result<std::vector<Snapshot>> snapshots(const Place& at) = 0;
  virtual Result<> snapshot(const Place& at, const std::string& label) = 0;
  // Whether a tree can go back behind snapshots and keep them.
  virtual bool keeps_newer() const { return true; }
  // REQUIRES: it is the newest, where that loses those.
  virtual Result<> rollback(const Place& at, const std::string& label) = 0;
  virtual Result<> forget(const Place& at, const std::string& label) = 0;
  // Where the tree as it was then can be read, as long as `use` runs.
  virtual Result<> read(const Place& at, const std::string& label, const Fill& use) = 0;

  // Writes a snapshot to stdout, as what has changed since snapshot `from` unless that is empty.
  virtual Result<> send(const Place& at, const std::string& label, const std::string& from) = 0;
  virtual std::optional<uint64_t> stream_size(const Place&, const std::string& /*label*/,
                                              const std::string& /*from*/) {
    return {};  // where nobody can say
  }
  // Makes a tree at the scratch place of `at`, and its snapshot, of what stdin brings; or brings
  // the tree that is there to that state.
  virtual Result<> receive(const Place& at, const std::string& label) = 0;
  virtual Result<> receive_changes(const Place& at, const std::string& label) = 0;

  // Makes a tree of what a program sends, as ZFS does. One that is there gives way.
  virtual Result<> receive_from(const std::string& /*path*/,
                                const std::vector<std::string>& /*sender*/) {
    return fail(Error{0, concat("holds streams of ZFS, and the tree would be on ", name()),
                      "--path PATH below a dataset of ZFS"});
  }

  // Whether what has come of a stream stays when it breaks, for the next one to bring the rest.
  // Then the next three are there.
  virtual Result<bool> keeps_partial(const Place& /*at*/) { return false; }
  // What the sender has to know of that; empty: nothing is there.
  virtual Result<std::string> token(const Place& /*at*/, const Stream&) { return std::string(); }
  virtual Result<> send_rest(const Place& at, const std::string& /*label*/,
                             const std::string& /*token*/) {
    return fail(at.path(), ": ", name(), " sends a tree as a whole only");
  }
  virtual Result<> abandon(const Place& /*at*/, const Stream&) { return {}; }

  virtual Result<Usage> usage(const std::string& path) = 0;
  // Without the limit and what is left.
  virtual Result<Room> room(const Place& at) = 0;
  // 0: none.
  virtual Result<> limit(const std::string& path, uint64_t bytes) = 0;
  virtual Result<std::string> property(const std::string& path, Property which) = 0;
  virtual Result<> set(const std::string& path, Property which, const std::string& value) = 0;
  // Makes a clone stand by itself, and what it was cloned from on it.
  virtual Result<> promote(const std::string& path) = 0;
};

// The driver of the trees in a directory.
Result<Driver*> driver_at(const std::string& store);

// Plain directories, on any file system. A snapshot is a copy beside the records.
class Dir : public Driver {
 public:
  std::string_view name() const override { return "dir"; }
  bool instant() const override { return false; }
  Result<bool> settle(const std::string& path) override;
  Result<> make(const std::string& path) override;
  Result<bool> clone(const std::string& from, const std::string& to) override;
  Result<sys::Copied> copy(const std::string& from, const std::string& to) override;
  Result<> move(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<std::vector<Dependence>> dependences(const std::string& store) override;
  Result<std::vector<Snapshot>> snapshots(const Place& at) override;
  Result<> snapshot(const Place& at, const std::string& label) override;
  Result<> rollback(const Place& at, const std::string& label) override;
  Result<> forget(const Place& at, const std::string& label) override;
  Result<> read(const Place& at, const std::string& label, const Fill& use) override;
  Result<> send(const Place& at, const std::string& label, const std::string& from) override;
  Result<> receive(const Place& at, const std::string& label) override;
  Result<> receive_changes(const Place& at, const std::string& label) override;
  Result<Usage> usage(const std::string& path) override;
  Result<Room> room(const Place& at) override;
  Result<> limit(const std::string& path, uint64_t bytes) override;
  Result<std::string> property(const std::string& path, Property which) override;
  Result<> set(const std::string& path, Property which, const std::string& value) override;
  Result<> promote(const std::string& path) override;

 protected:
  // Where a snapshot keeps the tree.
  static std::string frozen_tree(const Place& at, const std::string& label);
  // Makes the snapshot of a tree; it appears at `to` when all of it is there.
  virtual Result<> freeze(const Place& at, const std::string& to);
  // What one tree or snapshot takes.
  virtual Result<sys::Room> room_of(const std::string& path);

 private:
  Result<> keep(const Place& at, const std::string& received, const std::string& label,
                const std::string& id);
};

// Subvolumes: directories that are cloned, frozen and removed as one.
class Btrfs final : public Dir {
 public:
  std::string_view name() const override { return "btrfs"; }
  bool instant() const override { return true; }
  Result<> make(const std::string& path) override;
  Result<bool> clone(const std::string& from, const std::string& to) override;
  Result<sys::Copied> copy(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<> send(const Place& at, const std::string& label, const std::string& from) override;
  Result<> receive(const Place& at, const std::string& label) override;
  Result<> receive_changes(const Place& at, const std::string& label) override;
  Result<Usage> usage(const std::string& path) override;
  Result<> limit(const std::string& path, uint64_t bytes) override;
  Result<std::string> property(const std::string& path, Property which) override;
  Result<> set(const std::string& path, Property which, const std::string& value) override;
  Result<> promote(const std::string& path) override;

 protected:
  Result<> freeze(const Place& at, const std::string& to) override;
  Result<sys::Room> room_of(const std::string& path) override;

 private:
  Result<> receive_snapshot(const Place& at, const std::string& label, const Fill& use);
  Result<> check_base(const Place& at, const std::string& received);
  static Result<> keep_snapshot(const Place& at, const std::string& label,
                                const std::string& inbox);
};

// Datasets of ZFS, by its commands.
class Zfs final : public Dir {
 public:
  std::string_view name() const override { return "zfs"; }
  bool instant() const override { return true; }
  bool layers() const override { return false; }
  bool clones_in_place() const override { return true; }
  bool mounts() const override { return true; }
  bool keeps_newer() const override { return false; }
  Result<bool> settle(const std::string& path) override;
  Result<> make(const std::string& path) override;
  Result<bool> clone(const std::string& from, const std::string& to) override;
  Result<sys::Copied> copy(const std::string& from, const std::string& to) override;
  Result<> move(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<std::vector<Dependence>> dependences(const std::string& store) override;
  Result<std::vector<Snapshot>> snapshots(const Place& at) override;
  Result<> snapshot(const Place& at, const std::string& label) override;
  Result<> rollback(const Place& at, const std::string& label) override;
  Result<> forget(const Place& at, const std::string& label) override;
  Result<> read(const Place& at, const std::string& label, const Fill& use) override;
  Result<> send(const Place& at, const std::string& label, const std::string& from) override;
  std::optional<uint64_t> stream_size(const Place& at, const std::string& label,
                                      const std::string& from) override;
  Result<> receive(const Place& at, const std::string& label) override;
  Result<> receive_changes(const Place& at, const std::string& label) override;
  Result<> receive_from(const std::string& path, const std::vector<std::string>& sender) override;
  Result<bool> keeps_partial(const Place& at) override;
  Result<std::string> token(const Place& at, const Stream& stream) override;
  Result<> send_rest(const Place& at, const std::string& label, const std::string& token) override;
  Result<> abandon(const Place& at, const Stream& stream) override;
  Result<Usage> usage(const std::string& path) override;
  Result<Room> room(const Place& at) override;
  Result<> limit(const std::string& path, uint64_t bytes) override;
  Result<std::string> property(const std::string& path, Property which) override;
  Result<> set(const std::string& path, Property which, const std::string& value) override;
  Result<> promote(const std::string& path) override;
};

}  // namespace gaol::dataset
