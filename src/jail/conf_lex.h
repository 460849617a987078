// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// jail.conf(5), bytes to words and punctuation.
//
// FreeBSD's lexer hands the grammar fragments of words and the grammar glues them together. Here
// a word is one token, already taken apart into what is literal and what names a variable. Every
// literal piece is a view: into the file, or, for a decoded escape, into a table of all bytes; so
// nothing is copied before a value is put together for one jail.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gaol::jail {

// One file of the configuration, and the art of pointing into it.
class ConfFile {
 public:
  ConfFile(std::string name, std::string text);

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  std::string where(size_t offset) const;  // jail.conf:3:7, the column counted in bytes
  // `jail.conf:3:7: what`, the line, and a caret below the place.
  std::string complain(size_t offset, std::string_view what) const;

 private:
  size_t line_of(size_t offset) const;  // counted from 0
  std::string excerpt(size_t offset) const;

  std::string name_;
  std::string text_;
  std::vector<size_t> lines_;  // where each line begins
};

struct Position {
  const ConfFile* file;
  size_t offset;

  std::string where() const { return file->where(offset); }
  Error error(std::string_view what, int code = 0) const {
    return {code, file->complain(offset, what), {}};
  }
};

struct Piece {
  std::string_view text;  // literal bytes, or a variable's name
  size_t offset;
  bool variable;
};

enum class Tok : uint8_t {
  word,
  open,
  close,
  semicolon,
  comma,
  assign,
  append,
  end,
  stray,   // a character that must be quoted
  broken,  // `fault` says why; nothing after it can be trusted, so `end` follows
};

struct Token {
  Tok kind = Tok::end;
  size_t begin = 0;
  size_t end = 0;
  std::vector<Piece> pieces;  // a word's; none for ""
  // Where the second fragment of a word begins: foo.*, a"b" and "a$b" are words of several. Values
  // may be, names may not. 0 if there is one fragment only.
  size_t second = 0;
  std::string_view fault;
};

// C strings carry every value to the kernel: no file and no escape may smuggle one of these in.
constexpr std::string_view kNulByte = "NUL byte";

class Lexer {
 public:
  // REQUIRES: no NUL byte in `text`.
  explicit Lexer(std::string_view text) : text_(text) {}
  // Fills `token` anew; one token's memory serves for all.
  void next(Token& token);

 private:
  bool skip_blanks(Token& token);
  bool punctuation(Token& token);
  void word(Token& token);
  bool fragment(Token& token);
  void quoted(Token& token, char quote);
  void escape(Token& token);
  bool variable(Token& token, std::string_view stops);
  void literal(Token& token, size_t begin);
  void byte(Token& token, size_t begin, unsigned value);
  void stray(Token& token);
  void broken(Token& token, size_t begin, std::string_view fault);
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool at_comment() const {
    return peek() == '#' || (peek() == '/' && (peek(1) == '/' || peek(1) == '*'));
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace gaol::jail
