// SPDX-License-Identifier: BSD-2-Clause
#include "archive/ezjail.h"

#include "archive/names.h"
#include "base/text.h"

namespace gaol::archive {

namespace {

enum class Kind : uint8_t {
  text,     // as it is
  flag,     // YES or nothing
  address,  // [interface|]address, commas between them; by their look for IPv4 or IPv6
};
struct Word {
  std::string_view suffix;     // of the variable
  std::string_view parameter;  // of jail.conf
  Kind kind;
};
constexpr Word kWords[] = {
    {"_hostname", "host.hostname", Kind::text},
    {"_ip", "ip4.addr", Kind::address},
    {"_exec_start", "exec.start", Kind::text},
    {"_exec_stop", "exec.stop", Kind::text},
    {"_devfs_enable", "mount.devfs", Kind::flag},
    {"_devfs_ruleset", "devfs_ruleset", Kind::text},
    {"_procfs_enable", "mount.procfs", Kind::flag},
    {"_fdescfs_enable", "mount.fdescfs", Kind::flag},
};

std::string addresses(std::string_view list) {
  std::string out;
  for (const bool six : {false, true}) {
    const char* separator = six ? "ip6.addr = " : "ip4.addr = ";
    for (const auto each : split(list, ',')) {
      if (trim(each).empty() || each.contains(':') != six) continue;
      out.append(separator).append(conf_value(trim(each)));
      separator = ", ";
    }
    if (separator[0] == ',') out.append(";\n");
  }
  return out;
}

std::string statement(const Word& word, std::string_view value) {
  if (value.empty()) return {};
  switch (word.kind) {
    case Kind::text: return concat(word.parameter, " = ", conf_value(value), ";\n");
    case Kind::flag: return value == "YES" ? concat(word.parameter, ";\n") : std::string();
    case Kind::address: return addresses(value);
  }
  return {};
}

}  // namespace

bool is_ezjail_properties(const std::string& path) { return path.starts_with("prop.ezjail-"); }

bool begins_ezjail(const std::string& path) {
  return is_ezjail_properties(path) || path == kEzjailTree || path == "fstab.ezjail";
}

std::string ezjail_statements(std::string_view properties) {
  std::string out;
  for (const auto raw : split(properties, '\n')) {
    auto line = trim(raw);
    if (!line.starts_with("export jail_")) continue;
    const auto assigned = line.find("=\"");
    if (assigned == line.npos || !line.ends_with('"') || line.size() < assigned + 3) continue;
    const auto name = line.substr(0, assigned);
    const auto value = line.substr(assigned + 2, line.size() - assigned - 3);
    for (const auto& word : kWords)
      if (name.ends_with(word.suffix)) out.append(statement(word, value));
  }
  return out.append("persist;\n");
}

}  // namespace gaol::archive
