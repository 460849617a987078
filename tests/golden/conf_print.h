// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A configuration printed as jail.conf(5): one block for each jail, no variable and no wildcard
// left, everything quoted. Read back it must be the same configuration; the golden corpus and the
// fuzzer both hold it to that.

#include <span>
#include <string>
#include <string_view>

#include "jail/conf.h"

namespace gaol::jail {

inline std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\'';
}

inline std::string print_setting(const Setting& setting) {
  const std::string_view name = param(setting.id).name;
  std::string word = setting.negated ? boolean_spelling(name, false) : std::string(name);
  if (!setting.key.empty()) word += concat('.', setting.key);
  std::string values;
  for (const std::string& value : setting.values)
    values += concat(values.empty() ? " = " : ", ", single_quoted(value));
  return concat("  ", single_quoted(word), values, ";\n");
}

// The first setting of a jail is the one that its block's name implies.
inline std::string print_conf(const Conf& conf) {
  std::string out;
  for (const JailConf& jail : conf.jails) {
    out += concat(single_quoted(jail.name), " {\n");
    for (const Setting& setting : std::span(jail.settings.all()).subspan(1))
      out += print_setting(setting);
    out += "}\n";
  }
  return out;
}

}  // namespace gaol::jail
