// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What makes one tree of another, as a tar: its first entry is a file with the names that go, a
// zero byte behind each; the others are what comes or is not the same any more. It is compressed,
// so that one that was cut off is known from one that ends.

#include <functional>
#include <set>
#include <string>

#include "archive/unpack.h"
#include "base/result.h"
#include "sys/fd.h"

namespace gaol::archive {

// What sys::compare_trees() tells of two trees.
class Changes {
 public:
  static Result<Changes> between(const sys::Fd& before, const sys::Fd& after);
  // REQUIRES: the working directory is the tree `after`.
  Result<> write(const sys::Fd& out, Notes& notes) const;

 private:
  std::set<std::string, std::greater<>> gone_;  // what is in a directory in front of it
  std::set<std::string, std::less<>> wanted_;
};

// Makes these changes in the tree that `unpacker` writes. REQUIRES: nothing was read yet.
Result<> apply_changes(Reader& reader, Unpacker& unpacker);

}  // namespace gaol::archive
