// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Whole directory trees, by descriptor. The trees belong to tenants: names are never joined
// to a path that the kernel resolves again, symbolic links are never followed, and mounts are
// never entered, so nothing a jail left behind can lead a copy or a removal out of its tree.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

enum class Entry : uint8_t { absent, directory, other };
// What stands at `path`; a symbolic link is `other`, whatever it points to.
Result<Entry> entry_at(const std::string& path);

// Opens a directory for reading. The last component must not be a symbolic link (ENOTDIR).
Result<Fd> open_dir(const std::string& path);
// Opens `name` below `parent`, as open(2) with these flags and never through a symbolic link, `..`
// or a mount: ELOOP or ENOTDIR when there is a link, EXDEV for the others.
Result<Fd> open_here(const Fd& parent, const std::string& name, int flags, unsigned mode = 0);
// The path the kernel has for an open directory: absolute, without links.
Result<std::string> real_path(const Fd& dir);

// Whether others than its owner and group may enter a directory.
Result<bool> open_to_others(const std::string& dir);
// Sets the permission bits of a file, untouched by umask.
Result<> set_mode(const std::string& path, unsigned mode);

// Gives `to` the owner, mode, extended attributes and times of `from`.
Result<> copy_attributes(const Fd& from, const Fd& to);

struct Copied {
  uint64_t files = 0;              // regular files, hard links not counted again
  uint64_t bytes = 0;              // their sizes
  std::vector<std::string> notes;  // what was left out, and why: "dev/null: device, not copied"
};
// Copies the contents and attributes of directory `from` into the empty directory `to`: owners,
// modes, times, extended attributes (ACLs and file capabilities among them), hard links, holes, and
// the marks by which the upper layer of an overlay hides what is below.
// Data is shared with the original where the filesystem can.
// With `select`, only the names for whose paths ("usr/bin") it is true, and directories may be
// there already.
// REQUIRES: nobody writes to either tree meanwhile.
using Select = std::function<bool(const std::string& path)>;
Result<Copied> copy_tree(const Fd& from, const Fd& to, const Select& select = {});

// Removes directory `name` of `parent` and all below it. Stops at the first thing it cannot
// remove, a mount for one; what is gone by then stays gone.
Result<> remove_tree(const Fd& parent, const std::string& name);

// What is in a directory and below: bytes on disk, a file of several names counted once, mounts
// not entered. What others put there or take away meanwhile is counted or is not.
Result<uint64_t> tree_size(const Fd& top);

// The same, and how much of it other trees have as well: where data is shared, the file system
// tells.
struct Room {
  uint64_t own = 0, shared = 0;
};
Result<Room> tree_room(const Fd& top);
// What may still be written to the file system of a directory, in bytes.
Result<uint64_t> free_room(const Fd& dir);

// The same for all that is in `dir`, which stays.
Result<> empty_tree(const Fd& dir);

// Renames; EEXIST when there is something at `to` already.
Result<> rename_new(const std::string& from, const std::string& to);
// Each of two directories takes the other's place, in one step.
Result<> exchange(const std::string& one, const std::string& other);
// When the contents of a directory last changed, in seconds since 1970.
Result<int64_t> changed_at(const std::string& dir);

// Replaces a small file whole; after a power cut it is as it was before, or as given here.
Result<> write_record(const std::string& path, std::string_view text);

// Waits until everything written to the filesystem of `dir` is on disk.
Result<> flush(const Fd& dir);

}  // namespace gaol::sys
