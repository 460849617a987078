// SPDX-License-Identifier: BSD-2-Clause
#include "lib/values.h"

#include <sys/socket.h>

#include <optional>

#include "jail/address.h"

namespace gaol::lib {

namespace {

using jail::Type;

// What the registry cannot know because it is the jail's own doing.
std::optional<std::string> computed(const warden::Record& jail, std::string_view name) {
  if (name == "jid" || name == "cpuset.id") return concat(jail.jid);
  if (name == "name") return jail.name;
  return {};
}

std::vector<std::string> plain_addresses(const std::vector<std::string>& elements, int family) {
  std::vector<std::string> out;
  for (const auto& element : elements)
    if (const auto spec = jail::parse_alias(element, family))
      out.push_back(jail::address_text(spec->address));
  return out;
}

std::string value_of_key(std::string_view buffer, std::string_view key) {
  for (const auto line : split(buffer, '\n'))
    if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
      return std::string(line.substr(key.size() + 1));
  return {};
}

}  // namespace

std::vector<std::string> value_of(const warden::Record& jail, const jail::Param& param,
                                  std::string_view key) {
  if (auto own = computed(jail, param.name)) return {std::move(*own)};
  const jail::Settings& settings = jail.settings;
  switch (param.type) {
    case Type::boolean: return {settings.on(param.name) ? "true" : "false"};
    case Type::jailsys: return {std::string(jail::jailsys_word(settings.jailsys(param.name)))};
    case Type::ip4_list: return plain_addresses(settings.list(param.name), AF_INET);
    case Type::ip6_list: return plain_addresses(settings.list(param.name), AF_INET6);
    case Type::list: return settings.list(param.name);
    case Type::keyvalue: {
      auto buffer = settings.buffer(param.name, "");
      return {key.empty() ? std::move(buffer) : value_of_key(buffer, key)};
    }
    case Type::integer:
    case Type::string: break;
  }
  return {settings.text(param.name)};
}

}  // namespace gaol::lib
