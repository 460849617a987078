// SPDX-License-Identifier: BSD-2-Clause
#include "sys/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <algorithm>

#include "sys/kernel.h"
#include "sys/links.h"
#include "sys/netlink.h"

namespace gaol::sys {

namespace {

Request about_link(uint16_t type, uint16_t flags, const std::string& interface,
                   const ifinfomsg& body = {}) {
  Request request(type, flags, body);
  request.add(IFLA_IFNAME, with_zero(interface));
  return request;
}

Result<unsigned> index_of(const RouteSocket& socket, const std::string& interface) {
  const auto answer = TRY(socket.ask(about_link(RTM_GETLINK, 0, interface), interface));
  return static_cast<unsigned>(head_of<ifinfomsg>(answer).ifi_index);
}

Request move_link(const std::string& interface, const Fd& netns) {
  Request request = about_link(RTM_SETLINK, NLM_F_ACK, interface);
  request.add(IFLA_NET_NS_FD, bytes_of(netns.get()));
  return request;
}

Result<Fd> own_netns() {
  Fd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "/proc/thread-self/ns/net");
  return fd;
}

// A socket speaks to the namespace it was born in, wherever it is used later.
Result<RouteSocket> open_inside(const Fd& netns, const Fd& home) {
  if (::setns(netns.get(), CLONE_NEWNET) < 0) return fail_errno(errno, "setns");
  auto socket = RouteSocket::open();
  // A thread of the host that stays in a jail's network would do everything else there.
  if (::setns(home.get(), CLONE_NEWNET) < 0) ::abort();
  return socket;
}

}  // namespace

std::string address_text(const Address& address) {
  char text[INET6_ADDRSTRLEN]{};
  ::inet_ntop(address.family, address.bytes, text, sizeof text);
  return concat(text, '/', address.prefix);
}

Result<unsigned> rtnl_link_index(const std::string& interface) {
  const auto socket = TRY(RouteSocket::open());
  return index_of(socket, interface);
}

Result<> rtnl_set_link_up(const std::string& interface) {
  const auto socket = TRY(RouteSocket::open());
  ifinfomsg body{};
  body.ifi_flags = body.ifi_change = IFF_UP;
  TRY(socket.ask(about_link(RTM_SETLINK, NLM_F_ACK, interface, body), concat(interface, " up")));
  return {};
}

Result<bool> rtnl_has_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(RouteSocket::open());
  const unsigned link = TRY(index_of(socket, interface));
  const auto there = TRY(list_addresses(link));
  return std::ranges::count(there, address, &LinkAddress::address) > 0;
}

Result<bool> rtnl_add_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(RouteSocket::open());
  const unsigned link = TRY(index_of(socket, interface));
  auto added = add_link_address({.link = link, .address = address, .broadcast = {}});
  if (added) return true;
  if (added.error().code == EEXIST) return false;
  return fail(std::move(added).error().in(interface, ": add ", address_text(address)));
}

Result<bool> rtnl_remove_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(RouteSocket::open());
  const auto link = index_of(socket, interface);
  if (!link && link.error().code == ENODEV) return false;
  auto removed = remove_link_address({.link = TRY(link), .address = address, .broadcast = {}});
  if (removed) return true;
  if (removed.error().code == EADDRNOTAVAIL || removed.error().code == ENODEV) return false;
  return fail(std::move(removed).error().in(interface, ": remove ", address_text(address)));
}

Result<> rtnl_push_link(const std::string& interface, const Fd& netns) {
  const auto socket = TRY(RouteSocket::open());
  TRY(socket.ask(move_link(interface, netns), concat(interface, ": move to netns")));
  return {};
}

Result<bool> rtnl_pull_link(const std::string& interface, const Fd& netns) {
  const Fd home = TRY(own_netns());
  const auto inside = TRY(open_inside(netns, home));
  auto moved = inside.ask(move_link(interface, home), concat(interface, ": move from netns"));
  if (moved) return true;
  if (moved.error().code == ENODEV) return false;
  return std::unexpected(std::move(moved).error());
}

}  // namespace gaol::sys
