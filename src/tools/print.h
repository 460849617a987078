// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How every command speaks: answers on stdout, one line a fault on stderr behind its name.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gaol::tools {

// What a jail calls itself and what is in it reaches the host's root by our output. A terminal
// would obey the control characters in it; there they are shown as ls(1) shows them.
inline void write_text(std::FILE* to, std::string_view text) {
  const auto is_obeyed = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t') || c == '\x7f';
  };
  std::string masked;
  if (::isatty(::fileno(to)) && std::ranges::any_of(text, is_obeyed)) {
    std::ranges::replace_copy_if(text, std::back_inserter(masked), is_obeyed, '?');
    text = masked;
  }
  std::fwrite(text.data(), 1, text.size(), to);
}

// In one piece: several commands may share a terminal.
inline void write_line(std::FILE* to, std::string_view line) { write_text(to, concat(line, "\n")); }

// Lines for stdout, many of them in one piece.
class Lines {
 public:
  Lines() = default;
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  ~Lines() { write_text(stdout, text_); }
  void add(std::string_view line) {
    text_.append(line).append(1, '\n');
    if (text_.size() < kEnough) return;
    write_text(stdout, text_);
    text_.clear();
  }

 private:
  static constexpr size_t kEnough = 1 << 16;
  std::string text_;
};

inline void say(std::string_view line) { write_line(stdout, line); }

inline void complain(std::string_view program, std::string_view text) {
  write_line(stderr, concat(program, ": ", text));
}
inline void complain(std::string_view program, const Error& error) {
  complain(program, error.line());
}

}  // namespace gaol::tools
