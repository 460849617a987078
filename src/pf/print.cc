// SPDX-License-Identifier: BSD-2-Clause
//
// One function a piece, in the order in which pfctl puts them. Each appends with a blank in front.
#include "pf/print.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/text.h"
#include "pf/lex.h"
#include "pf/names.h"

namespace gaol::pf {

namespace {

std::string hex(uint64_t value, size_t width) {
  char digits[16];
  const std::string text(digits, std::to_chars(digits, std::end(digits), value, 16).ptr);
  return concat("0x", std::string(width - std::min(width, text.size()), '0'), text);
}

// Without the zeroes at its end.
std::string decimal(double value, int places) {
  char digits[64];
  std::string out(
      digits, std::to_chars(digits, std::end(digits), value, std::chars_format::fixed, places).ptr);
  if (out.contains('.')) out.resize(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

// Within quotes a backslash is itself, but in front of a quote and a blank; at the end it cannot
// be.
std::string quoted(std::string_view text) {
  const bool in_quotes = !text.ends_with('\\');
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (in_quotes ? c == '"' || (blank && out.ends_with('\\')) : !starts_word(c)) out += '\\';
    out += c;
  }
  return in_quotes ? concat("\"", out, "\"") : out;
}

// As it is, if the words of it are read as names then.
std::string plain(const std::string& text) {
  for (const auto word : split(text, ' ')) {
    const bool bare = !word.empty() && !is_keyword(word) &&
                      std::ranges::all_of(word, continues_word) && starts_word(word[0]) &&
                      word.find_first_not_of("0123456789") != word.npos && !word.contains('\\');
    if (!bare) return quoted(text);
  }
  return text;
}

std::string plain_words(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(plain(name));
  return join(out, " ");
}

std::string listed(const std::vector<std::string>& words, std::string_view separator) {
  return words.size() == 1 ? words[0] : concat("{ ", join(words, separator), " }");
}

std::string_view not_in_front(bool negated) { return negated ? "! " : ""; }

// --- what is tested ---

void print_interface(std::string& out, std::string_view word, const InterfaceTest& on) {
  if (on.name.empty()) return;
  const std::string name = on.name == "any" ? on.name : plain(on.name);  // the group of all
  out += concat(" ", word, " ", not_in_front(on.negated), name);
}

void print_direction(std::string& out, Direction direction) {
  if (direction != Direction::any) out += direction == Direction::in ? " in" : " out";
}

void print_family(std::string& out, Family family) {
  if (family != Family::any) out += family == Family::inet ? " inet" : " inet6";
}

void print_protocol(std::string& out, uint8_t protocol) {
  if (protocol == 0) return;
  const auto name = protocol_name(protocol);
  out += name.empty() ? concat(" proto ", protocol) : concat(" proto ", name);
}

void print_log(std::string& out, const std::optional<Log>& log) {
  if (!log) return;
  std::vector<std::string> words;
  if (log->all) words.emplace_back("all");
  if (log->matches) words.emplace_back("matches");
  if (log->user) words.emplace_back("user");
  if (!log->to.empty()) words.push_back(concat("to ", plain(log->to)));
  out += words.empty() ? " log" : concat(" log (", join(words, ", "), ")");
}

std::string compared(Compare op, const std::string& low, const std::string& high) {
  switch (op) {
    case Compare::none: return {};
    case Compare::eq: return concat("= ", low);
    case Compare::ne: return concat("!= ", low);
    case Compare::lt: return concat("< ", low);
    case Compare::le: return concat("<= ", low);
    case Compare::gt: return concat("> ", low);
    case Compare::ge: return concat(">= ", low);
    case Compare::range: return concat(low, ":", high);
    case Compare::inside: return concat(low, " >< ", high);
    case Compare::outside: return concat(low, " <> ", high);
  }
  return {};
}

// Names are only given to single ports.
void print_port(std::string& out, const Ports& port, uint8_t protocol, Style style) {
  if (port.op == Compare::none) return;
  std::string low = concat(port.low);
  if (!style.numeric_ports && (port.op == Compare::eq || port.op == Compare::ne))
    if (const auto name = port_name(port.low, protocol); !name.empty()) low = name;
  out += concat(" port ", compared(port.op, low, concat(port.high)));
}

void print_ids(std::string& out, std::string_view word, const Ids& ids) {
  if (ids.op == Compare::none) return;
  const std::string low = ids.low == kUnknownId ? "unknown" : concat(ids.low);
  out += concat(" ", word, " ", compared(ids.op, low, concat(ids.high)));
}

bool is_any(const Side& side) {
  const auto* special = std::get_if<Special>(&side.address);
  return special && *special == Special::any && !side.negated && side.port.op == Compare::none;
}

void print_side(std::string& out, std::string_view word, const Side& side, Family family,
                uint8_t protocol, Style style) {
  out += concat(" ", word, " ", not_in_front(side.negated), print(side.address, family, style));
  print_port(out, side.port, protocol, style);
}

void print_sides(std::string& out, const Side& source, const std::string& os,
                 const Side& destination, Family family, uint8_t protocol, Style style) {
  if (is_any(source) && is_any(destination) && os.empty()) {
    out += " all";
    return;
  }
  print_side(out, "from", source, family, protocol, style);
  if (!os.empty()) out += concat(" os ", quoted(os));
  print_side(out, "to", destination, family, protocol, style);
}

void print_match(std::string& out, const Match& match, Style style) {
  print_family(out, match.family);
  print_protocol(out, match.protocol);
  print_sides(out, match.source, match.os, match.destination, match.family, match.protocol, style);
}

void print_tagged(std::string& out, const TagTest& tagged) {
  if (!tagged.name.empty())
    out += concat(tagged.negated ? " !" : "", " tagged ", plain(tagged.name));
}

std::string flag_letters(uint8_t flags) {
  std::string out;
  for (size_t i = 0; i < 8; ++i)
    if (flags >> i & 1) out += "FSRPAUEW"[i];
  return out;
}

// A stateful rule for TCP tests S/SA unless it is told not to.
void print_flags(std::string& out, const FilterRule& rule) {
  const bool tcp = rule.match.protocol == 0 || rule.match.protocol == kTcp;
  if (rule.flags.among != 0)
    out += concat(" flags ", flag_letters(rule.flags.set), "/", flag_letters(rule.flags.among));
  else if (rule.verdict == Verdict::pass && tcp && !rule.fragment && rule.state != State::none)
    out += " flags any";
}

void print_icmp(std::string& out, const FilterRule& rule) {
  if (!rule.icmp.type) return;
  const bool v6 = rule.match.protocol == kIcmp6;
  const Icmp version = v6 ? Icmp::v6 : Icmp::v4;
  const auto type = icmp_type_name(version, *rule.icmp.type);
  out += v6 ? " icmp6-type " : " icmp-type ";
  out += type.empty() ? concat(*rule.icmp.type) : std::string(type);
  if (!rule.icmp.code) return;
  const auto code = icmp_code_name(version, *rule.icmp.type, *rule.icmp.code);
  out += " code ";
  out += code.empty() ? concat(*rule.icmp.code) : std::string(code);
}

// --- what is done ---

std::string code_text(Icmp version, uint8_t code) {
  const auto name = icmp_code_name(version, version == Icmp::v4 ? 3 : 1, code);
  return name.empty() ? concat(code) : std::string(name);
}

void print_reply(std::string& out, const Reply& reply, Family family) {
  switch (reply.kind) {
    case Reply::Kind::drop: out += " drop"; return;
    case Reply::Kind::any: out += " return"; return;
    case Reply::Kind::rst:
      out += " return-rst";
      if (reply.ttl != 0) out += concat("(ttl ", reply.ttl, ")");
      return;
    case Reply::Kind::icmp: break;
  }
  const std::string v4 = code_text(Icmp::v4, reply.icmp_code);
  const std::string v6 = code_text(Icmp::v6, reply.icmp6_code);
  if (family == Family::inet)
    out += concat(" return-icmp(", v4, ")");
  else if (family == Family::inet6)
    out += concat(" return-icmp6(", v6, ")");
  else
    out += concat(" return-icmp(", v4, ", ", v6, ")");
}

std::string member_text(const Pool::Member& member, Family family, Style style) {
  if (!member.address) return plain(member.interface);
  const std::string address = print(*member.address, family, style);
  return member.interface.empty() ? address
                                  : concat("(", plain(member.interface), " ", address, ")");
}

void print_pool(std::string& out, const Pool& pool, Family family, Style style) {
  std::vector<std::string> members;
  for (const auto& member : pool.members) members.push_back(member_text(member, family, style));
  out += concat(" ", listed(members, ", "));
  if (pool.low != 0 || pool.shifted) {
    out += concat(" port ", pool.low);
    if (pool.shifted) out += ":*";
    if (pool.high != 0) out += concat(":", pool.high);
  }
  constexpr std::string_view kChoices[] = {"", " bitmask", " random", " source-hash",
                                           " round-robin"};
  out += kChoices[static_cast<size_t>(pool.choice)];
  if (!pool.key.empty()) out += concat(" 0x", pool.key);
  if (pool.sticky) out += " sticky-address";
  if (pool.endpoint_independent) out += " endpoint-independent";
  if (pool.static_port) out += " static-port";
  if (pool.map_e)
    out += concat(" map-e-portset ", pool.map_e->offset, "/", pool.map_e->length, "/",
                  pool.map_e->psid);
  if (pool.prefer_ipv6_nexthop) out += " prefer-ipv6-nexthop";
}

void print_routing(std::string& out, const FilterRule& rule, Style style) {
  constexpr std::string_view kWords[] = {"", " route-to", " reply-to", " dup-to"};
  if (rule.routing.kind == Routing::Kind::none) return;
  out += kWords[static_cast<size_t>(rule.routing.kind)];
  print_pool(out, rule.routing.pool, rule.match.family, style);
}

void print_set(std::string& out, const FilterRule& rule) {
  std::vector<std::string> words;
  if (const auto& prio = rule.set_priority)
    words.push_back(prio->priority == prio->low_delay
                        ? concat("prio ", prio->priority)
                        : concat("prio(", prio->priority, ", ", prio->low_delay, ")"));
  if (rule.set_tos) words.push_back(concat("tos ", hex(*rule.set_tos, 2)));
  if (!words.empty()) out += concat(" set ( ", join(words, ", "), " )");
}

std::string state_options_text(const StateOptions& options) {
  using Tracking = StateOptions::Tracking;
  using Flush = StateOptions::Flush;
  std::vector<std::string> words;
  const auto count = [&](std::string_view word, uint32_t value) {
    if (value != 0) words.push_back(concat(word, " ", value));
  };
  const auto flag = [&](std::string_view word, bool on) {
    if (on) words.emplace_back(word);
  };
  count("max", options.max);
  flag("no-sync", options.no_sync);
  flag("source-track rule", options.tracking == Tracking::rule);
  flag("source-track global", options.tracking == Tracking::global);
  count("max-src-states", options.max_src_states);
  count("max-src-conn", options.max_src_conn);
  if (const auto& rate = options.max_src_conn_rate; rate.count != 0)
    words.push_back(concat("max-src-conn-rate ", rate.count, "/", rate.seconds));
  count("max-src-nodes", options.max_src_nodes);
  if (!options.overload.empty())
    words.push_back(concat("overload <", plain(options.overload), ">",
                           options.flush == Flush::none ? "" : " flush",
                           options.flush == Flush::global ? " global" : ""));
  flag("if-bound", options.if_bound);
  flag("floating", options.floating);
  flag("sloppy", options.sloppy);
  flag("pflow", options.pflow);
  flag("allow-related", options.allow_related);
  for (const auto& [timeout, value] : options.timeouts)
    words.push_back(concat(timeout_name(timeout), " ", value));
  return join(words, ", ");
}

void print_state(std::string& out, const FilterRule& rule) {
  constexpr std::string_view kWords[] = {" no state", " keep state", " modulate state",
                                         " synproxy state"};
  if (rule.state != State::none || rule.verdict == Verdict::pass)
    out += kWords[static_cast<size_t>(rule.state)];
}

std::string probability_text(uint32_t probability) {
  return concat(" probability ", decimal(probability * 100.0 / (UINT32_MAX + 1.0), 6), "%");
}

void print_labels(std::string& out, const std::vector<std::string>& labels, uint32_t ridentifier) {
  for (const auto& label : labels) out += concat(" label ", quoted(label));
  if (ridentifier != 0) out += concat(" ridentifier ", ridentifier);
}

void print_dummynet(std::string& out, const std::optional<Dummynet>& pipe) {
  if (!pipe) return;
  const std::string_view word = pipe->queue ? "dnqueue" : "dnpipe";
  out += pipe->reverse == 0 ? concat(" ", word, " ", pipe->number)
                            : concat(" ", word, "(", pipe->number, ", ", pipe->reverse, ")");
}

void print_queue(std::string& out, const Queues& queue) {
  if (queue.name.empty()) return;
  out += queue.ack.empty() ? concat(" queue ", plain(queue.name))
                           : concat(" queue(", plain(queue.name), ", ", plain(queue.ack), ")");
}

void print_limiter(std::string& out, std::string_view kind, const LimiterUse& use) {
  if (use.id != 0)
    out += concat(" ", kind, " limiter id ", use.id, use.no_match ? " (no-match)" : "");
}

void print_filter_translation(std::string& out, const FilterRule& rule, Style style) {
  const auto& [source, destination, af_to] = rule.translation;
  if (af_to != Family::any) {
    out += " af-to";
    print_family(out, af_to);
    out += " from";
    print_pool(out, *source, af_to, style);
    if (destination) {
      out += " to";
      print_pool(out, *destination, af_to, style);
    }
    return;
  }
  if (source) {
    out += " nat-to";
    print_pool(out, *source, rule.match.family, style);
  }
  if (destination) {
    out += " rdr-to";
    print_pool(out, *destination, rule.match.family, style);
  }
}

// no-df, min-ttl and so on, without a blank in front.
std::string normalization_text(const Normalization& scrub) {
  std::vector<std::string> words;
  if (scrub.no_df) words.emplace_back("no-df");
  if (scrub.random_id) words.emplace_back("random-id");
  if (scrub.min_ttl != 0) words.push_back(concat("min-ttl ", scrub.min_ttl));
  if (scrub.tos) words.push_back(concat("set-tos ", hex(*scrub.tos, 2)));
  if (scrub.reassemble_tcp) words.emplace_back("reassemble tcp");
  if (scrub.max_mss != 0) words.push_back(concat("max-mss ", scrub.max_mss));
  return join(words, " ");
}

// The name of an anchor, or nothing.
std::string anchor_text(const AnchorCall& anchor) {
  return anchor.name.empty() ? std::string() : concat(" ", quoted(anchor.name));
}

// --- queues ---

std::string bandwidth_text(const Bandwidth& bandwidth) {
  constexpr std::string_view kUnits[] = {"b", "Kb", "Mb", "Gb"};
  if (bandwidth.millipercent != 0) return concat(decimal(bandwidth.millipercent / 1000.0, 3), "%");
  size_t unit = 0;
  auto value = static_cast<double>(bandwidth.bits);
  for (; unit + 1 < std::size(kUnits) && value >= 1000; ++unit) value /= 1000;
  return concat(decimal(value, 9), kUnits[unit]);
}

void print_curve(std::vector<std::string>& words, std::string_view word,
                 const std::optional<ServiceCurve>& curve) {
  if (!curve) return;
  const std::string then = bandwidth_text(curve->then);
  words.push_back(curve->milliseconds == 0 ? concat(word, " ", then)
                                           : concat(word, " (", bandwidth_text(curve->first), " ",
                                                    curve->milliseconds, " ", then, ")"));
}

std::string scheduler_text(const SchedulerOptions& options) {
  constexpr std::string_view kNames[] = {"", "cbq", "priq", "hfsc", "fairq", "codelq"};
  std::vector<std::string> words;
  const auto flag = [&](std::string_view word, bool on) {
    if (on) words.emplace_back(word);
  };
  const auto count = [&](std::string_view word, uint32_t value) {
    if (value != 0) words.push_back(concat(word, " ", value));
  };
  flag("red", options.red);
  flag("ecn", options.ecn);
  flag("rio", options.rio);
  flag("codel", options.codel);
  flag("borrow", options.borrow);
  flag("default", options.is_default);
  print_curve(words, "realtime", options.realtime);
  print_curve(words, "linkshare", options.linkshare);
  print_curve(words, "upperlimit", options.upperlimit);
  count("buckets", options.buckets);
  if (options.hogs.bits != 0 || options.hogs.millipercent != 0)
    words.push_back(concat("hogs ", bandwidth_text(options.hogs)));
  count("target", options.target);
  count("interval", options.interval);
  const auto name = kNames[static_cast<size_t>(options.scheduler)];
  return words.empty() ? std::string(name) : concat(name, "( ", join(words, " "), " )");
}

// --- ethernet ---

std::string mac_text(const sys::Mac& mac) {
  std::string out;
  for (const uint8_t byte : mac) out += concat(out.empty() ? "" : ":", hex(byte, 2).substr(2));
  return out;
}

void print_mac(std::string& out, std::string_view word, const MacTest& test) {
  if (test.mask == sys::Mac{}) return;
  out += concat(" ", word, " ", not_in_front(test.negated), mac_text(test.address));
  const bool whole = std::ranges::all_of(test.mask, [](uint8_t byte) { return byte == 0xff; });
  if (!whole) out += concat("&", mac_text(test.mask));
}

}  // namespace

std::string print_macro(std::string_view name, std::string_view value) {
  return concat(plain(std::string(name)), " = ", quoted(value));
}

std::string print(const Network& network) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(network.family, network.bytes, text, sizeof text);
  const int whole = network.family == AF_INET ? 32 : 128;
  return network.prefix == whole ? text : concat(std::string_view(text), "/", network.prefix);
}

std::string print(const Address& address, Family family, Style style) {
  constexpr std::string_view kSpecial[] = {"any", "no-route", "urpf-failed"};
  constexpr std::string_view kParts[] = {"", ":network", ":broadcast", ":peer"};
  const std::string_view unknown = style.numbers ? ":*" : "";
  if (const auto* special = std::get_if<Special>(&address))
    return std::string(kSpecial[static_cast<size_t>(*special)]);
  if (const auto* network = std::get_if<Network>(&address)) return print(*network);
  if (const auto* range = std::get_if<AddressRange>(&address))
    return concat(print(range->first), " - ", print(range->last));
  if (const auto* table = std::get_if<TableName>(&address))
    return concat("<", plain(table->name), unknown, ">");
  const auto& dynamic = std::get<DynamicAddress>(address);
  const int whole = family == Family::inet ? 32 : 128;
  const bool shorter = dynamic.prefix && *dynamic.prefix < whole;
  const std::string name = concat(dynamic.interface, kParts[static_cast<size_t>(dynamic.part)],
                                  dynamic.no_alias ? ":0" : "");
  return concat("(", plain(name), unknown, ")",
                shorter ? concat("/", *dynamic.prefix) : std::string());
}

std::string print(const Table& table) {
  std::string out = concat("table <", plain(table.name), ">");
  if (table.constant) out += " const";
  if (table.persist) out += " persist";
  if (table.counters) out += " counters";
  for (const auto& [file, entries] : table.sources) {
    if (!file.empty()) {
      out += concat(" file ", quoted(file));
      continue;
    }
    out += " {";
    for (const auto& [network, negated] : entries)
      out += concat(negated ? " !" : " ", print(network));
    out += " }";
  }
  return out;
}

std::string print(const Limiter& limiter) {
  std::string out = concat(limiter.source ? "source" : "state", " limiter ", plain(limiter.name),
                           " id ", limiter.id);
  if (limiter.source) out += concat(" entries ", limiter.entries);
  out += concat(" limit ", limiter.limit);
  if (limiter.rate.count != 0)
    out += concat(" rate ", limiter.rate.count, "/", limiter.rate.seconds);
  if (limiter.inet_mask) out += concat(" inet mask ", *limiter.inet_mask);
  if (limiter.inet6_mask) out += concat(" inet6 mask ", *limiter.inet6_mask);
  if (!limiter.table.empty()) {
    out += concat(" table <", plain(limiter.table), "> above ", limiter.above);
    if (limiter.below != 0) out += concat(" below ", limiter.below);
  }
  return out;
}

std::string print(const Altq& altq) {
  std::string out = concat("altq on ", plain(altq.on.name), " ", scheduler_text(altq.options));
  if (altq.bandwidth) out += concat(" bandwidth ", bandwidth_text(*altq.bandwidth));
  if (altq.qlimit != 0) out += concat(" qlimit ", altq.qlimit);
  if (altq.tbrsize != 0) out += concat(" tbrsize ", altq.tbrsize);
  if (!altq.queues.empty()) out += concat(" queue { ", plain_words(altq.queues), " }");
  return out;
}

// Every word has a blank behind it.
std::string print(const Queue& queue) {
  constexpr uint8_t kUsualPriority = 1;
  std::string out = concat("queue ", plain(queue.name));
  print_interface(out, "on", queue.on);
  if (queue.bandwidth) out += concat(" bandwidth ", bandwidth_text(*queue.bandwidth));
  if (queue.priority.value_or(kUsualPriority) != kUsualPriority)
    out += concat(" priority ", *queue.priority);
  if (queue.qlimit != 0) out += concat(" qlimit ", queue.qlimit);
  if (queue.options.scheduler != Scheduler::none) out += concat(" ", scheduler_text(queue.options));
  out += ' ';
  if (!queue.children.empty()) out += concat("{ ", plain_words(queue.children), " }");
  return out;
}

std::string print(const FilterRule& rule, Style style) {
  constexpr std::string_view kVerdicts[] = {"pass", "block", "match", "anchor"};
  std::string out(kVerdicts[static_cast<size_t>(rule.verdict)]);
  out += anchor_text(rule.anchor);
  if (rule.verdict == Verdict::block) print_reply(out, rule.reply, rule.match.family);
  print_direction(out, rule.match.direction);
  print_log(out, rule.log);
  if (rule.quick) out += " quick";
  print_interface(out, "on", rule.match.on);
  print_routing(out, rule, style);
  print_match(out, rule.match, style);
  print_interface(out, rule.received_on.negated ? "!received-on" : "received-on",
                  {.name = rule.received_on.name});
  print_ids(out, "user", rule.user);
  print_ids(out, "group", rule.group);
  print_flags(out, rule);
  print_icmp(out, rule);
  if (rule.tos) out += concat(" tos ", hex(*rule.tos, 2));
  if (rule.prio) out += concat(" prio ", *rule.prio);
  if (rule.max_packet_size != 0) out += concat(" max-pkt-size ", rule.max_packet_size);
  if (const auto& rate = rule.max_packet_rate; rate.count != 0)
    out += concat(" max-pkt-rate ", rate.count, "/", rate.seconds);
  print_set(out, rule);
  print_state(out, rule);
  if (rule.probability != 0) out += probability_text(rule.probability);
  if (const auto options = state_options_text(rule.state_options); !options.empty())
    out += concat(" (", options, ")");
  if (rule.fragment) out += " fragment";
  if (const auto scrub = normalization_text(rule.scrub); !scrub.empty())
    out += concat(" scrub (", scrub, ")");
  if (rule.allow_opts) out += " allow-opts";
  print_labels(out, rule.labels, rule.ridentifier);
  print_dummynet(out, rule.dummynet);
  print_queue(out, rule.queue);
  if (!rule.tag.empty()) out += concat(" tag ", plain(rule.tag));
  print_tagged(out, rule.match.tagged);
  if (rule.rtable) out += concat(" rtable ", *rule.rtable);
  if (rule.divert_port)
    out += concat(" divert-to ", rule.divert_to ? concat(print(*rule.divert_to), " port ") : "",
                  *rule.divert_port);
  print_filter_translation(out, rule, style);
  print_limiter(out, "state", rule.state_limiter);
  print_limiter(out, "source", rule.source_limiter);
  if (rule.once) out += " once";
  return out;
}

std::string print(const TranslationRule& rule, Style style) {
  constexpr std::string_view kKinds[] = {"nat", "rdr", "binat"};
  using Act = TranslationRule::Act;
  std::string out = rule.act == Act::keep ? "no " : "";
  out += kKinds[static_cast<size_t>(rule.kind)];
  if (rule.act == Act::anchor) out += concat("-anchor", anchor_text(rule.anchor));
  if (rule.pass) out += " pass";
  print_log(out, rule.log);
  print_interface(out, "on", rule.match.on);
  print_match(out, rule.match, style);
  if (!rule.tag.empty()) out += concat(" tag ", plain(rule.tag));
  print_tagged(out, rule.match.tagged);
  if (rule.rtable) out += concat(" rtable ", *rule.rtable);
  if (rule.act == Act::translate) {
    out += " ->";
    print_pool(out, rule.pool, rule.match.family, style);
  }
  return out;
}

std::string print(const ScrubRule& rule, Style style) {
  std::string out = rule.no ? "no scrub" : "scrub";
  print_direction(out, rule.match.direction);
  print_log(out, rule.log);
  print_interface(out, "on", rule.match.on);
  print_match(out, rule.match, style);
  if (rule.normalization.no_df) out += " no-df";
  if (rule.normalization.random_id) out += " random-id";
  if (rule.normalization.min_ttl != 0) out += concat(" min-ttl ", rule.normalization.min_ttl);
  if (rule.normalization.max_mss != 0) out += concat(" max-mss ", rule.normalization.max_mss);
  if (rule.normalization.tos) out += concat(" set-tos ", hex(*rule.normalization.tos, 2));
  if (rule.normalization.reassemble_tcp) out += " reassemble tcp";
  if (!rule.no) out += rule.reassemble ? " fragment reassemble" : " fragment no reassemble";
  print_tagged(out, rule.match.tagged);
  if (rule.rtable) out += concat(" rtable ", *rule.rtable);
  return out;
}

std::string print(const EtherRule& rule, Style style) {
  constexpr std::string_view kVerdicts[] = {"pass", "block", "match", "anchor"};
  std::string out = concat("ether ", kVerdicts[static_cast<size_t>(rule.verdict)]);
  out += anchor_text(rule.anchor);
  print_direction(out, rule.direction);
  if (rule.quick) out += " quick";
  print_interface(out, "on", rule.on);
  if (!rule.bridge_to.empty()) out += concat(" bridge-to ", plain(rule.bridge_to));
  if (rule.protocol != 0) out += concat(" proto ", hex(rule.protocol, 4));
  print_mac(out, "from", rule.source);
  print_mac(out, "to", rule.destination);
  out += " l3";
  const Family family = rule.protocol == 0x0800 ? Family::inet : Family::inet6;
  print_sides(out, rule.l3_source, {}, rule.l3_destination, family, 0, style);
  print_labels(out, rule.labels, rule.ridentifier);
  if (!rule.queue.empty()) out += concat(" queue ", plain(rule.queue));
  if (!rule.tag.empty()) out += concat(" tag ", plain(rule.tag));
  print_tagged(out, rule.tagged);
  print_dummynet(out, rule.dummynet);
  return out;
}

std::string print(const Options& options) {
  constexpr std::string_view kCookies[] = {"never", "always", "adaptive"};
  std::string out;
  const auto line = [&](const auto&... words) { out += concat("set ", words..., "\n"); };
  const auto yes_or_no = [](bool on) -> std::string_view { return on ? "yes" : "no"; };
  const auto policy = [](Reply::Kind kind) -> std::string_view {
    return kind == Reply::Kind::drop ? "drop" : "return";
  };
  if (const auto& on = options.require_order) line("require-order ", yes_or_no(*on));
  for (const auto& [timeout, value] : options.timeouts)
    line("timeout ", timeout_name(timeout), ' ', value);
  for (const auto& [limit, value] : options.limits) line("limit ", limit_name(limit), ' ', value);
  if (const auto& kind = options.optimization) line("optimization ", optimization_name(*kind));
  if (const auto& kind = options.ruleset_optimization)
    line("ruleset-optimization ", ruleset_optimization_name(*kind));
  if (const auto& name = options.loginterface)
    line("loginterface ", name->empty() ? "none" : plain(*name));
  if (const auto& id = options.hostid) line("hostid ", hex(*id, 8));
  if (const auto& level = options.debug) line("debug ", debug_name(*level));
  if (const auto& kind = options.block_policy) line("block-policy ", policy(*kind));
  if (const auto& kind = options.fail_policy) line("fail-policy ", policy(*kind));
  if (const auto& bound = options.if_bound) line("state-policy ", *bound ? "if-bound" : "floating");
  if (const auto& defaults = options.state_defaults)
    line("state-defaults ", state_options_text(*defaults));
  if (const auto& skip = options.skip)
    line("skip on ", skip->empty() ? "none" : concat("{ ", plain_words(*skip), " }"));
  if (const auto& how = options.reassemble)
    line("reassemble ", yes_or_no(how->on), ' ', how->no_df ? "no-df" : "");
  if (const auto& how = options.syncookies) {
    const bool adaptive = how->mode == Syncookies::Mode::adaptive;
    line("syncookies ", kCookies[static_cast<size_t>(how->mode)],
         adaptive ? concat(" (start ", how->start, "%, end ", how->end, "%)") : "");
  }
  if (const auto& file = options.fingerprints) line("fingerprints ", quoted(*file));
  if (options.keep_counters) line("keepcounters");
  return out;
}

namespace {

class Printer {
 public:
  Printer(const Policy& policy, Style style, const Below& below)
      : policy_(policy), style_(style), below_(below) {}

  void print(std::string_view path, Rules kind) {
    const auto found = policy_.rulesets.find(path);
    if (found == policy_.rulesets.end()) return;
    const Ruleset& rules = found->second;
    if (kind == Rules::scrub) list(rules.scrub, kind);
    if (kind == Rules::ether) list(rules.ether, kind);
    if (kind == Rules::translation)
      for (const auto* one : {&rules.nat, &rules.rdr, &rules.binat}) list(*one, kind);
    if (kind == Rules::filter) list(rules.filter, kind);
  }
  std::string take() { return std::move(out_); }

 private:
  template <class Rule>
  void list(const std::vector<Rule>& rules, Rules kind) {
    for (size_t i = 0; i < rules.size(); ++i) {
      out_.append(depth_ * 2, ' ');
      if (style_.numbers) out_ += concat("@", i, " ");
      out_ += pf::print(rules[i], style_);
      if constexpr (requires { rules[i].anchor; }) body(rules[i].anchor, kind);
      out_ += '\n';
      if constexpr (std::same_as<Rule, FilterRule>)
        if (below_) out_ += below_(rules[i]);
    }
  }

  void body(const AnchorCall& anchor, Rules kind) {
    if (!anchor.is_inline) return;
    out_ += " {\n";
    ++depth_;
    print(anchor.path, kind);
    --depth_;
    out_.append(depth_ * 2, ' ');
    out_ += '}';
  }

  const Policy& policy_;
  Style style_;
  const Below& below_;
  size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string print_rules(const Policy& policy, std::string_view path, Rules kind, Style style,
                        const Below& below) {
  Printer printer(policy, style, below);
  printer.print(path, kind);
  return printer.take();
}

}  // namespace gaol::pf
