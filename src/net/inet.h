// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Addresses and netmasks as people write them.

#include <optional>
#include <string_view>

#include "sys/kernel.h"

namespace gaol::net {

// A lone address of that family, AF_INET or AF_INET6, with the prefix of a host.
std::optional<sys::Address> parse_address(std::string_view text, int family);

// The length of a netmask: `24`, or for IPv4 `255.255.255.0` and `0xffffff00`. Nothing when its
// ones are not all in front.
std::optional<int> prefix_length(std::string_view mask, int family);

// The address without its prefix, as inet_ntop(3) writes it.
std::string address_text(const sys::Address& address);

// fe80::/10
bool is_link_local(const sys::Address& address);

// 224.0.0.0/4 and ff00::/8
bool is_multicast(const sys::Address& address);

// The first address of the network it is in.
sys::Address network_of(sys::Address address);

}  // namespace gaol::net
