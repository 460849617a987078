// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lex.h"

#include <algorithm>
#include <iterator>

namespace gaol::pf {

namespace {

constexpr size_t kIncludeDepth = 16, kMostFiles = 1024;
constexpr size_t kLongestWord = 8095;
constexpr int kEnd = -1;

constexpr std::string_view kKeywords[] = {
    "above",
    "af-to",
    "all",
    "allow-opts",
    "allow-related",
    "altq",
    "anchor",
    "antispoof",
    "any",
    "bandwidth",
    "below",
    "binat",
    "binat-anchor",
    "binat-to",
    "bitmask",
    "block",
    "block-policy",
    "bridge-to",
    "buckets",
    "cbq",
    "code",
    "codelq",
    "debug",
    "divert-reply",
    "divert-to",
    "dnpipe",
    "dnqueue",
    "drop",
    "dup-to",
    "endpoint-independent",
    "entries",
    "ether",
    "fail-policy",
    "fairq",
    "fastroute",
    "file",
    "fingerprints",
    "flags",
    "floating",
    "flush",
    "for",
    "fragment",
    "from",
    "global",
    "group",
    "hfsc",
    "hogs",
    "hostid",
    "icmp-type",
    "icmp6-type",
    "id",
    "if-bound",
    "in",
    "include",
    "inet",
    "inet6",
    "interval",
    "keep",
    "keepcounters",
    "l3",
    "label",
    "limit",
    "limiter",
    "linkshare",
    "load",
    "log",
    "loginterface",
    "map-e-portset",
    "mask",
    "match",
    "matches",
    "max",
    "max-mss",
    "max-pkt-rate",
    "max-pkt-size",
    "max-src-conn",
    "max-src-conn-rate",
    "max-src-nodes",
    "max-src-states",
    "min-ttl",
    "modulate",
    "nat",
    "nat-anchor",
    "nat-to",
    "no",
    "no-df",
    "no-match",
    "no-route",
    "no-sync",
    "on",
    "once",
    "optimization",
    "os",
    "out",
    "overload",
    "pass",
    "pflow",
    "port",
    "prefer-ipv6-nexthop",
    "prio",
    "priority",
    "priq",
    "probability",
    "proto",
    "qlimit",
    "queue",
    "quick",
    "random",
    "random-id",
    "rate",
    "rdr",
    "rdr-anchor",
    "rdr-to",
    "realtime",
    "reassemble",
    "received-on",
    "reply-to",
    "require-order",
    "return",
    "return-icmp",
    "return-icmp6",
    "return-rst",
    "ridentifier",
    "round-robin",
    "route",
    "route-to",
    "rtable",
    "rule",
    "ruleset-optimization",
    "scrub",
    "set",
    "set-tos",
    "skip",
    "sloppy",
    "source",
    "source-hash",
    "source-track",
    "state",
    "state-defaults",
    "state-policy",
    "static-port",
    "sticky-address",
    "syncookies",
    "synproxy",
    "table",
    "tag",
    "tagged",
    "target",
    "tbrsize",
    "timeout",
    "to",
    "tos",
    "ttl",
    "upperlimit",
    "urpf-failed",
    "user",
};
static_assert(std::ranges::is_sorted(kKeywords));

// The longer ones first.
constexpr std::string_view kMarks[] = {"->", "><", "<>", "!=", "<=", ">=", "=", "!", "<",
                                       ">",  "-",  "/",  "(",  ")",  "{",  "}", ","};

constexpr bool is_digit(int c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(int c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool ends_number(int c) {
  return c == kEnd || std::string_view(" \t\n),/}=").contains(static_cast<char>(c));
}

// Characters of word processors and web pages, and line ends of other systems.
struct Stray {
  std::string_view bytes, hint;
};
constexpr Stray kStrays[] = {
    {"\r", "lines end in LF alone here, not in CR LF"},
    {"\u00a0", "this blank is a no-break space: type a plain one"},
    {"\u201c", "quotes are typed \""},
    {"\u201d", "quotes are typed \""},
    {"\ufeff", "a byte order mark: save the file without it"},
    {";", "a statement ends with its line"},
};

}  // namespace

bool starts_word(int c) { return is_alnum(c) || c == ':' || c == '_'; }
bool continues_word(int c) {
  return c > ' ' && c < 0x7f && !std::string_view("(){}<>!=/#,").contains(static_cast<char>(c));
}

bool is_keyword(std::string_view word) { return std::ranges::binary_search(kKeywords, word); }

bool Token::is_name() const {
  return kind == Kind::quoted || (kind == Kind::word && !is_keyword(text));
}

bool Lexer::enter(const std::string& name, std::string_view text) {
  if (inputs_.size() == kIncludeDepth || files_.size() == kMostFiles) return false;
  Input input{.file = static_cast<uint32_t>(files_.size()), .text = {}, .lines = {0}};
  files_.push_back(name);
  // A last line without an end is one, whatever it ends in.
  for (size_t at = 0; at < text.size(); ++at) {
    const bool joined = text[at] == '\\' && (at + 1 == text.size() || text[at + 1] == '\n');
    if (!joined)
      input.text += text[at];
    else if (++at == text.size())
      break;
    if (text[at] == '\n') input.lines.push_back(input.text.size());
  }
  if (!input.text.empty() && !input.text.ends_with('\n')) input.text += '\n';
  inputs_.push_back(std::move(input));
  return true;
}

int Lexer::peek(size_t ahead) const {
  const auto byte = [](char c) { return static_cast<int>(static_cast<unsigned char>(c)); };
  const size_t left = pushed_.size() - pushed_at_;
  if (ahead < left) return byte(pushed_[pushed_at_ + ahead]);
  if (inputs_.empty()) return kEnd;
  const Input& input = inputs_.back();
  const size_t at = input.at + ahead - left;
  return at < input.text.size() ? byte(input.text[at]) : kEnd;
}

int Lexer::get() {
  const int c = peek();
  if (pushed_at_ < pushed_.size())
    ++pushed_at_;
  else if (c != kEnd)
    ++inputs_.back().at;
  return c;
}

Position Lexer::here() const {
  if (pushed_at_ < pushed_.size()) return dollar_;
  if (inputs_.empty()) return {};
  const Input& input = inputs_.back();
  const auto line = std::ranges::upper_bound(input.lines, input.at) - input.lines.begin() - 1;
  const size_t begin = input.lines[static_cast<size_t>(line)];
  return {input.file, static_cast<uint32_t>(line + 1), static_cast<uint32_t>(input.at - begin + 1)};
}

void Lexer::skip_blanks() {
  while (peek() == ' ' || peek() == '\t') get();
  if (peek() == '#')
    while (peek() != '\n' && peek() != kEnd) get();
}

void Lexer::skip_line() {
  pushed_at_ = pushed_.size();
  while (peek() != '\n' && peek() != kEnd) get();
}

Token Lexer::next() {
  for (;;) {
    skip_blanks();
    const Position at = here();
    const int c = peek();
    if (c == kEnd) {
      if (inputs_.size() <= 1) return {.kind = Token::Kind::end, .text = {}, .at = at};
      inputs_.pop_back();
      continue;
    }
    if (c == '$' && pushed_at_ == pushed_.size()) {
      Token token = macro();
      if (token.kind == Token::Kind::broken) return token;
      continue;
    }
    Token token{.kind = Token::Kind::newline, .text = {}, .at = at};
    if (c == '\n') return get(), token;
    if (c == '"' || c == '\'') return quoted();
    if (number(token) || mark(token)) return token;
    return word();
  }
}

// Puts the value of a macro in front of what is to be read.
Token Lexer::macro() {
  const Position at = here();
  get();
  std::string name;
  while (is_alnum(peek()) || peek() == '_') name += static_cast<char>(get());
  const auto macro = macros_.find(name);
  if (macro == macros_.end()) return broken(at, concat("macro '", name, "' not defined"));
  macro->second.used = true;
  pushed_ = macro->second.value;
  pushed_at_ = 0;
  dollar_ = at;
  return {.kind = Token::Kind::word, .text = {}, .at = at};
}

Token Lexer::quoted() {
  Token token{.kind = Token::Kind::quoted, .text = {}, .at = here()};
  const int quote = get();
  for (;;) {
    int c = get();
    if (c == kEnd) return broken(token.at, "reached end of file while parsing quoted string");
    if (c == quote) return token;
    if (c == '\n') continue;
    if (c == 0) return broken(token.at, "syntax error (a NUL byte)");
    if (c == '\\' && (peek() == quote || peek() == ' ' || peek() == '\t')) c = get();
    token.text += static_cast<char>(c);
    if (token.text.size() > kLongestWord) return broken(token.at, "string too long");
  }
}

Token Lexer::word() {
  Token token{.kind = Token::Kind::word, .text = {}, .at = here()};
  if (peek() == '\\' && peek(1) != kEnd) {
    get();
  } else if (!starts_word(peek())) {
    std::string text;
    for (size_t ahead = 0; ahead < 3 && peek(ahead) > 0; ++ahead)
      text += static_cast<char>(peek(ahead));
    const auto* known = std::ranges::find_if(
        kStrays, [&](const Stray& stray) { return text.starts_with(stray.bytes); });
    const std::string hint = known == std::end(kStrays) ? "" : concat(" (", known->hint, ")");
    return broken(token.at, concat("syntax error", hint));
  }
  do {
    if (peek() == '\\' && peek(1) != kEnd) get();
    if (peek() == 0) return broken(token.at, "syntax error (a NUL byte)");
    token.text += static_cast<char>(get());
  } while (continues_word(peek()));
  if (token.text.size() > kLongestWord) return broken(token.at, "string too long");
  return token;
}

// Digits are one only in front of what may end a number: 80:90, 10.1 and 1k are words.
bool Lexer::number(Token& token) {
  size_t length = peek() == '-' ? 1 : 0;
  const size_t sign = length;
  while (is_digit(peek(length))) ++length;
  if (length == sign || !ends_number(peek(length))) return false;
  token.kind = Token::Kind::number;
  while (length-- > 0) token.text += static_cast<char>(get());
  const auto value = gaol::number<int64_t>(token.text);
  if (value)
    token.value = *value;
  else
    token = broken(token.at, concat("\"", token.text,
                                    "\" invalid number: ", sign > 0 ? "too small" : "too large"));
  return true;
}

bool Lexer::mark(Token& token) {
  const auto* found = std::ranges::find_if(kMarks, [&](std::string_view mark) {
    return peek() == mark[0] && (mark.size() == 1 || peek(1) == mark[1]);
  });
  if (found == std::end(kMarks)) return false;
  token.kind = Token::Kind::mark;
  token.text = *found;
  for (size_t i = 0; i < found->size(); ++i) get();
  return true;
}

Token Lexer::broken(Position at, std::string_view text) {
  complaints_.add(at, text);
  skip_line();
  return {.kind = Token::Kind::broken, .text = {}, .at = at};
}

}  // namespace gaol::pf
