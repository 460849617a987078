// SPDX-License-Identifier: BSD-2-Clause
#include "pf/facts.h"

#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "sys/links.h"
#include "sys/resolve.h"

namespace gaol::pf {

namespace {

// The indexes of the interfaces that default routes lead out of.
std::vector<unsigned> ways_out() {
  std::vector<unsigned> out;
  for (const int family : {AF_INET, AF_INET6})
    for (const auto& route : sys::list_routes(family).value_or(std::vector<sys::Route>()))
      if (route.destination.prefix == 0) out.push_back(route.link);
  return out;
}

std::vector<Interface> interfaces() {
  std::vector<Interface> out;
  const auto links = sys::list_links().value_or(std::vector<sys::Link>());
  const auto addresses = sys::list_addresses().value_or(std::vector<sys::LinkAddress>());
  const auto egress = ways_out();
  for (const sys::Link& link : links) {
    Interface& one = out.emplace_back();
    one.loopback = (link.flags & IFF_LOOPBACK) != 0;
    one.name = link.name == "lo" ? "lo0" : link.name;
    if (std::ranges::count(egress, link.index) > 0) one.groups.emplace_back("egress");
    for (const auto& own : addresses)
      if (own.link == link.index) one.addresses.push_back({own.address, own.broadcast, {}});
  }
  return out;
}

// The most specific first; what is the machine's own is behind the loopback.
std::vector<Route> routes() {
  std::vector<Route> out;
  const auto links = sys::list_links().value_or(std::vector<sys::Link>());
  for (const auto& own : sys::list_addresses().value_or(std::vector<sys::LinkAddress>())) {
    out.push_back({own.address, "lo0"});
    out.back().to.prefix = own.address.family == AF_INET ? 32 : 128;
  }
  for (const int family : {AF_INET, AF_INET6})
    for (const auto& route : sys::list_routes(family).value_or(std::vector<sys::Route>())) {
      const auto link = std::ranges::find(links, route.link, &sys::Link::index);
      out.push_back({route.destination, link == links.end() ? "" : link->name});
    }
  std::ranges::stable_sort(out, std::greater{}, [](const Route& each) { return each.to.prefix; });
  return out;
}

// The third word of a name's line in passwd(5) or group(5).
std::optional<uint32_t> id_in(const char* file, const std::string& name) {
  const auto text = sys::real_kernel().read_file(file);
  if (!text) return {};
  for (const auto line : split(*text, '\n'))
    if (const auto parts = split(line, ':'); parts.size() > 2 && parts[0] == name)
      return number<uint32_t>(parts[2]);
  return {};
}

}  // namespace

World this_machine() {
  return {.interfaces = interfaces,
          .routes = routes,
          .resolve = sys::resolve,
          .user = [](const std::string& name) { return id_in("/etc/passwd", name); },
          .group = [](const std::string& name) { return id_in("/etc/group", name); },
          .read = [](const std::string& path) { return sys::real_kernel().read_file(path); }};
}

}  // namespace gaol::pf
