// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// One element of ip4.addr or ip6.addr: `[IF|]ADDR[/MASK]`. The jail gets the bare address;
// interface and mask are for the alias made on the host. FreeBSD hands more words to ifconfig(8),
// such as `vhid 1`; none of them means anything here, and they are refused.

#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::jail {

struct AliasSpec {
  std::string interface;       // empty: the parameter `interface`, or no alias at all
  sys::Address address;        // prefix 32 or 128 when none was given
  bool explicit_mask = false;  // `/len`, or `/a.b.c.d` for IPv4
};

// `family` is AF_INET or AF_INET6. The error's text begins without the parameter's name:
// `not an IPv4 address: 10.0.0.256`.
Result<AliasSpec> parse_alias(std::string_view element, int family);

// The address without its prefix, as inet_ntop(3) writes it.
std::string address_text(const sys::Address& address);

std::string_view family_word(int family);  // "IPv4" or "IPv6"

}  // namespace gaol::jail
