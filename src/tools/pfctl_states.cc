// SPDX-License-Identifier: BSD-2-Clause

// pfctl -s states, -F states and -k.

#include <inttypes.h>

#include <algorithm>
#include <map>
#include <optional>

#include "pf/facts.h"
#include "pf/hosts.h"
#include "pf/lower_log.h"
#include "pf/states.h"
#include "sys/connections.h"
#include "tools/pfctl.h"
#include "tools/print.h"

namespace gaol::pfctl {
namespace {

using pf::ShownState;
using sys::Connection;

template <class Visit>
Result<> each_state(Visit visit) {
  return sys::each_connection([&](const Connection& connection) {
    for (const auto& state : pf::states_of(connection)) visit(connection, state);
  });
}

// Where a rule stands: its number in its ruleset, and that of the main ruleset's call of the anchor
// that it is in.
struct Place {
  size_t rule = 0;
  std::optional<size_t> anchor;
  const std::vector<std::string>* labels = nullptr;
};

// By the rules' ids.
std::map<uint32_t, Place> places(const Whole& whole) {
  std::map<const pf::FilterRule*, Place> where;
  for (const auto& [path, ruleset] : whole.policy.rulesets)
    for (size_t n = 0; n < ruleset.filter.size(); ++n)
      where[&ruleset.filter[n]] = {n, pf::call_of(path, whole.policy), &ruleset.filter[n].labels};
  std::map<uint32_t, Place> all;
  for (size_t n = 0; n < whole.lowered.rules.size(); ++n)
    if (whole.lowered.ids[n] != 0) all[whole.lowered.ids[n]] = where.at(whole.lowered.rules[n]);
  return all;
}

std::string clock(int64_t seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2" PRId64 ":%.2" PRId64 ":%.2" PRId64, seconds / 3600,
                seconds / 60 % 60, seconds % 60);
  return text;
}

// What -v adds. A packet that came back is counted behind the colon.
std::string details(const Connection& connection, const ShownState& state,
                    const std::map<uint32_t, Place>& places) {
  const auto& [there, back] = std::tie(connection.there, connection.back);
  auto line = concat("   age ", clock(connection.age.value_or(0)), ", expires in ",
                     clock(connection.expires), ", ", there.packets, ":", back.packets, " pkts, ",
                     there.bytes, ":", back.bytes, " bytes");
  if (const auto place = places.find(state.rule); place != places.end()) {
    if (place->second.anchor) line += concat(", anchor ", *place->second.anchor);
    line += concat(", rule ", place->second.rule);
  }
  return line;
}

std::string identity(const ShownState& state, const Whole& whole) {
  char line[64];
  std::snprintf(line, sizeof line, "   id: %016" PRIx64 " creatorid: %08x", state.id,
                whole.policy.options.hostid.value_or(0));
  return line;
}

// --- -k ---

using Wanted = std::function<bool(const ShownState&)>;

bool holds(const sys::Address& network, const sys::Address& address) {
  if (network.family != address.family) return false;
  for (int bit = 0; bit < network.prefix; ++bit)
    if ((network.bytes[bit / 8] ^ address.bytes[bit / 8]) & (0x80 >> bit % 8)) return false;
  return true;
}

// A host or a network, a name with all of its addresses; 0.0.0.0/0 and ::/0 are every one.
Result<std::vector<sys::Address>> hosts(const std::string& text) {
  const auto slash = text.find('/');
  pf::HostWord word{.name = text.substr(0, slash)};
  if (slash != text.npos) {
    word.bits = number<int>(std::string_view(text).substr(slash + 1));
    if (!word.bits) return fail("invalid netmask '", text.substr(slash), "'");
  }
  const auto world = pf::this_machine();
  const auto found = pf::Hosts(world).resolve(word);
  if (!found) return fail(found.error().note.empty() ? found.error().text : found.error().note);
  std::vector<sys::Address> all;
  for (const auto& host : *found)
    if (const auto* network = std::get_if<pf::Network>(&host.address)) all.push_back(*network);
  return all;
}

bool among(const std::vector<sys::Address>& hosts, const sys::Address& address) {
  return std::ranges::any_of(hosts, [&](const auto& one) { return holds(one, address); });
}

Result<Wanted> labelled(const std::string& label, const Whole& whole) {
  return [label, all = places(whole)](const ShownState& state) {
    const auto place = all.find(state.rule);
    return place != all.end() && std::ranges::count(*place->second.labels, label) > 0;
  };
}

Result<Wanted> identified(const std::string& text, const Whole&) {
  const auto digits = std::string_view(text).substr(0, text.find('/'));
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), id, 16);
  if (error != std::errc{} || end != digits.end()) return fail("killing by id: no id '", text, "'");
  return [id](const ShownState& state) { return state.id == id; };
}

// As -s states prints it, without the interface and where both ends are.
Result<Wanted> keyed(const std::string& key, const Whole&) {
  const auto start = concat("all ", key, "       ");
  return [start](const ShownState& state) { return print(state).starts_with(start); };
}

// By the source as it was before its translation.
Result<Wanted> translated(const std::string& host, const Whole&) {
  const auto from = TRY(hosts(host));
  return [from](const ShownState& state) { return among(from, state.stack.source); };
}

Result<Wanted> by_gateway(const std::string&, const Whole&) {
  return fail("-k gateway: not supported on this system: states do not know by what route they go");
}

struct KindOfKill {
  std::string_view word;
  Result<Wanted> (*wanted)(const std::string&, const Whole&);
};
constexpr KindOfKill kKinds[] = {{"gateway", by_gateway},
                                 {"id", identified},
                                 {"key", keyed},
                                 {"label", labelled},
                                 {"nat", translated}};

struct Kill {
  Wanted wanted;
  size_t sources = 0, destinations = 0;  // 0: not by hosts
};

Result<Kill> by_hosts(const std::vector<std::string>& kills) {
  const auto from = TRY(hosts(kills[0]));
  const auto to = kills.size() > 1 ? TRY(hosts(kills[1])) : std::vector<sys::Address>{};
  return Kill{[=](const ShownState& state) {
                return among(from, state.wire.source) &&
                       (to.empty() || among(to, state.wire.destination));
              },
              from.size(), to.size()};
}

Result<Kill> asked(const std::vector<std::string>& kills, const Whole& whole) {
  const auto* kind = std::ranges::find(kKinds, kills[0], &KindOfKill::word);
  if (kind == std::end(kKinds)) return by_hosts(kills);
  if (kills.size() < 2) return fail("no ", kind->word, " specified");
  return Kill{TRY(kind->wanted(kills[1], whole))};
}

// How many states were killed.
Result<size_t> kill_all(const Wanted& wanted) {
  std::vector<std::pair<Connection, std::vector<ShownState>>> found;
  size_t killed = 0;
  TRY(sys::each_connection([&](const Connection& connection) {
    auto states = pf::states_of(connection);
    std::erase_if(states, [&](const auto& state) { return !wanted(state); });
    if (states.empty()) return;
    killed += states.size();
    found.emplace_back(connection, std::move(states));
  }));
  for (const auto& [connection, states] : found) TRY(pf::kill(connection, states));
  return killed;
}

}  // namespace

Result<std::vector<uint64_t>> states_by_rule() {
  std::vector<uint64_t> all(pf::kMaxId + 1);
  TRY(each_state([&](const Connection&, const ShownState& state) { ++all[state.rule]; }));
  return all;
}

Result<> show_states(const Asked& words, const Whole& whole) {
  const auto where = places(whole);
  tools::Lines lines;
  return each_state([&](const Connection& connection, const ShownState& state) {
    lines.add(print(state));
    if (words.verbose > 0) lines.add(details(connection, state, where));
    if (words.verbose > 1) lines.add(identity(state, whole));
  });
}

Result<> flush_states(const Asked& words) {
  const auto killed = TRY(kill_all([](const ShownState&) { return true; }));
  if (!words.quiet) tools::write_line(stderr, concat(killed, " states cleared"));
  return {};
}

Result<> kill_states(const Asked& words, const pf::Kept& kept) {
  const auto all = TRY(whole(kept, ""));
  const auto kill = TRY(asked(words.kills, all));
  const auto killed = TRY(kill_all(kill.wanted));
  auto line = concat("killed ", killed, " states");
  if (kill.sources > 0)
    line += concat(" from ", kill.sources, " sources and ", kill.destinations, " destinations");
  if (!words.quiet) tools::write_line(stderr, line);
  return {};
}

// No rule that tracks sources can be loaded, so there are none.
Result<> kill_sources(const Asked& words) {
  const auto kill = TRY(by_hosts(words.source_kills));
  if (!words.quiet)
    tools::write_line(stderr, concat("killed 0 src nodes from ", kill.sources, " sources and ",
                                     kill.destinations, " destinations"));
  return {};
}

}  // namespace gaol::pfctl
