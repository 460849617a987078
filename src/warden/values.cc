// SPDX-License-Identifier: BSD-2-Clause
#include "warden/values.h"

#include <algorithm>

#include "sys/probe.h"

namespace gaol::warden {

namespace {

using jail::Type;

std::string word(bool on) { return on ? "true" : "false"; }

struct AtHand {
  std::string_view name;
  Value (*value)(const Entry&);
  bool roots_to_change = false;
};
constexpr AtHand kAtHand[] = {
    {"children.cur", [](const Entry& jail) { return Value{concat(jail.children)}; }},
    {"cpuset.id", [](const Entry& jail) { return Value{concat(jail.jid)}; }},
    {"dying", [](const Entry& jail) { return Value{word(jail.dying)}; }},
    {"host.domainname", [](const Entry& jail) { return Value{jail.domainname}; }, true},
    {"host.hostname", [](const Entry& jail) { return Value{jail.hostname}; }, true},
    {"ip4.addr", [](const Entry& jail) { return addresses(jail.ip4); }},
    {"ip6.addr", [](const Entry& jail) { return addresses(jail.ip6); }},
    {"jid", [](const Entry& jail) { return Value{concat(jail.jid)}; }},
    {"name", [](const Entry& jail) { return Value{jail.name}; }},
    {"parent", [](const Entry& jail) { return Value{concat(jail.parent)}; }},
    {"path", [](const Entry& jail) { return Value{jail.path}; }},
};

// What is the host's as long as nobody has given the jail its own.
struct OfHost {
  std::string_view name;
  std::string (*value)();
};
constexpr OfHost kOfHost[] = {
    {"osreldate", [] { return concat(sys::kernel_date()); }},
    {"osrelease", sys::kernel_release},
};

// The row of a parameter in one of these tables, or null.
template <class Row, size_t N>
const Row* find(const Row (&table)[N], const jail::Param& param) {
  const auto* row = std::ranges::find(table, param.name, &Row::name);
  return row == std::end(table) ? nullptr : row;
}

std::string line_of(std::string_view buffer, std::string_view key) {
  for (const auto line : split(buffer, '\n'))
    if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
      return std::string(line.substr(key.size() + 1));
  return {};
}

}  // namespace

Value addresses(const std::string& list) {
  if (list.empty()) return {};
  const auto pieces = split(list, ',');
  return {pieces.begin(), pieces.end()};
}

bool is_each_jails_own(const jail::Param& param) { return find(kAtHand, param) != nullptr; }

bool is_roots_to_change(const jail::Param& param) {
  const auto* row = find(kAtHand, param);
  return row && row->roots_to_change;
}

const jail::Settings& View::settings() const {
  if (!settings_) settings_ = entry_.settings();
  return *settings_;
}

bool View::inherited(const jail::Param& param) const {
  return find(kOfHost, param) && !settings().has(param.name);
}

Value View::value(const jail::Param& param, std::string_view key) const {
  if (const auto* row = find(kAtHand, param)) return row->value(entry_);
  if (inherited(param)) return {find(kOfHost, param)->value()};
  switch (param.type) {
    case Type::boolean: return {word(settings().on(param.name))};
    case Type::jailsys: return {std::string(jailsys_word(settings().jailsys(param.name)))};
    case Type::list: return settings().list(param.name);
    case Type::keyvalue: {
      auto buffer = settings().buffer(param.name, "");
      return {key.empty() ? std::move(buffer) : line_of(buffer, key)};
    }
    default: return {settings().text(param.name)};
  }
}

}  // namespace gaol::warden
