// SPDX-License-Identifier: BSD-2-Clause
#include "net/nat.h"

#include <netinet/in.h>

#include <algorithm>

#include "net/inet.h"
#include "sys/rtnl.h"

namespace gaol::net {

namespace {

struct Element {
  std::string set;
  std::string key;
  std::string value;  // empty: it is no map's
};

constexpr std::string_view kSets =
    "add table inet gaol;"
    "add set inet gaol nat4 { type ipv4_addr; };"
    "add set inet gaol nat6 { type ipv6_addr; };"
    "add set inet gaol near4 { type ipv4_addr . ipv4_addr; flags interval; };"
    "add set inet gaol near6 { type ipv6_addr . ipv6_addr; flags interval; };"
    "add map inet gaol rdr4 { type inet_proto . inet_service : ipv4_addr . inet_service; };"
    "add map inet gaol rdr6 { type inet_proto . inet_service : ipv6_addr . inet_service; };"
    "add map inet gaol at4 "
    "{ type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; };"
    "add map inet gaol at6 "
    "{ type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; };";

// A chain is emptied and filled again in the same transaction: the kernel sees none without rules.
constexpr std::string_view kChains =
    "add chain inet gaol rdr; flush chain inet gaol rdr;"
    "add rule inet gaol rdr dnat ip to ip daddr . meta l4proto . th dport map @at4;"
    "add rule inet gaol rdr dnat ip to meta l4proto . th dport map @rdr4;"
    "add rule inet gaol rdr dnat ip6 to ip6 daddr . meta l4proto . th dport map @at6;"
    "add rule inet gaol rdr dnat ip6 to meta l4proto . th dport map @rdr6;"
    "add chain inet gaol in { type nat hook prerouting priority -100; };"
    "flush chain inet gaol in;"
    "add rule inet gaol in fib daddr type local jump rdr;"
    "add chain inet gaol self { type nat hook output priority -100; };"
    "flush chain inet gaol self;"
    "add rule inet gaol self ip daddr 127.0.0.0/8 return;"
    "add rule inet gaol self ip6 daddr ::1 return;"
    "add rule inet gaol self fib daddr type local jump rdr;"
    "add chain inet gaol out { type nat hook postrouting priority 100; };"
    "flush chain inet gaol out;"
    "add rule inet gaol out ct status dnat ip saddr . ip daddr @near4 masquerade;"
    "add rule inet gaol out ct status dnat ip6 saddr . ip6 daddr @near6 masquerade;"
    "add rule inet gaol out ip saddr @nat4 ip daddr != @nat4 masquerade;"
    "add rule inet gaol out ip6 saddr @nat6 ip6 daddr != @nat6 masquerade;";

std::string network_text(const sys::Address& address) {
  return sys::address_text(network_of(address));
}

Element redirection(const Redirect& redirect, const sys::Address& to) {
  const std::string_view suffix = to.family == AF_INET ? "4" : "6";
  const auto service = concat(redirect.protocol, " . ", redirect.port);
  const auto value = concat(net::address_text(to), " . ", redirect.to);
  if (!redirect.at) return {concat("rdr", suffix), service, value};
  return {concat("at", suffix), concat(net::address_text(*redirect.at), " . ", service), value};
}

std::vector<Element> elements_of(const NatPlan& plan) {
  std::vector<Element> out;
  for (const int family : {AF_INET, AF_INET6}) {
    const auto first = std::ranges::find(plan.addresses, family, &sys::Address::family);
    if (first == plan.addresses.end()) continue;
    const std::string_view suffix = family == AF_INET ? "4" : "6";
    if (plan.outgoing)
      for (const auto& address : plan.addresses)
        if (address.family == family)
          out.push_back({concat("nat", suffix), net::address_text(address), {}});
    for (const auto& redirect : plan.redirects)
      if (!redirect.at || redirect.at->family == family)
        out.push_back(redirection(redirect, *first));
    if (!plan.redirects.empty())
      out.push_back({concat("near", suffix),
                     concat(network_text(*first), " . ", net::address_text(*first)),
                     {}});
  }
  return out;
}

std::string words(std::string_view verb, const Element& element, bool with_value) {
  return concat(verb, " element inet gaol ", element.set, " { ", element.key,
                with_value && !element.value.empty() ? concat(" : ", element.value) : "", " };");
}

}  // namespace

std::string Redirect::claim() const {
  if (!at) return concat(protocol, " ", port);
  const auto address = net::address_text(*at);
  return address.contains(':') ? concat(protocol, " [", address, "]:", port)
                               : concat(protocol, " ", address, ":", port);
}

Result<Redirect> parse_redirect(std::string_view text) {
  const auto bad = [&] {
    return fail("\"", text,
                "\": expected `tcp PORT`, `tcp PORT -> PORT` or `tcp ADDRESS:PORT`, or udp");
  };
  const auto parts = gaol::words(text);
  const bool arrow = parts.size() == 4 && parts[2] == "->";
  if (parts.size() != 2 && !arrow) return bad();
  Redirect out{.protocol = std::string(parts[0]), .at = {}};
  if (out.protocol != "tcp" && out.protocol != "udp") return bad();
  auto where = parts[1];
  if (const auto colon = where.rfind(':'); colon != where.npos) {
    auto address = where.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']'))
      address = address.substr(1, address.size() - 2);
    out.at = parse_address(address, AF_INET);
    if (!out.at) out.at = parse_address(address, AF_INET6);
    if (!out.at) return bad();
    where.remove_prefix(colon + 1);
  }
  out.port = number<uint16_t>(where).value_or(0);
  out.to = arrow ? number<uint16_t>(parts[3]).value_or(0) : out.port;
  if (out.port == 0 || out.to == 0) return bad();
  return out;
}

std::string lay_nat(const NatPlan& plan) {
  auto out = concat(kSets, kChains);
  for (const auto& element : elements_of(plan)) out += words("add", element, true);
  return out;
}

// What is not there cannot be deleted, but what is there can be added again.
std::string cut_nat(const NatPlan& plan) {
  std::string out(kSets);
  for (const auto& element : elements_of(plan))
    out += words("add", element, true) + words("delete", element, false);
  return out;
}

}  // namespace gaol::net
