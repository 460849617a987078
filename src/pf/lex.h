// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// pf.conf(5), bytes to words and marks.
//
// A macro is text: `$ext_if:network` is one word, of which the first half is in the macro. So the
// lexer reads one stream of characters in front of which the value of a macro is put back, and
// everything that comes from there has the position of the `$`.
// Source: pf.conf(5); the words of pfctl(8)'s scanner.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pf/ruleset.h"

namespace gaol::pf {

// What goes wrong in a file, in the order of the file.
class Complaints {
 public:
  explicit Complaints(const std::vector<std::string>& files) : files_(files) {}
  // `pf.conf:3:7: text`
  void add(Position at, std::string_view text) {
    if (lines_.size() < kMost) lines_.push_back(located(at, text));
  }
  void warn(Position at, std::string_view text) {
    warnings_.push_back(located(at, concat("warning: ", text)));
  }
  // A line without a place, which says more about the next one.
  void note(std::string_view text) {
    if (lines_.size() < kMost) lines_.emplace_back(text);
  }

  const std::vector<std::string>& lines() const { return lines_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  static constexpr size_t kMost = 1000;  // nobody reads more

  std::string located(Position at, std::string_view text) const {
    return concat(files_[at.file], ":", at.line, ":", at.column, ": ", text);
  }

  const std::vector<std::string>& files_;
  std::vector<std::string> lines_, warnings_;
};

struct Token {
  enum class Kind : uint8_t {
    word,    // may be a keyword
    quoted,  // never is
    number,
    mark,  // an operator or a bracket
    newline,
    end,
    broken,  // a complaint was made
  };
  Kind kind = Kind::end;
  std::string text;
  int64_t value = 0;  // of a number
  Position at;

  // The keyword or mark of that text.
  bool is(std::string_view what) const {
    return (kind == Kind::word || kind == Kind::mark) && text == what;
  }
  // A word that may name something.
  bool is_name() const;
};

bool is_keyword(std::string_view word);
// Of a bare word.
bool starts_word(int c);
bool continues_word(int c);

struct Macro {
  std::string value;
  Position at;
  bool persistent = false;  // of the command line: the file does not change it
  bool used = false;
};
using Macros = std::map<std::string, Macro, std::less<>>;

// Hands over the text of a file.
using ReadFile = std::function<Result<std::string>(const std::string& name)>;

class Lexer {
 public:
  Lexer(std::vector<std::string>& files, Macros& macros, Complaints& complaints)
      : files_(files), macros_(macros), complaints_(complaints) {}

  // What comes next is that file; at its end, the rest of the present one. False: files include
  // each other.
  bool enter(const std::string& name, std::string_view text);
  Token next();
  // Past the rest of this line, whatever it is.
  void skip_line();

 private:
  // One file. Lines that a backslash joins are joined, and it is known where each began.
  struct Input {
    uint32_t file = 0;
    std::string text;
    size_t at = 0;
    std::vector<size_t> lines;
  };

  int peek(size_t ahead = 0) const;
  int get();
  Position here() const;
  void skip_blanks();
  Token macro();
  Token quoted();
  Token word();
  bool number(Token& token);
  bool mark(Token& token);
  Token broken(Position at, std::string_view text);

  std::vector<std::string>& files_;
  Macros& macros_;
  Complaints& complaints_;
  std::vector<Input> inputs_;
  std::string pushed_;  // the value of a macro, from `pushed_at_` on still to be read
  size_t pushed_at_ = 0;
  Position dollar_;  // where that macro stood
};

}  // namespace gaol::pf
