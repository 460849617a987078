// SPDX-License-Identifier: BSD-2-Clause
#include "net/reach.h"

#include <errno.h>
#include <netinet/in.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "net/inet.h"
#include "sys/links.h"
#include "sys/rtnl.h"

namespace gaol::net {

namespace {

std::optional<sys::Address> any_address(std::string_view text) {
  const auto address = parse_address(text, AF_INET);
  return address ? address : parse_address(text, AF_INET6);
}

// With its prefix length, as a map has it.
std::optional<sys::Address> mapped_address(std::string_view text) {
  const auto slash = text.find('/');
  auto address = any_address(text.substr(0, slash));
  if (address && slash != text.npos)
    address->prefix = number<int>(text.substr(slash + 1)).value_or(address->prefix);
  return address;
}

bool same_host(const sys::Address& a, const sys::Address& b) {
  return a.family == b.family && std::ranges::equal(a.bytes, b.bytes);
}

bool is_loopback(const sys::Address& address) {
  if (address.family == AF_INET) return address.bytes[0] == 127;
  return net::address_text(address) == "::1";
}

bool is_wildcard(const sys::Address& address) {
  return std::ranges::all_of(address.bytes, [](uint8_t byte) { return byte == 0; });
}

bool in_network(const sys::Address& own, sys::Address other) {
  other.prefix = own.prefix;
  return own.family == other.family && network_of(own) == network_of(other);
}

// Of a stack, those that others may know it by.
std::vector<sys::Address> addresses_of(const MapStack& stack) {
  std::vector<sys::Address> out;
  for (const auto& interface : stack.interfaces)
    for (const auto& text : interface.addresses)
      if (const auto address = mapped_address(text);
          address && !is_loopback(*address) && !is_link_local(*address))
        out.push_back(*address);
  return out;
}

Party party_of(const Map& map, size_t stack) {
  return {.name = stack == 0 ? "host" : map.stacks[stack].jail,
          .stack = stack,
          .addresses = addresses_of(map.stacks[stack])};
}

Party party_of(const Map& map, const MapTenant& tenant) {
  Party out{
      .name = tenant.jail, .stack = tenant.stack, .addresses = {}, .tenant = !tenant.inherits};
  if (tenant.inherits) out.addresses = addresses_of(map.stacks[tenant.stack]);
  for (const auto& held : tenant.addresses)
    if (const auto address = any_address(held.address)) out.addresses.push_back(*address);
  return out;
}

// The stack and interface that an address is on.
struct Spot {
  size_t stack;
  const MapInterface* interface;
};
std::optional<Spot> spot_of(const Map& map, const sys::Address& address) {
  for (size_t stack = 0; stack < map.stacks.size(); ++stack)
    for (const auto& interface : map.stacks[stack].interfaces)
      for (const auto& text : interface.addresses)
        if (const auto own = mapped_address(text); own && same_host(*own, address))
          return Spot{stack, &interface};
  return {};
}

// The other end of an interface's epair.
const MapInterface* far_end(const Map& map, const MapInterface* interface) {
  if (!interface || !interface->far) return nullptr;
  return map.stacks[interface->far->stack].find(interface->far->interface);
}

std::string endpoint(const sys::Address& address, uint16_t port) {
  const auto text = is_wildcard(address) ? "*" : net::address_text(address);
  return text.contains(':') ? concat("[", text, "]:", port) : concat(text, ":", port);
}

// --- what may be wrong, the nearest first ---

struct Fault {
  std::string text, hint;
};
using Finding = std::optional<Fault>;

struct Case {
  const Map& map;
  const Evidence& seen;
  const MapStack& stack;     // the sender's
  const MapInterface* exit;  // its interface on the way; null: there is none

  sys::Address next_hop() const { return seen.gateway.value_or(seen.address); }
};

std::string family_name(const sys::Address& address) {
  return address.family == AF_INET ? "IPv4" : "IPv6";
}

Finding no_family(const Case& c) {
  if (c.seen.attempt.error != EAFNOSUPPORT) return {};
  return Fault{concat(c.seen.from.name, " has no ", family_name(c.seen.address)),
               c.seen.address.family == AF_INET ? "ip4.addr gives it addresses"
                                                : "ip6.addr gives it addresses"};
}

Finding on_no_interface(const Case& c) {
  if (!c.seen.to.stack || !c.seen.to.tenant || spot_of(c.map, c.seen.address)) return {};
  return Fault{
      concat(net::address_text(c.seen.address), " of ", c.seen.to.name, " is on no interface"),
      "`interface = IF` or ip4.addr = \"IF|ADDRESS\" puts it on one"};
}

// What a packet of that interface's passes until it is on its bridge, and that.
Finding down_on(const Map& map, size_t stack, const MapInterface* interface) {
  if (!interface) return {};
  const auto owner = [&](size_t at) { return at ? concat(" of ", map.stacks[at].jail) : ""; };
  const auto is_down = [](const MapInterface* one) { return one && !one->up; };
  if (is_down(interface))
    return Fault{concat(interface->name, owner(stack), " is down"),
                 concat("`ip link set ", interface->name, " up` there")};
  const auto* outer = far_end(map, interface);
  if (!outer) return {};
  const size_t at = interface->far->stack;
  if (is_down(outer))
    return Fault{concat("the wire ", outer->name, owner(at), " is down"),
                 concat("`ip link set ", outer->name, " up`")};
  if (const auto* bridge = map.stacks[at].find(outer->bridge); is_down(bridge))
    return Fault{concat(bridge->name, owner(at), " is down"),
                 concat("`ip link set ", bridge->name, " up`")};
  return {};
}

Finding link_down(const Case& c) {
  if (c.exit) {
    if (auto near = down_on(c.map, *c.seen.from.stack, c.exit)) return near;
    const auto hop = spot_of(c.map, c.next_hop());
    return hop ? down_on(c.map, hop->stack, hop->interface) : Finding{};
  }
  // The routes over an interface go when it does.
  for (const auto& interface : c.stack.interfaces)
    if (!interface.addresses.empty() && interface.kind != "lo")
      if (auto down = down_on(c.map, *c.seen.from.stack, &interface)) return down;
  return {};
}

Finding no_route(const Case& c) {
  if (!c.seen.interface.empty()) return {};
  std::vector<std::string> has;
  for (const auto& route : c.stack.routes)
    if (const auto to = mapped_address(route.destination);
        to ? to->family == c.seen.address.family : route.destination == "default")
      has.push_back(route.destination);
  return Fault{concat(c.seen.from.name, " has no route to ", net::address_text(c.seen.address),
                      "; ", has.empty() ? "it has none" : concat("it has ", join(has, ", "))),
               c.seen.from.stack == 0 ? "" : "vnet.router gives it a default one"};
}

Finding isolated(const Case& c) {
  if (c.seen.next_hop == sys::Neighbour::answers) return {};
  const auto hop = spot_of(c.map, c.next_hop());
  const auto *near = far_end(c.map, c.exit), *far = hop ? far_end(c.map, hop->interface) : nullptr;
  if (!near || !far || near == far || near->bridge.empty() || near->bridge != far->bridge)
    return {};
  if (!near->isolated || !far->isolated) return {};
  return Fault{
      concat(near->name, " and ", far->name, " are isolated from each other on ", near->bridge),
      "vnet.noisolated for one of the two jails"};
}

Finding silent_hop(const Case& c) {
  if (c.seen.next_hop != sys::Neighbour::silent) return {};
  const auto hop = net::address_text(c.next_hop());
  return Fault{
      concat(c.seen.gateway ? "its router " : "", hop, " does not answer on ", c.seen.interface,
             spot_of(c.map, c.next_hop()) ? "" : "; nobody of this host has that address"),
      ""};
}

// Whoever asks for an address of the host's own needs no forwarding.
Finding not_forwarded(const Case& c) {
  const bool timed_out = c.seen.attempt.error == ETIMEDOUT || c.seen.attempt.error == EHOSTUNREACH;
  const auto hop = spot_of(c.map, c.next_hop());
  if (c.seen.forwards || !timed_out || !c.seen.gateway || !hop || hop->stack != 0) return {};
  if (c.seen.to.stack == 0) return {};
  return Fault{concat("the host does not forward ", family_name(c.seen.address)),
               c.seen.address.family == AF_INET ? "`sysctl net.ipv4.ip_forward=1`"
                                                : "`sysctl net.ipv6.conf.all.forwarding=1`"};
}

Finding no_way_back(const Case& c) {
  if (c.seen.returns || c.seen.attempt.error == ECONNREFUSED) return {};
  return Fault{concat(c.seen.to.name, " has no route back to ", c.seen.from.name),
               c.seen.to.stack == 0 ? "" : "vnet.router gives it a default one"};
}

bool accepts(const sys::Listener& listener, const sys::Address& address) {
  if (is_wildcard(listener.address))
    return listener.address.family == address.family || listener.address.family == AF_INET6;
  return same_host(listener.address, address);
}

bool is_heard(const Evidence& seen) {
  return std::ranges::any_of(seen.listeners, [&](const sys::Listener& listener) {
    return listener.port == seen.port && accepts(listener, seen.address);
  });
}

// Where a jail on the host's stack is held to its addresses, other sockets are not its own.
bool may_be_of(const Party& party, const sys::Listener& listener) {
  if (!party.tenant) return true;
  return std::ranges::any_of(
      party.addresses, [&](const sys::Address& own) { return same_host(own, listener.address); });
}

Finding nobody_listens(const Case& c) {
  constexpr size_t kShown = 8;
  const auto& seen = c.seen;
  // Without a listener there is an answer, a refusal, unless something keeps it back.
  const bool kept_back = seen.attempt.error == ETIMEDOUT && !seen.drops.empty();
  if (!seen.to.stack || kept_back || is_heard(seen)) return {};
  std::vector<std::string> port, others;
  for (const auto& listener : seen.listeners) {
    if (!may_be_of(seen.to, listener)) continue;
    auto& list = listener.port == seen.port ? port : others;
    if (list.size() < kShown) list.push_back(endpoint(listener.address, listener.port));
  }
  const auto& elsewhere = port.empty() ? others : port;
  return Fault{concat("nothing listens on ", endpoint(seen.address, seen.port),
                      seen.transport == sys::Transport::udp ? "/udp" : "", "; ", seen.to.name,
                      " listens on ", elsewhere.empty() ? "nothing" : join(elsewhere, ", ")),
               ""};
}

std::string_view what_came(int error) {
  return error == ETIMEDOUT ? "no answer" : errno_text(error);
}

Finding firewall(const Case& c) {
  if (c.seen.drops.empty() || c.seen.attempt.error == 0) return {};
  return Fault{
      concat(what_came(c.seen.attempt.error), "; a firewall is likely: ", join(c.seen.drops, ", ")),
      ""};
}

Finding something_else(const Case& c) {
  if (c.seen.attempt.error == ECONNREFUSED && !c.seen.to.stack)
    return Fault{concat("nothing listens on ", endpoint(c.seen.address, c.seen.port)), ""};
  if (c.seen.attempt.error == ETIMEDOUT && c.seen.to.tenant && is_heard(c.seen))
    return Fault{"no answer", "what listens on 127.0.0.1 in a jail is heard by that jail alone"};
  return Fault{std::string(what_came(c.seen.attempt.error)), ""};
}

// Of UDP it is known only that somebody waits for packets, and that he can be heard from.
Finding unknown_udp(const Case& c) {
  if (c.seen.transport != sys::Transport::udp || c.seen.to.stack) return {};
  return Fault{concat(c.seen.to.name, " is not of this host: whether it takes UDP is not told"),
               ""};
}

struct Check {
  std::string_view hop;
  Finding (*find)(const Case&);
};
constexpr Check kChecks[] = {
    {"source", no_family},   {"destination", on_no_interface}, {"link", link_down},
    {"route", no_route},     {"isolation", isolated},          {"next hop", silent_hop},
    {"host", not_forwarded}, {"way back", no_way_back},        {"listener", nobody_listens},
    {"firewall", firewall},  {"destination", unknown_udp},     {"unknown", something_else},
};

// A refusal is an answer: to find out about a UDP port, a TCP one is asked for.
bool is_reached(const Evidence& seen) {
  if (seen.transport == sys::Transport::tcp) return seen.attempt.error == 0;
  return (seen.attempt.error == 0 || seen.attempt.error == ECONNREFUSED) && seen.to.stack &&
         is_heard(seen);
}

std::string milliseconds(uint64_t microseconds) {
  const auto hundredths = microseconds % 1000 / 10;
  return concat(microseconds / 1000, ".", hundredths < 10 ? "0" : "", hundredths, " ms");
}

}  // namespace

Result<Destination> parse_destination(std::string_view text) {
  const auto bad = [&] {
    return fail(text, ": expected JAIL:PORT, host:PORT or ADDRESS:PORT, and /udp");
  };
  Destination out;
  auto rest = text;
  if (rest.ends_with("/udp")) out.transport = sys::Transport::udp;
  if (rest.ends_with("/udp") || rest.ends_with("/tcp")) rest.remove_suffix(4);
  const auto colon = rest.rfind(':');
  if (colon == rest.npos || colon == 0) return bad();
  const auto port = number<uint16_t>(rest.substr(colon + 1));
  if (!port || *port == 0) return bad();
  out.port = *port;
  rest = rest.substr(0, colon);
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  out.who = rest;
  return out;
}

std::optional<Party> find_party(const Map& map, std::string_view who) {
  if (who == "host") return party_of(map, 0);
  const auto jid = number<int>(who);
  for (size_t stack = 1; stack < map.stacks.size(); ++stack)
    if (map.stacks[stack].jail == who || map.stacks[stack].jid == jid) return party_of(map, stack);
  for (const auto& tenant : map.tenants)
    if (tenant.jail == who || tenant.jid == jid) return party_of(map, tenant);
  const auto address = any_address(who);
  if (!address) return {};
  for (const auto& tenant : map.tenants)
    for (const auto& held : tenant.addresses)
      if (const auto own = any_address(held.address); own && same_host(*own, *address)) {
        auto party = party_of(map, tenant);
        party.addresses = {*address};
        return party;
      }
  Party out{.name = std::string(who), .stack = {}, .addresses = {*address}};
  if (const auto spot = spot_of(map, *address)) {
    out.name = party_of(map, spot->stack).name;
    out.stack = spot->stack;
  }
  return out;
}

std::optional<sys::Address> nearest_address(const Map& map, const Party& from, const Party& to) {
  if (to.addresses.empty()) return {};
  if (from.stack)
    for (const auto& own : addresses_of(map.stacks[*from.stack]))
      for (const auto& other : to.addresses)
        if (in_network(own, other)) return other;
  return to.addresses.front();
}

Result<> gather(const std::vector<std::optional<sys::Fd>>& stacks, Evidence& seen) {
  const auto in_stack = [&](size_t at, const std::function<Result<>()>& act) {
    return stacks[at] ? sys::in_netns(*stacks[at], act) : act();
  };
  const auto sees_route = [&]() -> Result<> {
    const auto route = sys::route_to(seen.address);
    if (!route) return {};
    seen.gateway = route->gateway;
    for (const auto& link : TRY(sys::list_links()))
      if (link.index == route->link) seen.interface = link.name;
    seen.next_hop = TRY(sys::neighbour(route->link, route->gateway.value_or(seen.address)));
    return {};
  };
  const auto sees_receiver = [&]() -> Result<> {
    seen.listeners = TRY(sys::list_listeners(seen.transport));
    const auto back =
        std::ranges::find(seen.from.addresses, seen.address.family, &sys::Address::family);
    if (back == seen.from.addresses.end()) return {};
    auto source = *back;
    source.prefix = source.family == AF_INET ? 32 : 128;
    seen.returns = sys::route_to(source).has_value();
    return {};
  };
  TRY(in_stack(*seen.from.stack, sees_route));
  if (!seen.to.stack) return {};
  return in_stack(*seen.to.stack, sees_receiver);
}

Verdict explain(const Map& map, const Evidence& seen) {
  const auto place = concat(endpoint(seen.address, seen.port),
                            seen.transport == sys::Transport::udp ? "/udp" : "");
  const bool is_named = seen.to.name != net::address_text(seen.address);
  const auto what = is_named ? concat(seen.to.name, " (", place, ")") : place;
  if (is_reached(seen))
    return {.reaches = true,
            .microseconds = seen.attempt.microseconds,
            .hop = {},
            .text = concat(seen.from.name, " reaches ", what, ", answered in ",
                           milliseconds(seen.attempt.microseconds)),
            .hint = {}};
  const auto& stack = map.stacks[*seen.from.stack];
  const Case c{map, seen, stack, stack.find(seen.interface)};
  for (const auto& check : kChecks)
    if (auto fault = check.find(c))
      return {.hop = std::string(check.hop),
              .text = concat(seen.from.name, " does not reach ", what, ": ", fault->text),
              .hint = std::move(fault->hint)};
  std::unreachable();
}

}  // namespace gaol::net
