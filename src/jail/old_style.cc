// SPDX-License-Identifier: BSD-2-Clause
#include "jail/old_style.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/suggest.h"
#include "base/text.h"

namespace gaol::jail {

namespace {

struct Row {
  std::string_view name, parameter;
  bool on = false;        // when the file says nothing
  bool inverted = false;  // 1 forbids what the parameter allows
};

constexpr Row kRows[] = {
    {"security.jail.set_hostname_allowed", "allow.set_hostname", true},
    {"security.jail.sysvipc_allowed", "allow.sysvipc"},
    {"security.jail.allow_raw_sockets", "allow.raw_sockets"},
    {"security.jail.chflags_allowed", "allow.chflags"},
    {"security.jail.mount_allowed", "allow.mount"},
    {"security.jail.socket_unixiproute_only", "allow.socket_af", true, true},
};

void set(Settings& settings, const Row& row, bool on, std::string where) {
  settings.set({.id = *find(row.parameter),
                .values = {on != row.inverted ? "true" : "false"},
                .where = std::move(where)});
}

std::vector<std::string_view> names() {
  std::vector<std::string_view> out;
  std::ranges::transform(kRows, std::back_inserter(out), &Row::name);
  return out;
}

}  // namespace

Result<Settings> old_style_settings(std::string_view text, std::string_view file) {
  Settings settings;
  for (const Row& row : kRows) set(settings, row, row.on, {});
  size_t number = 0;
  for (auto line : split(text, '\n')) {
    const std::string where = concat(file, ":", ++number);
    line = trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const auto equals = line.find('=');
    const auto name = trim(line.substr(0, equals));
    const auto* row = std::ranges::find(kRows, name, &Row::name);
    if (row == std::end(kRows))
      return fail(where, ": unknown setting: ", name, did_you_mean(name, names()));
    const auto value = equals == line.npos ? std::string_view() : trim(line.substr(equals + 1));
    if (value != "0" && value != "1") return fail(where, ": ", name, ": 0 or 1 expected");
    set(settings, *row, value == "1", where);
  }
  return settings;
}

}  // namespace gaol::jail
