// SPDX-License-Identifier: BSD-2-Clause
//
// Pools of addresses, translation rules and scrub rules.
#include <sys/socket.h>

#include <algorithm>

#include "pf/expand_lists.h"
#include "pf/names.h"

namespace gaol::pf {

namespace {

using Kind = TranslationRule::Kind;
using Act = TranslationRule::Act;

bool is_network(const std::optional<Address>& address) {
  const auto* network = address ? std::get_if<Network>(&*address) : nullptr;
  return network && network->prefix != (network->family == AF_INET ? 32 : 128);
}

// The default range says nothing.
void normalize_ports(Pool& pool) {
  constexpr uint16_t kLow = 50001, kHigh = 65535;
  if (pool.low == kLow && pool.high == kHigh) pool.low = pool.high = 0;
}

}  // namespace

// --- pools ---

bool Expander::check_pool(const PoolSyntax& pool, PoolUse use) {
  const bool source = use == PoolUse::nat || use == PoolUse::af_to;
  const Pool& options = pool.pool;
  const std::pair<bool, std::string_view> faults[] = {
      {!source && options.static_port, "the 'static-port' option is only valid with nat rules"},
      {!source && options.map_e, "the 'map-e-portset' option is only valid with nat rules"},
      {!source && options.endpoint_independent,
       "the 'endpoint-independent' option is only valid with nat rules"},
      {options.static_port && pool.ports,
       "the 'static-port' option can't be used when specifying a port range"},
      {options.map_e && pool.ports,
       "the 'map-e-portset' option can't be used when specifying a port range"},
      {options.map_e && options.static_port,
       "the 'map-e-portset' option can't be used 'static-port'"},
      {use != PoolUse::route && options.prefer_ipv6_nexthop,
       "The prefer-ipv6-nexthop option can't be used for nat/rdr/binat pools"},
  };
  for (const auto& [wrong, text] : faults)
    if (wrong) return error(text), false;
  return true;
}

// What does not depend on a rule of the product: options, and every address of the pool's names.
bool Expander::prepare_pool(std::optional<PoolSyntax>& pool, PoolUse use) {
  if (!pool) return true;
  if (!check_pool(*pool, use)) return false;
  for (const HostWord& word : pool->hosts) {
    const bool lone = use == PoolUse::route && word.interface.empty() &&
                      word.kind == HostWord::Kind::name && !parse_numeric(word.name, word.bits);
    if (lone || (!word.interface.empty() && word.name.empty())) {
      pool->pool.members.push_back({.interface = lone ? word.name : word.interface});
      continue;
    }
    std::vector<Host> hosts;
    if (!resolve({word}, hosts)) return false;
    for (const Host& host : hosts)
      pool->pool.members.push_back({.interface = word.interface, .address = host.address});
  }
  return true;
}

bool Expander::choose_method(const PoolSyntax& syntax, Pool& pool) {
  using enum Pool::Choice;
  const bool several = pool.members.size() > 1;
  if (several && syntax.chosen && pool.choice != round_robin)
    return error_of_rule("only round-robin valid for multiple redirection addresses"), false;
  for (const auto& member : pool.members) {
    if (!member.address || pool.choice != bitmask) continue;
    if (std::holds_alternative<TableName>(*member.address))
      return error_of_rule("tables are not supported by pool type"), false;
    if (const auto* dynamic = std::get_if<DynamicAddress>(&*member.address))
      return error_of_rule(
                 concat("interface (", dynamic->interface, ") is not supported by pool type")),
             false;
  }
  const auto& address = pool.members[0].address;
  const bool iterates = several || is_network(address) ||
                        (address && (std::holds_alternative<TableName>(*address) ||
                                     std::holds_alternative<DynamicAddress>(*address)));
  if (!syntax.chosen && iterates) pool.choice = round_robin;
  return true;
}

bool Expander::fill_pool(const PoolSyntax& syntax, PoolUse use, Family& family, Pool& out) {
  out = syntax.pool;
  out.members.clear();
  const std::string_view none =
      use == PoolUse::af_to   ? "af-to addresses must be in the target address family"
      : use == PoolUse::route ? "no routing address with matching address family found."
                              : "no translation address with matching address family found.";
  Family found = family;
  for (const auto& member : syntax.pool.members) {
    const Family own = member.address ? family_of(*member.address) : Family::any;
    const bool either = syntax.pool.prefer_ipv6_nexthop;
    if (own != Family::any && family == Family::any && found != Family::any && own != found)
      return error_of_rule(
                 "address family not given and translation address expands to multiple address "
                 "families"),
             false;
    if (own != Family::any && family != Family::any && own != family && !either) continue;
    if (own != Family::any && !either) found = own;
    out.members.push_back(member);
  }
  if (out.members.empty()) return error_of_rule(none), false;
  family = found;
  if (use == PoolUse::nat) normalize_ports(out);
  // A dynamic source of af-to is one address; binat maps a network as a whole.
  if (use == PoolUse::binat || (use == PoolUse::af_to && !syntax.chosen)) return true;
  return choose_method(syntax, out);
}

// --- nat, rdr, binat ---

Expander::PoolUse Expander::use_of(Kind kind) {
  if (kind == Kind::binat) return PoolUse::binat;
  return kind == Kind::nat ? PoolUse::nat : PoolUse::rdr;
}

bool Expander::check_translation_anchor(const TranslationSyntax& rule) {
  const Tests& tests = rule.tests;
  const bool rdr = rule.rule.kind == Kind::rdr, binat = rule.rule.kind == Kind::binat;
  const bool unequal = std::ranges::any_of(
      tests.to_port, [](const auto& port) { return port.value.op != Compare::eq; });
  const std::pair<bool, std::string_view> faults[] = {
      {rdr && !tests.from_port.empty(), "source port parameter not supported in rdr-anchor"},
      {rdr && tests.to_port.size() > 1,
       "destination port list expansion not supported in rdr-anchor"},
      {rdr && unequal, "destination port operators not supported in rdr-anchor"},
      {binat && tests.protocols.size() > 1, "proto list expansion not supported in binat-anchor"},
      {binat && (!tests.from.empty() || !tests.to.empty() || !tests.from_port.empty() ||
                 !tests.to_port.empty()),
       "fromto parameter not supported in binat-anchor"},
  };
  for (const auto& [wrong, text] : faults)
    if (wrong) return error(text), false;
  return true;
}

bool Expander::check_translation(const TranslationSyntax& rule) {
  const Tests& tests = rule.tests;
  if (rule.rule.act == Act::anchor) return check_translation_anchor(rule);
  if (rule.rule.kind == Kind::rdr)
    for (const auto& [at, port] : tests.to_port)
      if (port.op != Compare::eq && port.op != Compare::range)
        return error_at(at, "invalid port operator for rdr destination port"), false;
  const bool with_ports =
      tests.protocols.empty() ||
      !std::ranges::all_of(tests.protocols, [](const auto& one) { return has_ports(one.value); });
  if (rule.rule.kind == Kind::rdr && rule.to && rule.to->ports && with_ports)
    return error("rdr port only applies to tcp/udp/sctp"), false;
  if (rule.rule.kind != Kind::binat) return true;
  const std::pair<bool, std::string_view> faults[] = {
      {tests.from.size() != 1 || (rule.to && rule.to->hosts.size() != 1),
       "multiple binat ip addresses"},
      {tests.interfaces.size() > 1 || tests.protocols.size() > 1,
       "binat takes one interface and one protocol"},
      {!tests.from_port.empty() || !tests.to_port.empty() || (rule.to && rule.to->ports),
       "binat takes no ports"},
      {rule.to && rule.to->chosen, "binat takes no pool type"},
  };
  for (const auto& [wrong, text] : faults)
    if (wrong) return error(text), false;
  return true;
}

// One network to another of its size.
bool Expander::check_binat(TranslationRule& rule) {
  const auto* source = std::get_if<Network>(&rule.match.source.address);
  const auto* dynamic = std::get_if<DynamicAddress>(&rule.match.source.address);
  if (rule.match.family == Family::any)
    return error_of_rule("address family (inet/inet6) undefined"), false;
  if (!source && (!dynamic || dynamic->part == DynamicAddress::Part::network))
    return error_of_rule("binat source must be an address or a network"), false;
  if (rule.act != Act::translate) return true;
  if (rule.pool.members.size() != 1)
    return error_of_rule("binat rule must redirect to a single address"), false;
  const auto& target = *rule.pool.members[0].address;
  if (std::holds_alternative<TableName>(target))
    return error_of_rule("tables cannot be used as the redirect address of a binat rule"), false;
  const auto* network = std::get_if<Network>(&target);
  if (source && network && source->prefix != network->prefix)
    return error_of_rule("'binat' source mask and redirect mask must be the same"), false;
  return true;
}

void Expander::take(TranslationSyntax& syntax) {
  if (!in_order(Class::translation) || !check_translation(syntax)) return;
  if (syntax.rule.act == Act::anchor) {
    const auto path = anchor_path(syntax.rule.anchor, false);
    if (!path) return;
    syntax.rule.anchor.path = *path;
  }
  const auto lists = lists_of(syntax.tests);
  if (!lists || !prepare_pool(syntax.to, use_of(syntax.rule.kind))) return;
  if (product(*lists, [&](const Choice& choice) { add_translation(syntax, choice); }))
    after_product(added_);
}

void Expander::add_translation(const TranslationSyntax& syntax, const Choice& choice) {
  TranslationRule rule = syntax.rule;
  const bool binat = rule.kind == Kind::binat;
  if (!choose(rule.match, choice)) return;
  if (syntax.to && !fill_pool(*syntax.to, use_of(rule.kind), rule.match.family, rule.pool)) return;
  const bool ports =
      rule.match.source.port.op != Compare::none || rule.match.destination.port.op != Compare::none;
  if (ports && !has_ports(rule.match.protocol))
    return error_of_rule("port only applies to tcp/udp/sctp");
  if (binat && rule.act != Act::anchor && !check_binat(rule)) return;
  Ruleset& all = ruleset();
  (binat ? all.binat : rule.kind == Kind::nat ? all.nat : all.rdr).push_back(std::move(rule));
  ++added_;
}

// --- scrub ---

void Expander::take(ScrubSyntax& syntax) {
  if (!in_order(Class::scrub)) return;
  if (syntax.rule.normalization.reassemble_tcp) {
    if (syntax.rule.match.direction != Direction::any)
      return error("reassemble tcp rules can not specify direction");
    for (const auto& [at, protocol] : syntax.tests.protocols)
      if (protocol != kTcp) {
        const auto name = protocol_name(protocol);
        return error_at(at, concat("scrub reassemble supports only tcp, not '",
                                   name.empty() ? concat(protocol) : std::string(name), "'"));
      }
    syntax.tests.protocols = {{syntax.rule.at, kTcp}};
  }
  const auto lists = lists_of(syntax.tests);
  if (!lists) return;
  const auto add = [&](const Choice& choice) {
    ScrubRule rule = syntax.rule;
    if (!choose(rule.match, choice)) return;
    const bool ports = rule.match.source.port.op != Compare::none ||
                       rule.match.destination.port.op != Compare::none;
    if (ports && !has_ports(rule.match.protocol))
      return error_of_rule("port only applies to tcp/udp/sctp");
    ruleset().scrub.push_back(std::move(rule));
    ++added_;
  };
  if (product(*lists, add)) after_product(added_);
}

}  // namespace gaol::pf
