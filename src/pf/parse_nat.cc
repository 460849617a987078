// SPDX-License-Identifier: BSD-2-Clause
//
// nat, rdr, binat and scrub as rules of their own, and the pools of addresses that these and filter
// rules choose from.
#include <algorithm>
#include <iterator>

#include "pf/key.h"
#include "pf/names.h"
#include "pf/parse.h"

namespace gaol::pf {

constexpr std::string_view kTypeAgain = "pool type cannot be redefined";

constexpr Parser::PoolOption Parser::kPoolOptions[] = {
    {"bitmask", nullptr, kTypeAgain, nullptr, Pool::Choice::bitmask},
    {"endpoint-independent", nullptr, "endpoint-independent cannot be redefined",
     &Pool::endpoint_independent},
    {"map-e-portset", &Parser::pool_map_e, "map-e-portset cannot be redefined"},
    {"prefer-ipv6-nexthop", nullptr, "prefer-ipv6-nexthop cannot be redefined",
     &Pool::prefer_ipv6_nexthop},
    {"random", nullptr, kTypeAgain, nullptr, Pool::Choice::random},
    {"round-robin", nullptr, kTypeAgain, nullptr, Pool::Choice::round_robin},
    {"source-hash", &Parser::pool_source_hash, kTypeAgain, nullptr, Pool::Choice::source_hash},
    {"static-port", nullptr, "static-port cannot be redefined", &Pool::static_port},
    {"sticky-address", nullptr, "sticky-address cannot be redefined", &Pool::sticky},
};

Parsed<Parser::What> Parser::no() {
  const Position where = token_.at;
  advance();
  if (at("scrub")) return scrub_rule(true);
  if (at("nat") || at("rdr") || at("binat")) return translation_rule(true);
  return wrong(where, "syntax error (only scrub, nat, rdr or binat may stand behind this no)");
}

// --- nat, rdr, binat ---

Parsed<Parser::What> Parser::translation() { return translation_rule(false); }

Parsed<Parser::What> Parser::translation_rule(bool negated) {
  TranslationSyntax out;
  out.rule.at = token_.at;
  out.rule.kind = at("nat")   ? TranslationRule::Kind::nat
                  : at("rdr") ? TranslationRule::Kind::rdr
                              : TranslationRule::Kind::binat;
  const bool binat = out.rule.kind == TranslationRule::Kind::binat;
  advance();
  if (negated) out.rule.act = TranslationRule::Act::keep;
  TRY(nat_pass(out));
  TRY(on(out.tests.interfaces));
  out.rule.match.family = family();
  TRY(protocols(out.tests));
  TRY(from_to(out.tests));
  TRY(translation_tail(out));
  const Position arrow = token_.at;
  if (accept("->")) {
    if (negated)
      return wrong(arrow, binat ? "'no binat' rule does not need '->'"
                                : "translation rule with 'no' does not need '->'");
    out.to = TRY(pool(false));
  } else if (!negated && (token_.kind == Token::Kind::newline || token_.kind == Token::Kind::end)) {
    return wrong(arrow, binat ? "'binat' rule requires '-> address'"
                              : "translation rule requires '-> address'");
  }
  return out;
}

Parsed<> Parser::nat_pass(TranslationSyntax& rule) {
  const Position where = token_.at;
  rule.rule.pass = accept("pass");
  if (rule.rule.pass && rule.rule.act == TranslationRule::Act::keep)
    return wrong(where, R"("pass" not valid with "no")");
  return log(rule.rule.log, nullptr);
}

Parsed<> Parser::translation_tail(TranslationSyntax& rule) {
  for (;;) {
    if (accept("tag"))
      rule.rule.tag = TRY(tag());
    else if (at("tagged") || at("!"))
      TRY(tagged(rule.rule.match.tagged));
    else if (accept("rtable"))
      rule.rule.rtable = TRY(rtable());
    else
      return {};
  }
}

// nat-anchor "NAME" ...
Parsed<Parser::What> Parser::translation_anchor() {
  TranslationSyntax out;
  out.rule.at = token_.at;
  out.rule.act = TranslationRule::Act::anchor;
  out.rule.kind = at("nat-anchor")   ? TranslationRule::Kind::nat
                  : at("rdr-anchor") ? TranslationRule::Kind::rdr
                                     : TranslationRule::Kind::binat;
  advance();
  const Position where = token_.at;
  out.rule.anchor.name = TRY(joined("the name of an anchor"));
  if (out.rule.anchor.name.empty()) return wrong(where, "anchor name must not be empty");
  TRY(on(out.tests.interfaces));
  out.rule.match.family = family();
  TRY(protocols(out.tests));
  TRY(from_to(out.tests));
  if (accept("rtable")) out.rule.rtable = TRY(rtable());
  return out;
}

// --- scrub ---

Parsed<Parser::What> Parser::scrub() { return scrub_rule(false); }

Parsed<Parser::What> Parser::scrub_rule(bool negated) {
  ScrubSyntax out;
  out.rule.at = token_.at;
  out.rule.no = negated;
  advance();
  out.rule.match.direction = direction();
  bool quick = false;
  const Position where = token_.at;
  TRY(log(out.rule.log, &quick));
  if (quick) return wrong(where, "scrub rules do not support 'quick'");
  TRY(on(out.tests.interfaces));
  out.rule.match.family = family();
  TRY(protocols(out.tests));
  TRY(from_to(out.tests));
  while (token_.kind == Token::Kind::word || at("!") || at(",")) {
    TRY(scrub_option(out));
    accept(",");
  }
  return out;
}

Parsed<> Parser::scrub_option(ScrubSyntax& rule) {
  if (at("tagged") || at("!")) return tagged(rule.rule.match.tagged);
  const Position where = token_.at;
  if (accept("rtable")) {
    rule.rule.rtable = TRY(rtable());
    return {};
  }
  if (accept("fragment")) {
    if (!seen_.insert("fragcache").second) return wrong(where, "fragcache cannot be respecified");
    rule.rule.reassemble = !accept("no");
    return expect("reassemble");
  }
  if (TRY(normalization(rule.rule.normalization))) return {};
  return syntax(concat("there is no scrub option \"", token_.text, "\""));
}

// False: this word says nothing of it.
Parsed<bool> Parser::normalization(Normalization& out) {
  static constexpr std::string_view kWords[] = {"no-df",   "random-id", "min-ttl",
                                                "max-mss", "set-tos",   "reassemble"};
  const Position where = token_.at;
  const auto* word = std::ranges::find_if(kWords, [this](std::string_view one) { return at(one); });
  if (word == std::end(kWords)) return false;
  if (!seen_.insert(*word).second)
    return wrong(where,
                 concat(*word, *word == "reassemble" ? " tcp" : "", " cannot be respecified"));
  advance();
  if (*word == "no-df") {
    out.no_df = true;
  } else if (*word == "random-id") {
    out.random_id = true;
  } else if (*word == "min-ttl") {
    out.min_ttl = static_cast<uint8_t>(
        TRY(number_up_to(UINT8_MAX, "a number of hops", "illegal min-ttl value")));
  } else if (*word == "max-mss") {
    out.max_mss = static_cast<uint16_t>(
        TRY(number_up_to(UINT16_MAX, "a number of bytes", "illegal max-mss value")));
  } else if (*word == "set-tos") {
    out.tos = TRY(tos());
  } else {
    if (token_.text != "tcp") return syntax("reassemble tcp is all that there is");
    advance();
    out.reassemble_tcp = true;
  }
  return true;
}

// --- pools ---

// hosts port P options
Parsed<PoolSyntax> Parser::pool(bool routing) {
  PoolSyntax out;
  out.at = token_.at;
  for (const auto& option : kPoolOptions) seen_.erase(option.again);
  const auto item = [&]() -> Parsed<> {
    out.hosts.push_back(TRY(pool_host(routing)));
    return {};
  };
  TRY(list(item));
  if (!routing && accept("port")) TRY(pool_ports(out));
  TRY(pool_options(out));
  return out;
}

// An address; for routing an interface, or both in brackets.
Parsed<HostWord> Parser::pool_host(bool routing) {
  if (!routing || !at("(")) {
    HostWord out = TRY(host());
    if (out.kind == HostWord::Kind::any || out.kind == HostWord::Kind::no_route ||
        out.kind == HostWord::Kind::urpf_failed || out.negated)
      return wrong(out.at, "syntax error (an address to choose is expected here)");
    return out;
  }
  const Position where = token_.at;
  advance();
  const std::string interface = TRY(this->interface()).name;
  HostWord out;
  if (!at(")")) out = TRY(host());
  out.at = where;
  out.interface = interface;
  TRY(expect(")"));
  return out;
}

// P, P:Q or P:*
Parsed<> Parser::pool_ports(PoolSyntax& out) {
  const Position where = token_.at;
  const std::string text = TRY(word("a port"));
  out.ports = true;
  const auto colon = text.find(':');
  out.pool.low = TRY(port(where, std::string_view(text).substr(0, colon)));
  if (colon == text.npos) return {};
  const auto high = std::string_view(text).substr(colon + 1);
  if (high == "*") {
    out.pool.shifted = true;
    return {};
  }
  out.pool.high = TRY(port(where, high));
  if (out.pool.low > out.pool.high) return wrong(where, "invalid port range");
  if (out.pool.low == out.pool.high) out.pool.high = 0;
  return {};
}

Parsed<> Parser::pool_options(PoolSyntax& out) {
  for (;;) {
    const auto* known = std::ranges::find_if(
        kPoolOptions, [this](const PoolOption& option) { return at(option.word); });
    if (known == std::end(kPoolOptions)) return {};
    if (!seen_.insert(known->again).second) return wrong(token_.at, known->again);
    advance();
    if (known->flag) out.pool.*known->flag = true;
    if (known->choice != Pool::Choice::first) {
      out.chosen = true;
      out.pool.choice = known->choice;
    }
    if (known->read) TRY((this->*known->read)(out));
  }
}

Parsed<std::string> Parser::hash_digits(std::string_view text) const {
  constexpr size_t kDigits = 32;
  if (!text.starts_with("0x")) return hash_key(text);
  text.remove_prefix(2);
  if (text.size() != kDigits)
    return wrong(token_.at, "hex key must be 128 bits (32 hex digits) long");
  if (text.find_first_not_of("0123456789abcdefABCDEF") != text.npos)
    return wrong(token_.at, "invalid hex key");
  std::string out;
  std::ranges::transform(text, std::back_inserter(out), [](char digit) {
    return digit >= 'A' && digit <= 'F' ? static_cast<char>(digit | 0x20) : digit;
  });
  return out;
}

// A key of 32 hexadecimal digits, or a word that one is made of, or none.
Parsed<> Parser::pool_source_hash(PoolSyntax& pool) {
  if (token_.is_name() || token_.kind == Token::Kind::number) {
    pool.pool.key = TRY(hash_digits(token_.text));
    advance();
  }
  return {};
}

// OFFSET/LENGTH/PSID
Parsed<> Parser::pool_map_e(PoolSyntax& pool) {
  const auto part = [this]() -> Parsed<uint64_t> {
    const Position where = token_.at;
    const std::string text = TRY(word("a number"));
    const auto value = any_base(text);
    if (!value || *value > UINT16_MAX) return wrong(where, concat("Invalid MAP-E number ", text));
    return *value;
  };
  const Position where = token_.at;
  const uint64_t offset = TRY(part());
  TRY(expect("/"));
  const uint64_t length = TRY(part());
  TRY(expect("/"));
  const uint64_t psid = TRY(part());
  if (offset < 1 || offset > 15) return wrong(where, "MAP-E PSID offset must be 1-15");
  if (length < 1 || offset + length > 16) return wrong(where, "Invalid MAP-E PSID length");
  if (psid >= uint64_t{1} << length) return wrong(where, "Invalid MAP-E PSID");
  pool.pool.map_e = {static_cast<uint8_t>(offset), static_cast<uint8_t>(length),
                     static_cast<uint16_t>(psid)};
  return {};
}

}  // namespace gaol::pf
