// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "net/map.h"
#include "tools/gaol.h"

namespace gaol::tools {

// The networks of this host, with the jails' network namespaces as the map numbers the stacks; the
// host's is our own.
struct Networks {
  net::Map map;
  std::vector<std::optional<sys::Fd>> stacks;
};
Result<Networks> look_at_networks();

// gaol net resolver BRIDGE
Result<int> resolver(const Words& words);

}  // namespace gaol::tools
