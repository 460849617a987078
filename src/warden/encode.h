// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How settings stand in JSON, in records and in messages alike. For the files that speak JSON only.
// Reading throws what the library throws, and std::bad_optional_access for an unknown parameter.

#include <string>

#include <nlohmann/json.hpp>

#include "jail/params.h"

namespace gaol::warden {

inline nlohmann::json to_json(const jail::Settings& settings) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& setting : settings.all())
    out.push_back({jail::param(setting.id).name, setting.key, setting.values, setting.negated});
  return out;
}

inline jail::Settings settings_from(const nlohmann::json& j) {
  jail::Settings out;
  for (const auto& setting : j)
    out.set({.id = jail::find(setting.at(0).get<std::string>()).value(),
             .key = setting.at(1),
             .values = setting.at(2),
             .negated = setting.at(3),
             .where = {}});
  return out;
}

}  // namespace gaol::warden
