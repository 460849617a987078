// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What commands about the trees of jails share: which tree is meant, and sizes as people write
// them.

#include <cstdint>
#include <string>
#include <string_view>

#include "dataset/dataset.h"
#include "tools/gaol.h"

namespace gaol::tools {

inline constexpr std::string_view kConfDir = "/etc/jail.conf.d";

struct Target {
  std::string name, path, label;
  bool ours = true;  // in the usual place, with its file in the usual place
  std::string conf_file() const { return concat(kConfDir, "/", name, ".conf"); }
};

// The jail of the first operand, or the tree of --path.
Result<Target> target_of(const Words& words);
// Where a pool or a disk is not there its trees are not, and their jails are none to be made anew.
Result<dataset::Info> tree_of(const Target& jail);
// The last part of its path.
inline std::string name_of(const dataset::Info& tree) {
  return tree.path.substr(tree.path.rfind('/') + 1);
}
// The directory that trees are in.
std::string store_of(const Words& words);

// "10G"; "none" is 0.
Result<uint64_t> size_of(std::string_view word);
// In the largest unit that leaves a number above 9, as people read it.
std::string readable(uint64_t bytes);

}  // namespace gaol::tools
