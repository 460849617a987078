// SPDX-License-Identifier: BSD-2-Clause
#include "tests/pf/generator.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace gaol::pf::reference {

sys::Address host_address(Family family, int leg, int host) {
  sys::Address address;
  address.family = family == Family::inet ? AF_INET : AF_INET6;
  address.prefix = family == Family::inet ? 32 : 128;
  auto* bytes = address.bytes;
  bytes[0] = family == Family::inet ? 10 : 0xfd;
  bytes[1] = static_cast<uint8_t>(leg + 1);
  bytes[family == Family::inet ? 3 : 15] = static_cast<uint8_t>(host + 2);
  return address;
}

std::vector<Route> routes() {
  std::vector<Route> all;
  for (int leg = 0; leg < kLegs; ++leg)
    for (const auto family : {Family::inet, Family::inet6}) {
      auto network = host_address(family, leg, -2);  // 0
      network.prefix = family == Family::inet ? 24 : 64;
      all.push_back({network, concat("em", leg)});
    }
  return all;
}

Network Generator::network(Family family) {
  auto made = host_address(family, static_cast<int>(below(kLegs)), static_cast<int>(below(kHosts)));
  const int bits = made.prefix;
  made.prefix = bits - one_of({0, 0, 1, 2, 16, family == Family::inet ? 24 : 120});
  for (int bit = made.prefix; bit < bits; ++bit)
    made.bytes[bit / 8] = static_cast<uint8_t>(made.bytes[bit / 8] & ~(0x80 >> bit % 8));
  return made;
}

Ports Generator::ports() {
  Ports made;
  made.op = one_of({Compare::eq, Compare::eq, Compare::ne, Compare::lt, Compare::le, Compare::gt,
                    Compare::ge, Compare::range, Compare::inside, Compare::outside});
  made.low = static_cast<uint16_t>(1000 + below(6));
  made.high = static_cast<uint16_t>(made.low + below(4));
  return made;
}

Side Generator::side(Family family, bool with_ports) {
  Side made;
  made.negated = chance(25);
  if (family == Family::any || chance(30)) {
    made.address = TableName{one_of({"t", "u"})};
  } else if (chance(25)) {
    const int leg = static_cast<int>(below(kLegs)), first = static_cast<int>(below(kHosts));
    const int last = first + static_cast<int>(below(static_cast<size_t>(kHosts - first)));
    made.address = AddressRange{host_address(family, leg, first), host_address(family, leg, last)};
  } else {
    made.address = network(family);
  }
  if (chance(65)) {
    made.negated = false;
    made.address = Special::any;
  }
  if (with_ports && chance(50)) made.port = ports();
  return made;
}

Reply Generator::reply(const Match& match) {
  using Kind = Reply::Kind;
  Reply made;
  if (chance(50)) return made;
  made.kind = match.protocol == IPPROTO_TCP ? one_of({Kind::rst, Kind::icmp, Kind::any})
                                            : one_of({Kind::icmp, Kind::any});
  if (made.kind != Kind::icmp || chance(50)) return made;
  made.icmp_code = one_of<uint8_t>({0, 1, 2, 9, 13, 15});
  made.icmp6_code = one_of<uint8_t>({0, 1, 3, 5});
  return made;
}

Table Generator::table(const std::string& name) {
  Table made{.name = name, .sources = {{}}};
  auto& entries = made.sources[0].entries;
  for (size_t left = below(6); left > 0; --left) {
    const TableEntry entry{network(one_of({Family::inet, Family::inet6})), chance(30)};
    if (std::ranges::count(entries, entry.network, &TableEntry::network) == 0)
      entries.push_back(entry);
  }
  return made;
}

FilterRule Generator::rule() {
  FilterRule made;
  made.verdict =
      one_of({Verdict::pass, Verdict::pass, Verdict::block, Verdict::block, Verdict::match});
  made.quick = made.verdict != Verdict::match && chance(25);
  auto& match = made.match;
  match.direction = one_of({Direction::any, Direction::in, Direction::out});
  if (chance(20)) match.on = {one_of({"em0", "em1", "em"}), chance(30)};
  if (chance(10)) made.received_on = {one_of({"em0", "em1", "em"}), chance(30)};
  if (chance(40)) match.family = one_of({Family::inet, Family::inet6});
  if (chance(40)) match.protocol = one_of<uint8_t>({IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, 47});
  if (chance(10) && match.family != Family::any) {
    match.protocol = match.family == Family::inet ? uint8_t{IPPROTO_ICMP} : uint8_t{IPPROTO_ICMPV6};
    made.icmp.type =
        match.family == Family::inet ? one_of<uint8_t>({0, 8}) : one_of<uint8_t>({128, 129});
    if (chance(50)) made.icmp.code = static_cast<uint8_t>(below(2));
  }
  const bool with_ports = match.protocol == IPPROTO_TCP || match.protocol == IPPROTO_UDP;
  match.source = side(match.family, with_ports);
  match.destination = side(match.family, with_ports);
  if (match.direction == Direction::in && chance(10))
    match.source = {.address = one_of({Special::no_route, Special::urpf_failed})};
  if (chance(20) && (match.protocol == 0 || match.protocol == IPPROTO_TCP)) {
    made.flags.among = static_cast<uint8_t>(below(64));
    made.flags.set = static_cast<uint8_t>(below(64) & made.flags.among);
  }
  if (with_ != With::tests_alone && made.verdict == Verdict::pass && chance(70)) {
    made.state = pf::State::keep;  // and what pf adds to it
    if (match.protocol == 0 || match.protocol == IPPROTO_TCP) made.flags = {0x02, 0x12};
  }
  if (with_ == With::tags || (with_ == With::translations && chance(20))) {
    if (chance(25)) made.tag = one_of({"A", "B", "C"});
    if (chance(25)) match.tagged = {one_of({"A", "B", "C"}), chance(30)};
    if (made.verdict == Verdict::match) made.quick = chance(15);
  }
  if (made.verdict == Verdict::pass && made.state == pf::State::none) made.allow_opts = chance(50);
  if (made.verdict == Verdict::block) made.reply = reply(match);
  if (chance(10)) made.tos = one_of<uint8_t>({0, 0x10, 0xb8});
  if (chance(5)) made.max_packet_size = 150;
  return made;
}

// So many rules that differ in an address and a port alone that they become one lookup, with some
// others among them.
void Generator::alike(FilterRule first, std::vector<FilterRule>& out) {
  auto& match = first.match;
  if (match.family == Family::any) match.family = one_of({Family::inet, Family::inet6});
  const bool with_ports = match.protocol == IPPROTO_TCP || match.protocol == IPPROTO_UDP;
  auto& side = chance(50) ? match.source : match.destination;
  const bool interfaces = chance(20);
  for (size_t left = 8 + below(12); left > 0; --left) {
    side.address = network(match.family);
    side.negated = false;
    if (with_ports)
      side.port = chance(80) ? Ports{Compare::eq, static_cast<uint16_t>(1000 + below(6))} : ports();
    if (interfaces) match.on = {one_of({"em0", "em1"})};
    out.push_back(first);
    out.back().verdict = one_of({Verdict::pass, Verdict::block});
    if (chance(8)) out.push_back(rule());
  }
}

// One of those that no rule tells apart, or both.
Network Generator::spare(Family family) {
  auto made = host_address(family, static_cast<int>(below(kLegs)), kSpare);
  made.prefix -= one_of({0, 1});
  return made;
}

Pool Generator::pool(Family family, TranslationRule::Kind kind) {
  using enum Pool::Choice;
  Pool made;
  const auto target = spare(family);
  made.members.push_back({.address = target});
  if (target.prefix == 31 || target.prefix == 127)
    made.choice = one_of({random, source_hash, round_robin, bitmask});
  else if (chance(30))
    made.members[0].address = host_address(family, static_cast<int>(below(kLegs)),
                                           static_cast<int>(below(kHosts + 1)) - 1);
  made.sticky = made.choice != bitmask && chance(20);
  if (kind == TranslationRule::Kind::nat) {
    made.static_port = made.choice == bitmask || chance(20);
    if (!made.static_port && chance(30)) made.low = 2000, made.high = 2100;
  }
  return made;
}

TranslationRule Generator::translation(TranslationRule::Kind kind) {
  using Kind = TranslationRule::Kind;
  TranslationRule made;
  made.kind = kind;
  if (chance(15)) made.act = TranslationRule::Act::keep;
  made.pass = made.act == TranslationRule::Act::translate && chance(20);
  auto& match = made.match;
  if (chance(60)) match.on = {one_of({"em0", "em1", "em"}), chance(20)};
  match.family = one_of({Family::inet, Family::inet6});
  if (chance(50)) match.protocol = one_of<uint8_t>({IPPROTO_TCP, IPPROTO_UDP});
  if (chance(15)) made.tag = one_of({"A", "B"});
  if (chance(15)) match.tagged = {one_of({"A", "B"}), chance(50)};
  match.source = side(match.family, match.protocol != 0 && kind == Kind::nat);
  match.destination = side(match.family, match.protocol != 0 && kind == Kind::nat);
  if (kind == Kind::binat) {
    const auto target = spare(match.family);
    auto inner = host_address(match.family, static_cast<int>(below(kLegs)),
                              2 * static_cast<int>(below(kHosts / 2)));
    inner.prefix = target.prefix;
    match.source = {.address = inner};
    if (made.act == TranslationRule::Act::translate) made.pool.members = {{.address = target}};
    return made;
  }
  if (made.act == TranslationRule::Act::translate) made.pool = pool(match.family, kind);
  // Whether anything is translated must not hang on what pf chooses.
  using enum Pool::Choice;
  if (made.pool.choice != first && made.pool.choice != bitmask) made.pass = false;
  if (kind != Kind::rdr || match.protocol == 0 || chance(30)) return made;
  match.destination.port = {one_of({Compare::eq, Compare::range}),
                            static_cast<uint16_t>(1000 + below(4)), 1005};
  if (made.act != TranslationRule::Act::translate || chance(40)) return made;
  if (made.pool.choice == Pool::Choice::bitmask) return made;
  made.pool.low = static_cast<uint16_t>(1000 + below(6));
  made.pool.shifted = chance(30);
  if (!made.pool.shifted && chance(30)) made.pool.high = static_cast<uint16_t>(made.pool.low + 1);
  return made;
}

void Generator::translations(Ruleset& to, const std::vector<std::string>& anchors) {
  using Kind = TranslationRule::Kind;
  for (const auto& [kind, rules] : {std::pair{Kind::nat, &to.nat}, std::pair{Kind::rdr, &to.rdr},
                                    std::pair{Kind::binat, &to.binat}})
    for (size_t left = below(4); left > 0; --left) {
      auto each = translation(kind);
      if (!anchors.empty() && chance(40)) {
        if (kind == Kind::binat) each.match.source = {};
        each.pool = {};
        each.tag.clear();
        each.pass = false;
        each.act = TranslationRule::Act::anchor;
        each.anchor.path = anchors[below(anchors.size())];
      }
      rules->push_back(each);
    }
}

// Anchors lie in others, some are called twice, and some not at all.
void Generator::ruleset(Policy& policy, const std::string& path, int depth) {
  auto& made = policy.rulesets[path];
  for (const char* name : {"t", "u"})
    if (path.empty() || chance(20)) made.tables.push_back(table(name));
  std::vector<std::string> names;
  for (const char* name : {"a", "b"})
    if (depth < 3 && chance(40)) names.push_back(path.empty() ? name : path + "/" + name);
  for (size_t left = 1 + below(depth == 0 ? 8 : 4); left > 0; --left) {
    auto each = rule();
    if (chance(30) && (!names.empty() || chance(30))) {
      each = chance(50) ? FilterRule{} : rule();
      each.verdict = Verdict::anchor;
      each.quick = chance(30);
      each.anchor.children = names.empty() || chance(30);
      each.anchor.path = each.anchor.children ? path : names[below(names.size())];
      if (each.anchor.children && depth > 2) continue;
    }
    made.filter.push_back(each);
    const bool decides = each.verdict == Verdict::pass || each.verdict == Verdict::block;
    if (decides && chance(10)) alike(each, made.filter);
  }
  if (with_ == With::translations) translations(made, names);
  for (const auto& name : names) ruleset(policy, name, depth + 1);
}

Policy Generator::policy() {
  Policy made;
  made.files = {"generated"};
  if (chance(5)) made.options.skip = {one_of({"em0", "em1"})};
  ruleset(made, "", 0);
  if (with_ == With::translations) {  // everything that passes has states
    FilterRule pass;
    pass.state = pf::State::keep;
    pass.flags = {0x02, 0x12};
    auto& filter = made.rulesets[""].filter;
    filter.insert(filter.begin(), pass);
    for (auto& [path, ruleset] : made.rulesets)
      for (auto& each : ruleset.filter)
        if (each.verdict == Verdict::pass) {
          each.state = pf::State::keep;
          each.allow_opts = false;
        }
  }
  return made;
}

Trip Generator::trip() {
  Trip made;
  made.from = one_of({0, 1, kRouter});
  made.to = made.from == kRouter ? static_cast<int>(below(kLegs))
                                 : one_of({1 - made.from, 1 - made.from, kRouter});
  auto& packet = made.packet;
  packet.family = one_of({Family::inet, Family::inet6});
  packet.protocol = one_of<uint8_t>({IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, 47, IPPROTO_ICMP});
  const bool translates = with_ == With::translations;
  if (translates && packet.protocol == 47) packet.protocol = IPPROTO_UDP;
  if (packet.protocol == IPPROTO_ICMP) {
    const bool six = packet.family == Family::inet6;
    if (six) packet.protocol = IPPROTO_ICMPV6;
    packet.icmp_type = six ? 128 : 8;
    packet.icmp_code = static_cast<uint8_t>(below(2));
    packet.source_port = packet.destination_port = static_cast<uint16_t>(1000 + below(6));
  } else if (packet.protocol != 47) {
    packet.source_port = static_cast<uint16_t>(1000 + below(6));
    packet.destination_port = static_cast<uint16_t>(1000 + below(6));
  }
  if (packet.protocol == IPPROTO_TCP) packet.flags = static_cast<uint8_t>(below(64));
  packet.options = chance(10);
  packet.tos = one_of<uint8_t>({0, 0, 0x10, 0xb8});
  const auto some_host = [&] { return static_cast<int>(below(kHosts)); };
  const auto source = host_address(packet.family,
                                   made.from == kRouter ? static_cast<int>(below(kLegs))
                                   : with_ == With::tests_alone && chance(10)
                                       ? static_cast<int>(below(kNowhere + 1))
                                       : made.from,
                                   made.from == kRouter ? -1 : some_host());
  const auto destination =
      host_address(packet.family, made.to == kRouter ? static_cast<int>(below(kLegs)) : made.to,
                   made.to == kRouter         ? -1
                   : translates && chance(40) ? kSpare + static_cast<int>(below(2))
                                              : some_host());
  std::copy_n(source.bytes, 16, packet.source.begin());
  std::copy_n(destination.bytes, 16, packet.destination.begin());
  return made;
}

// A connection of TCP begins with a handshake, and has ports of its own: what
// does not fit is not tracked. An answer of ICMP to nothing is not either, so none is sent.
std::vector<Trip> Generator::connection() {
  constexpr uint8_t kSyn = 2, kAck = 16;
  Trip there = trip();
  auto& packet = there.packet;
  const bool tcp = packet.protocol == IPPROTO_TCP;
  const bool icmp = packet.protocol == IPPROTO_ICMP || packet.protocol == IPPROTO_ICMPV6;
  if (tcp || icmp || with_ == With::translations)
    packet.source_port = static_cast<uint16_t>(1001 + connections_++);
  if (icmp) packet.destination_port = packet.source_port;
  Trip back = there;
  back.answers = true;
  std::swap(back.from, back.to);
  std::swap(back.packet.source, back.packet.destination);
  std::swap(back.packet.source_port, back.packet.destination_port);
  std::vector<Trip> made{there, back, there, back};
  if (icmp) back.packet.icmp_type = packet.icmp_type == 8 ? 0 : 129;
  if (icmp && with_ == With::translations)
    made = {there, back, there};
  else if (icmp)
    made = {there, there};
  if (tcp)
    for (size_t n = 0; n < made.size(); ++n)
      made[n].packet.flags = n == 0 ? kSyn : n == 1 ? kSyn | kAck : kAck;
  return made;
}

std::vector<Trip> Generator::trips(size_t number) {
  std::vector<Trip> made;
  if (with_ == With::tests_alone)
    while (made.size() < number) made.push_back(trip());
  std::vector<std::vector<Trip>> open(6);
  while (made.size() < number) {
    auto& one = open[below(open.size())];
    if (one.empty()) {
      one = connection();
      std::ranges::reverse(one);
    }
    made.push_back(one.back());
    one.pop_back();
  }
  for (size_t n = 0; n < number; ++n) {
    made[n].id = static_cast<uint16_t>(n + 1);
    made[n].packet.length = static_cast<uint32_t>(80 + below(200));
  }
  return made;
}

}  // namespace gaol::pf::reference
