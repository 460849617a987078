// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Making, changing and listing the interfaces and routes of the caller's network namespace: what
// ifconfig(8) and route(8) are on FreeBSD. Errors carry errno and the kernel's own reason where it
// gave one; the caller's word is put in front by whoever asks.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"
#include "sys/kernel.h"

namespace gaol::sys {

// A network over another one, to another host (RFC 7348).
struct Vxlan {
  unsigned id = 0;
  std::optional<Address> local, remote;  // remote: one host, or the multicast group of several
  uint16_t port = 4789;                  // UDP, at both ends
};

struct Link {
  unsigned index = 0;
  std::string name;
  std::string kind;         // "veth", "bridge", "vlan", "tap"; empty: hardware and loopback
  std::string description;  // the kernel's ifalias
  unsigned flags = 0;       // IFF_*
  unsigned mtu = 0;
  unsigned bridge = 0;  // the index of what it is a member of; 0: nothing
  unsigned lower =
      0;  // what a vlan or macvlan lies on, a veth's other end where that lies in this namespace
  unsigned vlan = 0;
  std::optional<Vxlan> vxlan;
  bool isolated = false;  // a bridge's member that does not reach its other isolated ones
  std::optional<Mac> mac;
  // A veth's other end in another namespace: its index there, and this one's number for that.
  struct FarEnd {
    unsigned index;
    int netns;
  };
  std::optional<FarEnd> far;
};
Result<std::vector<Link>> list_links();
Result<Link> find_link(const std::string& name);  // ENODEV: there is none
// This namespace's number for another one; -1: it has none, so nothing leads there from here.
Result<int> netns_number(const Fd& netns);

struct NewLink {
  std::string name, kind;
  std::optional<Mac> mac;
  std::string peer;  // veth: the other end
  std::optional<Mac> peer_mac;
  int peer_netns = -1;  // where the other end is to be; -1: here
  unsigned lower = 0;   // vlan, vxlan, macvlan: what it lies on
  unsigned vlan = 0, mtu = 0;
  std::optional<Vxlan> vxlan;
};
// Of the kinds tap and tun, one that stays without a program that uses it.
Result<> create_link(const NewLink& link);
Result<> delete_link(unsigned index);

// What is set is changed.
struct LinkChange {
  unsigned flags = 0, flag_mask = 0;  // IFF_*: those of the mask become as in `flags`
  std::optional<unsigned> bridge;     // 0: leave it
  std::optional<unsigned> mtu;
  std::optional<std::string> name, description;
  std::optional<Mac> mac;
};
Result<> change_link(unsigned index, const LinkChange& change);

struct LinkAddress {
  unsigned link = 0;
  Address address;
  std::optional<Address> broadcast;
};
// The last address of the IPv4 network that one is in; nothing where networks have none.
std::optional<Address> broadcast_of(Address address);
// Of one interface, or of all for 0; in the kernel's order, the first address first.
Result<std::vector<LinkAddress>> list_addresses(unsigned link = 0);
// EEXIST: it stands there. An IPv6 address is usable at once: nobody waits for duplicate
// detection.
Result<> add_link_address(const LinkAddress& address);
Result<> remove_link_address(const LinkAddress& address);  // EADDRNOTAVAIL: it does not

struct Route {
  Address destination;             // prefix 0: default
  std::optional<Address> gateway;  // none: on the link itself
  unsigned link = 0;               // 0: the one the gateway is on
  bool connected = false;          // listed: the kernel's own, for the network of an address
};
Result<> add_route(const Route& route);     // EEXIST: there is one
Result<> delete_route(const Route& route);  // ESRCH: there is none
// Those of the main table that lead somewhere, multicast aside, in the kernel's order.
Result<std::vector<Route>> list_routes(int family);
// The route that a packet to `destination` takes.
Result<Route> route_to(const Address& destination);

// From here on the calling process lives in that network namespace.
Result<> enter_netns(const Fd& netns);

}  // namespace gaol::sys
