// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How every command speaks: answers on stdout, one line a fault on stderr behind its name.

#include <cstdio>
#include <string_view>

#include "base/result.h"

namespace gaol::tools {

inline void write_line(std::FILE* to, std::string_view line) {
  // In one piece: several commands may share a terminal.
  const std::string whole = concat(line, "\n");
  std::fwrite(whole.data(), 1, whole.size(), to);
}

inline void say(std::string_view line) { write_line(stdout, line); }

inline void complain(std::string_view program, std::string_view text) {
  write_line(stderr, concat(program, ": ", text));
}
inline void complain(std::string_view program, const Error& error) {
  complain(program, error.line());
}

}  // namespace gaol::tools
