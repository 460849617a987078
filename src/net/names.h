// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The names by which jails on one bridge find each other, for a resolver: a jail's own, and the
// same in the domain that is called as the bridge.

#include <string>
#include <vector>

#include "net/map.h"

namespace gaol::net {

// The host's addresses on that bridge, without those that only the link knows. ENODEV: there is no
// such bridge. EADDRNOTAVAIL: it has none.
Result<std::vector<std::string>> addresses_of_bridge(const Map& map, const std::string& bridge);

// As hosts(5) has it: a line for each address of each jail that is wired to the bridge.
std::string hosts_of_bridge(const Map& map, const std::string& bridge);

}  // namespace gaol::net
