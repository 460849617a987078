// SPDX-License-Identifier: BSD-2-Clause
#include "net/inet.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <bit>
#include <charconv>

#include "base/text.h"

namespace gaol::net {

namespace {

std::optional<uint32_t> mask_bits(std::string_view mask) {
  if (mask.starts_with("0x")) {
    uint32_t bits = 0;
    const auto [end, error] = std::from_chars(mask.data() + 2, mask.data() + mask.size(), bits, 16);
    if (error == std::errc{} && end == mask.data() + mask.size()) return bits;
    return {};
  }
  in_addr dotted{};
  if (inet_pton(AF_INET, std::string(mask).c_str(), &dotted) != 1) return {};
  return ntohl(dotted.s_addr);
}

}  // namespace

std::optional<sys::Address> parse_address(std::string_view text, int family) {
  sys::Address out{.family = family, .prefix = family == AF_INET ? 32 : 128};
  if (inet_pton(family, std::string(text).c_str(), out.bytes) != 1) return {};
  return out;
}

std::optional<int> prefix_length(std::string_view mask, int family) {
  if (const auto length = number<int>(mask))
    return *length >= 0 && *length <= (family == AF_INET ? 32 : 128) ? length : std::nullopt;
  const auto bits = family == AF_INET ? mask_bits(mask) : std::nullopt;
  if (!bits || std::countl_one(*bits) != std::popcount(*bits)) return {};
  return std::popcount(*bits);
}

std::string address_text(const sys::Address& address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(address.family, address.bytes, text, sizeof text) ? text : "";
}

bool is_link_local(const sys::Address& address) {
  return address.family == AF_INET6 && address.bytes[0] == 0xfe &&
         (address.bytes[1] & 0xc0) == 0x80;
}

bool is_multicast(const sys::Address& address) {
  return address.family == AF_INET ? address.bytes[0] >> 4 == 0xe : address.bytes[0] == 0xff;
}

sys::Address network_of(sys::Address address) {
  for (int bit = address.prefix; bit < (address.family == AF_INET ? 32 : 128); ++bit)
    address.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80 >> bit % 8));
  return address;
}

}  // namespace gaol::net
