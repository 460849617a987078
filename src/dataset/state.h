// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What can be asked of a tree gaol made, and said of it, beside what is in it: what has changed,
// what its file system does for it, what it stands on.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/differ.h"

namespace gaol::dataset {

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
