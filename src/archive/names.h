// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the names in an archive mean, by words alone: which of them can be a place in a tree, and
// which are the whiteouts of an OCI image's layers.

#include <string>
#include <string_view>

#include "base/result.h"

namespace gaol::archive {

// The path of an entry from the top of its tree, without `.` and doubled or trailing slashes; "" is
// the top itself. Refuses what could only be meant to lead elsewhere: absolute names and `..`.
Result<std::string> entry_path(std::string_view name);

// A name as it may stand in a line: quoted, with everything unprintable as \ooo.
std::string quote_name(std::string_view name);

// A value as jail.conf(5) reads it back, whatever is in it.
std::string conf_value(std::string_view value);

// What an entry of an image's layer does to the layers below it (image-spec, layer.md).
enum class Whiteout : uint8_t {
  none,    // it is an entry like any other
  remove,  // takes away what is at `path`
  empty,   // takes away all that is in `path`
};
struct Change {
  Whiteout whiteout = Whiteout::none;
  std::string path;
};
// REQUIRES: `path` comes from entry_path(). Refuses a whiteout without the name of anything.
Result<Change> change_of(const std::string& path);

// Whether an archive whose first named entry is this holds an image rather than a tree. The
// programs that write images begin with one of a few names; no tree begins so.
bool begins_image(const std::string& path);

// Whether it holds a jail as iocage exports it: what that puts into a tar has the path of where it
// was made.
bool begins_iocage(const std::string& path);

// Whether an extended attribute may be kept: those of users and file capabilities. Not what an
// overlay would take for its own, and not what only means something on the machine it is from.
bool keeps_attribute(std::string_view name);
// The same between trees of gaol's: access control lists as well, which have numbers of users in
// them and not every file system takes.
bool keeps_attribute_of_ours(std::string_view name);
inline constexpr const char* kAccessLists[] = {"system.posix_acl_access",
                                               "system.posix_acl_default"};
using Keeps = bool (*)(std::string_view name);

}  // namespace gaol::archive
