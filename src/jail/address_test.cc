// SPDX-License-Identifier: BSD-2-Clause
#include "jail/address.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace gaol::jail {
namespace {

// Everything of a parsed element on one line: `IF|ADDR/PREFIX[!]`, `!` for a mask given.
std::string shown(std::string_view element, int family) {
  const auto alias = parse_alias(element, family);
  if (!alias) return alias.error().text;
  return concat(alias->interface, "|", address_text(alias->address), "/", alias->address.prefix,
                alias->explicit_mask ? "!" : "");
}

TEST(Address, ReadsEveryPart) {
  struct {
    const char* element;
    int family;
    const char* parts;
  } const cases[] = {
      {"10.0.0.1", AF_INET, "|10.0.0.1/32"},
      {"10.0.0.1/24", AF_INET, "|10.0.0.1/24!"},
      {"10.0.0.1/32", AF_INET, "|10.0.0.1/32!"},
      {"10.0.0.1/0", AF_INET, "|10.0.0.1/0!"},
      {"10.0.0.1/255.255.254.0", AF_INET, "|10.0.0.1/23!"},
      {" em0 | 10.0.0.1\t", AF_INET, "em0|10.0.0.1/32"},
      {"em0|10.0.0.1/24 vhid 1  pass x", AF_INET,
       "not supported on this system: words after the address, \"vhid 1  pass x\" "
       "(several addresses need commas)"},
      {"127.0.0.1", AF_INET, "|127.0.0.1/32"},
      {"2001:DB8::0:1", AF_INET6, "|2001:db8::1/128"},
      {"em0|2001:db8::1/64", AF_INET6, "em0|2001:db8::1/64!"},
      {"::1", AF_INET6, "|::1/128"},
      {"255.255.255.255", AF_INET6, "not an IPv6 address: 255.255.255.255"},
      {"10.0.0.256", AF_INET, "not an IPv4 address: 10.0.0.256"},
      {"10.1", AF_INET, "not an IPv4 address: 10.1"},
      {"em0|", AF_INET, "not an IPv4 address: "},
      {"em0|web.example/24", AF_INET, "not an IPv4 address: web.example"},
      {"fe80::1%em0", AF_INET6, "not an IPv6 address: fe80::1%em0"},
      {"|10.0.0.1", AF_INET, "no interface before the bar: |10.0.0.1"},
      {"10.0.0.1/33", AF_INET, "not an IPv4 netmask: 33"},
      {"10.0.0.1/-1", AF_INET, "not an IPv4 netmask: -1"},
      {"10.0.0.1/", AF_INET, "not an IPv4 netmask: "},
      {"10.0.0.1/255.0.255.0", AF_INET, "not an IPv4 netmask: 255.0.255.0"},
      {"::2/129", AF_INET6, "not an IPv6 netmask: 129"},
      {"::2/255.255.255.0", AF_INET6, "not an IPv6 netmask: 255.255.255.0"},
      {"0.0.0.0", AF_INET, "0.0.0.0 cannot be a jail's address"},
      {"255.255.255.255", AF_INET, "255.255.255.255 cannot be a jail's address"},
      {"::", AF_INET6, ":: cannot be a jail's address"},
      {"::ffff:10.0.0.1", AF_INET6, "::ffff:10.0.0.1 is an IPv4 address and belongs in ip4.addr"},
  };
  for (const auto& c : cases) EXPECT_EQ(shown(c.element, c.family), c.parts) << c.element;
}

}  // namespace
}  // namespace gaol::jail
