// SPDX-License-Identifier: BSD-2-Clause
#include "pf/table_file.h"

#include "base/text.h"

namespace gaol::pf {

std::vector<std::string_view> table_words(std::string_view text) {
  std::vector<std::string_view> out;
  for (const auto line : split(text, '\n'))
    for (const auto word : words(line.substr(0, line.find_first_of("#;")))) out.push_back(word);
  return out;
}

std::expected<std::vector<TableEntry>, Unresolved> table_entries(std::string_view word,
                                                                 Hosts& hosts) {
  HostWord host{.at = {}, .kind = HostWord::Kind::name, .name = {}, .last = {}, .interface = {}};
  host.negated = word.starts_with('!');
  word.remove_prefix(host.negated);
  const auto slash = word.find('/');
  host.name = word.substr(0, slash);
  if (slash != word.npos) {
    host.bits = number<uint8_t>(word.substr(slash + 1));
    if (!host.bits || *host.bits > 128)
      return std::unexpected(
          Unresolved{.note = {}, .text = concat("invalid netmask '", word.substr(slash), "'")});
  }
  const auto found = hosts.resolve(host);
  if (!found) return std::unexpected(found.error());
  std::vector<TableEntry> entries;
  for (const Host& one : *found) entries.push_back({std::get<Network>(one.address), one.negated});
  return entries;
}

}  // namespace gaol::pf
