// SPDX-License-Identifier: BSD-2-Clause
//
// What rules of every kind test: interface, protocol, addresses, ports, and so on.
#include <algorithm>
#include <iterator>

#include "pf/names.h"
#include "pf/parse.h"

namespace gaol::pf {

namespace {

constexpr size_t kInterfaceName = 15;
constexpr size_t kTagLength = 63;
constexpr int kHostDepth = 32;

struct Operator {
  std::string_view mark;
  Compare op;
};
constexpr Operator kUnary[] = {{"=", Compare::eq},  {"!=", Compare::ne}, {"<", Compare::lt},
                               {"<=", Compare::le}, {">", Compare::gt},  {">=", Compare::ge}};

}  // namespace

Direction Parser::direction() {
  if (accept("in")) return Direction::in;
  return accept("out") ? Direction::out : Direction::any;
}

Family Parser::family() {
  if (accept("inet")) return Family::inet;
  return accept("inet6") ? Family::inet6 : Family::any;
}

Parsed<> Parser::on(std::vector<Listed<InterfaceTest>>& out) {
  if (!accept("on")) return {};
  return interfaces(out);
}

Parsed<> Parser::interfaces(std::vector<Listed<InterfaceTest>>& out) {
  return list([&]() -> Parsed<> {
    const Position where = token_.at;
    out.push_back({where, TRY(interface())});
    return {};
  });
}

Parsed<InterfaceTest> Parser::interface() {
  InterfaceTest out{.name = {}, .negated = accept("!")};
  const Position where = token_.at;
  out.name = accept("any") ? "any" : TRY(name("an interface"));
  if (out.name.empty()) return wrong(where, "syntax error (an interface has a name)");
  if (out.name.size() > kInterfaceName) return wrong(where, "interface name too long");
  return out;
}

Parsed<> Parser::protocols(Tests& tests) {
  if (!accept("proto")) return {};
  return list([&]() -> Parsed<> {
    const Position where = token_.at;
    if (token_.kind == Token::Kind::number) {
      if (token_.value < 0 || token_.value > UINT8_MAX)
        return wrong(where, "protocol outside range");
      tests.protocols.push_back({where, static_cast<uint8_t>(token_.value)});
      advance();
    } else {
      const std::string text = TRY(name("a protocol"));
      const auto number = protocol_named(text);
      if (!number) return wrong(where, concat("unknown protocol ", text));
      tests.protocols.push_back({where, *number});
    }
    if (tests.protocols.back().value == 0) return wrong(where, "proto 0 cannot be used");
    return {};
  });
}

// all | from ... os ... to ...
Parsed<> Parser::from_to(Tests& tests) {
  if (accept("all")) return {};
  if (accept("from")) {
    if (!at("port")) TRY(hosts(tests.from, 0));
    if (accept("port")) TRY(ports(tests.from_port));
  }
  if (accept("os")) {
    const auto item = [&]() -> Parsed<> {
      const Position where = token_.at;
      tests.os.push_back({where, TRY(name("the name of an operating system"))});
      return {};
    };
    TRY(list(item));
  }
  if (accept("to")) {
    if (!at("port")) TRY(hosts(tests.to, 0));
    if (accept("port")) TRY(ports(tests.to_port));
  }
  for (const HostWord& host : tests.to)
    if (host.kind == HostWord::Kind::urpf_failed)
      return wrong(host.at, "\"urpf-failed\" is not permitted in a destination address");
  return {};
}

Parsed<> Parser::hosts(std::vector<HostWord>& out, int depth) {
  return list([&]() -> Parsed<> {
    if (at("{") && depth < kHostDepth) return hosts(out, depth + 1);
    out.push_back(TRY(host()));
    return {};
  });
}

Parsed<HostWord> Parser::host() {
  HostWord out;
  out.at = token_.at;
  out.negated = accept("!");
  struct Reserved {
    std::string_view word;
    HostWord::Kind kind;
  };
  static constexpr Reserved kReserved[] = {{"any", HostWord::Kind::any},
                                           {"no-route", HostWord::Kind::no_route},
                                           {"urpf-failed", HostWord::Kind::urpf_failed}};
  for (const auto& [word, kind] : kReserved)
    if (accept(word)) {
      out.kind = kind;
      return out;
    }
  if (at("<")) {
    out.kind = HostWord::Kind::table;
    out.name = TRY(table_name());
  } else if (at("(")) {
    TRY(dynamic(out));
  } else {
    TRY(address(out));
  }
  return out;
}

// NAME, NAME/BITS or ADDRESS - ADDRESS
Parsed<> Parser::address(HostWord& host) {
  const bool number_only = token_.kind == Token::Kind::number;
  host.name = TRY(word("an address"));
  if (accept("/")) {
    const Position where = token_.at;
    const int64_t bits = TRY(number("the length of a network"));
    if (bits < 0 || bits > 128) return wrong(where, "bit number too big");
    host.bits = static_cast<int>(bits);
  } else if (number_only) {
    return syntax("a number is no address: /BITS is missing behind it");
  }
  if (!at("-")) return {};
  const Position where = token_.at;
  advance();
  host.kind = HostWord::Kind::range;
  host.last = TRY(name("an address"));
  if (host.bits || at("/")) return wrong(where, "invalid address range (its ends are addresses)");
  return {};
}

// (IF:modifiers), (IF)/BITS
Parsed<> Parser::dynamic(HostWord& host) {
  TRY(expect("("));
  host.kind = HostWord::Kind::dynamic;
  const Position where = token_.at;
  host.name = TRY(name("an interface"));
  const bool letter = (host.name[0] | 0x20) >= 'a' && (host.name[0] | 0x20) <= 'z';
  if (host.name.empty() || !letter)
    return wrong(where, concat("invalid interface name '", host.name, "'"));
  TRY(expect(")"));
  if (!accept("/")) return {};
  const Position at_bits = token_.at;
  const int64_t bits = TRY(number("the length of a network"));
  if (bits < 0 || bits > 128) return wrong(at_bits, "bit number too big");
  host.bits = static_cast<int>(bits);
  return {};
}

Compare Parser::unary() {
  for (const auto& [mark, op] : kUnary)
    if (accept(mark)) return op;
  return Compare::none;
}

Parsed<uint16_t> Parser::port(Position where, std::string_view text) {
  if (const auto value = any_base(text)) {
    if (*value > UINT16_MAX) return wrong(where, concat("illegal port value ", text));
    return static_cast<uint16_t>(*value);
  }
  const auto known = port_named(text);
  if (!known) return wrong(where, concat("unknown port ", text));
  return *known;
}

Parsed<> Parser::ports(std::vector<Listed<Ports>>& out) {
  return list([&]() -> Parsed<> {
    const Position where = token_.at;
    out.push_back({where, TRY(port_test())});
    return {};
  });
}

Parsed<Ports> Parser::port_test() {
  Ports out{.op = unary()};
  const bool with_operator = out.op != Compare::none;
  const Position where = token_.at;
  const std::string text = TRY(word("a port"));
  const auto colon = text.find(':');
  if (colon != text.npos) {
    if (with_operator || at("><") || at("<>"))
      return wrong(where, "':' cannot be used with an other port operator");
    out.low = TRY(port(where, text.substr(0, colon)));
    out.high = TRY(port(where, text.substr(colon + 1)));
    if (out.low > out.high) return wrong(where, "invalid port range");
    out.op = out.low == out.high ? Compare::eq : Compare::range;
    if (out.op == Compare::eq) out.high = 0;
    return out;
  }
  out.low = TRY(port(where, text));
  if (with_operator) return out;
  out.op = at("><") ? Compare::inside : at("<>") ? Compare::outside : Compare::eq;
  if (out.op == Compare::eq) return out;
  advance();
  const Position second = token_.at;
  const std::string high = TRY(word("a port"));
  if (high.contains(':')) return wrong(second, "':' cannot be used with an other port operator");
  out.high = TRY(port(second, high));
  return out;
}

Parsed<> Parser::ids(std::vector<IdWord>& out) {
  return list([&]() -> Parsed<> {
    out.push_back(TRY(id_test()));
    return {};
  });
}

Parsed<IdWord> Parser::id_test() {
  IdWord out{.at = token_.at, .op = unary(), .low = {}, .high = {}};
  const bool with_operator = out.op != Compare::none;
  out.low = TRY(word("a name or a number"));
  if (with_operator) return out;
  out.op = Compare::eq;
  if (const auto colon = out.low.find(':'); colon != out.low.npos) {
    out.high = out.low.substr(colon + 1);
    out.low.resize(colon);
    out.op = Compare::range;
  } else if (at("><") || at("<>")) {
    out.op = at("><") ? Compare::inside : Compare::outside;
    advance();
    out.high = TRY(word("a name or a number"));
  }
  return out;
}

Parsed<uint8_t> Parser::flag_set() {
  constexpr std::string_view kLetters = "FSRPAUEW";
  const Position where = token_.at;
  const std::string text = TRY(name("letters of FSRPAUEW"));
  unsigned out = 0;
  for (const char letter : text) {
    const auto bit = kLetters.find(letter);
    if (bit == kLetters.npos) return wrong(where, concat("bad flags ", text));
    out |= 1U << bit;
  }
  return static_cast<uint8_t>(out);
}

// TYPE code CODE, or several
Parsed<> Parser::icmp(std::vector<IcmpWord>& out, bool v6) {
  const Icmp version = v6 ? Icmp::v6 : Icmp::v4;
  const std::string_view word = v6 ? "icmp6" : "icmp";
  return list([&]() -> Parsed<> {
    IcmpWord one{.at = token_.at, .v6 = v6, .test = {}};
    if (token_.kind == Token::Kind::number) {
      if (token_.value < 0 || token_.value >= UINT8_MAX)
        return wrong(one.at, concat("illegal ", word, "-type ", token_.text));
      one.test.type = static_cast<uint8_t>(token_.value);
      advance();
    } else {
      // Some names of types are reserved words elsewhere.
      const std::string text = at("skip") || at("redir") ? token_.text : std::string();
      const std::string known = text.empty() ? TRY(name("a type")) : (advance(), text);
      one.test.type = icmp_type_named(version, known);
      if (!one.test.type) return wrong(one.at, concat("unknown ", word, "-type ", known));
    }
    if (accept("code")) one.test.code = TRY(icmp_code(v6, *one.test.type));
    out.push_back(one);
    return {};
  });
}

Parsed<uint8_t> Parser::icmp_code(bool v6, uint8_t type) {
  const std::string_view word = v6 ? "icmp6" : "icmp";
  const Position where = token_.at;
  if (token_.kind == Token::Kind::number) {
    if (token_.value < 0 || token_.value >= UINT8_MAX)
      return wrong(where, concat("illegal ", word, "-code ", token_.text));
    return static_cast<uint8_t>(TRY(number("a code")));
  }
  const std::string text = TRY(name("a code"));
  const auto code = icmp_code_named(v6 ? Icmp::v6 : Icmp::v4, type, text);
  if (!code) return wrong(where, concat("unknown ", word, "-code ", text));
  return *code;
}

// `log (all, to pflog1)` and `quick`, in either order; without `quick`, log alone.
Parsed<> Parser::log(std::optional<Log>& log, bool* quick) {
  for (;;) {
    if (quick && !*quick && accept("quick")) {
      *quick = true;
    } else if (!log && accept("log")) {
      log.emplace();
      if (!accept("(")) continue;
      const auto item = [&]() -> Parsed<> {
        if (accept("all")) {
          log->all = true;
        } else if (accept("matches")) {
          log->matches = true;
        } else if (accept("user")) {
          log->user = true;
        } else {
          TRY(expect("to"));
          const Position where = token_.at;
          log->to = TRY(name("a pflog interface"));
          if (!log->to.starts_with("pflog"))
            return wrong(where, concat(log->to, ": should be a pflog interface"));
        }
        return {};
      };
      TRY(items_until(")", item));
    } else {
      return {};
    }
  }
}

Parsed<std::string> Parser::tag() {
  const Position where = token_.at;
  std::string out = TRY(joined("a tag"));
  if (out.size() > kTagLength)
    return wrong(where, concat("tag too long, max ", kTagLength, " chars"));
  return out;
}

// tagged NAME, or ! tagged NAME
Parsed<> Parser::tagged(TagTest& out) {
  out.negated = accept("!");
  TRY(expect("tagged"));
  out.name = TRY(tag());
  return {};
}

Parsed<uint16_t> Parser::rtable() {
  const Position where = token_.at;
  const int64_t id = TRY(number("the number of a routing table"));
  if (id < 0 || id > UINT16_MAX) return wrong(where, "invalid rtable id");
  return static_cast<uint16_t>(id);
}

Parsed<uint8_t> Parser::tos() {
  const Position where = token_.at;
  const std::string text = TRY(word("a type of service"));
  const auto value = tos_value(text);
  if (!value) return wrong(where, concat("illegal tos value ", text));
  return *value;
}

Parsed<Rate> Parser::rate() {
  const Position where = token_.at;
  const int64_t count = TRY(number("a number"));
  TRY(expect("/"));
  const int64_t seconds = TRY(number("a number of seconds"));
  if (count <= 0 || seconds <= 0 || count > UINT32_MAX || seconds > UINT32_MAX)
    return wrong(where, "only positive values permitted");
  return Rate{static_cast<uint32_t>(count), static_cast<uint32_t>(seconds)};
}

}  // namespace gaol::pf
