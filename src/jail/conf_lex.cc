// SPDX-License-Identifier: BSD-2-Clause
//
// The traps of this language are all at the level of characters. A comment starts in the middle
// of an unquoted word, so `/jails/*` opens one. Escapes work inside and outside of both kinds of
// quotes. `+=` splits a word, a single `+` does not. Bytes outside ASCII must be quoted.
#include "jail/conf_lex.h"

#include <algorithm>
#include <array>

namespace gaol::jail {

namespace {

constexpr size_t kExcerptWidth = 100;
constexpr std::string_view kBlanks = " \t\r\n";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_octal(char c) { return c >= '0' && c <= '7'; }
constexpr bool starts_name(char c) { return is_letter(c) || c == '_'; }
constexpr bool is_name(char c) { return starts_name(c) || is_digit(c); }
constexpr bool continues_utf8(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What a word may consist of without quotes, apart from the fragments of one character.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (unsigned c = 0; c < 128; ++c)
    plain[c] = is_name(static_cast<char>(c)) ||
               std::string_view("!%&()-.:<>?@[]^`|~").contains(static_cast<char>(c));
  return plain;
}();
constexpr bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

// Every byte once: a decoded escape is a view of one of them.
constexpr auto kBytes = [] {
  std::array<char, 256> bytes{};
  for (unsigned c = 0; c < 256; ++c) bytes[c] = static_cast<char>(c);
  return bytes;
}();

// What could drive a terminal is not shown.
std::string shown(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f') c = '?';
  return out;
}

}  // namespace

ConfFile::ConfFile(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), lines_{0} {
  for (size_t at = text_.find('\n'); at != text_.npos; at = text_.find('\n', at + 1))
    lines_.push_back(at + 1);
}

size_t ConfFile::line_of(size_t offset) const {
  return static_cast<size_t>(std::ranges::upper_bound(lines_, offset) - lines_.begin() - 1);
}

std::string ConfFile::where(size_t offset) const {
  const size_t line = line_of(offset);
  return concat(name_, ':', line + 1, ':', offset - lines_[line] + 1);
}

std::string ConfFile::complain(size_t offset, std::string_view what) const {
  return concat(where(offset), ": ", shown(what), '\n', excerpt(offset));
}

// A long line is shown around the place only.
std::string ConfFile::excerpt(size_t offset) const {
  const size_t begin = lines_[line_of(offset)];
  std::string_view line = std::string_view(text_).substr(begin);
  line = line.substr(0, line.find_first_of("\r\n"));
  size_t caret = std::min(offset - begin, line.size());
  if (caret > kExcerptWidth * 3 / 4) {
    size_t cut = caret - kExcerptWidth / 2;
    while (cut < caret && continues_utf8(line[cut])) ++cut;
    line.remove_prefix(cut);
    caret -= cut;
  }
  size_t width = std::min(line.size(), kExcerptWidth);
  while (width < line.size() && width > caret && continues_utf8(line[width])) --width;

  std::string below;
  for (const char c : line.substr(0, caret))
    if (!continues_utf8(c)) below += c == '\t' ? '\t' : ' ';
  return concat(shown(line.substr(0, width)), '\n', below, '^');
}

void Lexer::next(Token& token) {
  token.pieces.clear();
  token.second = 0;
  if (!skip_blanks(token)) return;
  token.begin = at_;
  if (at_ == text_.size())
    token.kind = Tok::end;
  else if (!punctuation(token))
    word(token);
  token.end = at_;
}

// Past blanks, comments and continued line ends. False: a comment never ended.
bool Lexer::skip_blanks(Token& token) {
  for (;;) {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
    if (peek() == '\\' && peek(1) == '\n') {
      at_ += 2;
    } else if (peek() == '\\' && peek(1) == '\r' && peek(2) == '\n') {
      at_ += 3;
    } else if (!at_comment()) {
      return true;
    } else if (peek(1) == '*' && peek() == '/') {
      const size_t close = text_.find("*/", at_ + 2);
      if (close == text_.npos) return broken(token, at_, "unterminated comment"), false;
      at_ = close + 2;
    } else {
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }
}

bool Lexer::punctuation(Token& token) {
  constexpr std::string_view kMarks = "{};,=";
  constexpr Tok kMeant[] = {Tok::open, Tok::close, Tok::semicolon, Tok::comma, Tok::assign};
  if (const size_t mark = kMarks.find(peek()); mark != kMarks.npos) {
    token.kind = kMeant[mark];
    at_ += 1;
    return true;
  }
  if (peek() != '+' || peek(1) != '=') return false;
  token.kind = Tok::append;
  at_ += 2;
  return true;
}

void Lexer::word(Token& token) {
  token.kind = Tok::word;
  const size_t begin = at_;
  for (;;) {
    const size_t before = at_;
    if (!fragment(token)) break;
    if (before > begin && token.second == 0) token.second = before;
  }
  if (at_ == begin && token.kind == Tok::word) stray(token);
}

// False where the word ends, or broke.
bool Lexer::fragment(Token& token) {
  const size_t begin = at_;
  const char c = peek();
  if (token.kind == Tok::broken || at_ == text_.size() || at_comment()) return false;
  if (is_plain(c)) {
    do ++at_;
    while (is_plain(peek()));
    literal(token, begin);
  } else if (c == '\'' || c == '"') {
    quoted(token, c);
  } else if (c == '\\') {
    escape(token);
  } else if (c == '$') {
    if (!variable(token, "\n{}")) ++at_, literal(token, begin);
  } else if (c == '*' || c == '/' || (c == '+' && peek(1) != '=')) {
    ++at_;
    literal(token, begin);
  } else {
    return false;
  }
  return true;
}

void Lexer::quoted(Token& token, char quote) {
  const size_t open = at_++;
  const std::string_view stops = quote == '"' ? "\"\\$" : "'\\";
  while (token.kind == Tok::word) {
    const size_t begin = at_;
    at_ = text_.find_first_of(stops, begin);
    if (at_ == text_.npos) return broken(token, open, "unterminated string");
    literal(token, begin);
    const size_t stop = at_;
    if (text_[stop] == quote) {
      ++at_;
      return;
    }
    if (text_[stop] == '\\') {
      escape(token);
    } else if (variable(token, "\n\"{}")) {
      if (token.second == 0) token.second = stop;
    } else {
      ++at_;
      literal(token, stop);
    }
  }
}

void Lexer::escape(Token& token) {
  const size_t begin = at_++;
  if (at_ == text_.size()) return literal(token, begin);
  const char c = text_[at_++];
  constexpr std::string_view kLetters = "abfnrtv", kMeant = "\a\b\f\n\r\t\v";
  if (const size_t letter = kLetters.find(c); letter != kLetters.npos) {
    byte(token, begin, static_cast<unsigned char>(kMeant[letter]));
  } else if (is_octal(c)) {
    auto value = static_cast<unsigned>(c - '0');
    for (int digits = 1; digits < 3 && is_octal(peek()); ++digits)
      value = value * 8 + static_cast<unsigned>(text_[at_++] - '0');
    byte(token, begin, value & 0xFF);
  } else if (c == 'x' && hex_digit(peek()) >= 0) {
    unsigned value = 0;
    for (int digits = 0; digits < 2 && hex_digit(peek()) >= 0; ++digits)
      value = value * 16 + static_cast<unsigned>(hex_digit(text_[at_++]));
    byte(token, begin, value);
  } else if (c == '\r' && peek() == '\n') {
    ++at_;
  } else if (c != '\n') {
    literal(token, at_ - 1);
  }
}

// `$name` or `${anything but stops}`. False: this dollar stands for itself.
bool Lexer::variable(Token& token, std::string_view stops) {
  const size_t begin = at_;
  if (peek(1) == '{') {
    const size_t name = begin + 2;
    const size_t close = text_.find_first_of(stops, name);
    if (close == text_.npos || text_[close] != '}')
      return broken(token, begin, "unterminated variable"), true;
    token.pieces.push_back({text_.substr(name, close - name), begin, true});
    at_ = close + 1;
    return true;
  }
  if (!starts_name(peek(1))) return false;
  do ++at_;
  while (is_name(peek()));
  token.pieces.push_back({text_.substr(begin + 1, at_ - begin - 1), begin, true});
  return true;
}

// The bytes from `begin` to here, joined to the piece before where they touch.
void Lexer::literal(Token& token, size_t begin) {
  if (begin == at_) return;
  const std::string_view text = text_.substr(begin, at_ - begin);
  if (!token.pieces.empty()) {
    Piece& last = token.pieces.back();
    if (!last.variable && last.text.end() == text.begin()) {
      last.text = {last.text.data(), last.text.size() + text.size()};
      return;
    }
  }
  token.pieces.push_back({text, begin, false});
}

void Lexer::byte(Token& token, size_t begin, unsigned value) {
  if (value == 0) return broken(token, begin, kNulByte);
  token.pieces.push_back({{&kBytes[value], 1}, begin, false});
}

void Lexer::stray(Token& token) {
  token.kind = Tok::stray;
  do ++at_;
  while (continues_utf8(peek()));
}

void Lexer::broken(Token& token, size_t begin, std::string_view fault) {
  token.kind = Tok::broken;
  token.fault = fault;
  token.begin = begin;
  at_ = text_.size();
  token.end = at_;
}

}  // namespace gaol::jail
