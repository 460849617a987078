// SPDX-License-Identifier: BSD-2-Clause
#include "net/names.h"

#include <errno.h>

namespace gaol::net {

namespace {

std::string without_prefix(const std::string& address) {
  return address.substr(0, address.find('/'));
}

bool is_of_the_link(const std::string& address) { return address.starts_with("fe80:"); }

bool is_wired_to(const Map& map, const MapInterface& interface, const std::string& bridge) {
  if (!interface.far || interface.far->stack != 0) return false;
  const auto* host_end = map.stacks.front().find(interface.far->interface);
  return host_end && host_end->bridge == bridge;
}

}  // namespace

Result<std::vector<std::string>> addresses_of_bridge(const Map& map, const std::string& bridge) {
  const auto* found = map.stacks.front().find(bridge);
  if (!found || found->kind != "bridge")
    return fail(Error{ENODEV, concat(bridge, ": there is no such bridge"),
                      concat("`ifconfig ", bridge, " create` makes one")});
  std::vector<std::string> out;
  for (const auto& address : found->addresses)
    if (!is_of_the_link(address)) out.push_back(without_prefix(address));
  if (out.empty())
    return fail(Error{EADDRNOTAVAIL, concat(bridge, ": it has no address to answer at"),
                      concat("`ifconfig ", bridge, " ADDRESS/LENGTH` gives it one")});
  return out;
}

std::string hosts_of_bridge(const Map& map, const std::string& bridge) {
  std::string out;
  for (const auto& stack : map.stacks)
    for (const auto& interface : stack.interfaces) {
      if (stack.jail.empty() || !is_wired_to(map, interface, bridge)) continue;
      for (const auto& address : interface.addresses)
        if (!is_of_the_link(address))
          out +=
              concat(without_prefix(address), " ", stack.jail, " ", stack.jail, ".", bridge, "\n");
    }
  return out;
}

}  // namespace gaol::net
