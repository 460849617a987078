// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lower_refuse.h"

#include <algorithm>

#include "base/text.h"
#include "pf/lower_match.h"
#include "pf/lower_pool.h"
#include "pf/pflog.h"

namespace gaol::pf {
namespace {

template <class T>
struct Refusal {
  bool (*asked)(const T&);
  std::string_view what;
};

using Rule = FilterRule;
using Kind = TranslationRule::Kind;
using enum State;

bool asks_routes(const Side& side) {
  const auto* special = std::get_if<Special>(&side.address);
  return special && *special != Special::any;
}
// True of packets without a socket, which no rule of nftables with a user matches.
bool asks_absence(const Ids& ids) {
  return ids.op != Compare::none && (ids.op == Compare::ne || ids.low == kUnknownId);
}
bool is_loopback6(const Pool::Member& member) {
  const auto* network = std::get_if<Network>(&*member.address);
  return network && host_text(*network) == "::1";
}
bool limits(const StateOptions& s) {
  return s.max || s.max_src_states || s.max_src_conn || s.max_src_nodes ||
         s.max_src_conn_rate.count || s.tracking != StateOptions::Tracking::none;
}

constexpr Refusal<Match> kMatches[] = {
    {[](const Match& m) {
       return m.direction != Direction::in && (asks_routes(m.source) || asks_routes(m.destination));
     },
     "no-route and urpf-failed but for in: a packet that leaves is routed"},
    {[](const Match& m) {
       return (asks_routes(m.source) && m.source.negated) ||
              (asks_routes(m.destination) && m.destination.negated);
     },
     "all but no-route or urpf-failed"},
    {[](const Match& m) { return !m.os.empty(); }, "os"},
};

constexpr Refusal<TranslationRule> kTranslations[] = {
    {[](const TranslationRule& r) { return r.log.has_value(); }, "log of a translation"},
    {[](const TranslationRule& r) { return r.rtable.has_value(); }, "rtable"},
    {[](const TranslationRule& r) {
       return r.kind == Kind::rdr && (r.match.on.name == "lo0" || r.match.on.name == "lo");
     },
     "rdr on lo0: what goes there was translated when it was sent"},
    {[](const TranslationRule& r) {
       return r.kind == Kind::rdr && std::ranges::any_of(r.pool.members, is_loopback6);
     },
     "a redirection to ::1: the kernel takes nothing from outside for it"},
    {[](const TranslationRule& r) { return r.kind == Kind::binat && r.match.source.negated; },
     "binat from all but an address"},
    {[](const TranslationRule& r) {
       return r.kind == Kind::binat && r.act == TranslationRule::Act::translate &&
              !std::holds_alternative<Network>(r.match.source.address);
     },
     "binat from an address that follows an interface"},
    {[](const TranslationRule& r) {
       const auto& members = r.pool.members;
       return r.kind == Kind::binat && !members.empty() &&
              !std::holds_alternative<Network>(*members[0].address);
     },
     "binat to an address that follows an interface"},
};

constexpr Refusal<Rule> kRules[] = {
    {[](const Rule& r) { return r.log && r.verdict == Verdict::anchor; }, "log of an anchor"},
    {[](const Rule& r) { return r.log && r.log->matches; }, "log (matches)"},
    {[](const Rule& r) { return r.log && r.log->user && r.match.direction != Direction::out; },
     "log (user) of rules that are not for out: who will take a packet is not known"},
    {[](const Rule& r) { return r.log && !log_group(r.log->to); },
     "log to another interface than pflog0 to pflog255"},
    {[](const Rule& r) { return r.reply.ttl != 0 && r.verdict == Verdict::block; },
     "return-rst with a ttl: the kernel chooses it"},
    {[](const Rule& r) {
       return (r.user.op != Compare::none || r.group.op != Compare::none) &&
              r.match.direction != Direction::out;
     },
     "user and group of rules that are not for out: who will take a packet is not known"},
    {[](const Rule& r) { return asks_absence(r.user) || asks_absence(r.group); },
     "user and group with != or unknown: packets without a socket are nobody's"},
    {[](const Rule& r) { return r.prio || r.set_priority; }, "prio"},
    {[](const Rule& r) { return r.fragment; }, "fragment: connections are tracked reassembled"},
    {[](const Rule& r) { return r.probability != 0 && r.verdict == Verdict::anchor; },
     "probability of an anchor"},
    {[](const Rule& r) { return r.max_packet_rate.count != 0; }, "max-pkt-rate"},
    {[](const Rule& r) { return r.state_limiter.id || r.source_limiter.id; }, "limiters"},
    {[](const Rule& r) { return r.state == synproxy; }, "synproxy state"},
    {[](const Rule& r) { return limits(r.state_options); }, "limits of states"},
    {[](const Rule& r) { return !r.state_options.timeouts.empty(); }, "timeouts of a rule"},
    {[](const Rule& r) { return r.state_options.if_bound; }, "if-bound"},
    {[](const Rule& r) { return r.state_options.sloppy; }, "sloppy"},
    {[](const Rule& r) { return r.state_options.pflow; }, "pflow"},
    {[](const Rule& r) { return r.state_options.allow_related; }, "allow-related"},
    {[](const Rule& r) { return r.once; }, "once"},
    {[](const Rule& r) { return r.allow_opts && (r.verdict == Verdict::match || r.state != none); },
     "allow-opts with a state"},
    {[](const Rule& r) { return r.routing.kind != Routing::Kind::none; },
     "route-to, reply-to and dup-to"},
    {[](const Rule& r) { return r.translation.source || r.translation.destination; },
     "nat-to and rdr-to"},
    {[](const Rule& r) { return r.translation.af_to != Family::any; }, "af-to"},
    {[](const Rule& r) { return !r.queue.name.empty(); }, "queue"},
    {[](const Rule& r) { return r.dummynet.has_value(); }, "dnpipe and dnqueue"},
    {[](const Rule& r) { return r.rtable.has_value(); }, "rtable"},
    {[](const Rule& r) { return r.divert_port || r.divert_to; }, "divert-to"},
};

constexpr Refusal<ScrubRule> kScrubs[] = {
    {[](const ScrubRule& r) { return r.log.has_value(); }, "log of scrub"},
    {[](const ScrubRule& r) { return !r.reassemble && !r.no; },
     "fragment no reassemble: connections are tracked reassembled"},
    {[](const ScrubRule& r) { return r.rtable.has_value(); }, "rtable"},
};

constexpr Refusal<Options> kOptions[] = {
    {[](const Options& o) { return o.reassemble && !o.reassemble->on; },
     "set reassemble no: connections are tracked reassembled"},
    {[](const Options& o) { return o.syncookies && o.syncookies->mode != Syncookies::Mode::never; },
     "set syncookies"},
};

// The first statement of a list.
template <class List>
Result<> none_of(const Policy& policy, const List& list, std::string_view what) {
  if (list.empty()) return {};
  return refuse(policy, list.front().at, what);
}

}  // namespace

std::unexpected<Error> refuse(const Policy& policy, std::string_view what) {
  return fail(policy.files.empty() ? "-" : policy.files.front(),
              ": not supported on this system: ", what);
}

std::unexpected<Error> refuse(const Policy& policy, const Position& at, std::string_view what) {
  const std::string file = at.file < policy.files.size() ? policy.files[at.file] : "-";
  return fail(file, ":", at.line, ": not supported on this system: ", what);
}

Result<> check(const Policy& policy) {
  for (const auto& [asked, what] : kOptions)
    if (asked(policy.options)) return refuse(policy, what);
  (void)TRY(none_of(policy, policy.altq, "altq"));
  (void)TRY(none_of(policy, policy.queues, "queue"));
  (void)TRY(none_of(policy, policy.limiters, "limiters"));
  for (const auto& [path, ruleset] : policy.rulesets) {
    (void)TRY(none_of(policy, ruleset.ether, "ether"));
    for (const auto& table : ruleset.tables)
      if (table.counters) return refuse(policy, table.at, "counters of a table");
  }
  return {};
}

Result<> check(const Policy& policy, const ScrubRule& rule) {
  for (const auto& [asked, what] : kScrubs)
    if (asked(rule)) return refuse(policy, rule.at, what);
  return {};
}

Result<> check(const Policy& policy, const FilterRule& rule) {
  for (const auto& [asked, what] : kMatches)
    if (asked(rule.match)) return refuse(policy, rule.at, what);
  for (const auto& [asked, what] : kRules)
    if (asked(rule)) return refuse(policy, rule.at, what);
  return {};
}

Result<> check(const Policy& policy, const TranslationRule& rule) {
  for (const auto& [asked, what] : kMatches)
    if (asked(rule.match)) return refuse(policy, rule.at, what);
  for (const auto& [asked, what] : kTranslations)
    if (asked(rule)) return refuse(policy, rule.at, what);
  if (rule.act != TranslationRule::Act::translate) return {};
  const auto pool = rule.kind == Kind::nat ? refusal_of_source(rule.pool, rule.match.on)
                    : rule.kind == Kind::rdr
                        ? refusal_of_destination(rule.pool, rule.match.destination.port)
                        : "";
  return pool.empty() ? Result<>{} : refuse(policy, rule.at, pool);
}

}  // namespace gaol::pf
