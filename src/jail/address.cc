// SPDX-License-Identifier: BSD-2-Clause
#include "jail/address.h"

// A jail's addresses are what it is held to, so that each must be one a socket can really be
// bound to. Wildcard and broadcast would match everything or nothing, and an IPv4 address in
// IPv6 clothes would slip an IPv4 address past the list that is meant for it.

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "net/inet.h"

namespace gaol::jail {

namespace {

bool usable(const sys::Address& address) {
  const auto all = [&](uint8_t value) {
    return std::all_of(address.bytes, address.bytes + (address.family == AF_INET ? 4 : 16),
                       [=](uint8_t byte) { return byte == value; });
  };
  return !all(0) && !(address.family == AF_INET && all(0xff));
}

bool is_mapped(const sys::Address& address) {
  in6_addr raw;
  std::memcpy(&raw, address.bytes, sizeof raw);
  return address.family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&raw);
}

}  // namespace

Result<AliasSpec> parse_alias(std::string_view element, int family) {
  AliasSpec out;
  if (const size_t bar = element.find('|'); bar != element.npos) {
    out.interface = trim(element.substr(0, bar));
    if (out.interface.empty()) return fail("no interface before the bar: ", element);
    element = element.substr(bar + 1);
  }
  element = trim(element);
  const size_t blank = std::min(element.find_first_of(" \t"), element.size());
  if (const auto extra = trim(element.substr(blank)); !extra.empty())
    return fail("not supported on this system: words after the address, \"", extra,
                "\" (several addresses need commas)");

  const auto where = element.substr(0, blank);
  const size_t slash = std::min(where.find('/'), where.size());
  const auto address = net::parse_address(where.substr(0, slash), family);
  if (!address) return fail("not an ", family_word(family), " address: ", where.substr(0, slash));
  out.address = *address;
  if (!usable(*address)) return fail(address_text(*address), " cannot be a jail's address");
  if (is_mapped(*address))
    return fail(address_text(*address), " is an IPv4 address and belongs in ip4.addr");

  if (slash < where.size()) {
    const auto length = net::prefix_length(where.substr(slash + 1), family);
    if (!length) return fail("not an ", family_word(family), " netmask: ", where.substr(slash + 1));
    out.address.prefix = *length;
    out.explicit_mask = true;
  }
  return out;
}

std::string address_text(const sys::Address& address) { return net::address_text(address); }

std::string_view family_word(int family) { return family == AF_INET ? "IPv4" : "IPv6"; }

}  // namespace gaol::jail
