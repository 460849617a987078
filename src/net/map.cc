// SPDX-License-Identifier: BSD-2-Clause
#include "net/map.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>

#include "net/epair.h"
#include "net/inet.h"
#include "sys/links.h"
#include "sys/rtnl.h"

namespace gaol::net {

namespace {

// What the kernel said of one stack.
struct Seen {
  const sys::Fd& netns;
  std::vector<sys::Link> links = {};
  std::vector<sys::LinkAddress> addresses = {};
  std::vector<sys::Route> routes = {};
  // Where the far ends of the links lie, in their order.
  std::vector<std::optional<MapInterface::FarEnd>> far = {};

  std::string name_of(unsigned index) const {
    const auto link = std::ranges::find(links, index, &sys::Link::index);
    return link == links.end() ? std::string() : link->name;
  }
};

Result<> read_stack(Seen& seen) {
  return sys::in_netns(seen.netns, [&]() -> Result<> {
    seen.links = TRY(sys::list_links());
    seen.addresses = TRY(sys::list_addresses());
    for (const int family : {AF_INET, AF_INET6})
      for (auto& route : TRY(sys::list_routes(family))) seen.routes.push_back(route);
    seen.far.resize(seen.links.size());
    return {};
  });
}

bool has_loose_ends(const Seen& seen) {
  for (size_t i = 0; i < seen.links.size(); ++i)
    if (seen.links[i].far && !seen.far[i]) return true;
  return false;
}

// Joins the ends of two stacks, the second of which is `number` to the first.
void join_ends(std::vector<Seen>& all, size_t near, size_t far, int number) {
  Seen& here = all[near];
  Seen& there = all[far];
  for (size_t i = 0; i < here.links.size(); ++i) {
    const auto& end = here.links[i].far;
    if (!end || end->netns != number) continue;
    const auto other = std::ranges::find(there.links, end->index, &sys::Link::index);
    if (other == there.links.end()) continue;
    here.far[i] = {far, other->name};
    there.far[static_cast<size_t>(other - there.links.begin())] = {near, here.links[i].name};
  }
}

// The host's ends are most of all, and are joined first: what is left is of jails below jails.
Result<> join_stacks(std::vector<Seen>& all) {
  for (size_t near = 0; near < all.size(); ++near) {
    if (!has_loose_ends(all[near])) continue;
    const auto join = [&]() -> Result<> {
      for (size_t far = near + 1; far < all.size(); ++far) {
        if (!has_loose_ends(all[far])) continue;
        const int number = TRY(sys::netns_number(all[far].netns));
        join_ends(all, near, far, number);
      }
      return {};
    };
    TRY(sys::in_netns(all[near].netns, join));
  }
  return {};
}

MapInterface interface_of(const Seen& seen, size_t at) {
  const auto& link = seen.links[at];
  MapInterface out{
      .name = link.name,
      .kind = std::string(group_of(link)),
      .up = (link.flags & IFF_UP) != 0,
      .mtu = link.mtu,
      .mac = link.mac && !(link.flags & IFF_LOOPBACK) ? mac_text(*link.mac) : "",
      .addresses = {},
      .bridge = seen.name_of(link.bridge),
      .isolated = link.isolated,
      .lower = link.kind == "vlan" || link.kind == "macvlan" ? seen.name_of(link.lower) : "",
      .tunnel = link.vxlan && link.vxlan->remote
                    ? concat(link.vxlan->id, " to ", net::address_text(*link.vxlan->remote))
                    : "",
      .far = seen.far[at]};
  for (const auto& address : seen.addresses)
    if (address.link == link.index) out.addresses.push_back(sys::address_text(address.address));
  return out;
}

MapRoute route_of(const Seen& seen, const sys::Route& route) {
  return {
      .destination = route.destination.prefix ? sys::address_text(route.destination) : "default",
      .gateway = route.gateway ? net::address_text(*route.gateway) : "",
      .interface = seen.name_of(route.link),
      .connected = route.connected};
}

MapStack stack_of(const Seen& seen) {
  MapStack out;
  for (size_t at = 0; at < seen.links.size(); ++at)
    out.interfaces.push_back(interface_of(seen, at));
  for (const auto& route : seen.routes)
    if (!route.destination.prefix || !is_link_local(route.destination))
      out.routes.push_back(route_of(seen, route));
  return out;
}

std::string carrier_of(const MapStack& stack, const std::string& address) {
  for (const auto& interface : stack.interfaces)
    for (const auto& own : interface.addresses)
      if (own.starts_with(concat(address, "/"))) return interface.name;
  return {};
}

MapTenant tenant_of(const Map& map, const MapJail& jail) {
  MapTenant out{.jail = jail.name, .jid = jail.jid, .inherits = jail.inherits, .addresses = {}};
  const auto owner = std::ranges::find(map.stacks, jail.stack, &MapStack::jail);
  if (owner != map.stacks.end()) out.stack = static_cast<size_t>(owner - map.stacks.begin());
  for (const auto& address : jail.addresses)
    out.addresses.push_back({address, carrier_of(map.stacks[out.stack], address)});
  return out;
}

// The members of a bridge through which it leads on, to hardware or to another network.
std::vector<std::string> ways_out(const MapStack& stack, std::string_view bridge) {
  std::vector<std::string> out;
  for (const auto& member : stack.interfaces)
    if (member.bridge == bridge && !member.far) out.push_back(member.name);
  return out;
}

}  // namespace

const MapInterface* MapStack::find(std::string_view interface) const {
  const auto found = std::ranges::find(interfaces, interface, &MapInterface::name);
  return found == interfaces.end() ? nullptr : &*found;
}

Result<Map> look(std::span<const MapJail> jails) {
  const auto home = TRY(sys::own_netns());
  std::vector<Seen> seen;
  seen.push_back({home});
  for (const auto& jail : jails)
    if (jail.netns) seen.push_back({*jail.netns});
  for (auto& stack : seen) TRY(read_stack(stack));
  TRY(join_stacks(seen));

  Map map;
  for (const auto& stack : seen) map.stacks.push_back(stack_of(stack));
  size_t at = 1;
  for (const auto& jail : jails)
    if (jail.netns) {
      map.stacks[at].jail = jail.name;
      map.stacks[at++].jid = jail.jid;
    }
  for (const auto& jail : jails)
    if (!jail.netns) map.tenants.push_back(tenant_of(map, jail));
  return map;
}

Result<Map> only(const Map& map, std::string_view jail) {
  Map out{.stacks = {{.jail = {}, .interfaces = {}, .routes = {}}}, .tenants = {}};
  out.stacks.resize(map.stacks.size());
  bool found = false;
  // Stacks keep their numbers; those that do not matter are empty.
  const auto keep = [&](size_t stack, const std::string& interface) {
    out.stacks[stack].jail = map.stacks[stack].jail;
    out.stacks[stack].jid = map.stacks[stack].jid;
    const auto* whole = map.stacks[stack].find(interface);
    if (whole && !out.stacks[stack].find(interface)) out.stacks[stack].interfaces.push_back(*whole);
  };
  for (size_t at = 0; at < map.stacks.size(); ++at) {
    if (map.stacks[at].jail != jail || at == 0) continue;
    found = true;
    out.stacks[at] = map.stacks[at];
    for (const auto& interface : map.stacks[at].interfaces) {
      if (!interface.far) continue;
      const auto [far, name] = *interface.far;
      keep(far, name);
      const auto* end = map.stacks[far].find(name);
      keep(far, end->bridge);
      for (const auto& way : ways_out(map.stacks[far], end->bridge)) keep(far, way);
    }
  }
  for (const auto& tenant : map.tenants) {
    if (tenant.jail != jail) continue;
    found = true;
    out.tenants.push_back(tenant);
    for (const auto& held : tenant.addresses) keep(tenant.stack, held.interface);
  }
  if (!found) return fail_errno(ENOENT, jail);
  return out;
}

std::vector<std::string> path_of(const Map& map, const MapInterface& interface) {
  if (!interface.lower.empty()) return {interface.lower};
  if (!interface.far || !interface.bridge.empty()) return {};
  const auto& stack = map.stacks[interface.far->stack];
  std::vector<std::string> out = {interface.far->interface};
  const auto* end = stack.find(interface.far->interface);
  if (!end || end->bridge.empty()) return out;
  out.push_back(end->bridge);
  if (const auto ways = ways_out(stack, end->bridge); !ways.empty())
    out.push_back(join(ways, ", "));
  return out;
}

}  // namespace gaol::net
