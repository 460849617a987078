// SPDX-License-Identifier: BSD-2-Clause

// gaol net: how the jails of this host are connected.

#include <algorithm>

#include "jail/hierarchy.h"
#include "net/map.h"
#include "tools/gaol.h"
#include "warden/warden.h"

namespace gaol::tools {

namespace {

bool has_own_stack(const warden::Record& jail) {
  return jail.settings.jailsys("vnet") == jail::Jailsys::fresh;
}

// The jail whose network stack it uses; empty: the host.
std::string stack_owner(const warden::Record& jail, const std::vector<warden::Record>& all) {
  for (std::string_view name = jail.name; !name.empty(); name = jail::parent_name(name)) {
    const auto record = std::ranges::find(all, name, &warden::Record::name);
    if (record != all.end() && has_own_stack(*record)) return record->name;
  }
  return {};
}

bool inherits(const warden::Record& jail) {
  return jail.settings.jailsys("ip4") == jail::Jailsys::inherit ||
         jail.settings.jailsys("ip6") == jail::Jailsys::inherit;
}

Result<net::Map> look() {
  warden::Warden warden(sys::real_kernel());
  const auto records = warden.list();
  std::vector<net::MapJail> jails;
  for (const auto& record : records) {
    net::MapJail jail{.name = record.name, .jid = record.jid};
    if (has_own_stack(record)) {
      auto network = warden.network_of(record);
      if (!network && network.error().code == ESRCH) continue;  // it has just ended
      jail.netns = TRY(std::move(network));
    } else {
      jail.stack = stack_owner(record, records);
      jail.inherits = inherits(record);
      jail.addresses = warden::addresses_of(record.settings);
    }
    jails.push_back(std::move(jail));
  }
  return net::look(jails);
}

Json describe(const net::Map& map, const net::MapInterface& interface) {
  return {{"name", interface.name},
          {"kind", interface.kind},
          {"up", interface.up},
          {"mtu", interface.mtu},
          {"mac", interface.mac},
          {"addresses", interface.addresses},
          {"bridge", interface.bridge},
          {"isolated", interface.isolated},
          {"lower", interface.lower},
          {"path", net::path_of(map, interface)},
          {"far_jail", interface.far ? Json(map.stacks[interface.far->stack].jail) : Json()},
          {"far_end", interface.far ? Json(interface.far->interface) : Json()}};
}

Json describe(const net::Map& map) {
  Json stacks = Json::array(), tenants = Json::array();
  for (const auto& stack : map.stacks) {
    if (stack.interfaces.empty()) continue;
    Json interfaces = Json::array(), routes = Json::array();
    for (const auto& interface : stack.interfaces) interfaces.push_back(describe(map, interface));
    for (const auto& route : stack.routes)
      routes.push_back({{"destination", route.destination},
                        {"gateway", route.gateway},
                        {"interface", route.interface},
                        {"connected", route.connected}});
    stacks.push_back(
        {{"jail", stack.jail}, {"jid", stack.jid}, {"interfaces", interfaces}, {"routes", routes}});
  }
  for (const auto& tenant : map.tenants) {
    Json addresses = Json::array();
    for (const auto& [address, interface] : tenant.addresses)
      addresses.push_back({{"address", address}, {"interface", interface}});
    tenants.push_back({{"jail", tenant.jail},
                       {"jid", tenant.jid},
                       {"stack", map.stacks[tenant.stack].jail},
                       {"inherits", tenant.inherits},
                       {"addresses", addresses}});
  }
  return {{"stacks", stacks}, {"jails", tenants}};
}

Result<int> net_command(const Words& words) {
  net::Map map = TRY(look());
  if (!words.operands.empty()) {
    const auto record = TRY(warden::Warden(sys::real_kernel()).find(words.operands[0]));
    map = TRY(net::only(map, record.name));
  }
  if (words.has('j'))
    print_json(describe(map));
  else if (words.has('d'))
    write_text(stdout, net::map_dot(map));
  else if (words.has('s'))
    write_text(stdout, net::map_svg(map));
  else
    write_text(stdout, net::map_text(map));
  return 0;
}

constexpr Subcommand kCommands[] = {
    {"net", "[JAIL] [--json | --dot | --svg]", "jds", 0, 1, net_command},
};

}  // namespace

std::span<const Subcommand> net_commands() { return kCommands; }

}  // namespace gaol::tools
