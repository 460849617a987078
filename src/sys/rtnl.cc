// SPDX-License-Identifier: BSD-2-Clause
#include "sys/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
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

Result<unsigned> index_of(const NetlinkSocket& socket, const std::string& interface) {
  const auto answer = TRY(socket.ask(about_link(RTM_GETLINK, 0, interface), interface));
  return static_cast<unsigned>(head_of<ifinfomsg>(answer).ifi_index);
}

// With an index, that is the interface that is meant, and the name the one that it is to have.
Request move_link(const LentLink& interface, const Fd& netns) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(interface.index);
  Request request = about_link(RTM_SETLINK, NLM_F_ACK, interface.name, body);
  request.add(IFLA_NET_NS_FD, bytes_of(netns.get()));
  return request;
}

Request about_rule(uint16_t type, uint16_t flags, const RoutingRule& rule) {
  fib_rule_hdr body{};
  body.family = static_cast<uint8_t>(rule.family);
  body.action = rule.table ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE;
  Request request(type, static_cast<uint16_t>(flags | NLM_F_ACK), body);
  request.add_number(FRA_FWMARK, rule.mark);
  request.add_number(FRA_FWMASK, ~uint32_t{0});
  request.add_number(FRA_PRIORITY, rule.priority);
  if (rule.table) request.add_number(FRA_TABLE, rule.table);
  return request;
}

// Any index but the few that namespaces begin with.
unsigned some_index() {
  constexpr unsigned kFirst = 1 << 20;
  unsigned random = 0;
  [[maybe_unused]] const auto got = ::getrandom(&random, sizeof random, GRND_INSECURE);
  return kFirst + random % (1U << 30);
}

}  // namespace

Result<Fd> own_netns() {
  Fd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "/proc/thread-self/ns/net");
  return fd;
}

Result<> in_netns(const Fd& netns, const std::function<Result<>()>& act) {
  const Fd home = TRY(own_netns());
  if (::setns(netns.get(), CLONE_NEWNET) < 0) return fail_errno(errno, "setns");
  auto done = act();
  // A thread of the host that stays in a jail's network would do everything else there.
  if (::setns(home.get(), CLONE_NEWNET) < 0) ::abort();
  return done;
}

std::string address_text(const Address& address) {
  char text[INET6_ADDRSTRLEN]{};
  ::inet_ntop(address.family, address.bytes, text, sizeof text);
  return concat(text, '/', address.prefix);
}

Result<unsigned> rtnl_link_index(const std::string& interface) {
  const auto socket = TRY(NetlinkSocket::open());
  return index_of(socket, interface);
}

Result<> rtnl_set_link_up(const std::string& interface) {
  const auto socket = TRY(NetlinkSocket::open());
  ifinfomsg body{};
  body.ifi_flags = body.ifi_change = IFF_UP;
  TRY(socket.ask(about_link(RTM_SETLINK, NLM_F_ACK, interface, body), concat(interface, " up")));
  return {};
}

Result<bool> rtnl_has_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(NetlinkSocket::open());
  const unsigned link = TRY(index_of(socket, interface));
  const auto there = TRY(list_addresses(link));
  return std::ranges::count(there, address, &LinkAddress::address) > 0;
}

Result<bool> rtnl_add_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(NetlinkSocket::open());
  const unsigned link = TRY(index_of(socket, interface));
  auto added = add_link_address({.link = link, .address = address, .broadcast = {}});
  if (added) return true;
  if (added.error().code == EEXIST) return false;
  return fail(std::move(added).error().in(interface, ": add ", address_text(address)));
}

Result<bool> rtnl_remove_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(NetlinkSocket::open());
  const auto link = index_of(socket, interface);
  if (!link && link.error().code == ENODEV) return false;
  auto removed = remove_link_address({.link = TRY(link), .address = address, .broadcast = {}});
  if (removed) return true;
  if (removed.error().code == EADDRNOTAVAIL || removed.error().code == ENODEV) return false;
  return fail(std::move(removed).error().in(interface, ": remove ", address_text(address)));
}

Result<bool> rtnl_has_routes(int family, uint32_t table) {
  const auto socket = TRY(NetlinkSocket::open());
  rtmsg which{};
  which.rtm_family = static_cast<uint8_t>(family);
  Request request(RTM_GETROUTE, NLM_F_DUMP, which);
  request.add_number(RTA_TABLE, table);
  bool found = false;
  // Without being asked to be strict, kernels show other tables' as well.
  TRY(socket.list(std::move(request), "routes", [&](std::string_view route) {
    const auto of = head_of<uint32_t>(attribute_in(behind(route, sizeof(rtmsg)), RTA_TABLE));
    found |= head_of<rtmsg>(route).rtm_family == family && of == table;
  }));
  return found;
}

Result<> rtnl_add_rule(const RoutingRule& rule) {
  const auto socket = TRY(NetlinkSocket::open());
  auto added = socket.ask(about_rule(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule), "routing rule");
  if (added || added.error().code == EAFNOSUPPORT) return {};
  return std::unexpected(std::move(added).error());
}

Result<> rtnl_remove_rule(const RoutingRule& rule) {
  const auto socket = TRY(NetlinkSocket::open());
  auto removed = socket.ask(about_rule(RTM_DELRULE, 0, rule), "routing rule");
  if (removed || removed.error().code == ENOENT || removed.error().code == EAFNOSUPPORT) return {};
  return std::unexpected(std::move(removed).error());
}

// We choose the index: asked for afterwards, by name, it could be another's already.
Result<unsigned> rtnl_push_link(const std::string& interface, const Fd& netns) {
  constexpr int kTries = 8;
  const std::string doing = concat(interface, ": move to netns");
  const auto socket = TRY(NetlinkSocket::open());
  const auto link = TRY(socket.ask(about_link(RTM_GETLINK, 0, interface), doing));
  auto index = static_cast<unsigned>(head_of<ifinfomsg>(link).ifi_index);
  for (int tries = 1;; ++tries, index = some_index()) {
    Request request = move_link({.name = interface}, netns);
    request.add_number(IFLA_NEW_IFINDEX, index);
    const auto moved = socket.ask(std::move(request), doing);
    if (moved) return index;
    if (moved.error().code != EBUSY || tries == kTries) return fail(Error(moved.error()));
  }
}

Result<bool> rtnl_pull_link(const LentLink& interface, const Fd& netns) {
  const Fd home = TRY(own_netns());
  const auto moved = in_netns(netns, [&]() -> Result<> {
    const auto socket = TRY(NetlinkSocket::open());
    TRY(socket.ask(move_link(interface, home), concat(interface.name, ": move from netns")));
    return {};
  });
  if (moved) return true;
  if (moved.error().code == ENODEV) return false;
  return std::unexpected(std::move(moved).error());
}

}  // namespace gaol::sys
