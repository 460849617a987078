// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How every command speaks: answers on stdout, one line a fault on stderr behind its name.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gaol::tools {

// What a jail calls itself and what is in it reaches the host's root by our output. A terminal
// would obey the control characters in it; there they are shown as ls(1) shows them.
inline void write_text(std::FILE* to, std::string text) {
  const auto is_obeyed = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t') || c == '\x7f';
  };
  if (std::ranges::any_of(text, is_obeyed) && ::isatty(::fileno(to)))
    std::ranges::replace_if(text, is_obeyed, '?');
  std::fwrite(text.data(), 1, text.size(), to);
}

// In one piece: several commands may share a terminal.
inline void write_line(std::FILE* to, std::string_view line) { write_text(to, concat(line, "\n")); }

inline void say(std::string_view line) { write_line(stdout, line); }

inline void complain(std::string_view program, std::string_view text) {
  write_line(stderr, concat(program, ": ", text));
}
inline void complain(std::string_view program, const Error& error) {
  complain(program, error.line());
}

}  // namespace gaol::tools
