// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What records and messages have in common as JSON. For the files that speak it only.
// Reading throws what the library throws, and std::bad_optional_access for an unknown parameter.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "jail/params.h"

namespace gaol::warden {

// Damage that the library would take for a value: what is deeper than anything we write (its parser
// needs no stack for it, but we do), and fractions, which it makes any integer of.
inline nlohmann::json parse(std::string_view text) {
  using nlohmann::json;
  constexpr int kDeepest = 8;
  return json::parse(text, [](int depth, json::parse_event_t, const json& value) {
    if (depth > kDeepest) throw json::other_error::create(0, "too deep", nullptr);
    if (value.is_number_float()) throw json::other_error::create(0, "a fraction", nullptr);
    return true;
  });
}

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
