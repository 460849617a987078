// SPDX-License-Identifier: BSD-2-Clause
//
// Filter rules, anchor calls among them, and antispoof.
#include <algorithm>

#include "pf/expand_lists.h"
#include "pf/names.h"
#include "pf/print.h"

namespace gaol::pf {

namespace {

constexpr uint8_t kSyn = 1 << 1, kAck = 1 << 4;

bool has_proto(const Tests& tests, uint8_t protocol) {
  return tests.protocols.empty() || std::ranges::any_of(tests.protocols, [&](const auto& one) {
           return one.value == protocol;
         });
}

// --- $srcaddr and so on in labels and tags ---

std::string address_word(const Side& side, Family family) {
  return concat(side.negated ? "!" : "", print(side.address, family));
}

// Without blanks; a range with both its ends is nothing.
std::string port_word(const Ports& port) {
  std::string low = concat(port.low);
  const std::string high = concat(port.high);
  switch (port.op) {
    case Compare::none:
    case Compare::range: return {};
    case Compare::eq: return low;
    case Compare::ne: return concat("!=", low);
    case Compare::lt: return concat("<", low);
    case Compare::le: return concat("<=", low);
    case Compare::gt: return concat(">", low);
    case Compare::ge: return concat(">=", low);
    case Compare::inside: return concat(low, "><", high);
    case Compare::outside: return concat(low, "<>", high);
  }
  return {};
}

std::string interface_word(const InterfaceTest& on) {
  return on.name.empty() ? "any" : concat(on.negated ? "!" : "", on.name);
}

std::string protocol_word(uint8_t protocol) {
  const auto name = protocol_name(protocol);
  return protocol == 0 || name.empty() ? concat(protocol) : std::string(name);
}

void fill_in(std::string& text, const Match& match, size_t number) {
  if (!text.contains('$')) return;
  const std::pair<std::string_view, std::string> words[] = {
      {"$if", interface_word(match.on)},
      {"$srcaddr", address_word(match.source, match.family)},
      {"$dstaddr", address_word(match.destination, match.family)},
      {"$srcport", port_word(match.source.port)},
      {"$dstport", port_word(match.destination.port)},
      {"$proto", protocol_word(match.protocol)},
      {"$nr", concat(number)},
  };
  for (const auto& [word, value] : words)
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + value.size()))
      text.replace(at, word.size(), value);
}

}  // namespace

// --- what is checked and filled in once a statement ---

// What the limits of a rule imply, and what they exclude.
bool Expander::finish_state(StateOptions& options) {
  using Tracking = StateOptions::Tracking;
  const bool by_rule = options.max_src_conn != 0 || options.max_src_conn_rate.count != 0 ||
                       options.max_src_nodes != 0;
  if (options.tracking == Tracking::global) {
    const std::pair<bool, std::string_view> excluded[] = {
        {options.max_src_nodes != 0, "max-src-nodes"},
        {options.max_src_conn != 0, "max-src-conn"},
        {options.max_src_conn_rate.count != 0, "max-src-conn-rate"}};
    for (const auto& [given, word] : excluded)
      if (given)
        return error(concat("'", word, "' is incompatible with 'source-track global'")), false;
  }
  if (!options.overload.empty() && options.max_src_conn == 0 &&
      options.max_src_conn_rate.count == 0)
    return error("'overload' requires 'max-src-conn' or 'max-src-conn-rate'"), false;
  if (options.tracking == Tracking::none && by_rule) options.tracking = Tracking::rule;
  if (options.tracking == Tracking::none && options.max_src_states != 0)
    options.tracking = Tracking::global;
  if (options.max_src_conn_rate.count != 0) {
    uint32_t& kept = options.timeouts[Timeout::src_track];
    kept = std::max(kept, options.max_src_conn_rate.seconds);
  }
  const bool adaptive = options.timeouts.contains(Timeout::adaptive_start) ||
                        options.timeouts.contains(Timeout::adaptive_end);
  if (options.max != 0 && !adaptive) {
    options.timeouts[Timeout::adaptive_start] = options.max / 10 * 6;
    options.timeouts[Timeout::adaptive_end] = options.max / 10 * 12;
  }
  return true;
}

bool Expander::prepare_state(FilterSyntax& syntax) {
  FilterRule& rule = syntax.rule;
  const Options& options = policy_.options;
  if (rule.verdict == Verdict::pass && !syntax.state_given) {
    rule.state = State::keep;
    rule.state_options = options.state_defaults.value_or(StateOptions{});
  }
  if (rule.state == State::none) return true;
  if (!finish_state(rule.state_options)) return false;
  if (!rule.state_options.floating) rule.state_options.if_bound |= options.if_bound.value_or(false);
  if (rule.state == State::synproxy && rule.match.direction != Direction::in)
    complaints_.warn(at_, "synproxy used for inbound rules only, ignored for outbound");
  const bool plain = !syntax.flags_given && !rule.fragment;
  if (plain) rule.flags = {kSyn, kSyn | kAck};
  return true;
}

bool Expander::prepare_limiters(FilterRule& rule) {
  for (const auto& [use, source] :
       {std::pair{&rule.state_limiter, false}, {&rule.source_limiter, true}}) {
    if (use->name.empty()) continue;
    const auto known = std::ranges::find_if(policy_.limiters, [&](const Limiter& limiter) {
      return limiter.source == source && limiter.name == use->name;
    });
    if (known == policy_.limiters.end())
      return error(concat(source ? "source" : "state", " limiter ", use->name, " is not defined")),
             false;
    use->id = known->id;
  }
  return true;
}

bool Expander::prepare_anchor(FilterSyntax& syntax) {
  FilterRule& rule = syntax.rule;
  if (syntax.state_given) return error("cannot specify state handling on anchors"), false;
  if (syntax.route || syntax.nat_to || syntax.rdr_to || syntax.binat_to || syntax.af_from ||
      rule.divert_port)
    return error("anchors only test, and set tag and rtable"), false;
  rule.anchor.is_inline = syntax.body.has_value();
  const auto path = anchor_path(rule.anchor, rule.anchor.is_inline);
  if (!path) return false;
  rule.anchor.path = *path;
  if (!rule.anchor.is_inline) return true;
  if (policy_.rulesets.contains(*path))
    return error(concat("inline anchor '", rule.anchor.name, "' already exists")), false;
  return true;
}

bool Expander::prepare(FilterSyntax& syntax) {
  FilterRule& rule = syntax.rule;
  if (rule.verdict == Verdict::anchor && !prepare_anchor(syntax)) return false;
  if (syntax.flags_given && rule.flags.among != 0 && !has_proto(syntax.tests, kTcp))
    return error("flags only apply to tcp"), false;
  if (!syntax.tests.os.empty() && !has_proto(syntax.tests, kTcp))
    return error("OS fingerprinting only apply to tcp"), false;
  const Options& options = policy_.options;
  if (rule.verdict == Verdict::block && !syntax.reply_given)
    rule.reply.kind = options.block_policy.value_or(Reply::Kind::drop);
  if (rule.verdict == Verdict::pass)
    rule.reply.kind = options.fail_policy.value_or(Reply::Kind::drop);
  if (syntax.divert) {
    std::vector<Host> hosts;
    if (!resolve({*syntax.divert}, hosts)) return false;
    const auto* network = std::get_if<Network>(&hosts[0].address);
    if (!network) return error("invalid divert address"), false;
    rule.divert_to = *network;
  }
  return prepare_limiters(rule) && prepare_state(syntax) &&
         (!syntax.binat_to || prepare_binat(syntax)) &&
         prepare_pool(syntax.route, PoolUse::route) && prepare_pool(syntax.nat_to, PoolUse::nat) &&
         prepare_pool(syntax.rdr_to, PoolUse::rdr) &&
         prepare_pool(syntax.binat_to, PoolUse::binat) &&
         prepare_pool(syntax.af_from, PoolUse::af_to) && prepare_pool(syntax.af_to, PoolUse::af_to);
}

void Expander::take(FilterSyntax& syntax) {
  if (!in_order(Class::filter) || !prepare(syntax)) return;
  const auto lists = lists_of(syntax.tests);
  if (!lists) return;
  if (syntax.body) take_body(*syntax.body, syntax.rule.anchor.path);
  // A body has statements of its own.
  at_ = syntax.rule.at;
  if (syntax.body) said_.clear(), added_ = 0;
  if (product(*lists, [&](const Choice& choice) { add_filter(syntax, choice); }))
    after_product(added_);
}

// --- one rule of the product ---

void Expander::add_filter(const FilterSyntax& syntax, const Choice& choice) {
  FilterRule rule = syntax.rule;
  if (!choose(rule.match, choice) || !icmp_fits(choice)) return;
  if (choice.icmp) rule.icmp = choice.icmp->test;
  rule.user = choice.user;
  rule.group = choice.group;
  if (rule.match.protocol != 0 && rule.match.protocol != kTcp) {
    rule.flags = {};
    if (rule.state != State::none) rule.state = State::keep;
  }
  if (!add_pools(syntax, rule)) return;
  if (!consistent(rule, syntax.binat_to.has_value())) return;
  if (syntax.binat_to)
    add_binat(rule);
  else
    append(std::move(rule));
}

void Expander::append(FilterRule rule) {
  auto& rules = ruleset().filter;
  for (std::string& label : rule.labels) fill_in(label, rule.match, rules.size());
  fill_in(rule.tag, rule.match, rules.size());
  fill_in(rule.match.tagged.name, rule.match, rules.size());
  rules.push_back(std::move(rule));
  ++added_;
}

bool Expander::add_pools(const FilterSyntax& syntax, FilterRule& rule) {
  Family af_to = rule.translation.af_to;
  if (syntax.route) {
    // What leaves after af-to is of the other family.
    Family& family = af_to == Family::any ? rule.match.family : af_to;
    const bool other = rule.routing.kind == Routing::Kind::route_to;
    Family& routed = other ? family : rule.match.family;
    if (!fill_pool(*syntax.route, PoolUse::route, routed, rule.routing.pool)) return false;
  }
  if (syntax.nat_to && !fill_pool(*syntax.nat_to, PoolUse::nat, rule.match.family,
                                  rule.translation.source.emplace()))
    return false;
  if (syntax.rdr_to && !fill_pool(*syntax.rdr_to, PoolUse::rdr, rule.match.family,
                                  rule.translation.destination.emplace()))
    return false;
  if (syntax.binat_to && !fill_pool(*syntax.binat_to, PoolUse::binat, rule.match.family,
                                    rule.translation.source.emplace()))
    return false;
  if (!syntax.af_from) return true;
  if (rule.match.family == Family::any) return error_of_rule("no address family specified"), false;
  if (rule.match.family == af_to)
    return error_of_rule("must indicate different address family with af-to"), false;
  if (!fill_pool(*syntax.af_from, PoolUse::af_to, af_to, rule.translation.source.emplace()))
    return false;
  return !syntax.af_to ||
         fill_pool(*syntax.af_to, PoolUse::af_to, af_to, rule.translation.destination.emplace());
}

bool Expander::consistent(const FilterRule& rule, bool binat) {
  const Match& match = rule.match;
  const bool pass = rule.verdict == Verdict::pass, block = rule.verdict == Verdict::block;
  const bool is_match = rule.verdict == Verdict::match;
  const bool ports =
      match.source.port.op != Compare::none || match.destination.port.op != Compare::none;
  const bool icmp = rule.icmp.type.has_value();
  const bool translates = rule.translation.source || rule.translation.destination;
  const bool af_to = rule.translation.af_to != Family::any;
  const bool routes = rule.routing.kind != Routing::Kind::none;
  const bool sticky = rule.routing.pool.sticky ||
                      (rule.translation.source && rule.translation.source->sticky) ||
                      (rule.translation.destination && rule.translation.destination->sticky);
  const StateOptions& state = rule.state_options;

  const std::pair<bool, std::string_view> faults[] = {
      {ports && !has_ports(match.protocol), "port only applies to tcp/udp/sctp"},
      {icmp && match.family == Family::any, "must indicate address family with icmp-type/code"},
      {match.protocol == kIcmp && match.family == Family::inet6,
       "proto icmp doesn't match address family inet6"},
      {match.protocol == kIcmp6 && match.family == Family::inet,
       "proto icmp6 doesn't match address family inet"},
      {rule.allow_opts && block, "allow-opts can only be specified for pass or match rules"},
      {rule.fragment && (ports || rule.flags.among != 0 || icmp),
       "fragments can be filtered only on IP header fields"},
      {block && rule.reply.kind == Reply::Kind::rst && match.protocol != kTcp,
       "return-rst can only be applied to TCP rules"},
      {state.max_src_nodes != 0 && state.tracking != StateOptions::Tracking::rule,
       "max-src-nodes requires 'source-track rule'"},
      {rule.state != State::none && !pass && !is_match,
       "keep state is great, but only for pass rules"},
      {state.sloppy && (rule.state == State::synproxy || rule.state == State::modulate),
       "sloppy state matching cannot be used with synproxy state or modulate state"},
      {pass && translates && !af_to && rule.state == State::none,
       "nat-to and rdr-to require keep state"},
      {translates && !af_to && !binat && match.direction == Direction::any,
       "nat-to and rdr-to require a direction"},
      {translates && block, "translation is not supported on block rules"},
      {is_match && rule.divert_port, "divert is not supported on match rules"},
      {is_match && routes,
       "route-to, reply-to, dup-to and fastroute must not be used on match rules"},
      {block && routes, "route-to, reply-to and dup-to are not supported on block rules"},
      {routes && match.direction == Direction::any,
       "direction must be explicit with rules that specify routing"},
      {af_to && is_match, "af-to is not supported on match rules"},
      {af_to && rule.routing.kind == Routing::Kind::dup_to,
       "dup-to must not be used on af-to rules"},
      {sticky && pass && rule.state == State::none, "'sticky-address' requires 'keep state'"},
      {rule.once && !pass && !block, "'once' only applies to pass/block rules"},
      {rule.state_limiter.id != 0 && !pass, "state limiter only applies to pass rules"},
      {rule.source_limiter.id != 0 && !pass, "source limiter only applies to pass rules"},
  };
  bool good = true;
  for (const auto& [wrong, text] : faults)
    if (wrong) {
      error_of_rule(text);
      good = false;
    }
  return good;
}

// --- binat-to ---

bool Expander::prepare_binat(FilterSyntax& syntax) {
  if (syntax.rule.match.direction != Direction::any)
    return error("binat-to cannot be specified with a direction"), false;
  const auto specific = [](const HostWord& host) {
    return host.kind == HostWord::Kind::name || host.kind == HostWord::Kind::dynamic;
  };
  if (syntax.tests.from.size() != 1 || syntax.binat_to->hosts.size() != 1 ||
      !specific(syntax.tests.from[0]))
    return error("binat-to requires a specified source and redirect address"), false;
  return true;
}

// Two rules: the source is translated on the way out, and what comes for its new address has the
// destination translated back.
void Expander::add_binat(const FilterRule& rule) {
  const Pool& pool = *rule.translation.source;
  const auto* inner = std::get_if<Network>(&rule.match.source.address);
  const auto* outer = std::get_if<Network>(&*pool.members[0].address);
  if (inner && outer && inner->prefix != outer->prefix)
    return error_of_rule("'binat' source mask and redirect mask must be the same");
  for (const Address* address : {&rule.match.source.address, &*pool.members[0].address})
    if (const auto* dynamic = std::get_if<DynamicAddress>(address); dynamic && !dynamic->no_alias)
      return error_of_rule("dynamic interfaces must be used with:0 in a binat-to rule");

  FilterRule out = rule;
  out.match.direction = Direction::out;
  out.translation.source->static_port = true;

  FilterRule in = rule;
  in.match.direction = Direction::in;
  in.match.source = rule.match.destination;
  in.match.destination = {.address = *pool.members[0].address};
  in.translation.source.reset();
  in.translation.destination = pool;
  in.translation.destination->members = {{.interface = {}, .address = rule.match.source.address}};
  append(std::move(out));
  append(std::move(in));
}

// --- antispoof ---

void Expander::take(AntispoofSyntax& syntax) {
  if (!in_order(Class::filter)) return;
  for (const auto& where : syntax.interfaces) antispoof_one(syntax, where);
}

// Nobody else has the networks of an interface, and nobody at all has its addresses.
void Expander::antispoof_one(const AntispoofSyntax& all, const AntispoofSyntax::Where& where) {
  const auto interfaces = hosts_.matching(where.name);
  const bool loopback = std::ranges::any_of(interfaces, &Interface::loopback);
  for (const bool network : {true, false}) {
    if (!network && loopback) continue;
    HostWord word{.at = where.at,
                  .kind = where.dynamic ? HostWord::Kind::dynamic : HostWord::Kind::name,
                  .name = concat(where.name, network ? ":network" : ""),
                  .last = {},
                  .interface = {}};
    // An interface that is not there, or has no address, makes no rule.
    const auto found = !where.dynamic && interfaces.empty()
                           ? std::vector<Host>()
                           : hosts_.resolve(word).value_or(std::vector<Host>());
    Choice choice;
    if (network) choice.on = {where.name, true};
    for (const Host& host : found) {
      FilterRule rule = all.rule;
      choice.source = host;
      rule.match.direction = Direction::in;
      if (choose(rule.match, choice)) append(std::move(rule));
    }
  }
}

}  // namespace gaol::pf
