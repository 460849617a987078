// SPDX-License-Identifier: BSD-2-Clause
#include "sys/links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "sys/netlink.h"

namespace gaol::sys {

namespace {

std::string_view raw_bytes(const Address& address) {
  return bytes_of(address.bytes).substr(0, address.family == AF_INET ? 4 : 16);
}

std::string_view raw_bytes(const Mac& mac) {
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

Address address_from(std::string_view raw, int family, int prefix) {
  Address out{.family = family, .bytes = {}, .prefix = prefix};
  raw.copy(reinterpret_cast<char*>(out.bytes), sizeof out.bytes);
  return out;
}

std::string text_of(std::string_view attribute) {
  return std::string(attribute.substr(0, attribute.find('\0')));
}

std::optional<Address> address_in(std::string_view data, uint16_t v4, uint16_t v6) {
  for (const auto& [type, family] : {std::pair{v4, AF_INET}, std::pair{v6, AF_INET6}})
    if (const auto raw = attribute_in(data, type); !raw.empty())
      return address_from(raw, family, family == AF_INET ? 32 : 128);
  return {};
}

Vxlan vxlan_from(std::string_view data) {
  return {.id = head_of<unsigned>(attribute_in(data, IFLA_VXLAN_ID)),
          .local = address_in(data, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6),
          .remote = address_in(data, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6),
          .port = ntohs(head_of<uint16_t>(attribute_in(data, IFLA_VXLAN_PORT)))};
}

Link link_from(std::string_view entry) {
  const auto head = head_of<ifinfomsg>(entry);
  const auto all = behind(entry, sizeof head);
  const auto number = [&](uint16_t type) { return head_of<unsigned>(attribute_in(all, type)); };
  const auto info = attribute_in(all, IFLA_LINKINFO);
  const auto data = attribute_in(info, IFLA_INFO_DATA);
  Link link{.index = static_cast<unsigned>(head.ifi_index),
            .name = text_of(attribute_in(all, IFLA_IFNAME)),
            .kind = text_of(attribute_in(info, IFLA_INFO_KIND)),
            .description = text_of(attribute_in(all, IFLA_IFALIAS)),
            .flags = head.ifi_flags,
            .mtu = number(IFLA_MTU),
            .bridge = number(IFLA_MASTER),
            .mac = {},
            .far = {}};
  const auto elsewhere = attribute_in(all, IFLA_LINK_NETNSID);
  if (elsewhere.empty())
    link.lower = number(IFLA_LINK);
  else
    link.far = {number(IFLA_LINK), head_of<int>(elsewhere)};
  const auto port = attribute_in(info, IFLA_INFO_SLAVE_DATA);
  link.isolated = head_of<uint8_t>(attribute_in(port, IFLA_BRPORT_ISOLATED)) != 0;
  if (link.kind == "vlan") link.vlan = head_of<uint16_t>(attribute_in(data, IFLA_VLAN_ID));
  if (link.kind == "vxlan") link.vxlan = vxlan_from(data);
  // Both are "tun" there.
  if (link.kind == "tun" && head_of<uint8_t>(attribute_in(data, IFLA_TUN_TYPE)) == IFF_TAP)
    link.kind = "tap";
  const auto mac = attribute_in(all, IFLA_ADDRESS);
  if (mac.size() == sizeof(Mac)) link.mac = head_of<Mac>(mac);
  return link;
}

// Without the counters, which are the better part of an answer.
Request about_links(uint16_t flags) {
  Request request(RTM_GETLINK, flags, ifinfomsg{});
  request.add_number(IFLA_EXT_MASK, uint32_t{RTEXT_FILTER_SKIP_STATS});
  return request;
}

AttributeRow other_end(const NewLink& link) {
  AttributeRow end;
  end.add(IFLA_IFNAME, with_zero(link.peer));
  if (link.peer_mac) end.add(IFLA_ADDRESS, raw_bytes(*link.peer_mac));
  if (link.peer_netns >= 0) end.add_number(IFLA_NET_NS_FD, link.peer_netns);
  AttributeRow data;
  data.add(VETH_INFO_PEER, std::string(bytes_of(ifinfomsg{})).append(end.bytes()));
  return data;
}

AttributeRow vlan_data(const NewLink& link) {
  AttributeRow data;
  data.add_number(IFLA_VLAN_ID, static_cast<uint16_t>(link.vlan));
  return data;
}

AttributeRow vxlan_data(const NewLink& link) {
  AttributeRow data;
  data.add_number(IFLA_VXLAN_ID, link.vxlan->id);
  data.add_number(IFLA_VXLAN_PORT, htons(link.vxlan->port));
  if (link.lower) data.add_number(IFLA_VXLAN_LINK, link.lower);
  const auto add = [&](const std::optional<Address>& address, uint16_t v4, uint16_t v6) {
    if (address) data.add(address->family == AF_INET ? v4 : v6, raw_bytes(*address));
  };
  add(link.vxlan->local, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6);
  add(link.vxlan->remote, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6);
  return data;
}

// Neighbours on one parent reach each other, as on a bridge.
AttributeRow macvlan_data() {
  AttributeRow data;
  data.add_number(IFLA_MACVLAN_MODE, uint32_t{MACVLAN_MODE_BRIDGE});
  return data;
}

std::unexpected<Error> refused(int code) {
  return fail(Error{code, std::string(errno_text(code)), {}});
}

// These are asked for in a way of their own.
Result<> create_tunnel(const NewLink& link) {
  const Fd device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (!device) return fail_errno(errno, "/dev/net/tun");
  ifreq request{};
  link.name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_flags =
      static_cast<short>((link.kind == "tap" ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_TUN_EXCL);
  if (::ioctl(device.get(), TUNSETIFF, &request) < 0)
    return refused(errno == EBUSY ? EEXIST : errno);
  if (link.mac) {
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::ranges::copy(*link.mac, request.ifr_hwaddr.sa_data);
    if (::ioctl(device.get(), SIOCSIFHWADDR, &request) < 0) return refused(errno);
  }
  if (::ioctl(device.get(), TUNSETPERSIST, 1) < 0) return refused(errno);
  return {};
}

Result<> tell(Request request) {
  const auto socket = TRY(NetlinkSocket::open());
  auto answer = socket.ask(std::move(request), "");
  if (answer) return {};
  // Whoever asked knows better what it was about.
  answer.error().text.erase(0, std::string_view(": ").size());
  return std::unexpected(std::move(answer).error());
}

Request about_address(uint16_t type, uint16_t flags, const LinkAddress& of) {
  const bool v4 = of.address.family == AF_INET;
  ifaddrmsg body{};
  body.ifa_family = static_cast<uint8_t>(of.address.family);
  body.ifa_prefixlen = static_cast<uint8_t>(of.address.prefix);
  body.ifa_flags = v4 ? 0 : IFA_F_NODAD;
  body.ifa_scope = v4 && of.address.bytes[0] == 127 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  body.ifa_index = of.link;
  Request request(type, static_cast<uint16_t>(flags | NLM_F_ACK), body);
  request.add(IFA_LOCAL, raw_bytes(of.address));
  request.add(IFA_ADDRESS, raw_bytes(of.address));
  if (of.broadcast) request.add(IFA_BROADCAST, raw_bytes(*of.broadcast));
  return request;
}

LinkAddress address_of(std::string_view entry) {
  const auto head = head_of<ifaddrmsg>(entry);
  const auto all = behind(entry, sizeof head);
  auto local = attribute_in(all, IFA_LOCAL);
  if (local.empty()) local = attribute_in(all, IFA_ADDRESS);  // IPv6 gives a lone one this name
  const auto broadcast = attribute_in(all, IFA_BROADCAST);
  LinkAddress out{.link = head.ifa_index,
                  .address = address_from(local, head.ifa_family, head.ifa_prefixlen),
                  .broadcast = {}};
  if (!broadcast.empty()) out.broadcast = address_from(broadcast, head.ifa_family, 32);
  return out;
}

Request about_route(uint16_t type, uint16_t flags, const Route& route) {
  const bool adds = type == RTM_NEWROUTE;
  rtmsg body{};
  body.rtm_family = static_cast<uint8_t>(route.destination.family);
  body.rtm_dst_len = static_cast<uint8_t>(route.destination.prefix);
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = adds ? RTPROT_STATIC : RTPROT_UNSPEC;
  body.rtm_type = adds ? RTN_UNICAST : RTN_UNSPEC;
  body.rtm_scope = !adds           ? RT_SCOPE_NOWHERE  // any
                   : route.gateway ? RT_SCOPE_UNIVERSE
                                   : RT_SCOPE_LINK;
  Request request(type, static_cast<uint16_t>(flags | NLM_F_ACK), body);
  if (route.destination.prefix > 0) request.add(RTA_DST, raw_bytes(route.destination));
  if (route.gateway) request.add(RTA_GATEWAY, raw_bytes(*route.gateway));
  if (route.link) request.add_number(RTA_OIF, route.link);
  return request;
}

Route route_of(std::string_view entry) {
  const auto head = head_of<rtmsg>(entry);
  const auto all = behind(entry, sizeof head);
  Route out{
      .destination = address_from(attribute_in(all, RTA_DST), head.rtm_family, head.rtm_dst_len),
      .gateway = {},
      .link = head_of<unsigned>(attribute_in(all, RTA_OIF)),
      .connected = head.rtm_protocol == RTPROT_KERNEL};
  const auto gateway = attribute_in(all, RTA_GATEWAY);
  if (!gateway.empty()) out.gateway = address_from(gateway, head.rtm_family, 0);
  return out;
}

// The first in the list is the one that counts: the kernel sorts them by metric.
Result<Route> default_route(int family) {
  const auto routes = TRY(list_routes(family));
  const auto found =
      std::ranges::find(routes, 0, [](const Route& route) { return route.destination.prefix; });
  if (found == routes.end()) return fail_errno(ENETUNREACH, "route");
  return *found;
}

}  // namespace

Result<std::vector<Link>> list_links() {
  const auto socket = TRY(NetlinkSocket::open());
  std::vector<Link> out;
  TRY(socket.list(about_links(NLM_F_DUMP), "interfaces",
                  [&](std::string_view entry) { out.push_back(link_from(entry)); }));
  return out;
}

Result<int> netns_number(const Fd& netns) {
  const auto socket = TRY(NetlinkSocket::open());
  Request request(RTM_GETNSID, 0, rtgenmsg{});
  request.add_number(NETNSA_FD, netns.get());
  const auto answer = TRY(socket.ask(std::move(request), "netns"));
  return head_of<int>(attribute_in(behind(answer, sizeof(rtgenmsg)), NETNSA_NSID));
}

Result<Link> find_link(const std::string& name) {
  const auto socket = TRY(NetlinkSocket::open());
  Request request = about_links(0);
  request.add(IFLA_IFNAME, with_zero(name));
  return link_from(TRY(socket.ask(std::move(request), name)));
}

Result<> create_link(const NewLink& link) {
  if (link.kind == "tap" || link.kind == "tun") return create_tunnel(link);
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifinfomsg{});
  request.add(IFLA_IFNAME, with_zero(link.name));
  if (link.mac) request.add(IFLA_ADDRESS, raw_bytes(*link.mac));
  if (link.lower && !link.vxlan) request.add_number(IFLA_LINK, link.lower);
  if (link.mtu) request.add_number(IFLA_MTU, link.mtu);
  AttributeRow info;
  info.add(IFLA_INFO_KIND, link.kind);
  if (!link.peer.empty()) info.add(IFLA_INFO_DATA, other_end(link).bytes());
  if (link.vlan) info.add(IFLA_INFO_DATA, vlan_data(link).bytes());
  if (link.vxlan) info.add(IFLA_INFO_DATA, vxlan_data(link).bytes());
  if (link.kind == "macvlan") info.add(IFLA_INFO_DATA, macvlan_data().bytes());
  request.add(IFLA_LINKINFO, info.bytes());
  return tell(std::move(request));
}

Result<> delete_link(unsigned index) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(index);
  return tell(Request(RTM_DELLINK, NLM_F_ACK, body));
}

Result<> change_link(unsigned index, const LinkChange& change) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(index);
  body.ifi_flags = change.flags;
  body.ifi_change = change.flag_mask;
  Request request(RTM_SETLINK, NLM_F_ACK, body);
  if (change.name) request.add(IFLA_IFNAME, with_zero(*change.name));
  if (change.description) request.add(IFLA_IFALIAS, *change.description);
  if (change.mtu) request.add_number(IFLA_MTU, *change.mtu);
  if (change.bridge) request.add_number(IFLA_MASTER, *change.bridge);
  if (change.mac) request.add(IFLA_ADDRESS, raw_bytes(*change.mac));
  return tell(std::move(request));
}

std::optional<Address> broadcast_of(Address address) {
  constexpr int kPointToPoint = 31;
  if (address.family != AF_INET || address.prefix >= kPointToPoint) return {};
  for (int bit = address.prefix; bit < 32; ++bit)
    address.bytes[bit / 8] |= static_cast<uint8_t>(0x80 >> bit % 8);
  return address;
}

Result<std::vector<LinkAddress>> list_addresses(unsigned link) {
  const auto socket = TRY(NetlinkSocket::open());
  ifaddrmsg which{};
  which.ifa_index = link;
  std::vector<LinkAddress> out;
  TRY(socket.list(Request(RTM_GETADDR, NLM_F_DUMP, which), "addresses",
                  [&](std::string_view entry) { out.push_back(address_of(entry)); }));
  return out;
}

Result<> add_link_address(const LinkAddress& address) {
  return tell(about_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address));
}

Result<> remove_link_address(const LinkAddress& address) {
  return tell(about_address(RTM_DELADDR, 0, address));
}

Result<> add_route(const Route& route) {
  return tell(about_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route));
}

Result<> delete_route(const Route& route) { return tell(about_route(RTM_DELROUTE, 0, route)); }

Result<std::vector<Route>> list_routes(int family) {
  const auto socket = TRY(NetlinkSocket::open());
  rtmsg which{};
  which.rtm_family = static_cast<uint8_t>(family);
  which.rtm_table = RT_TABLE_MAIN;
  std::vector<Route> out;
  TRY(socket.list(Request(RTM_GETROUTE, NLM_F_DUMP, which), "routes", [&](std::string_view entry) {
    if (head_of<rtmsg>(entry).rtm_type == RTN_UNICAST) out.push_back(route_of(entry));
  }));
  return out;
}

Result<Route> route_to(const Address& destination) {
  if (destination.prefix == 0) return default_route(destination.family);
  const auto socket = TRY(NetlinkSocket::open());
  rtmsg body{};
  body.rtm_family = static_cast<uint8_t>(destination.family);
  body.rtm_dst_len = destination.family == AF_INET ? 32 : 128;
  body.rtm_flags = RTM_F_FIB_MATCH;
  Request request(RTM_GETROUTE, 0, body);
  request.add(RTA_DST, raw_bytes(destination));
  const auto answer = TRY(socket.ask(std::move(request), "route"));
  return route_of(answer);
}

Result<> enter_netns(const Fd& netns) {
  if (::setns(netns.get(), CLONE_NEWNET) < 0) return fail_errno(errno, "setns");
  return {};
}

}  // namespace gaol::sys
