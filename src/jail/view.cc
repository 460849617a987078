// SPDX-License-Identifier: BSD-2-Clause
#include "jail/view.h"

#include <algorithm>

namespace gaol::jail {

namespace {

// allow.mount.devfs is security.jail.mount_devfs_allowed.
std::string flag_name(std::string_view permission) {
  std::string name(permission.substr(permission.find('.') + 1));
  std::ranges::replace(name, '.', '_');
  return concat("security.jail.", name, "_allowed");
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '\n') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (escape) ++i;
    out += escape && text[i] == 'n' ? '\n' : text[i];
  }
  return out;
}

// Parameters whose value is a variable's, as it stands.
struct Mirror {
  const char* variable;
  const char* parameter;
};
constexpr Mirror kMirrors[] = {
    {"kern.hostid", "host.hostid"},
    {"kern.hostuuid", "host.hostuuid"},
    {"kern.osreldate", "osreldate"},
    {"kern.osrelease", "osrelease"},
    {"kern.securelevel", "securelevel"},
    {"security.jail.children.max", "children.max"},
    {"security.jail.devfs_ruleset", "devfs_ruleset"},
    {"security.jail.enforce_statfs", "enforce_statfs"},
};
constexpr Mirror kFlags[] = {
    {"security.bsd.suser_enabled", "allow.suser"},
    {"security.bsd.unprivileged_proc_debug", "allow.unprivileged_proc_debug"},
};

bool is_permission(const Param& row) {
  return row.name.starts_with("allow.") && row.when == When::any;
}

// Limits of gaol's, the same for everyone.
void add_limits(Variables& out) {
  out.emplace_back("security.jail.jail_max_af_ips", concat(param(*find("ip4.addr")).range.high));
  out.emplace_back("security.jail.meta_maxbufsize", concat(param(*find("meta")).range.high + 1));
}

}  // namespace

Variables variables_of_jail(const Settings& settings, size_t children) {
  Variables out{{"security.jail.jailed", "1"},
                {"security.jail.vnet", settings.jailsys("vnet") == Jailsys::fresh ? "1" : "0"},
                {"security.jail.env", settings.buffer("env", "")},
                {"security.jail.children.cur", concat(children)}};
  for (const auto& [variable, parameter] : kMirrors)
    if (auto value = settings.text(parameter); !value.empty())
      out.emplace_back(variable, std::move(value));
  for (const auto& [variable, parameter] : kFlags)
    out.emplace_back(variable, settings.on(parameter) ? "1" : "0");
  for (const Param& row : registry())
    if (is_permission(row))
      out.emplace_back(flag_name(row.name), settings.on(row.name) ? "1" : "0");
  add_limits(out);
  return out;
}

Variables variables_of_host() {
  Variables out{{"kern.securelevel", "-1"},
                {"security.jail.jailed", "0"},
                {"security.jail.vnet", "0"},
                {"security.jail.children.max", "999999"},
                {"security.jail.devfs_ruleset", "0"},
                {"security.jail.enforce_statfs", "0"},
                {"security.jail.env", ""}};
  for (const auto& [variable, parameter] : kFlags) out.emplace_back(variable, "1");
  for (const Param& row : registry())
    if (is_permission(row)) out.emplace_back(flag_name(row.name), "1");
  add_limits(out);
  return out;
}

std::string view_text(const Variables& variables) {
  std::string out;
  for (const auto& [name, value] : variables) out += concat(name, "=", escaped(value), "\n");
  return out;
}

Variables parse_view(std::string_view text) {
  Variables out;
  for (const auto line : split(text, '\n'))
    if (const auto equals = line.find('='); equals != line.npos)
      out.emplace_back(std::string(line.substr(0, equals)), unescaped(line.substr(equals + 1)));
  return out;
}

// As sethostid(3) of glibc writes it: 32 bits in the machine's order.
std::string hostid_file(const Settings& settings) {
  const auto id = static_cast<uint32_t>(settings.integer("host.hostid"));
  return {reinterpret_cast<const char*>(&id), sizeof id};
}

std::string machine_id_file(const Settings& settings) {
  std::string digits = settings.text("host.hostuuid");
  std::erase(digits, '-');
  std::ranges::transform(digits, digits.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  });
  return digits + "\n";
}

}  // namespace gaol::jail
