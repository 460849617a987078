// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Whether one party of a host's networks can reach another, and what stops it: what ping(8),
// route(8), arp(8), sockstat(1) and a look at the firewall would tell one after the other.
//
// A connection is tried, and what the kernel answered is explained by what else is known: the map,
// the route that was taken, whether the next hop was heard of, who listens. To explain is to go
// through a list of things that may be wrong, the nearest to the sender first.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/map.h"
#include "sys/kernel.h"
#include "sys/reach.h"

namespace gaol::net {

// `db:80`, `10.0.0.2:53/udp`, `[2001:db8::1]:22`.
struct Destination {
  std::string who;
  uint16_t port = 0;
  sys::Transport transport = sys::Transport::tcp;
};
Result<Destination> parse_destination(std::string_view text);

struct Party {
  std::string name;             // of a jail, "host", or the address
  std::optional<size_t> stack;  // none: nobody of this host
  std::vector<sys::Address> addresses;
  bool tenant = false;  // a jail that is held to these addresses
};
// A jail by name or number, `host`, or whose address it is. Nothing: neither a jail nor an address.
std::optional<Party> find_party(const Map& map, std::string_view who);

// Of the other's addresses the one that is nearest: in a network of the sender's, else the first.
std::optional<sys::Address> nearest_address(const Map& map, const Party& from, const Party& to);

// What was tried and seen.
struct Evidence {
  Party from, to;
  sys::Address address;
  uint16_t port = 0;
  sys::Transport transport = sys::Transport::tcp;
  sys::Attempt attempt;
  std::optional<sys::Address> gateway;  // of the route that the sender has
  std::string interface;                // which that goes by; empty: it has none
  sys::Neighbour next_hop = sys::Neighbour::unknown;
  bool forwards = true;                  // the host, packets of that family
  bool returns = true;                   // the other one has a route to the sender
  std::vector<sys::Listener> listeners;  // where the address is
  std::vector<std::string> drops;        // chains of firewalls on the way that drop something
};
// Fills in the route, the next hop, the listeners and the way back, after the attempt. `stacks` are
// the map's; none is the caller's own.
Result<> gather(const std::vector<std::optional<sys::Fd>>& stacks, Evidence& seen);

struct Verdict {
  bool reaches = false;
  uint64_t microseconds = 0;
  std::string hop;   // where it stops, one word; empty: it does not
  std::string text;  // the whole line
  std::string hint;
};
Verdict explain(const Map& map, const Evidence& seen);

}  // namespace gaol::net
