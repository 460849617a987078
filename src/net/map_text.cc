// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>
#include <array>

#include "net/map.h"

namespace gaol::net {

namespace {

// Name, state, MTU and MAC address of an interface, which stand in columns, and the rest. Lines of
// other things have a rest only, which begins with the line.
using Row = std::array<std::string, 5>;
Row line(std::string text) { return {"", "", "", "", std::move(text)}; }

// Every IPv6 interface has one, and none of them says anything.
bool says_something(std::string_view address) { return !address.starts_with("fe80:"); }

std::string rest_of(const Map& map, const MapInterface& interface, bool on_host) {
  std::vector<std::string> words;
  std::ranges::copy_if(interface.addresses, std::back_inserter(words), says_something);
  if (!interface.lower.empty()) words.push_back(concat(interface.kind, " of ", interface.lower));
  if (!interface.tunnel.empty()) words.push_back(concat(interface.kind, " ", interface.tunnel));
  if (interface.far && (on_host || !interface.bridge.empty()))
    words.push_back(
        concat(interface.far->interface, " of ", map.stacks[interface.far->stack].jail));
  else if (interface.far)
    words.push_back(concat("wired to ", join(path_of(map, interface), ", ")));
  if (interface.isolated) words.emplace_back("isolated");
  return join(words, ", ");
}

Row row_of(const Map& map, const MapInterface& interface, size_t indent, bool on_host) {
  return {concat(std::string(indent, ' '), interface.name), interface.up ? "up" : "down",
          concat(interface.mtu), interface.mac, rest_of(map, interface, on_host)};
}

bool is_plain_loopback(const MapInterface& interface) {
  return interface.name == "lo" && std::ranges::all_of(interface.addresses, [](const auto& own) {
           return own.starts_with("127.") || own == "::1/128";
         });
}

std::string route_text(const MapRoute& route) {
  return concat("  ", route.destination,
                route.gateway.empty() ? "" : concat(" via ", route.gateway), " (", route.interface,
                ")");
}

void add_stack(std::vector<Row>& rows, const Map& map, const MapStack& stack) {
  const bool on_host = stack.jail.empty();
  rows.push_back(line(on_host ? "host" : concat(stack.jail, " (jail ", stack.jid, ")")));
  for (const auto& interface : stack.interfaces) {
    if (!interface.bridge.empty() && stack.find(interface.bridge)) continue;  // below that
    if (is_plain_loopback(interface)) continue;
    rows.push_back(row_of(map, interface, 2, on_host));
    for (const auto& member : stack.interfaces)
      if (member.bridge == interface.name) rows.push_back(row_of(map, member, 4, on_host));
  }
  for (const auto& route : stack.routes)
    if (!route.connected) rows.push_back(line(route_text(route)));
}

void add_tenant(std::vector<Row>& rows, const Map& map, const MapTenant& tenant) {
  const auto& owner = map.stacks[tenant.stack].jail;
  rows.push_back(line(concat(tenant.jail, " (jail ", tenant.jid, ", on the stack of ",
                             owner.empty() ? "the host" : owner, ")")));
  if (tenant.inherits) rows.push_back(line("  all addresses of it"));
  if (!tenant.inherits && tenant.addresses.empty()) rows.push_back(line("  no address"));
  for (const auto& [address, interface] : tenant.addresses)
    rows.push_back(line(concat(
        "  ", address, interface.empty() ? " (on no interface)" : concat(" (", interface, ")"))));
}

std::string aligned(const std::vector<Row>& rows) {
  Row::size_type widths[std::tuple_size_v<Row>]{};
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      if (!row[0].empty()) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : rows) {
    std::string text;
    for (size_t i = 0; i + 1 < row.size() && !row[0].empty(); ++i)
      text.append(row[i]).append(widths[i] + 2 - row[i].size(), ' ');
    text += row.back();
    out.append(text, 0, text.find_last_not_of(' ') + 1).append(1, '\n');
  }
  return out;
}

}  // namespace

std::string map_text(const Map& map) {
  std::vector<Row> rows;
  const auto begin_section = [&] {
    if (!rows.empty()) rows.push_back(line(""));
  };
  for (const auto& stack : map.stacks) {
    if (stack.interfaces.empty()) continue;
    begin_section();
    add_stack(rows, map, stack);
  }
  for (const auto& tenant : map.tenants) {
    begin_section();
    add_tenant(rows, map, tenant);
  }
  return aligned(rows);
}

}  // namespace gaol::net
