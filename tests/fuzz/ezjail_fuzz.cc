// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as the variables of an ezjail. What becomes of them are whole statements, a line each,
// in which nothing but quoted text is theirs.
#include <cstdint>
#include <cstdlib>

#include "archive/ezjail.h"
#include "base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto out = gaol::archive::ezjail_statements({reinterpret_cast<const char*>(data), size});
  if (!out.ends_with(";\n")) std::abort();
  out.pop_back();
  for (const auto line : gaol::split(out, '\n')) {
    bool quoted = false;
    for (size_t at = 0; at < line.size(); ++at) {
      const char c = line[at];
      if (quoted && c == '\\') ++at;
      if (c == '"') quoted = !quoted;
      const bool ours = (c >= 'a' && c <= 'z') || std::string_view("46._ =,;\"").contains(c);
      if (!quoted && !ours) std::abort();
    }
    if (quoted || !line.ends_with(';')) std::abort();
  }
  return 0;
}
