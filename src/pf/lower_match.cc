// SPDX-License-Identifier: BSD-2-Clause

// pf asks one rule for both families and, with `flags`, for TCP and all else. nftables has an
// expression for IPv4 and another for IPv6, and a test of flags no other protocol passes. So a
// rule becomes up to four, which no packet can match two of.

#include "pf/lower_match.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace gaol::pf {
namespace {

// The condition so far; nothing, once it cannot hold.
class Condition {
 public:
  void need(const std::string& expression) { text_ += expression + " "; }
  void only_if(bool holds) { possible_ = possible_ && holds; }
  std::optional<std::string> text() && {
    return possible_ ? std::optional(std::move(text_)) : std::nullopt;
  }

 private:
  std::string text_;
  bool possible_ = true;
};

std::string network_text(const Network& network) {
  return concat(host_text(network), "/", network.prefix);
}

// The addresses of one side, `ip saddr` and so on.
void need_address(Condition& condition, const Side& side, const std::string& field,
                  const std::string& set) {
  const std::string_view negation = side.negated ? "!= " : "";
  if (const auto* network = std::get_if<Network>(&side.address)) {
    if (network->prefix == 0) return condition.only_if(!side.negated);
    condition.need(concat(field, " ", negation, network_text(*network)));
  } else if (const auto* range = std::get_if<AddressRange>(&side.address)) {
    condition.need(
        concat(field, " ", negation, host_text(range->first), "-", host_text(range->last)));
  } else if (std::holds_alternative<TableName>(side.address)) {
    condition.need(concat(field, " ", negation, "@", set));
  } else {
    condition.only_if(!side.negated);  // any
  }
}

// The ports between the two, or all others.
struct Span {
  uint32_t low = 0, high = UINT16_MAX;
  bool negated = false;
};

Span span(const Ports& test) {
  const uint32_t low = test.low, high = test.high;
  switch (test.op) {
    case Compare::none: return {};
    case Compare::eq: return {low, low};
    case Compare::ne: return {low, low, true};
    case Compare::lt: return {low, UINT16_MAX, true};
    case Compare::le: return {0, low};
    case Compare::gt: return {0, low, true};
    case Compare::ge: return {low, UINT16_MAX};
    case Compare::range: return {low, high};
    case Compare::inside: return {low + 1, high - 1};
    case Compare::outside: return {low, high, true};
  }
  std::unreachable();
}

void need_ports(Condition& condition, const Ports& test, std::string_view field) {
  const auto [low, high, negated] = span(test);
  const bool all = low == 0 && high == UINT16_MAX;
  const bool none = low > high || high > UINT16_MAX;  // `high - 1` of 0
  if (all || none) return condition.only_if(all != negated);
  condition.need(concat("th ", field, negated ? " != " : " ", low, "-", high));
}

void need_interface(Condition& condition, const InterfaceTest& test, std::string_view key) {
  if (!test.name.empty())
    condition.need(concat(key, test.negated ? " != " : " ", interface_set(test.name)));
}

Family family_of(const Address& address) {
  int family = AF_UNSPEC;
  if (const auto* network = std::get_if<Network>(&address)) family = network->family;
  if (const auto* range = std::get_if<AddressRange>(&address)) family = range->first.family;
  if (family == AF_UNSPEC) return Family::any;
  return family == AF_INET ? Family::inet : Family::inet6;
}

bool names_table(const Side& side) { return std::holds_alternative<TableName>(side.address); }

// The families to ask for, one by one where the expressions differ.
std::vector<Family> families(const FilterRule& rule) {
  std::vector<Family> all{Family::any};
  if (names_table(rule.match.source) || names_table(rule.match.destination) || rule.tos)
    all = {Family::inet, Family::inet6};
  for (const auto wanted : {rule.match.family, family_of(rule.match.source.address),
                            family_of(rule.match.destination.address)}) {
    if (wanted == Family::any) continue;
    if (all.front() == Family::any) all = {wanted};
    std::erase_if(all, [&](Family family) { return family != wanted; });
    if (all.empty()) break;  // of no family at all
  }
  return all;
}

// Whether to ask TCP for flags and every other protocol for nothing.
enum class Protocols : uint8_t { as_written, tcp, others };

std::vector<Protocols> protocols(const FilterRule& rule) {
  if (rule.flags.among == 0) return {Protocols::as_written};
  if (rule.match.protocol == 0) return {Protocols::tcp, Protocols::others};
  return {rule.match.protocol == IPPROTO_TCP ? Protocols::tcp : Protocols::as_written};
}

void need_protocol(Condition& condition, const FilterRule& rule, Protocols protocols) {
  if (rule.match.protocol != 0) condition.need(concat("meta l4proto ", rule.match.protocol));
  if (protocols == Protocols::others) condition.need("meta l4proto != 6");
  if (protocols == Protocols::tcp)
    condition.need(concat("tcp flags & ", hex(rule.flags.among), " == ", hex(rule.flags.set)));
}

void need_icmp(Condition& condition, const FilterRule& rule) {
  const std::string_view word = rule.match.protocol == IPPROTO_ICMPV6 ? "icmpv6" : "icmp";
  if (rule.icmp.type) condition.need(concat(word, " type ", *rule.icmp.type));
  if (rule.icmp.code) condition.need(concat(word, " code ", *rule.icmp.code));
}

// Where the name of a table leads: to the ruleset's own, or to the main one's.
const std::string& home_of(const std::string& table, const std::string& path,
                           const Policy& policy) {
  static const std::string main_path;
  const auto ruleset = policy.rulesets.find(path);
  const bool own = ruleset != policy.rulesets.end() &&
                   std::ranges::count(ruleset->second.tables, table, &Table::name) != 0;
  return own ? path : main_path;
}

}  // namespace

std::string hex(uint32_t number) {
  char digits[9];
  auto* const end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return "0x" + std::string(digits, end);
}

std::string host_text(const Network& network) {
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(network.family, network.bytes, text, sizeof text);
}

std::string escaped(const std::string& path) {
  std::string name;
  for (const char c : path) {
    const auto byte = static_cast<uint8_t>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '-' || c == '.';
    if (plain)
      name += c;
    else
      name += concat("_", "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]);
  }
  return name;
}

std::string table_set(const std::string& table, const std::string& path, const Policy& policy,
                      Family family) {
  const auto& home = home_of(table, path, policy);
  return concat(family == Family::inet ? "inet/" : "inet6/", escaped(home), home.empty() ? "" : "/",
                escaped(table));
}

std::string interface_set(const std::string& name) {
  if (name == "lo0") return "\"lo\"";
  if (!name.empty() && name.back() >= '0' && name.back() <= '9') return concat("\"", name, "\"");
  std::string set = concat("{ \"", name, "\"");
  for (char digit = '0'; digit <= '9'; ++digit) set += concat(", \"", name, digit, "*\"");
  return set + " }";
}

std::vector<std::string> conditions(const FilterRule& rule, Direction direction,
                                    const Policy& policy, const std::string& tables,
                                    const Tags& tags) {
  const auto set = [&](const Side& side, Family family) {
    const auto* table = std::get_if<TableName>(&side.address);
    return table ? table_set(table->name, tables, policy, family) : std::string{};
  };
  std::vector<std::string> all;
  for (const auto family : families(rule)) {
    for (const auto kind : protocols(rule)) {
      Condition condition;
      const std::string ip = family == Family::inet6 ? "ip6" : "ip";
      const auto& match = rule.match;
      need_interface(condition, match.on, direction == Direction::in ? "iifname" : "oifname");
      need_interface(condition, rule.received_on, "iifname");
      if (family != Family::any)
        condition.need(family == Family::inet ? "meta nfproto ipv4" : "meta nfproto ipv6");
      need_protocol(condition, rule, kind);
      need_address(condition, match.source, ip + " saddr", set(match.source, family));
      need_ports(condition, match.source.port, "sport");
      need_address(condition, match.destination, ip + " daddr", set(match.destination, family));
      need_ports(condition, match.destination.port, "dport");
      need_icmp(condition, rule);
      if (rule.tos) {
        condition.only_if((*rule.tos & 3) == 0);
        condition.need(concat(ip, " dscp ", *rule.tos >> 2));
      }
      if (!match.tagged.name.empty())
        condition.need(concat("meta mark & ", hex(kTagMask), match.tagged.negated ? " != " : " == ",
                              hex(tags.at(match.tagged.name) << kTagShift)));
      if (rule.max_packet_size != 0)
        condition.need(concat("meta length <= ", rule.max_packet_size));
      if (auto text = std::move(condition).text()) all.push_back(std::move(*text));
    }
  }
  return all;
}

}  // namespace gaol::pf
