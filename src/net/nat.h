// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The way out and in for jails with addresses that nobody outside knows: pf's `nat-to` and
// `rdr-to`, without a pf.conf.
//
// All of it is in one nftables table of ours, `inet gaol`, beside whatever the administrator has:
// nothing there can let a packet in that his rules drop. A jail is nothing but elements of its
// sets and maps, so that the rules are as short, and as fast, for the last jail as for the first.
// Redirected are packets to the host's own addresses: from outside, from the host itself but for
// its loopback, and from other jails; those on the jail's own network get the host as their sender,
// because the answers would go to them directly otherwise.
// Source: pf.conf(5), "Translation"; nft(8).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::net {

struct Redirect {
  std::string protocol;            // tcp or udp
  std::optional<sys::Address> at;  // the host's; none: all of them
  uint16_t port = 0, to = 0;
  // What no two jails can have: `tcp 8080`, `udp 192.0.2.1:53`.
  std::string claim() const;
};
// `tcp 8080 -> 80`, `udp 53`, `tcp 192.0.2.1:80`, `tcp [2001:db8::1]:80 -> 8080`.
Result<Redirect> parse_redirect(std::string_view text);

struct NatPlan {
  bool outgoing = false;                // what it sends elsewhere comes from the host
  std::vector<sys::Address> addresses;  // of the jail, with their networks
  std::vector<Redirect> redirects;      // to the first of either family
};

// nft's words for both, each a whole transaction. The first makes the table if it is not there. To
// cut is to leave no element, also where there are only some of them, or there is no table.
std::string lay_nat(const NatPlan& plan);
std::string cut_nat(const NatPlan& plan);

}  // namespace gaol::net
