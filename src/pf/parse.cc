// SPDX-License-Identifier: BSD-2-Clause
//
// Words, statements, and those that are no rules.
#include "pf/parse.h"

#include <algorithm>
#include <iterator>

#include "base/suggest.h"
#include "pf/names.h"

namespace gaol::pf {

namespace {

constexpr int kBodyDepth = 32;
constexpr size_t kTableName = 31;
constexpr size_t kMacroValue = 1 << 16;  // macros may be made of themselves

std::string shown(const Token& token) {
  switch (token.kind) {
    case Token::Kind::newline: return "the end of the line";
    case Token::Kind::end: return "the end of the file";
    default: return concat("\"", token.text, "\"");
  }
}

}  // namespace

constexpr Parser::Opening Parser::kOpenings[] = {
    {"altq", &Parser::altq},
    {"anchor", &Parser::anchor},
    {"antispoof", &Parser::antispoof},
    {"binat", &Parser::translation},
    {"binat-anchor", &Parser::translation_anchor},
    {"block", &Parser::filter},
    {"ether", &Parser::ether},
    {"load", &Parser::load},
    {"match", &Parser::filter},
    {"nat", &Parser::translation},
    {"nat-anchor", &Parser::translation_anchor},
    {"no", &Parser::no},
    {"pass", &Parser::filter},
    {"queue", &Parser::queue},
    {"rdr", &Parser::translation},
    {"rdr-anchor", &Parser::translation_anchor},
    {"scrub", &Parser::scrub},
    {"set", &Parser::option},
    {"source", &Parser::limiter},
    {"state", &Parser::limiter},
    {"table", &Parser::table},
    {"{", &Parser::braces},
};

// --- words ---

bool Parser::accept(std::string_view what) {
  if (!at(what)) return false;
  advance();
  return true;
}

std::unexpected<Fault> Parser::wrong(Position where, std::string_view text) {
  return std::unexpected(Fault{where, std::string(text)});
}

std::unexpected<Fault> Parser::syntax(std::string_view hint) const {
  if (token_.kind == Token::Kind::broken) return std::unexpected(Fault{});
  return wrong(token_.at, concat("syntax error (", hint, ")"));
}

Parsed<> Parser::expect(std::string_view what) {
  if (!accept(what)) return syntax(concat("\"", what, "\" is expected, not ", shown(token_)));
  return {};
}

Parsed<std::string> Parser::name(std::string_view of_what) {
  if (!token_.is_name()) {
    const bool reserved = token_.kind == Token::Kind::word;
    return syntax(concat(of_what, " is expected, not ", shown(token_),
                         reserved ? ", a reserved word: quote it if it is meant" : ""));
  }
  std::string text = std::move(token_.text);
  advance();
  return text;
}

Parsed<std::string> Parser::joined(std::string_view of_what) {
  std::string text = TRY(name(of_what));
  while (token_.is_name()) text += concat(" ", TRY(name(of_what)));
  return text;
}

Parsed<std::string> Parser::word(std::string_view of_what) {
  if (token_.kind != Token::Kind::number) return name(of_what);
  std::string text = std::move(token_.text);
  advance();
  return text;
}

Parsed<int64_t> Parser::number(std::string_view of_what) {
  if (token_.kind != Token::Kind::number)
    return syntax(concat(of_what, " is expected, not ", shown(token_)));
  const int64_t value = token_.value;
  advance();
  return value;
}

Parsed<uint32_t> Parser::number_up_to(uint64_t most, std::string_view of_what,
                                      std::string_view refusal) {
  const Position where = token_.at;
  const int64_t value = TRY(number(of_what));
  if (value < 0 || static_cast<uint64_t>(value) > most)
    return wrong(where, concat(refusal, " ", value));
  return static_cast<uint32_t>(value);
}

void Parser::newlines() {
  while (token_.kind == Token::Kind::newline) advance();
}

// --- statements ---

std::optional<Statement> Parser::next() {
  for (;;) {
    if (!ready_.empty()) {
      Statement first = std::move(ready_.front());
      ready_.erase(ready_.begin());
      return first;
    }
    newlines();
    if (token_.kind == Token::Kind::end) return {};
    if (auto read = statement()) return read;
  }
}

// Nothing if it had a fault, or is no statement of its own.
std::optional<Statement> Parser::statement() {
  const Position where = token_.at;
  if (at("include")) {
    if (auto done = include(); !done) complaints_.add(done.error().at, done.error().text);
    return {};
  }
  lists_ = 0;
  auto read = read_statement();
  if (read)
    if (const auto ended = end_of_statement(); !ended) read = std::unexpected(ended.error());
  if (read) return Statement{where, std::move(*read)};
  if (!read.error().text.empty()) complaints_.add(read.error().at, read.error().text);
  recover();
  return {};
}

Parsed<Parser::What> Parser::read_statement() {
  const auto* opening =
      std::ranges::find_if(kOpenings, [this](const Opening& known) { return at(known.word); });
  if (opening != std::end(kOpenings)) {
    seen_.clear();
    return (this->*opening->read)();
  }
  if (token_.is_name()) return macro();
  const Token first = token_;
  if (first.kind == Token::Kind::word) advance();
  if (at("=") && first.kind == Token::Kind::word)
    return wrong(first.at, concat("syntax error (", shown(first),
                                  " is a reserved word: the macro needs another name)"));
  if (first.kind == Token::Kind::broken) return std::unexpected(Fault{});
  return wrong(first.at, concat("syntax error (no statement begins with ", shown(first), ")"));
}

Parsed<> Parser::end_of_statement() {
  if (token_.kind == Token::Kind::newline || token_.kind == Token::Kind::end) return {};
  if (bodies_ > 0 && at("}")) return {};
  return syntax(concat(shown(token_), " may not stand here"));
}

// Behind the statement, with the lists that are open in it.
void Parser::recover() {
  while (token_.kind != Token::Kind::end) {
    if (lists_ <= 0 && (token_.kind == Token::Kind::newline || (bodies_ > 0 && at("}")))) return;
    if (at("{")) ++lists_;
    if (at("}")) --lists_;
    advance();
  }
}

Parsed<> Parser::include() {
  const Position where = token_.at;
  advance();
  const std::string file = TRY(name("the name of a file"));
  TRY(end_of_statement());
  const auto text = read_(file);
  if (!text)
    return wrong(where,
                 concat("failed to include file ", file, " (", errno_text(text.error().code), ")"));
  if (!lexer_.enter(file, *text))
    return wrong(where, concat("failed to include file ", file, " (files include each other)"));
  advance();
  return {};
}

// NAME = value ...
Parsed<Parser::What> Parser::macro() {
  const Position where = token_.at;
  static constexpr auto kWords = [] {
    std::array<std::string_view, std::size(kOpenings)> words{};
    std::ranges::transform(kOpenings, words.begin(), &Opening::word);
    return words;
  }();
  MacroSyntax macro{.name = TRY(name("a name")), .value = {}};
  if (!accept("="))
    return wrong(where, concat("syntax error (no statement begins with \"", macro.name, "\"",
                               did_you_mean(macro.name, kWords), ")"));
  if (macro.name.find_first_of(" \t") != macro.name.npos)
    return wrong(where, "macro name cannot contain whitespace");
  if (token_.kind == Token::Kind::mark)
    return syntax("quote the value of a macro that is more than words");
  macro.value = TRY(word("a value"));
  while (token_.is_name() || token_.kind == Token::Kind::number) {
    macro.value += concat(" ", TRY(word("a value")));
    if (macro.value.size() > kMacroValue) return wrong(where, "string too long");
  }
  Macro& known = macros_[macro.name];
  if (!known.persistent) known = {.value = macro.value, .at = where};
  return macro;
}

Parsed<std::string> Parser::table_name() {
  TRY(expect("<"));
  const Position where = token_.at;
  std::string table = TRY(name("the name of a table"));
  if (table.size() > kTableName)
    return wrong(where, concat("table name too long, max ", kTableName, " chars"));
  TRY(expect(">"));
  return table;
}

Parsed<Parser::What> Parser::table() {
  TableSyntax out;
  out.table.at = token_.at;
  advance();
  out.table.name = TRY(table_name());
  for (;;) {
    if (accept("file")) {
      out.sources.push_back({.file = TRY(name("the name of a file")), .hosts = {}});
    } else if (accept("{")) {
      ++lists_;
      // Lists one behind the other are one.
      if (out.sources.empty() || !out.sources.back().file.empty()) out.sources.emplace_back();
      auto& hosts = out.sources.back().hosts;
      const auto item = [&]() -> Parsed<> {
        hosts.push_back(TRY(table_host()));
        return {};
      };
      TRY(items_until("}", item));
      --lists_;
    } else if (token_.is_name()) {
      const std::string text = token_.text;
      bool* option = text == "const"      ? &out.table.constant
                     : text == "persist"  ? &out.table.persist
                     : text == "counters" ? &out.table.counters
                                          : nullptr;
      if (!option) return wrong(token_.at, concat("invalid table option '", text, "'"));
      *option = true;
      advance();
    } else {
      return out;
    }
  }
}

Parsed<HostWord> Parser::table_host() {
  HostWord out = TRY(host());
  struct Refusal {
    HostWord::Kind kind;
    std::string_view text;
  };
  static constexpr Refusal kRefusals[] = {
      {HostWord::Kind::any, "syntax error (\"any\" is no address: write 0/0 and ::/0)"},
      {HostWord::Kind::range, "address ranges are not permitted inside tables"},
      {HostWord::Kind::dynamic, "dynamic addresses are not permitted inside tables"},
      {HostWord::Kind::table, "tables cannot contain tables"},
      {HostWord::Kind::no_route, "\"no-route\" is not permitted inside tables"},
      {HostWord::Kind::urpf_failed, "\"urpf-failed\" is not permitted inside tables"},
  };
  const auto* refusal = std::ranges::find(kRefusals, out.kind, &Refusal::kind);
  if (refusal != std::end(kRefusals)) return wrong(out.at, refusal->text);
  return out;
}

// state limiter NAME id N limit N ..., source limiter NAME ...
Parsed<Parser::What> Parser::limiter() {
  Limiter out;
  out.at = token_.at;
  out.source = at("source");
  advance();
  TRY(expect("limiter"));
  out.name = TRY(name("the name of a limiter"));
  while (token_.kind == Token::Kind::word) TRY(limiter_clause(out));
  if (out.id == 0) return wrong(out.at, "limiter id not specified");
  if (out.limit == 0) return wrong(out.at, "limiter limit not specified");
  if (out.source && out.entries == 0) return wrong(out.at, "limiter entries not specified");
  return out;
}

Parsed<> Parser::limiter_clause(Limiter& limiter) {
  constexpr std::string_view kRange = "value out of range:";
  const Position where = token_.at;
  const auto count = [&] { return number_up_to(UINT32_MAX, "a number", kRange); };
  if (accept("id")) {
    limiter.id =
        static_cast<uint8_t>(TRY(number_up_to(UINT8_MAX, "a number from 1 to 255", kRange)));
    if (limiter.id == 0) return wrong(where, "limiter id must be from 1 to 255");
  } else if (accept("limit")) {
    limiter.limit = TRY(count());
  } else if (accept("rate")) {
    limiter.rate = TRY(rate());
  } else if (limiter.source && accept("entries")) {
    limiter.entries = TRY(count());
  } else if (limiter.source && (at("inet") || at("inet6"))) {
    const bool v6 = at("inet6");
    advance();
    TRY(expect("mask"));
    const auto bits = static_cast<uint8_t>(TRY(number_up_to(v6 ? 128 : 32, "a length", kRange)));
    (v6 ? limiter.inet6_mask : limiter.inet_mask) = bits;
  } else if (limiter.source && accept("table")) {
    limiter.table = TRY(table_name());
    TRY(expect("above"));
    limiter.above = TRY(count());
    if (accept("below")) limiter.below = TRY(count());
  } else {
    return syntax(concat("\"", token_.text, "\" says nothing of a limiter"));
  }
  return {};
}

Parsed<Parser::What> Parser::load() {
  advance();
  TRY(expect("anchor"));
  LoadSyntax out;
  out.anchor = TRY(name("the name of an anchor"));
  TRY(expect("from"));
  out.file = TRY(name("the name of a file"));
  return out;
}

Parsed<Parser::What> Parser::braces() { return BlockSyntax{TRY(body())}; }

// { statements }, one a line
Parsed<std::vector<Statement>> Parser::body() {
  TRY(expect("{"));
  if (++bodies_ > kBodyDepth) {
    bodies_ = 0;
    return syntax(concat("anchors are nested more than ", kBodyDepth, " deep"));
  }
  std::vector<Statement> out;
  for (newlines(); !at("}"); newlines()) {
    if (token_.kind == Token::Kind::end || bodies_ == 0)
      return syntax("an anchor that is not closed");
    if (auto one = statement()) out.push_back(std::move(*one));
    std::ranges::move(ready_, std::back_inserter(out));
    ready_.clear();
  }
  advance();
  --bodies_;
  lists_ = 0;
  return out;
}

}  // namespace gaol::pf
