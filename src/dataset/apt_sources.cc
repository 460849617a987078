// SPDX-License-Identifier: BSD-2-Clause

// sources.list(5), as far as it takes to find the entries of one suite. mmdebstrap would read
// whole files, and with them every other suite and vendor the machine happens to use.

#include <algorithm>
#include <map>

#include "base/text.h"
#include "dataset/release.h"

namespace gaol::dataset {

namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

bool belongs(std::string_view candidate, std::string_view suite) {
  if (!candidate.starts_with(suite)) return false;
  candidate.remove_prefix(suite.size());
  return candidate.empty() || candidate == "-updates" || candidate == "-security";
}

// deb [options] URI SUITE COMPONENT...
bool line_carries(std::string_view line, std::string_view suite) {
  if (!line.starts_with("deb ") && !line.starts_with("deb\t")) return false;
  if (const auto close = line.find(']'); line.contains('[') && close != line.npos)
    line.remove_prefix(close);  // the bracket itself takes the place of "deb"
  const auto fields = words(line);
  return fields.size() >= 3 && belongs(fields[2], suite);
}

// Stanzas of "Name: value", where a line that starts with a blank continues the last value.
std::vector<Fields> stanzas(std::string_view text) {
  std::vector<Fields> all(1);
  std::string name;
  for (const auto line : split(text, '\n')) {
    const auto colon = line.find(':');
    if (line.starts_with('#')) continue;
    if (trim(line).empty()) {
      all.emplace_back();
    } else if (line.front() == ' ' || line.front() == '\t') {
      all.back()[name].append("\n").append(trim(line));
    } else if (colon != line.npos) {
      name = line.substr(0, colon);
      all.back()[name] = trim(line.substr(colon + 1));
    }
  }
  return all;
}

std::string_view value(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

// The options that say where and how to check. A key written out in the stanza has no one-line
// form; there mmdebstrap looks for a keyring that fits.
std::string options(const Fields& fields) {
  std::string out;
  const auto add = [&](std::string_view option, std::string_view setting) {
    if (setting.empty() || setting.contains('\n')) return;
    out.append(out.empty() ? "[" : " ").append(option).append("=");
    const auto values = words(setting);
    out.append(join({values.begin(), values.end()}, ","));
  };
  add("arch", value(fields, "Architectures"));
  add("signed-by", value(fields, "Signed-By"));
  add("check-valid-until", value(fields, "Check-Valid-Until"));
  return out.empty() ? out : out.append("] ");
}

void add_stanza(std::vector<std::string>& entries, const Fields& fields, std::string_view suite) {
  const auto types = words(value(fields, "Types"));
  if (std::ranges::find(types, "deb") == types.end() || value(fields, "Enabled") == "no") return;
  for (const auto uri : words(value(fields, "URIs"))) {
    for (const auto candidate : words(value(fields, "Suites"))) {
      if (!belongs(candidate, suite)) continue;
      std::string entry = concat("deb ", options(fields), uri, " ", candidate);
      for (const auto component : words(value(fields, "Components")))
        entry.append(" ").append(component);
      entries.push_back(std::move(entry));
    }
  }
}

}  // namespace

std::vector<std::string> apt_entries(std::string_view text, bool deb822, std::string_view suite) {
  std::vector<std::string> entries;
  if (deb822) {
    for (const auto& stanza : stanzas(text)) add_stanza(entries, stanza, suite);
    return entries;
  }
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw.substr(0, raw.find('#')));
    if (line_carries(line, suite)) entries.emplace_back(line);
  }
  return entries;
}

}  // namespace gaol::dataset
