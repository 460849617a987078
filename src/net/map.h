// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The networks of one host as they are now: what ifconfig(8), netstat(8) and jls(8) would tell of
// the host and of every jail, put together.
//
// A map is a list of network stacks, the host's first and then one for each vnet jail, and the
// jails that have none of their own but addresses on one of these. What joins two stacks is an
// epair with an end in either; the kernel tells of an end elsewhere only by a number of its own
// for the other namespace, so looking is asking every stack and matching the numbers.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::net {

struct MapInterface {
  std::string name;
  std::string kind;  // as group_of() has it; empty: hardware
  bool up = false;
  unsigned mtu = 0;
  std::string mac;                     // empty: none
  std::vector<std::string> addresses;  // with their prefix lengths
  std::string bridge;                  // that it is a member of
  bool isolated = false;               // from that bridge's other isolated members
  std::string lower;                   // the parent of a vlan or macvlan, in this stack
  std::string tunnel;                  // "42 to 192.0.2.2": what a vxlan is a part of
  // An epair's other end, where that lies in another stack.
  struct FarEnd {
    size_t stack;
    std::string interface;
  };
  std::optional<FarEnd> far;
};

struct MapRoute {
  std::string destination;  // "default"
  std::string gateway;      // empty: on the link itself
  std::string interface;
  bool connected = false;  // the network of an address
};

struct MapStack {
  std::string jail;  // empty: the host
  int jid = 0;
  std::vector<MapInterface> interfaces;
  std::vector<MapRoute> routes;
  const MapInterface* find(std::string_view interface) const;
};

// A jail on another's stack.
struct MapTenant {
  std::string jail;
  int jid = 0;
  size_t stack = 0;
  bool inherits = false;  // all of its addresses
  struct Held {
    std::string address;
    std::string interface;  // that carries it; empty: none does
  };
  std::vector<Held> addresses;
};

struct Map {
  std::vector<MapStack> stacks;  // never empty: the host's is the first
  std::vector<MapTenant> tenants;
};

// The jails to look at; of those without a stack of their own, `stack` is the jail whose they use
// (empty: the host).
struct MapJail {
  std::string name;
  int jid = 0;
  std::optional<sys::Fd> netns = {};
  std::string stack = {};
  bool inherits = false;
  std::vector<std::string> addresses = {};
};
Result<Map> look(std::span<const MapJail> jails);

// The map without what has nothing to do with that jail. ENOENT: it is not on it.
Result<Map> only(const Map& map, std::string_view jail);

// Names from a jail's interface to the outside: its epair's host end, the bridge, and what of the
// bridge leads on to hardware.
std::vector<std::string> path_of(const Map& map, const MapInterface& interface);

// One section for each stack and for each jail without one.
std::string map_text(const Map& map);
// The same as a graph: text for graphviz, and a picture.
std::string map_dot(const Map& map);
std::string map_svg(const Map& map);

}  // namespace gaol::net
