// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// FreeBSD's devfs shows a jail the host's devices through a ruleset. Here a jail has a /dev of
// its own, a tmpfs that holds exactly what the ruleset names; nothing is hidden because nothing
// else is there.

#include <string_view>
#include <vector>

#include "base/result.h"

namespace gaol::devfs {

enum class Kind { character, symlink, directory };

// One entry of /dev. A character device is the host's node of the same name once it is checked
// to be (major, minor), as a user namespace cannot make one.
struct Node {
  std::string_view name;  // below /dev; the directory of a name with a slash stands before it
  Kind kind;
  unsigned major = 0, minor = 0;  // character devices
  unsigned mode = 0;              // permission bits; symbolic links have none
  std::string_view target = {};   // symbolic links
  bool operator==(const Node&) const = default;
};

// The entries of a ruleset, in the order to make them. 4 is devfsrules_jail and 5 is
// devfsrules_jail_vnet; 0, a jail's value before anyone sets one, means 4 as in mount.devfs.
Result<std::vector<Node>> nodes(int ruleset);

}  // namespace gaol::devfs
