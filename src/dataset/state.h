// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What can be asked of a tree gaol made, and said of it, beside what is in it: what has changed,
// what its file system does for it, what it stands on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/differ.h"
#include "sys/tree.h"

namespace gaol::dataset {

// Where the room goes that a tree takes, in bytes on disk.
struct Room {
  sys::Room tree;  // what it alone has, and what it shares: with its origin, clones, snapshots
  struct Kept {
    std::string label;
    sys::Room room;
  };
  std::vector<Kept> snapshots;  // the oldest first
  // What comes back when all of them go. Where only one of them can be asked at a time it is the
  // least that does: what two of them share counts for neither.
  uint64_t snapshots_own = 0;
  std::optional<uint64_t> limit;
  uint64_t left = 0;  // what may still be written, of its limit and of what the file system has
};
Result<Room> room(const std::string& path);

// What some file systems let be said of a tree; zfsprops(7) has the words of ZFS.
enum class Property : uint8_t { compression, reservation };
std::string_view property_word(Property which);
// Refused where the file system has no such thing, as the next two are.
Result<std::string> property(const std::string& path, Property which);
Result<> set_property(const std::string& path, Property which, const std::string& value);
// Makes a thin tree stand by itself without a copy: what it was cloned from is then a clone of it.
Result<> promote(const std::string& path);

// One name that two states of a tree do not have in common.
struct Difference {
  sys::Change change;
  std::string path;  // as a jail has it, "/etc/motd"
};
// What has changed from snapshot `from` to snapshot `to`, sorted by path. Without `to`: until now;
// without `from`: since the tree was cloned. Files of one size and time count as the same.
// REQUIRES: no jail runs in the tree if instant_snapshots() is false.
Result<std::vector<Difference>> diff(const std::string& path, const std::string& from,
                                     const std::string& to);

}  // namespace gaol::dataset
