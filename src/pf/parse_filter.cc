// SPDX-License-Identifier: BSD-2-Clause
//
// pass, block, match, anchor and antispoof.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "base/suggest.h"
#include "pf/names.h"
#include "pf/parse.h"

namespace gaol::pf {

namespace {

constexpr size_t kLabels = 5, kLabelLength = 63, kQueueName = 63;

}  // namespace

constexpr Parser::FilterOption Parser::kFilterOptions[] = {
    {"!", &Parser::negated},
    {"af-to", &Parser::af_to, "cannot respecify af-to"},
    {"allow-opts", nullptr, "", &FilterRule::allow_opts},
    {"binat-to", &Parser::binat_to, "cannot respecify nat-to/binat-to"},
    {"divert-reply", nullptr},
    {"divert-to", &Parser::divert_to, "divert-to cannot be redefined"},
    {"dnpipe", &Parser::dnpipe},
    {"dnqueue", &Parser::dnqueue},
    {"flags", &Parser::flags, "flags cannot be redefined"},
    {"fragment", nullptr, "", &FilterRule::fragment},
    {"group", &Parser::group},
    {"icmp-type", &Parser::icmp_type, "icmp-type cannot be redefined"},
    {"icmp6-type", &Parser::icmp6_type, "icmp6-type cannot be redefined"},
    {"keep", &Parser::state_keep},
    {"label", &Parser::label},
    {"max-pkt-rate", &Parser::max_pkt_rate, "cannot respecify max-pkt-rate"},
    {"max-pkt-size", &Parser::max_pkt_size, "cannot respecify max-pkt-size"},
    {"modulate", &Parser::state_modulate},
    {"nat-to", &Parser::nat_to, "cannot respecify nat-to/binat-to"},
    {"no", &Parser::state_no},
    {"once", nullptr, "", &FilterRule::once},
    {"prio", &Parser::prio, "prio cannot be redefined"},
    {"probability", &Parser::probability},
    {"queue", &Parser::queue_of_rule, "queue cannot be redefined"},
    {"rdr-to", &Parser::rdr_to, "cannot respecify rdr-to"},
    {"received-on", &Parser::received_on, "cannot respecify received-on"},
    {"ridentifier", &Parser::ridentifier},
    {"rtable", &Parser::rtable_of_rule, "rtable cannot be redefined"},
    {"scrub", &Parser::scrub_of_rule},
    {"set", &Parser::set_of_rule},
    {"source", &Parser::source_limiter},
    {"state", &Parser::state_limiter},
    {"synproxy", &Parser::state_synproxy},
    {"tag", &Parser::tag_of_rule},
    {"tagged", &Parser::tagged_of_rule},
    {"tos", &Parser::tos_of_rule, "tos cannot be redefined"},
    {"user", &Parser::user},
};

// --- rules ---

Parsed<Parser::What> Parser::filter() {
  FilterSyntax rule;
  rule.rule.at = token_.at;
  rule.rule.verdict = at("pass") ? Verdict::pass : at("block") ? Verdict::block : Verdict::match;
  advance();
  if (rule.rule.verdict == Verdict::block) TRY(block_reply(rule));
  TRY(filter_middle(rule));
  TRY(filter_options(rule));
  return rule;
}

// anchor "NAME" ... { rules }
Parsed<Parser::What> Parser::anchor() {
  FilterSyntax rule;
  rule.rule.at = token_.at;
  rule.rule.verdict = Verdict::anchor;
  advance();
  const Position where = token_.at;
  const bool named = token_.is_name();
  if (named) rule.rule.anchor.name = TRY(name("the name of an anchor"));
  if (named && rule.rule.anchor.name.empty()) return wrong(where, "anchor name must not be empty");
  TRY(filter_middle(rule));
  TRY(filter_options(rule));
  if (at("{")) rule.body = TRY(body());
  return rule;
}

// direction, log, quick, on, route, family, protocol, from and to
Parsed<> Parser::filter_middle(FilterSyntax& rule) {
  rule.rule.match.direction = direction();
  TRY(log(rule.rule.log, &rule.rule.quick));
  TRY(on(rule.tests.interfaces));
  TRY(route(rule));
  rule.rule.match.family = family();
  TRY(protocols(rule.tests));
  return from_to(rule.tests);
}

Parsed<> Parser::filter_options(FilterSyntax& rule) {
  for (;;) {
    const auto* known = std::ranges::find_if(
        kFilterOptions, [this](const FilterOption& option) { return at(option.word); });
    if (known == std::end(kFilterOptions)) break;
    const Position where = token_.at;
    if (!known->again.empty() && !seen_.insert(known->word).second)
      return wrong(where, known->again);
    advance();
    if (!known->flag && !known->read)
      return wrong(where, concat(known->word, " has no meaning in FreeBSD pf(4)"));
    if (known->flag)
      rule.rule.*known->flag = true;
    else
      TRY((this->*known->read)(rule));
  }
  if (!token_.is_name()) return {};
  if (token_.text.ends_with(';')) return syntax("a statement ends with its line, not with a ;");
  std::vector<std::string_view> words;
  for (const auto& option : kFilterOptions) words.push_back(option.word);
  return syntax(
      concat("a rule has no option \"", token_.text, "\"", did_you_mean(token_.text, words)));
}

// drop | return | return-rst (ttl N) | return-icmp (CODE, CODE6) | return-icmp6 (CODE6)
Parsed<> Parser::block_reply(FilterSyntax& rule) {
  Reply& reply = rule.rule.reply;
  rule.reply_given = true;
  if (accept("drop")) {
    reply.kind = Reply::Kind::drop;
  } else if (accept("return")) {
    reply.kind = Reply::Kind::any;
  } else if (accept("return-rst")) {
    reply.kind = Reply::Kind::rst;
    if (!accept("(")) return {};
    TRY(expect("ttl"));
    reply.ttl =
        static_cast<uint8_t>(TRY(number_up_to(UINT8_MAX, "a number of hops", "illegal ttl value")));
    TRY(expect(")"));
  } else if (at("return-icmp") || at("return-icmp6")) {
    const bool v6 = at("return-icmp6");
    reply.kind = Reply::Kind::icmp;
    advance();
    if (!accept("(")) return {};
    if (!v6) reply.icmp_code = TRY(icmp_code(false, 3));
    if (!v6 && accept(","))
      reply.icmp6_code = TRY(icmp_code(true, 1));
    else if (v6)
      reply.icmp6_code = TRY(icmp_code(true, 1));
    TRY(expect(")"));
  } else {
    rule.reply_given = false;
  }
  return {};
}

// route-to (IF HOST), and reply-to and dup-to
Parsed<> Parser::route(FilterSyntax& rule) {
  if (accept("fastroute")) return {};
  struct Kind {
    std::string_view word;
    Routing::Kind kind;
  };
  static constexpr Kind kKinds[] = {{"route-to", Routing::Kind::route_to},
                                    {"reply-to", Routing::Kind::reply_to},
                                    {"dup-to", Routing::Kind::dup_to}};
  for (const auto& [word, kind] : kKinds)
    if (accept(word)) {
      rule.rule.routing.kind = kind;
      rule.route = TRY(pool(true));
    }
  return {};
}

// --- what else is tested ---

Parsed<> Parser::user(FilterSyntax& rule) { return ids(rule.tests.users); }
Parsed<> Parser::group(FilterSyntax& rule) { return ids(rule.tests.groups); }

// A/B, /B or any
Parsed<> Parser::flags(FilterSyntax& rule) {
  rule.flags_given = true;
  if (accept("any")) return {};
  if (!at("/")) rule.rule.flags.set = TRY(flag_set());
  TRY(expect("/"));
  rule.rule.flags.among = TRY(flag_set());
  return {};
}

Parsed<> Parser::icmp_type(FilterSyntax& rule) { return icmp(rule.tests.icmp, false); }
Parsed<> Parser::icmp6_type(FilterSyntax& rule) { return icmp(rule.tests.icmp, true); }

Parsed<> Parser::tos_of_rule(FilterSyntax& rule) {
  rule.rule.tos = TRY(tos());
  return {};
}

Parsed<uint8_t> Parser::priority() {
  const Position where = token_.at;
  const int64_t value = TRY(number("a priority"));
  if (value < 0 || value > 7) return wrong(where, "prio must be 0 - 7");
  return static_cast<uint8_t>(value);
}

Parsed<> Parser::prio(FilterSyntax& rule) {
  rule.rule.prio = TRY(priority());
  return {};
}

// P% or a fraction of 1
Parsed<uint32_t> Parser::chance() {
  const Position where = token_.at;
  const std::string text = TRY(word("a probability"));
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (std::string_view(end) == "%")
    value /= 100;
  else if (*end != '\0')
    return wrong(where, concat("invalid probability: ", text));
  if (!(value > 0 && value <= 1))
    return wrong(where, concat("invalid probability: ", text, " (more than 0, up to 1 or 100%)"));
  return std::max(static_cast<uint32_t>(std::floor(value * UINT32_MAX + 0.5)), 1U);
}

Parsed<> Parser::probability(FilterSyntax& rule) {
  rule.rule.probability = TRY(chance());
  return {};
}

Parsed<> Parser::max_pkt_rate(FilterSyntax& rule) {
  rule.rule.max_packet_rate = TRY(rate());
  return {};
}

Parsed<> Parser::max_pkt_size(FilterSyntax& rule) {
  const Position where = token_.at;
  const int64_t size = TRY(number("a number of bytes"));
  if (size <= 0 || size > UINT16_MAX) return wrong(where, "invalid max-pkt-size");
  rule.rule.max_packet_size = static_cast<uint16_t>(size);
  return {};
}

Parsed<> Parser::received_on(FilterSyntax& rule) {
  rule.rule.received_on = TRY(interface());
  return {};
}

Parsed<> Parser::tagged_of_rule(FilterSyntax& rule) {
  rule.rule.match.tagged = {.name = TRY(tag())};
  return {};
}

// ! tagged, ! received-on
Parsed<> Parser::negated(FilterSyntax& rule) {
  if (accept("received-on")) {
    TRY(received_on(rule));
    rule.rule.received_on.negated = true;
    return {};
  }
  TRY(tagged(rule.rule.match.tagged));
  rule.rule.match.tagged.negated = true;
  return {};
}

Parsed<> Parser::limiter_use(LimiterUse& use, std::string_view kind) {
  TRY(expect("limiter"));
  accept("id");
  const Position where = token_.at;
  if (token_.kind != Token::Kind::number) {
    use.name = TRY(name("the name of a limiter"));
  } else {
    use.id = static_cast<uint8_t>(TRY(number_up_to(UINT8_MAX, "a limiter", "illegal limiter id")));
    if (use.id == 0) return wrong(where, concat(kind, " limiter id must be from 1 to 255"));
  }
  if (!accept("(")) return {};
  use.no_match = accept("no-match");
  if (!use.no_match) TRY(expect("block"));
  return expect(")");
}

Parsed<> Parser::state_limiter(FilterSyntax& rule) {
  return limiter_use(rule.rule.state_limiter, "state");
}
Parsed<> Parser::source_limiter(FilterSyntax& rule) {
  return limiter_use(rule.rule.source_limiter, "source");
}

// --- state ---

Parsed<> Parser::state(FilterSyntax& rule, State state) {
  if (rule.state_given) return wrong(token_.at, "modulate or keep cannot be redefined");
  TRY(expect("state"));
  rule.state_given = true;
  rule.rule.state = state;
  if (state == State::none || !accept("(")) return {};
  return state_options(rule.rule.state_options, ")");
}

Parsed<> Parser::state_no(FilterSyntax& rule) { return state(rule, State::none); }
Parsed<> Parser::state_keep(FilterSyntax& rule) { return state(rule, State::keep); }
Parsed<> Parser::state_modulate(FilterSyntax& rule) { return state(rule, State::modulate); }
Parsed<> Parser::state_synproxy(FilterSyntax& rule) { return state(rule, State::synproxy); }

// --- what is done ---

Parsed<std::string> Parser::label_text() {
  const Position where = token_.at;
  std::string text = TRY(name("a label"));
  if (text.size() > kLabelLength)
    return wrong(where, concat("rule label too long (max ", kLabelLength, " chars)"));
  return text;
}

Parsed<> Parser::label(FilterSyntax& rule) {
  if (rule.rule.labels.size() == kLabels)
    return wrong(token_.at, concat("label can only be used ", kLabels, " times"));
  rule.rule.labels.push_back(TRY(label_text()));
  return {};
}

Parsed<uint32_t> Parser::identifier() {
  const Position where = token_.at;
  const std::string text = TRY(word("a number"));
  const auto value = any_base(text);
  if (!value || *value > UINT32_MAX)
    return wrong(where, concat("illegal ridentifier value ", text));
  return static_cast<uint32_t>(*value);
}

Parsed<> Parser::ridentifier(FilterSyntax& rule) {
  rule.rule.ridentifier = TRY(identifier());
  return {};
}

Parsed<> Parser::tag_of_rule(FilterSyntax& rule) {
  rule.rule.tag = TRY(tag());
  return {};
}

Parsed<> Parser::rtable_of_rule(FilterSyntax& rule) {
  rule.rule.rtable = TRY(rtable());
  return {};
}

Parsed<std::string> Parser::queue_name() {
  const Position where = token_.at;
  std::string out = TRY(name("the name of a queue"));
  if (out.size() > kQueueName)
    return wrong(where, concat("queue name too long (max ", kQueueName, " chars)"));
  return out;
}

// NAME or (NAME, NAME)
Parsed<> Parser::queue_of_rule(FilterSyntax& rule) {
  Queues& queue = rule.rule.queue;
  const bool several = accept("(");
  queue.name = TRY(queue_name());
  if (!several) return {};
  accept(",");
  if (!at(")")) queue.ack = TRY(queue_name());
  return expect(")");
}

// N, (N) or (N, N)
Parsed<Dummynet> Parser::dummynet(bool queue) {
  const auto one = [this]() -> Parsed<uint16_t> {
    const Position where = token_.at;
    const int64_t value = TRY(number("the number of a pipe"));
    if (value < 1 || value > UINT16_MAX)
      return wrong(where, concat("illegal dummynet pipe ", value));
    return static_cast<uint16_t>(value);
  };
  Dummynet out{.queue = queue};
  const bool several = accept("(");
  out.number = TRY(one());
  if (!several) return out;
  accept(",");
  if (!at(")")) out.reverse = TRY(one());
  TRY(expect(")"));
  return out;
}

Parsed<> Parser::dnpipe(FilterSyntax& rule) {
  rule.rule.dummynet = TRY(dummynet(false));
  return {};
}
Parsed<> Parser::dnqueue(FilterSyntax& rule) {
  rule.rule.dummynet = TRY(dummynet(true));
  return {};
}

// PORT, or HOST port PORT
Parsed<> Parser::divert_to(FilterSyntax& rule) {
  if (token_.kind != Token::Kind::number) {
    rule.divert = TRY(host());
    TRY(expect("port"));
  }
  const Position where = token_.at;
  const std::string text = TRY(word("a port"));
  const uint16_t number = TRY(port(where, text));
  if (number == 0) return wrong(where, concat("invalid divert port: ", number));
  rule.rule.divert_port = number;
  return {};
}

Parsed<> Parser::scrub_of_rule(FilterSyntax& rule) {
  TRY(expect("("));
  return items_until(")", [&]() -> Parsed<> {
    if (TRY(normalization(rule.rule.scrub))) return {};
    return syntax(concat("\"", token_.text, "\" is no scrub option of a filter rule"));
  });
}

Parsed<> Parser::nat_to(FilterSyntax& rule) {
  if (rule.binat_to) return wrong(token_.at, "cannot respecify nat-to/binat-to");
  rule.nat_to = TRY(pool(false));
  return {};
}
Parsed<> Parser::rdr_to(FilterSyntax& rule) {
  rule.rdr_to = TRY(pool(false));
  return {};
}
Parsed<> Parser::binat_to(FilterSyntax& rule) {
  if (rule.nat_to) return wrong(token_.at, "cannot respecify nat-to/binat-to");
  rule.binat_to = TRY(pool(false));
  return {};
}

// af-to FAMILY from POOL [to POOL]
Parsed<> Parser::af_to(FilterSyntax& rule) {
  rule.rule.translation.af_to = family();
  if (rule.rule.translation.af_to == Family::any)
    return wrong(token_.at, "no address family specified");
  TRY(expect("from"));
  rule.af_from = TRY(pool(false));
  if (accept("to")) rule.af_to = TRY(pool(false));
  return {};
}

// set prio N, set tos T, set ( both )
Parsed<> Parser::set_of_rule(FilterSyntax& rule) {
  if (!accept("(")) return set_one(rule);
  return items_until(")", [&] { return set_one(rule); });
}

Parsed<> Parser::set_one(FilterSyntax& rule) {
  if (accept("tos")) {
    rule.rule.set_tos = TRY(tos());
    return {};
  }
  TRY(expect("prio"));
  if (!accept("(")) {
    const uint8_t both = TRY(priority());
    rule.rule.set_priority = {.priority = both, .low_delay = both};
    return {};
  }
  SetPriority out{.priority = TRY(priority())};
  accept(",");
  out.low_delay = TRY(priority());
  rule.rule.set_priority = out;
  return expect(")");
}

// --- antispoof ---

Parsed<Parser::What> Parser::antispoof() {
  AntispoofSyntax out;
  out.rule.at = token_.at;
  out.rule.verdict = Verdict::block;
  advance();
  TRY(log(out.rule.log, &out.rule.quick));
  TRY(expect("for"));
  const auto item = [&]() -> Parsed<> {
    AntispoofSyntax::Where where{.at = token_.at, .name = {}, .dynamic = accept("(")};
    if (at("!")) return syntax("antispoof takes no !");
    where.name = TRY(interface()).name;
    if (where.dynamic) TRY(expect(")"));
    out.interfaces.push_back(std::move(where));
    return {};
  };
  TRY(list(item));
  out.rule.match.family = family();
  for (;;) {
    if (accept("label"))
      out.rule.labels.push_back(TRY(label_text()));
    else if (accept("ridentifier"))
      out.rule.ridentifier = TRY(identifier());
    else if (accept("rtable"))
      out.rule.rtable = TRY(rtable());
    else
      return out;
  }
}

}  // namespace gaol::pf
