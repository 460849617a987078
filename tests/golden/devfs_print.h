// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Rulesets printed as devfs.rules(5): numbers everywhere, no variable left, everything quoted. Read
// back it must be the same sets; the golden corpus and the fuzzer both hold it to that.

#include <string>
#include <string_view>

#include "devfs/rules.h"

namespace gaol::devfs {

// A word for the shell: of what single quotes cannot hold, only the quote itself.
inline std::string shell_word(std::string_view word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

inline std::string print_rule(const Rule& rule) {
  Rule plain = rule;  // text_of() writes words as they are
  plain.path.clear();
  plain.user.clear();
  plain.group.clear();
  std::string out = "add " + text_of(plain);
  for (const auto& [word, value] :
       {std::pair{"path", rule.path}, {"user", rule.user}, {"group", rule.group}})
    if (!value.empty()) out += concat(" ", word, " ", shell_word(value));
  return out + "\n";
}

inline std::string print_rules(const Rulesets& sets) {
  std::string out;
  for (const auto& set : sets.all()) {
    out += concat("[", set.name, "=", set.number, "]\n");
    for (const Rule& rule : set.rules) out += print_rule(rule);
  }
  return out;
}

}  // namespace gaol::devfs
