// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The rulesets of this machine, and what one of them comes to here.

#include <vector>

#include "base/result.h"
#include "devfs/rules.h"
#include "sys/kernel.h"

namespace gaol::devfs {

// The standard sets, then those of /etc/defaults/devfs.rules and /etc/devfs.rules where these
// files exist.
Result<Rulesets> load_rules(sys::Kernel& kernel);

// The nodes of a jail's /dev under devfs_ruleset `number`, in the order to make them. 0, a jail's
// value before anyone sets one, means 4 as in mount.devfs. Errors begin with `devfs_ruleset N`.
Result<std::vector<sys::Node>> jail_nodes(sys::Kernel& kernel, int number);

}  // namespace gaol::devfs
