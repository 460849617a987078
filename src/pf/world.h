// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a ruleset asks of the machine that it is read on, in one place, so that a test can put
// another machine there.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::pf {

struct InterfaceAddress {
  sys::Address address;  // with the prefix of its network
  std::optional<sys::Address> broadcast, peer;
};

struct Interface {
  std::string name;
  std::vector<std::string> groups;  // beside the one of its driver: "em" of "em0"
  bool loopback = false;
  std::vector<InterfaceAddress> addresses;  // the first of a family is no alias
};

// Where the machine sends what is for a network.
struct Route {
  sys::Address to;
  std::string interface;
};

struct World {
  std::function<std::vector<Interface>()> interfaces;
  std::function<std::vector<Route>()> routes;  // the first that has an address is for it
  std::function<Result<std::vector<sys::Address>>(const std::string& host)> resolve;
  std::function<std::optional<uint32_t>(const std::string&name)> user, group;  // their ids
  std::function<Result<std::string>(const std::string& path)> read;
};

}  // namespace gaol::pf
