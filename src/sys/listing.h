// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// One directory of a tree and what is in it, for whoever lays two trees side by side.

#include <sys/stat.h>

#include <map>
#include <string>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

struct Listing {
  Fd dir;
  std::map<std::string, struct stat> entries;
};
// Where the tree has no directory of that path there is nothing in it: then all is new in the
// other.
Result<Listing> list_entries(const Fd& top, const std::string& path);

// Where a symbolic link leads.
std::string link_text(const Fd& dir, const std::string& name);

// The extended attributes of an open file, access control lists among them.
using Extended = std::map<std::string, std::string>;
Result<Extended> extended_of(const Fd& file);

inline bool same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace gaol::sys
