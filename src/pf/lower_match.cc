// SPDX-License-Identifier: BSD-2-Clause

// pf asks one rule for both families and, with `flags`, for TCP and all else. nftables has an
// expression for IPv4 and another for IPv6, and a test of flags no other protocol passes. So a
// rule becomes up to four, which no packet can match two of.

#include "pf/lower_match.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <ranges>
#include <utility>

#include "base/text.h"
#include "pf/follow.h"

namespace gaol::pf {
namespace {

// The condition so far; nothing, once it cannot hold.
class Needs {
 public:
  void need(Test test) { condition_.tests.push_back(std::move(test)); }
  void only_if(bool holds) { possible_ = possible_ && holds; }
  std::optional<Condition> met() && {
    return possible_ ? std::optional(std::move(condition_)) : std::nullopt;
  }

 private:
  Condition condition_;
  bool possible_ = true;
};

std::string not_equal(bool negated) { return negated ? "!=" : ""; }

std::string bytes_of(const Network& network) {
  return {reinterpret_cast<const char*>(network.bytes), network.family == AF_INET ? 4u : 16u};
}

// The last address of a network.
std::string last_of(const Network& network) {
  auto bytes = bytes_of(network);
  for (auto bit = static_cast<size_t>(network.prefix); bit < 8 * bytes.size(); ++bit)
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] | 0x80 >> bit % 8);
  return bytes;
}

// What is negated is written as an interval, even if it has but one value: nft(8) makes one test of
// `sport != 1 dport != 2`, which refuses less than the two of them.
Test in_network(const Network& network, const std::string& field, bool negated) {
  const auto host = host_text(network);
  auto value = concat(host, "/", network.prefix);
  if (negated) return {field, "!=", std::move(value)};
  auto low = bytes_of(network), high = last_of(network);
  return {field, "", low == high ? host : value, std::move(low), std::move(high)};
}

Test in_range(const AddressRange& range, const std::string& field, bool negated) {
  auto value = concat(host_text(range.first), "-", host_text(range.last));
  if (negated) return {field, "!=", std::move(value)};
  return {field, "", std::move(value), bytes_of(range.first), bytes_of(range.last)};
}

// The addresses of one side, `ip saddr` and so on.
void need_address(Needs& needs, const Side& side, const std::string& field,
                  const std::string& set) {
  const auto fib = "fib" + field.substr(field.find(' '));
  const auto* special = std::get_if<Special>(&side.address);
  if (const auto* network = std::get_if<Network>(&side.address)) {
    if (network->prefix == 0) return needs.only_if(!side.negated);
    needs.need(in_network(*network, field, side.negated));
  } else if (const auto* range = std::get_if<AddressRange>(&side.address)) {
    needs.need(in_range(*range, field, side.negated));
  } else if (special && *special == Special::no_route) {
    // Without these the lookup finds nothing for what goes to no single other machine.
    needs.need({fib + " type", "!=", "{ local, broadcast, multicast, anycast }"});
    needs.need({fib + " oif", "", "missing"});
  } else if (special && *special == Special::urpf_failed) {
    needs.need({fib + " . iif oif", "", "missing"});
  } else if (!set.empty()) {
    needs.need({field, not_equal(side.negated), "@" + set});
  } else {
    needs.only_if(!side.negated);  // any
  }
}

// The numbers between the two, or all others.
struct Span {
  uint64_t low = 0, high = 0;
  bool negated = false;
};

template <class N>
Span span(const Comparison<N>& test) {
  constexpr uint64_t kLast = std::numeric_limits<N>::max();
  const uint64_t low = test.low, high = test.high;
  switch (test.op) {
    case Compare::none: return {0, kLast};
    case Compare::eq: return {low, low};
    case Compare::ne: return {low, low, true};
    case Compare::lt: return {low, kLast, true};
    case Compare::le: return {0, low};
    case Compare::gt: return {0, low, true};
    case Compare::ge: return {low, kLast};
    case Compare::range: return {low, high};
    case Compare::inside: return {low + 1, high - 1};
    case Compare::outside: return {low, high, true};
  }
  std::unreachable();
}

// Packets without a socket are nobody's.
void need_owner(Needs& needs, const Ids& test, const std::string& key) {
  if (test.op == Compare::none) return;
  const auto [low, high, negated] = span(test);
  if (low > high || high > UINT32_MAX) return needs.only_if(negated);
  needs.need({key, not_equal(negated), concat(low, "-", high)});
}

std::string port_bytes(uint64_t port) {
  return {static_cast<char>(port >> 8), static_cast<char>(port & 0xff)};
}

void need_ports(Needs& needs, const Ports& test, std::string_view field) {
  const auto [low, high, negated] = span(test);
  const bool all = low == 0 && high == UINT16_MAX;
  const bool none = low > high || high > UINT16_MAX;  // `high - 1` of 0
  if (all || none) return needs.only_if(all != negated);
  const auto key = concat("th ", field);
  auto value = concat(low, "-", high);
  if (negated) return needs.need({key, "!=", std::move(value)});
  if (low == high) value = concat(low);
  needs.need({key, "", std::move(value), port_bytes(low), port_bytes(high)});
}

void need_interface(Needs& needs, const InterfaceTest& test, std::string_view key) {
  if (test.name.empty()) return;
  auto set = interface_set(test.name);
  const std::string one = test.negated || !set.starts_with("\"") ? "" : set;
  needs.need({std::string(key), not_equal(test.negated), std::move(set), one, one});
}

Family family_of(const Address& address) {
  int family = AF_UNSPEC;
  if (const auto* network = std::get_if<Network>(&address)) family = network->family;
  if (const auto* range = std::get_if<AddressRange>(&address)) family = range->first.family;
  if (family == AF_UNSPEC) return Family::any;
  return family == AF_INET ? Family::inet : Family::inet6;
}

// One of each family.
bool names_set(const Side& side) {
  return std::holds_alternative<TableName>(side.address) ||
         std::holds_alternative<DynamicAddress>(side.address);
}

// The families to ask for, one by one where the expressions differ.
std::vector<Family> families(const FilterRule& rule) {
  std::vector<Family> all{Family::any};
  if (names_set(rule.match.source) || names_set(rule.match.destination) || rule.tos)
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

void need_protocol(Needs& needs, const FilterRule& rule, Protocols protocols) {
  const std::string number(1, static_cast<char>(rule.match.protocol));
  if (rule.match.protocol != 0)
    needs.need({"meta l4proto", "", concat(rule.match.protocol), number, number});
  if (protocols == Protocols::others) needs.need({"meta l4proto", "!=", "6"});
  if (protocols == Protocols::tcp)
    needs.need({concat("tcp flags & ", hex(rule.flags.among)), "==", hex(rule.flags.set)});
}

void need_icmp(Needs& needs, const FilterRule& rule) {
  const std::string word = rule.match.protocol == IPPROTO_ICMPV6 ? "icmpv6" : "icmp";
  if (rule.icmp.type) needs.need({word + " type", "", concat(*rule.icmp.type)});
  if (rule.icmp.code) needs.need({word + " code", "", concat(*rule.icmp.code)});
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

std::string Condition::text() const {
  std::string text;
  for (const auto& [key, op, value, low, high] : tests)
    text += concat(key, op.empty() ? "" : " ", op, " ", value, " ");
  return text;
}

std::string hex(uint32_t number) {
  char digits[9];
  auto* const end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return "0x" + std::string(digits, end);
}

// The anchors that a call enters, in its order.
std::vector<std::string> called(const AnchorCall& call, const Policy& policy) {
  if (!call.children) return {call.path};
  const auto below = call.path.empty() ? std::string{} : call.path + "/";
  std::vector<std::string> paths;
  for (const auto& path : std::views::keys(policy.rulesets))
    if (!path.empty() && path.starts_with(below) &&
        path.find('/', below.size()) == std::string::npos)
      paths.push_back(path);
  return paths;
}

std::string range_text(const AddressRange& range) {
  const auto first = host_text(range.first), last = host_text(range.last);
  return first == last ? first : concat(first, "-", last);
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

std::string table_id(const std::string& table, const std::string& path, const Policy& policy) {
  const auto& home = home_of(table, path, policy);
  return concat(escaped(home), home.empty() ? "" : "/", escaped(table));
}

std::string table_set(const std::string& table, const std::string& path, const Policy& policy,
                      Family family) {
  return (family == Family::inet ? "inet/" : "inet6/") + table_id(table, path, policy);
}

bool is_group(const std::string& interface) { return interface == "egress"; }

std::string interface_set(const std::string& name) {
  if (name == "lo0") return "\"lo\"";
  if (is_group(name)) return "@" + follow_set(name);
  if (!name.empty() && name.back() >= '0' && name.back() <= '9') return concat("\"", name, "\"");
  std::string set = concat("{ \"", name, "\"");
  for (char digit = '0'; digit <= '9'; ++digit) set += concat(", \"", name, digit, "*\"");
  return set + " }";
}

std::vector<Condition> conditions(const FilterRule& rule, Direction direction, const Policy& policy,
                                  const std::string& tables, const Tags& tags) {
  const auto set = [&](const Side& side, Family family) {
    if (const auto* table = std::get_if<TableName>(&side.address))
      return table_set(table->name, tables, policy, family);
    const auto* dynamic = std::get_if<DynamicAddress>(&side.address);
    return dynamic ? follow_set(*dynamic, family) : std::string{};
  };
  std::vector<Condition> all;
  for (const auto family : families(rule)) {
    for (const auto kind : protocols(rule)) {
      Needs needs;
      const std::string ip = family == Family::inet6 ? "ip6" : "ip";
      const auto& match = rule.match;
      need_interface(needs, match.on, direction == Direction::in ? "iifname" : "oifname");
      need_interface(needs, rule.received_on, "iifname");
      if (family != Family::any)
        needs.need({"meta nfproto", "", family == Family::inet ? "ipv4" : "ipv6"});
      need_protocol(needs, rule, kind);
      need_address(needs, match.source, ip + " saddr", set(match.source, family));
      need_ports(needs, match.source.port, "sport");
      need_address(needs, match.destination, ip + " daddr", set(match.destination, family));
      need_ports(needs, match.destination.port, "dport");
      need_icmp(needs, rule);
      if (rule.tos) {
        needs.only_if((*rule.tos & 3) == 0);
        needs.need({ip + " dscp", "", concat(*rule.tos >> 2)});
      }
      if (!match.tagged.name.empty())
        needs.need({concat("meta mark & ", hex(kTagMask)), match.tagged.negated ? "!=" : "==",
                    hex(tags.at(match.tagged.name) << kTagShift)});
      need_owner(needs, rule.user, "meta skuid");
      need_owner(needs, rule.group, "meta skgid");
      if (rule.max_packet_size != 0)
        needs.need({"meta length", "<=", concat(rule.max_packet_size)});
      if (rule.probability != 0)
        needs.need({"numgen random mod 4294967295", "<", concat(rule.probability)});
      if (auto condition = std::move(needs).met()) all.push_back(std::move(*condition));
    }
  }
  return all;
}

}  // namespace gaol::pf
