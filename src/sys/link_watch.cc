// SPDX-License-Identifier: BSD-2-Clause
#include "sys/link_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

namespace gaol::sys {

namespace {

constexpr unsigned kGroups =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
constexpr int kMoment = 50;      // milliseconds
constexpr int kMostRounds = 20;  // a network that never rests is looked at all the same

}  // namespace

Result<LinkWatch> LinkWatch::open() {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return fail_errno(errno, "netlink");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kGroups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return fail_errno(errno, "netlink");
  return LinkWatch(std::move(fd));
}

// What the messages say is of no interest; that some were lost is a change too.
Result<> LinkWatch::wait() {
  pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  int patience = -1;
  for (int round = 0; round < kMostRounds; ++round) {
    const int found = ::poll(&ready, 1, patience);
    if (found < 0) return fail_errno(errno, "netlink");
    if (found == 0) break;
    char bytes[8192];
    while (::recv(fd_.get(), bytes, sizeof bytes, 0) > 0) {
    }
    if (errno != EAGAIN && errno != ENOBUFS) return fail_errno(errno, "netlink");
    patience = kMoment;
  }
  return {};
}

}  // namespace gaol::sys
