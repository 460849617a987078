// SPDX-License-Identifier: BSD-2-Clause
#include "pf/interpreter.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "pf/hosts.h"

namespace gaol::pf::reference {

struct Interpreter::Evaluation {
  Packet packet;  // as rules see it
  const Crossing& crossing;
  std::string tag;
  const FilterRule* decided = nullptr;
  std::vector<const FilterRule*> met;  // match rules
};

namespace {

// What a rule is asked about: the packet, and whose tables it may name.
struct Question {
  const Policy& policy;
  const std::string& path;
  const Machine& machine;
  const Packet& packet;
  const Crossing& crossing;
  const std::string& tag;
};

using Bytes = std::array<uint8_t, 16>;

// A name, or that of the group that the kernel makes of a driver's interfaces, `em` of em0, or of
// another group.
bool is_interface(const Machine& machine, const std::string& name, const std::string& test) {
  const auto driver = name.find_last_not_of("0123456789");
  if (name == test || name.substr(0, driver + 1) == test) return true;
  const auto found = std::ranges::find(machine.interfaces, name, &Interface::name);
  return found != machine.interfaces.end() && std::ranges::count(found->groups, test) != 0;
}

bool on(const Question& ask, const InterfaceTest& test, const std::string& interface) {
  return test.name.empty() || is_interface(ask.machine, interface, test.name) != test.negated;
}

bool holds(const Network& network, const Bytes& address) {
  for (int bit = 0; bit < network.prefix; ++bit) {
    const auto place = static_cast<size_t>(bit / 8);
    if ((network.bytes[place] ^ address[place]) & (0x80 >> bit % 8)) return false;
  }
  return true;
}

bool is_of(const Network& network, Family family) {
  return network.family == (family == Family::inet ? AF_INET : AF_INET6);
}

bool holds(const std::vector<Network>& networks, const Bytes& address) {
  return std::ranges::any_of(networks, [&](const Network& each) { return holds(each, address); });
}

// What the interfaces have, of one family.
std::vector<Network> now(const DynamicAddress& dynamic, const Machine& machine, Family family) {
  std::vector<Network> all;
  for (const auto* interface : matching(machine.interfaces, dynamic.interface))
    for (const auto& host : addresses_of(*interface, dynamic))
      if (const auto& network = std::get<Network>(host.address); is_of(network, family))
        all.push_back(network);
  return all;
}

bool holds(const AddressRange& range, const Bytes& address) {
  return std::memcmp(range.first.bytes, address.data(), 16) <= 0 &&
         std::memcmp(address.data(), range.last.bytes, 16) <= 0;
}

const Table* table_named(const std::string& name, const std::string& path, const Policy& policy) {
  for (const auto& where : {path, std::string{}}) {
    const auto ruleset = policy.rulesets.find(where);
    if (ruleset == policy.rulesets.end()) continue;
    const auto& tables = ruleset->second.tables;
    const auto found = std::ranges::find(tables, name, &Table::name);
    if (found != tables.end()) return &*found;
  }
  return nullptr;
}

bool holds(const Table* table, const Packet& packet, const Bytes& address) {
  const TableEntry* best = nullptr;
  if (!table) return false;
  for (const auto& source : table->sources)
    for (const auto& entry : source.entries)
      if (is_of(entry.network, packet.family) && holds(entry.network, address) &&
          (!best || best->network.prefix < entry.network.prefix))
        best = &entry;
  return best && !best->negated;
}

template <class N>
bool compares(const Comparison<N>& test, N number) {
  switch (test.op) {
    case Compare::none: return true;
    case Compare::eq: return number == test.low;
    case Compare::ne: return number != test.low;
    case Compare::lt: return number < test.low;
    case Compare::le: return number <= test.low;
    case Compare::gt: return number > test.low;
    case Compare::ge: return number >= test.low;
    case Compare::range: return number >= test.low && number <= test.high;
    case Compare::inside: return number > test.low && number < test.high;
    case Compare::outside: return number < test.low || number > test.high;
  }
  return false;
}

bool has_ports(const Packet& packet) {
  return packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP ||
         packet.protocol == IPPROTO_SCTP;
}

// A literal address is one of its own family, whatever stands before it.
bool from(const Question& ask, const Side& side, const Bytes& address, uint16_t port) {
  if (side.port.op != Compare::none && (!has_ports(ask.packet) || !compares(side.port, port)))
    return false;
  if (const auto* network = std::get_if<Network>(&side.address))
    return is_of(*network, ask.packet.family) && holds(*network, address) != side.negated;
  if (const auto* range = std::get_if<AddressRange>(&side.address))
    return is_of(range->first, ask.packet.family) && holds(*range, address) != side.negated;
  if (const auto* table = std::get_if<TableName>(&side.address))
    return holds(table_named(table->name, ask.path, ask.policy), ask.packet, address) !=
           side.negated;
  if (const auto* dynamic = std::get_if<DynamicAddress>(&side.address))
    return holds(now(*dynamic, ask.machine, ask.packet.family), address) != side.negated;
  const auto special = std::get<Special>(side.address);
  if (special == Special::any) return !side.negated;
  const auto route = std::ranges::find_if(ask.machine.routes, [&](const Route& each) {
    return is_of(each.to, ask.packet.family) && holds(each.to, address);
  });
  if (route == ask.machine.routes.end()) return true;
  return special == Special::urpf_failed && route->interface != ask.crossing.interface;
}

bool is_icmp(const Packet& packet) {
  return packet.protocol == IPPROTO_ICMP || packet.protocol == IPPROTO_ICMPV6;
}

bool is_icmp_error(const Packet& packet) {
  constexpr uint8_t kErrors[] = {3, 4, 5, 11, 12};
  if (packet.protocol == IPPROTO_ICMPV6) return packet.icmp_type < 128;
  return packet.protocol == IPPROTO_ICMP && std::ranges::count(kErrors, packet.icmp_type) != 0;
}

Answer answer_to(const Packet& packet, const Reply& reply) {
  using Kind = Reply::Kind;
  if (reply.kind == Kind::drop || is_icmp(packet)) return {};
  if (packet.protocol == IPPROTO_TCP && reply.kind != Kind::icmp)
    return {packet.flags & 0x04 ? Answer::Kind::none : Answer::Kind::rst};
  if (reply.kind == Kind::rst) return {};
  return {Answer::Kind::unreachable,
          packet.family == Family::inet ? reply.icmp_code : reply.icmp6_code};
}

// The tests that translation rules have too. `source` and `destination` are the rule's, but for a
// binat rule that is asked the other way round.
bool matches(const Match& match, const Side& source, const Side& destination, const Question& q) {
  return on(q, match.on, q.crossing.interface) &&
         (match.family == Family::any || match.family == q.packet.family) &&
         (match.protocol == 0 || match.protocol == q.packet.protocol) &&
         from(q, source, q.packet.source, q.packet.source_port) &&
         from(q, destination, q.packet.destination, q.packet.destination_port) &&
         (match.tagged.name.empty() || (match.tagged.name == q.tag) != match.tagged.negated);
}

bool matches(const TranslationRule& rule, const Question& q) {
  const auto& match = rule.match;
  const bool back = rule.kind == TranslationRule::Kind::binat &&
                    rule.act == TranslationRule::Act::translate &&
                    q.crossing.direction == Direction::in;
  if (!back) return matches(match, match.source, match.destination, q);
  return matches(match, match.destination, {.address = *rule.pool.members[0].address}, q);
}

// --- what a pool chooses ---

// The first address of the pool, or what `seen` has if it is one; nothing of an interface that has
// none.
std::optional<Bytes> chosen(const Pool& pool, const Machine& machine, Family family,
                            const Bytes* seen) {
  std::optional<Bytes> first;
  const auto offer = [&](const Network& lowest, bool has_seen) {
    if (seen && has_seen) first = *seen;
    if (first) return;
    first.emplace();
    std::copy_n(lowest.bytes, 16, first->begin());
  };
  for (const auto& member : pool.members) {
    if (const auto* network = std::get_if<Network>(&*member.address))
      offer(*network, seen && holds(*network, *seen));
    else if (const auto* range = std::get_if<AddressRange>(&*member.address))
      offer(range->first, seen && holds(*range, *seen));
    else if (const auto* dynamic = std::get_if<DynamicAddress>(&*member.address))
      for (const auto& own : now(*dynamic, machine, family)) offer(own, seen && holds(own, *seen));
  }
  return first;
}

// The network, with the bits of the host from `address`.
Bytes mapped(const Network& network, const Bytes& address) {
  Bytes out{};
  const int bits = network.family == AF_INET ? 32 : 128;
  for (int bit = 0; bit < bits; ++bit) {
    const auto place = static_cast<size_t>(bit / 8);
    const auto& from = bit < network.prefix ? network.bytes[place] : address[place];
    out[place] = static_cast<uint8_t>(out[place] | (from & (0x80 >> bit % 8)));
  }
  return out;
}

Bytes choose(const Pool& pool, const Machine& machine, Family family, const Bytes& address,
             const Bytes* seen) {
  if (pool.choice == Pool::Choice::bitmask)
    return mapped(std::get<Network>(*pool.members[0].address), address);
  return chosen(pool, machine, family, seen).value_or(address);
}

void translate_source(const Pool& pool, const Machine& machine, Packet& packet,
                      const Packet* seen) {
  packet.source =
      choose(pool, machine, packet.family, packet.source, seen ? &seen->source : nullptr);
  if (pool.static_port || !has_ports(packet)) return;
  const uint16_t low = pool.low ? pool.low : 50001, high = pool.low ? pool.high : 65535;
  const bool fits = seen && seen->source_port >= low && seen->source_port <= high;
  packet.source_port = fits ? seen->source_port : low;
}

void translate_destination(const Pool& pool, const Machine& machine, const Ports& asked,
                           Packet& packet, const Packet* seen) {
  packet.destination =
      choose(pool, machine, packet.family, packet.destination, seen ? &seen->destination : nullptr);
  if (pool.low == 0) return;
  uint32_t width = pool.high > pool.low ? pool.high - pool.low + 1U : 1U;
  if (pool.shifted) width = asked.op == Compare::range ? asked.high - asked.low + 1U : 1U;
  packet.destination_port =
      static_cast<uint16_t>(pool.low + (packet.destination_port - asked.low) % width);
}

void translate(const TranslationRule& rule, const Machine& machine, Direction direction,
               Packet& packet, const Packet* seen) {
  if (rule.kind == TranslationRule::Kind::nat)
    return translate_source(rule.pool, machine, packet, seen);
  if (rule.kind == TranslationRule::Kind::rdr)
    return translate_destination(rule.pool, machine, rule.match.destination.port, packet, seen);
  if (direction == Direction::out)
    packet.source = mapped(std::get<Network>(*rule.pool.members[0].address), packet.source);
  else
    packet.destination = mapped(std::get<Network>(rule.match.source.address), packet.destination);
}

struct NamedTest {
  std::string_view name;  // as in pf.conf(5)
  bool (*holds)(const FilterRule&, const Question&);
};
// In the order in which pf asks.
constexpr NamedTest kTests[] = {
    {"on", [](const FilterRule& r,
              const Question& q) { return on(q, r.match.on, q.crossing.interface); }},
    {"in or out",
     [](const FilterRule& r, const Question& q) {
       return r.match.direction == Direction::any || r.match.direction == q.crossing.direction;
     }},
    {"inet or inet6",
     [](const FilterRule& r, const Question& q) {
       return r.match.family == Family::any || r.match.family == q.packet.family;
     }},
    {"proto",
     [](const FilterRule& r, const Question& q) {
       return r.match.protocol == 0 || r.match.protocol == q.packet.protocol;
     }},
    {"from",
     [](const FilterRule& r, const Question& q) {
       return from(q, r.match.source, q.packet.source, q.packet.source_port);
     }},
    {"to",
     [](const FilterRule& r, const Question& q) {
       return from(q, r.match.destination, q.packet.destination, q.packet.destination_port);
     }},
    {"flags",
     [](const FilterRule& r, const Question& q) {
       return q.packet.protocol != IPPROTO_TCP || (q.packet.flags & r.flags.among) == r.flags.set;
     }},
    {"icmp-type",
     [](const FilterRule& r, const Question& q) {
       return !r.icmp.type || (is_icmp(q.packet) && *r.icmp.type == q.packet.icmp_type);
     }},
    {"code",
     [](const FilterRule& r, const Question& q) {
       return !r.icmp.code || (is_icmp(q.packet) && *r.icmp.code == q.packet.icmp_code);
     }},
    {"tos", [](const FilterRule& r,
               const Question& q) { return !r.tos || *r.tos == (q.packet.tos & 0xfc); }},
    {"tagged",
     [](const FilterRule& r, const Question& q) {
       return r.match.tagged.name.empty() ||
              (r.match.tagged.name == q.tag) != r.match.tagged.negated;
     }},
    {"received-on", [](const FilterRule& r,
                       const Question& q) { return on(q, r.received_on, q.crossing.received_on); }},
    {"max-pkt-size",
     [](const FilterRule& r, const Question& q) {
       return r.max_packet_size == 0 || q.packet.length <= r.max_packet_size;
     }},
};

// Of the anchors directly below, in byte order, if it is `name/*`.
std::vector<std::string> called(const AnchorCall& call, const Policy& policy) {
  if (!call.children) return {call.path};
  const auto below = call.path.empty() ? std::string{} : call.path + "/";
  std::vector<std::string> paths;
  for (const auto& [path, ruleset] : policy.rulesets)
    if (!path.empty() && path.starts_with(below) &&
        path.find('/', below.size()) == std::string::npos)
      paths.push_back(path);
  return paths;
}

}  // namespace

Packet reversed(Packet packet) {
  std::swap(packet.source, packet.destination);
  std::swap(packet.source_port, packet.destination_port);
  return packet;
}

bool same_ends(const Packet& a, const Packet& b) {
  return a.family == b.family && a.protocol == b.protocol && a.source == b.source &&
         a.destination == b.destination && a.source_port == b.source_port &&
         a.destination_port == b.destination_port;
}

Interpreter::Then Interpreter::enter(const FilterRule& rule, Evaluation& evaluation) const {
  const auto* before = std::exchange(evaluation.decided, nullptr);
  auto then = Then::go_on;
  for (const auto& path : called(rule.anchor, policy_))
    if (then == Then::go_on) then = evaluate(path, evaluation);
  if (evaluation.decided && rule.quick) then = Then::stop;
  if (!evaluation.decided) evaluation.decided = before;
  return then;
}

Interpreter::Then Interpreter::evaluate(const std::string& path, Evaluation& evaluation) const {
  const auto ruleset = policy_.rulesets.find(path);
  if (ruleset == policy_.rulesets.end()) return Then::go_on;
  for (const auto& rule : ruleset->second.filter) {
    const Question question{policy_,       path, machine_, evaluation.packet, evaluation.crossing,
                            evaluation.tag};
    const auto* failed =
        std::ranges::find_if(kTests, [&](const auto& test) { return !test.holds(rule, question); });
    const bool matches = failed == std::end(kTests);
    if (steps_) steps_->push_back({path, &rule, nullptr, matches ? "" : failed->name});
    if (!matches) continue;
    if (!rule.tag.empty()) evaluation.tag = rule.tag;
    if (rule.verdict == Verdict::anchor) {
      if (enter(rule, evaluation) == Then::stop) return Then::stop;
      continue;
    }
    if (rule.verdict == Verdict::match)
      evaluation.met.push_back(&rule);
    else
      evaluation.decided = &rule;
    if (rule.quick) return Then::stop;
  }
  return Then::go_on;
}

const TranslationRule* Interpreter::first_match(Rules rules, const std::string& path,
                                                Evaluation& evaluation) const {
  const auto ruleset = policy_.rulesets.find(path);
  if (ruleset == policy_.rulesets.end()) return nullptr;
  for (const auto& rule : ruleset->second.*rules) {
    const Question question{policy_,       path, machine_, evaluation.packet, evaluation.crossing,
                            evaluation.tag};
    const bool asked_for = matches(rule, question);
    if (steps_) steps_->push_back({path, nullptr, &rule, asked_for ? "" : "all of its tests"});
    if (!asked_for) continue;
    if (!rule.tag.empty()) evaluation.tag = rule.tag;
    if (rule.act != TranslationRule::Act::anchor) return &rule;
    for (const auto& below : called(rule.anchor, policy_))
      if (const auto* found = first_match(rules, below, evaluation)) return found;
  }
  return nullptr;
}

// The rule that translates, and the packet as it is then.
const TranslationRule* Interpreter::translation(Evaluation& evaluation, const Packet* seen) const {
  const auto direction = evaluation.crossing.direction;
  const Rules lists[] = {direction == Direction::in ? &Ruleset::rdr : &Ruleset::binat,
                         direction == Direction::in ? &Ruleset::binat : &Ruleset::nat};
  for (const auto list : lists) {
    const auto* rule = first_match(list, "", evaluation);
    if (!rule || rule->act == TranslationRule::Act::keep) continue;
    const auto before = evaluation.packet;
    translate(*rule, machine_, direction, evaluation.packet, seen);
    return same_ends(before, evaluation.packet) ? nullptr : rule;
  }
  return nullptr;
}

const Interpreter::State* Interpreter::state_of(const Packet& packet, Direction direction) const {
  const auto found = std::ranges::find_if(states_, [&](const State& state) {
    return same_ends(state.seen(direction),
                     state.direction == direction ? packet : reversed(packet));
  });
  return found == states_.end() ? nullptr : &*found;
}

void Interpreter::count(const FilterRule* rule, const Packet& packet, Direction direction) {
  auto& [in, out, made] = counts_[rule];
  auto& counted = direction == Direction::in ? in : out;
  ++counted.packets;
  counted.bytes += packet.length;
}

// What is dropped for its options is no rule's.
bool Interpreter::passes(Packet& packet, const Crossing& crossing, std::string& tag,
                         const Packet* seen) {
  answer_ = {};
  for (const auto& name : policy_.options.skip.value_or(std::vector<std::string>{}))
    if (is_interface(machine_, crossing.interface, name)) return true;
  if (const auto* state = state_of(packet, crossing.direction)) {
    ++by_state_;
    if (packet.options) return false;
    if (!state->tag.empty()) tag = state->tag;
    count(state->rule, packet, crossing.direction);
    const auto& other = crossing.direction == Direction::in ? state->inside : state->outside;
    const auto ends = state->direction == crossing.direction ? other : reversed(other);
    packet.source = ends.source;
    packet.destination = ends.destination;
    packet.source_port = ends.source_port;
    packet.destination_port = ends.destination_port;
    return true;
  }

  Evaluation evaluation{packet, crossing, tag, nullptr, {}};
  const auto* translated = translation(evaluation, seen);
  if (!translated || !translated->pass) evaluate("", evaluation);
  for (const auto* rule : evaluation.met) count(rule, packet, crossing.direction);
  const FilterRule fallback;  // passes, with no state
  const auto& decided = evaluation.decided ? *evaluation.decided : fallback;
  const bool blocked = decided.verdict == Verdict::block;
  if (!blocked && packet.options && !decided.allow_opts) return false;
  count(evaluation.decided, packet, crossing.direction);
  if (blocked) {
    answer_ = answer_to(packet, decided.reply);
    return false;
  }
  tag = evaluation.tag;
  if ((translated || decided.state != pf::State::none) && !is_icmp_error(packet)) {
    const bool in = crossing.direction == Direction::in;
    const auto& now = evaluation.packet;
    ++counts_[evaluation.decided].made;
    states_.push_back(
        {crossing.direction, in ? packet : now, in ? now : packet, tag, evaluation.decided});
  }
  if (translated) ++translations_;
  packet = evaluation.packet;
  return true;
}

}  // namespace gaol::pf::reference
