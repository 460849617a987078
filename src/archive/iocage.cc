// SPDX-License-Identifier: BSD-2-Clause
#include "archive/iocage.h"

#include <nlohmann/json.hpp>

#include "archive/names.h"
#include "base/text.h"

namespace gaol::archive {

namespace {

using nlohmann::json;

enum class Kind : uint8_t {
  text,     // as it is
  flag,     // 1 or nothing
  address,  // INTERFACE|ADDRESS/MASK, commas between them
};
struct Word {
  const char* key;
  std::string_view parameter;
  Kind kind;
};
constexpr Word kWords[] = {
    {"host_hostname", "host.hostname", Kind::text},
    {"host_domainname", "host.domainname", Kind::text},
    {"ip4_addr", "ip4.addr", Kind::address},
    {"ip6_addr", "ip6.addr", Kind::address},
    {"exec_start", "exec.start", Kind::text},
    {"exec_stop", "exec.stop", Kind::text},
    {"exec_clean", "exec.clean", Kind::flag},
    {"exec_timeout", "exec.timeout", Kind::text},
    {"stop_timeout", "stop.timeout", Kind::text},
    {"securelevel", "securelevel", Kind::text},
    {"enforce_statfs", "enforce_statfs", Kind::text},
    {"children_max", "children.max", Kind::text},
    {"mount_devfs", "mount.devfs", Kind::flag},
    {"mount_fdescfs", "mount.fdescfs", Kind::flag},
    {"mount_procfs", "mount.procfs", Kind::flag},
    {"allow_mlock", "allow.mlock", Kind::flag},
    {"allow_raw_sockets", "allow.raw_sockets", Kind::flag},
    {"allow_set_hostname", "allow.set_hostname", Kind::flag},
    {"allow_sysvipc", "allow.sysvipc", Kind::flag},
};

// Numbers and truths are written in either way.
std::string value_of(const json& config, const char* key) {
  const auto found = config.find(key);
  if (found == config.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_boolean()) return found->get<bool>() ? "1" : "0";
  return found->is_number_integer() ? found->dump() : std::string();
}

// Those that somebody chose: not what DHCP is to give, nor the interface of that machine.
std::string addresses(std::string_view parameter, std::string_view list) {
  std::string out;
  for (const auto each : split(list, ',')) {
    const auto address = trim(each.substr(each.find('|') + 1));
    if (address.find_first_of(".:") == address.npos) continue;
    out.append(out.empty() ? concat(parameter, " = ") : std::string(", "));
    out.append(conf_value(address));
  }
  return out.empty() ? out : out.append(";\n");
}

std::string statement(const Word& word, std::string_view value) {
  if (value.empty() || value == "none") return {};
  switch (word.kind) {
    case Kind::text: return concat(word.parameter, " = ", conf_value(value), ";\n");
    case Kind::flag: return value == "1" ? concat(word.parameter, ";\n") : std::string();
    case Kind::address: return addresses(word.parameter, value);
  }
  return {};
}

}  // namespace

// A network stack of its own has its addresses from interfaces that are to be made here: its words
// would be those of another machine.
Result<std::string> iocage_statements(std::string_view config) {
  const json parsed = json::parse(config, nullptr, false);
  if (!parsed.is_object()) return fail("config.json: not what iocage writes");
  const bool vnet = value_of(parsed, "vnet") == "1";
  std::string out = vnet ? "vnet;\n" : "";
  for (const auto& word : kWords)
    if (!vnet || word.kind != Kind::address)
      out.append(statement(word, value_of(parsed, word.key)));
  return out.append("persist;\n");
}

}  // namespace gaol::archive
