// SPDX-License-Identifier: BSD-2-Clause
//
// What is asked of a configuration once it is read, and the names that jail.conf(5) and the
// command line have in common. Only a whole component can be a wildcard, so `foo*` is a name.
#include "jail/conf.h"

#include <algorithm>

namespace gaol::jail {

namespace {

// Takes the first dotted component off `name`; false when it was the last.
bool next_component(std::string_view& name, std::string_view& component) {
  const size_t dot = name.find('.');
  component = name.substr(0, dot);
  if (dot == name.npos) return false;
  name.remove_prefix(dot + 1);
  return true;
}

}  // namespace

bool is_wildcard(std::string_view name) {
  std::string_view component;
  bool more = true;
  while (more) {
    more = next_component(name, component);
    if (component == "*") return true;
  }
  return false;
}

bool wildcard_match(std::string_view pattern, std::string_view name) {
  for (;;) {
    std::string_view wanted, given;
    const bool more_wanted = next_component(pattern, wanted);
    const bool more_given = next_component(name, given);
    if (wanted == "*" && !more_wanted) return true;
    if (wanted != "*" && wanted != given) return false;
    if (!more_wanted || !more_given) return more_wanted == more_given;
  }
}

const JailConf* Conf::find(std::string_view name) const {
  const auto name_of = [this](uint32_t i) -> std::string_view { return jails[i].name; };
  const auto at = std::ranges::lower_bound(by_name, name, {}, name_of);
  return at == by_name.end() || name_of(*at) != name ? nullptr : &jails[*at];
}

std::string quote_value(std::string_view value) {
  char quote = '\0';
  if (value.contains('"') && !value.contains('\''))
    quote = '\'';
  else if (value.empty() || value.find_first_of("' \t") != value.npos)
    quote = '"';

  std::string out;
  if (quote) out += quote;
  for (const char c : value) {
    if (c == '\\' || (quote && c == quote)) out += '\\';
    out += c;
  }
  if (quote) out += quote;
  return out;
}

std::string export_setting(const Setting& setting) {
  const std::string_view name = param(setting.id).name;
  std::string word(setting.negated ? boolean_spelling(name, false) : name);
  if (!setting.key.empty()) word.append(concat('.', setting.key));
  for (const std::string& value : setting.values) {
    word += &value == &setting.values.front() ? '=' : ',';
    word.append(quote_value(value));
  }
  return word;
}

std::string export_line(const JailConf& jail, std::string_view separator) {
  std::string line;
  for (const Setting& setting : jail.settings.all()) {
    if (param(setting.id).name == "jid") continue;
    if (!line.empty()) line.append(separator);
    line.append(export_setting(setting));
  }
  return line;
}

}  // namespace gaol::jail
