// SPDX-License-Identifier: BSD-2-Clause
#include "pf/hosts.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/text.h"

namespace gaol::pf {

namespace {

constexpr int length(const Network& address) { return address.family == AF_INET ? 32 : 128; }

// "em" of "em0", "lo" of "lo": interfaces of one driver are a group.
std::string_view driver(std::string_view name) {
  return name.substr(0, name.find_last_not_of("0123456789") + 1);
}

bool link_local(const Network& address) {
  return address.family == AF_INET6 && address.bytes[0] == 0xfe &&
         (address.bytes[1] & 0xc0) == 0x80;
}

// What a network is that is written with less than four numbers and no length.
int classful(unsigned first, int parts) {
  int bits = 8;
  for (const auto& [from, length] : {std::pair{128U, 16}, {192U, 24}, {224U, 8}, {240U, 32}})
    if (first >= from) bits = length;
  return std::max(bits, parts * 8);
}

std::optional<Network> parse_v4(std::string_view text) {
  Network out{.family = AF_INET};
  const auto parts = split(text, '.');
  if (parts.size() > 4) return {};
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto byte = number<uint8_t>(parts[i]);
    if (!byte) return {};
    out.bytes[i] = *byte;
  }
  out.prefix = parts.size() == 4 ? 32 : classful(out.bytes[0], static_cast<int>(parts.size()));
  return out;
}

std::optional<Network> parse_v6(const std::string& text) {
  Network out{.family = AF_INET6, .prefix = 128};
  if (::inet_pton(AF_INET6, text.c_str(), out.bytes) != 1) return {};
  return out;
}

Unresolved bad_length(const HostWord& word) {
  return {concat("netmask ", *word.bits, " invalid for IPv4 address"),
          "could not parse host specification"};
}

}  // namespace

Family family_of(const Network& network) {
  return network.family == AF_INET ? Family::inet : Family::inet6;
}

Family family_of(const Address& address) {
  if (const auto* network = std::get_if<Network>(&address)) return family_of(*network);
  if (const auto* range = std::get_if<AddressRange>(&address)) return family_of(range->first);
  return Family::any;
}

Network network_of(Network address) {
  for (int bit = address.prefix; bit < length(address); ++bit)
    address.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80U >> (bit % 8)));
  return address;
}

std::optional<DynamicAddress> parse_dynamic(std::string_view text) {
  using Part = DynamicAddress::Part;
  DynamicAddress out;
  const auto words = split(text, ':');
  out.interface = words[0];
  for (size_t i = 1; i < words.size(); ++i) {
    const Part part = words[i] == "network"     ? Part::network
                      : words[i] == "broadcast" ? Part::broadcast
                      : words[i] == "peer"      ? Part::peer
                                                : Part::address;
    const bool first = words[i] == "0";
    if (!first && (part == Part::address || out.part != Part::address)) return {};
    if (first && out.no_alias) return {};
    out.no_alias |= first;
    if (!first) out.part = part;
  }
  return out;
}

std::optional<Host> parse_numeric(std::string_view text, std::optional<int> bits) {
  Host out;
  const auto percent = text.find('%');
  auto address = parse_v4(text);
  if (!address) address = parse_v6(std::string(text.substr(0, percent)));
  if (!address) return {};
  if (percent != text.npos) out.scope = text.substr(percent + 1);
  if (bits) address->prefix = *bits;
  out.address = network_of(*address);
  return out;
}

const std::vector<Interface>& Hosts::interfaces() {
  if (!interfaces_) interfaces_ = world_.interfaces();
  return *interfaces_;
}

std::vector<const Interface*> Hosts::matching(std::string_view name) {
  return pf::matching(interfaces(), name);
}

std::vector<const Interface*> matching(const std::vector<Interface>& all, std::string_view name) {
  std::vector<const Interface*> out;
  for (const Interface& one : all)
    if (one.name == name) return {&one};
  for (const Interface& one : all)
    if (name == "self" || driver(one.name) == name || std::ranges::count(one.groups, name) > 0)
      out.push_back(&one);
  return out;
}

std::expected<std::vector<Host>, Unresolved> Hosts::resolve(const HostWord& word) {
  Host one{.at = word.at, .negated = word.negated, .address = Special::any, .scope = {}};
  switch (word.kind) {
    case HostWord::Kind::any: break;
    case HostWord::Kind::no_route: one.address = Special::no_route; break;
    case HostWord::Kind::urpf_failed: one.address = Special::urpf_failed; break;
    case HostWord::Kind::table: one.address = TableName{word.name}; break;
    case HostWord::Kind::range: return range(word);
    case HostWord::Kind::name: return named(word);
    case HostWord::Kind::dynamic: {
      auto dynamic = parse_dynamic(word.name);
      if (!dynamic)
        return std::unexpected(Unresolved{
            {},
            concat("interface ", word.name.substr(0, word.name.find(':')), " has bad modifier")});
      dynamic->prefix = word.bits;
      one.address = *dynamic;
    }
  }
  return std::vector{one};
}

Hosts::Found Hosts::range(const HostWord& word) {
  const auto first = parse_numeric(word.name, {}), last = parse_numeric(word.last, {});
  if (!first || !last || family_of(first->address) != family_of(last->address))
    return std::unexpected(Unresolved{{}, "invalid address range"});
  const auto& low = std::get<Network>(first->address);
  const auto& high = std::get<Network>(last->address);
  if (low.prefix != length(low) || high.prefix != length(high))
    return std::unexpected(Unresolved{{}, "invalid address range"});
  return std::vector{Host{word.at, word.negated, AddressRange{low, high}, first->scope}};
}

Hosts::Found Hosts::named(const HostWord& word) {
  if (auto numeric = parse_numeric(word.name, word.bits)) {
    if (word.bits && family_of(numeric->address) == Family::inet && *word.bits > 32)
      return std::unexpected(bad_length(word));
    numeric->at = word.at;
    numeric->negated = word.negated;
    return std::vector{*numeric};
  }
  bool known = false;
  auto found =
      on_interface(word, std::string_view(word.name).substr(0, word.name.find(':')), known);
  if (known || !found) return found;
  return by_resolver(word);
}

std::vector<Host> addresses_of(const Interface& interface, const DynamicAddress& asked) {
  using Part = DynamicAddress::Part;
  std::vector<Host> out;
  bool had[2] = {};  // an address of each family
  for (const auto& [own, broadcast, peer] : interface.addresses) {
    bool& first = had[own.family == AF_INET ? 0 : 1];
    if (asked.no_alias && (first || link_local(own))) continue;
    first = true;
    const std::optional<sys::Address> meant = asked.part == Part::broadcast ? broadcast
                                              : asked.part == Part::peer    ? peer
                                                                            : own;
    if (!meant) continue;
    Network address = *meant;
    if (asked.part == Part::network)
      address.prefix = own.prefix;
    else
      address.prefix = std::min(asked.prefix.value_or(128), length(address));
    out.push_back(
        {.at = {}, .address = network_of(address), .scope = link_local(own) ? interface.name : ""});
  }
  return out;
}

// `known`: there is such an interface or group, whatever addresses it has.
Hosts::Found Hosts::on_interface(const HostWord& word, std::string_view name, bool& known) {
  using Part = DynamicAddress::Part;
  const auto interfaces = matching(name);
  known = !interfaces.empty();
  if (!known) return {};
  const auto asked = parse_dynamic(word.name);
  if (!asked)
    return std::unexpected(Unresolved{"illegal combination of interface modifiers",
                                      "could not parse host specification"});
  if (word.bits && (asked->part == Part::network || asked->part == Part::broadcast))
    return std::unexpected(Unresolved{"network or broadcast lookup, but extra netmask given",
                                      "could not parse host specification"});
  std::vector<Host> out;
  auto meant = *asked;
  meant.prefix = word.bits;
  for (const Interface* one : interfaces)
    for (auto& host : addresses_of(*one, meant)) {
      host.at = word.at;
      host.negated = word.negated;
      out.push_back(std::move(host));
    }
  if (out.empty())
    return std::unexpected(Unresolved{concat("no IP address found for ", word.name),
                                      "could not parse host specification"});
  return out;
}

Hosts::Found Hosts::by_resolver(const HostWord& word) {
  const bool first_only = word.name.ends_with(":0");
  const std::string name = first_only ? word.name.substr(0, word.name.size() - 2) : word.name;
  // A colon is in no host's name, and an interface that is missing is not asked of name servers.
  const auto addresses = name.contains(':')
                             ? Result<std::vector<sys::Address>>(fail("no such interface"))
                             : world_.resolve(name);
  if (!addresses || addresses->empty())
    return std::unexpected(Unresolved{concat("no IP address found for ", word.name),
                                      "could not parse host specification"});
  std::vector<Host> out;
  bool had[2] = {};
  for (Network address : *addresses) {
    bool& first = had[address.family == AF_INET ? 0 : 1];
    if (first_only && first) continue;
    first = true;
    if (word.bits && address.family == AF_INET && *word.bits > 32)
      return std::unexpected(bad_length(word));
    address.prefix = word.bits.value_or(length(address));
    out.push_back({word.at, word.negated, network_of(address), {}});
  }
  return out;
}

}  // namespace gaol::pf
