// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A tree made entry by entry, in whatever order somebody's archive has them.
//
// Every entry is made in its directory, which is opened from the top of the tree and through
// nothing but directories: no `..`, no mount, and no symbolic link, not even one of the same
// archive that points to a place inside. So no sequence of entries leads out of the tree. An entry
// takes the place of what stands there, except that directories stay and only look different.
//
// Paths are relative, without `.` and `..` components; "" is the top itself.

#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

struct Attributes {
  unsigned mode = 0;  // permission bits, set-id and sticky among them
  unsigned uid = 0, gid = 0;
  timespec modified{};
  std::vector<std::pair<std::string, std::string>> extended;  // names and values
};

class TreeWriter {
 public:
  // REQUIRES: `top` outlives the writer, and nobody else changes the tree.
  explicit TreeWriter(const Fd& top) : top_(top) {}

  Result<> directory(const std::string& path, const Attributes& attributes);
  Result<> symlink(const std::string& path, const std::string& target,
                   const Attributes& attributes);
  Result<> fifo(const std::string& path, const Attributes& attributes);
  // Gives what is at `target`, no directory, a second name.
  Result<> hard_link(const std::string& path, const std::string& target);

  // A new regular file, open for writing. finish_file() ends it.
  Result<Fd> file(const std::string& path);

  // Takes away what is at `path`, if anything is; of a directory, if `only_contents`, what is in
  // it.
  Result<> remove(const std::string& path);
  Result<> empty(const std::string& path);

  // The end: directories get their times, which every entry made in them has changed.
  Result<> finish();

 private:
  // An entry's directory, and its name there.
  struct Place {
    const Fd& dir;
    std::string name;
  };
  Result<Place> place(const std::string& path);
  Result<Fd> make_directories(const std::string& path);
  static Result<> make_room(const Place& at);

  const Fd& top_;
  Fd parent_;  // of the last entry: the next one is likely to lie beside it
  std::string parent_path_;
  std::vector<std::pair<std::string, timespec>> times_;
};

// What was not written up to `size` is a hole.
Result<> finish_file(const Fd& file, uint64_t size, const Attributes& attributes);

// Writes all of `data` at `offset`.
Result<> write_at(const Fd& file, std::span<const char> data, uint64_t offset);

}  // namespace gaol::sys
