// SPDX-License-Identifier: BSD-2-Clause
#include "warden/record.h"

#include <algorithm>
#include <array>

#include "warden/encode.h"

namespace gaol::warden {

namespace {

using nlohmann::json;

json to_json(const sys::ProcessId& process) { return json::array({process.pid, process.birth}); }

sys::ProcessId process_from(const json& j) { return {j.at(0), j.at(1)}; }

json to_json(const net::Alias& alias) {
  return json::array(
      {alias.interface, alias.address.family, alias.address.bytes, alias.address.prefix});
}

net::Alias alias_from(const json& j) {
  net::Alias alias{.interface = j.at(0), .address = {}};
  alias.address.family = j.at(1);
  std::ranges::copy(j.at(2).get<std::array<uint8_t, sizeof alias.address.bytes>>(),
                    alias.address.bytes);
  alias.address.prefix = j.at(3);
  return alias;
}

json to_json(const sys::LentLink& link) { return json::array({link.name, link.index}); }

sys::LentLink lent_link_from(const json& j) { return {j.at(0), j.at(1)}; }

template <class T>
json array_of(const std::vector<T>& items) {
  json out = json::array();
  for (const auto& item : items) out.push_back(to_json(item));
  return out;
}

}  // namespace

std::string Record::to_text() const {
  return json{{"jid", jid},
              {"parent", parent},
              {"name", name},
              {"settings", warden::to_json(settings)},
              {"owner", to_json(owner)},
              {"init", to_json(init)},
              {"line", line},
              {"first", to_json(first)},
              {"raw", to_json(raw)},
              {"control", to_json(control)},
              {"first_id", first_id},
              {"cgroup", cgroup},
              {"aliases", array_of(aliases)},
              {"interfaces", array_of(interfaces)},
              {"inherits", inherits},
              {"dying", dying}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Record> Record::from_text(std::string_view text) {
  try {
    const json j = parse(text);
    Record record{
        .jid = j.at("jid"),
        .parent = j.at("parent"),
        .name = j.at("name"),
        .settings = settings_from(j.at("settings")),
        .owner = process_from(j.at("owner")),
        .init = process_from(j.at("init")),
        .line = j.value("line", uint64_t{0}),
        .first = j.contains("first") ? process_from(j.at("first")) : sys::ProcessId{},
        .raw = j.contains("raw") ? process_from(j.at("raw")) : sys::ProcessId{},
        .control = j.contains("control") ? process_from(j.at("control")) : sys::ProcessId{},
        .first_id = j.at("first_id"),
        .cgroup = j.at("cgroup"),
        .aliases = {},
        .interfaces = {},
        .inherits = j.at("inherits"),
        .dying = j.value("dying", false)};
    for (const auto& alias : j.at("aliases")) record.aliases.push_back(alias_from(alias));
    for (const auto& link : j.at("interfaces")) record.interfaces.push_back(lent_link_from(link));
    return record;
  } catch (const std::exception& damage) {  // the library's way to say so, and optional's
    return fail("damaged record: ", damage.what());
  }
}

}  // namespace gaol::warden
