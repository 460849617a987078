// SPDX-License-Identifier: BSD-2-Clause
#include "jail/params.h"

// FreeBSD checks a parameter in three places: jail(8) its own, libjail the types, the kernel
// the values and what they mean together. Here all three are this file, so that a bad value is
// refused before the first command has run. What Linux cannot do is refused by the same walk
// over the table; only rules about two parameters are functions (kRelations).

#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <iterator>

#include "base/suggest.h"
#include "base/text.h"
#include "jail/address.h"

namespace gaol::jail {

namespace {

constexpr std::string_view kJailsysWords[] = {"disable", "new", "inherit"};

ParamId known(std::string_view name) {
  const auto id = find(name);
  assert(id && "not a parameter of the registry");
  return *id;
}

std::optional<std::string_view> last_value(const Setting& setting) {
  if (setting.values.empty()) return {};
  return setting.values.back();
}

// The boolean as it was meant: `allow.nomount = false` is on.
std::optional<bool> meant(const Setting& setting) {
  auto value = parse_boolean(last_value(setting));
  if (value && setting.negated) value = !*value;
  return value;
}

std::vector<std::string> addresses(const Setting& setting) {
  std::vector<std::string> out;
  for (const std::string& value : setting.values)
    for (auto element : split(value, ','))
      if (element = trim(element); !element.empty()) out.emplace_back(element);
  return out;
}

bool is_address_list(const Param& param) {
  return param.type == Type::ip4_list || param.type == Type::ip6_list;
}

bool is_list(const Param& param) { return param.type == Type::list || is_address_list(param); }

bool contains(const auto& range, const auto& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

std::unexpected<Error> unknown_parameter(std::string_view name) {
  std::vector<std::string_view> names;
  std::ranges::transform(registry(), std::back_inserter(names), &Param::name);
  return fail("unknown parameter: ", name, did_you_mean(name, names));
}

Result<Spelling> spelling(std::string_view word) {
  if (const auto id = find(word)) return Spelling{*id, false, {}};

  const size_t last = word.rfind('.') + 1;  // 0 when there is one component only
  if (word.substr(last).starts_with("no")) {
    const auto id = find(concat(word.substr(0, last), word.substr(last + 2)));
    if (id && param(*id).type == Type::boolean) return Spelling{*id, true, {}};
  }

  const size_t dot = word.find('.');
  if (dot != word.npos && dot + 1 < word.size()) {
    const auto id = find(word.substr(0, dot));
    if (id && param(*id).type == Type::keyvalue)
      return Spelling{*id, false, std::string(word.substr(dot + 1))};
  }
  return unknown_parameter(word);
}

std::string boolean_spelling(std::string_view name, bool on) {
  if (on) return std::string(name);
  const size_t last = name.rfind('.') + 1;
  return concat(name.substr(0, last), "no", name.substr(last));
}

std::optional<bool> parse_boolean(std::optional<std::string_view> value) {
  if (!value || equal_ignoring_case(*value, "true")) return true;
  if (equal_ignoring_case(*value, "false")) return false;
  if (const auto n = number<int64_t>(*value)) return *n != 0;
  return {};
}

std::optional<Jailsys> parse_jailsys(std::optional<std::string_view> value) {
  if (!value) return Jailsys::fresh;
  for (size_t i = 0; i < std::size(kJailsysWords); ++i)
    if (equal_ignoring_case(*value, kJailsysWords[i]) || number<size_t>(*value) == i)
      return static_cast<Jailsys>(i);
  return {};
}

std::string_view jailsys_word(Jailsys state) { return kJailsysWords[std::to_underlying(state)]; }

// ---- Settings ----

void Settings::set(Setting setting) {
  if (Setting* old = edit(setting.id, setting.key))
    *old = std::move(setting);
  else
    settings_.push_back(std::move(setting));
}

void Settings::add(Setting setting) {
  Setting* old = edit(setting.id, setting.key);
  if (!old || !is_list(param(setting.id))) return set(std::move(setting));
  std::ranges::move(setting.values, std::back_inserter(old->values));
  old->where = std::move(setting.where);
}

void Settings::erase(ParamId id) {
  std::erase_if(settings_, [&](const Setting& setting) { return setting.id == id; });
}

void Settings::put_buffer(std::string_view name, std::string text) {
  const ParamId id = known(name);
  erase(id);
  settings_.push_back({.id = id, .key = {}, .values = {std::move(text)}});
}

const Setting* Settings::get(ParamId id, std::string_view key) const {
  const auto at = std::ranges::find_if(
      settings_, [&](const Setting& setting) { return setting.id == id && setting.key == key; });
  return at == settings_.end() ? nullptr : &*at;
}

Setting* Settings::edit(ParamId id, std::string_view key) {
  return const_cast<Setting*>(get(id, key));
}

const Setting* Settings::get(std::string_view name) const { return get(known(name)); }

bool Settings::on(std::string_view name) const {
  const ParamId id = known(name);
  const Setting* setting = get(id);
  return setting ? meant(*setting).value_or(false) : param(id).standard == "true";
}

std::string Settings::text(std::string_view name) const {
  const ParamId id = known(name);
  const Setting* setting = get(id);
  return std::string(setting ? last_value(*setting).value_or("") : param(id).standard);
}

int64_t Settings::integer(std::string_view name) const {
  return number<int64_t>(text(name)).value_or(0);
}

Jailsys Settings::jailsys(std::string_view name) const {
  const ParamId id = known(name);
  const Param& self = param(id);
  const auto implier = find(self.implied_by);
  const Setting* implying = implier ? get(*implier) : nullptr;
  if (implying && is_address_list(param(*implier)) && !addresses(*implying).empty())
    return Jailsys::fresh;
  if (const Setting* given = get(id))
    return parse_jailsys(last_value(*given)).value_or(Jailsys::disable);
  if (implying && param(*implier).type == Type::boolean && meant(*implying).value_or(false))
    return Jailsys::inherit;
  return parse_jailsys(self.standard).value_or(Jailsys::disable);
}

std::vector<std::string> Settings::list(std::string_view name) const {
  const ParamId id = known(name);
  const Setting* setting = get(id);
  if (!setting) return {};
  return is_address_list(param(id)) ? addresses(*setting) : setting->values;
}

std::string Settings::buffer(std::string_view name, std::string_view before) const {
  const ParamId id = known(name);
  std::vector<std::string> lines;
  const auto refill = [&](std::string_view text) {
    lines.clear();
    if (text.empty()) return;
    for (auto line : split(text, '\n')) lines.emplace_back(line);
  };
  refill(before);
  for (const Setting& setting : settings_) {
    if (setting.id != id) continue;
    if (setting.key.empty()) {
      refill(last_value(setting).value_or(""));
      continue;
    }
    const std::string prefix = concat(setting.key, "=");
    const auto old = std::ranges::find_if(
        lines, [&](const std::string& line) { return line.starts_with(prefix); });
    if (setting.values.empty()) {
      if (old != lines.end()) lines.erase(old);
    } else if (old != lines.end()) {
      *old = prefix + setting.values.back();
    } else {
      lines.insert(lines.begin(), prefix + setting.values.back());
    }
  }
  return join(lines, "\n");
}

// ---- checks ----

namespace {

using Faults = std::vector<Error>;

template <class... Parts>
void report(Faults& faults, const Setting& setting, const Parts&... parts) {
  faults.push_back({0, concat(parts...), setting.where});
}

// The name as the user may have written it: with its key.
std::string label(const Setting& setting) {
  const auto name = param(setting.id).name;
  return setting.key.empty() ? std::string(name) : concat(name, ".", setting.key);
}

// Whether Linux can give the value, in its canonical spelling.
void check_support(const Setting& setting, std::string_view value, Faults& faults) {
  const Param& self = param(setting.id);
  const bool refused = self.linux_means == Linux::refused;
  if (refused ? value.empty() : self.takes.empty()) return;
  if (contains(words(self.takes), value)) return;
  if (!self.otherwise.empty())
    report(faults, setting, self.name, " ", value, ": ", self.otherwise);
  else if (refused)
    report(faults, setting, self.name, ": not supported on this system: ", self.note);
  else
    report(faults, setting, self.name, " ", value, ": not supported on this system: ", self.note);
}

void check_boolean(const Setting& setting, Faults& faults) {
  if (const auto value = meant(setting)) {
    check_support(setting, *value ? "true" : "false", faults);
  } else {
    report(faults, setting, param(setting.id).name, ": unknown boolean value \"",
           setting.values.back(), "\"");
  }
}

void check_jailsys(const Setting& setting, Faults& faults) {
  if (const auto value = parse_jailsys(last_value(setting))) {
    check_support(setting, jailsys_word(*value), faults);
  } else {
    report(faults, setting, param(setting.id).name, ": unknown jailsys value \"",
           setting.values.back(), "\"");
  }
}

void check_integer(const Setting& setting, Faults& faults) {
  const Param& self = param(setting.id);
  const auto text = last_value(setting).value_or("");
  const auto value = number<int64_t>(text);
  if (!value) {
    report(faults, setting, self.name, ": non-integer value \"", text, "\"");
  } else if (*value < self.range.low || *value > self.range.high) {
    report(faults, setting, self.name, ": ", text, " is not between ", self.range.low, " and ",
           self.range.high);
  } else {
    check_support(setting, concat(*value), faults);
  }
}

void check_string(const Setting& setting, Faults& faults) {
  const Param& self = param(setting.id);
  const auto text = last_value(setting).value_or("");
  if (std::cmp_greater(text.size(), self.range.high)) {
    report(faults, setting, self.name, ": ", text.size(), " bytes, longer than ", self.range.high);
  } else {
    check_support(setting, text, faults);
  }
}

void check_list(const Setting& setting, Faults& faults) {
  const auto asks = [](const std::string& value) { return !value.empty(); };
  const auto first = std::ranges::find_if(setting.values, asks);
  if (first != setting.values.end()) check_support(setting, *first, faults);
}

void check_addresses(const Setting& setting, int family, Faults& faults) {
  const Param& self = param(setting.id);
  std::vector<sys::Address> seen;
  for (const std::string& element : addresses(setting)) {
    auto alias = parse_alias(element, family);
    if (!alias) {
      report(faults, setting, self.name, ": ", alias.error().text);
      continue;
    }
    sys::Address host = alias->address;
    host.prefix = 0;
    if (contains(seen, host))
      report(faults, setting, self.name, ": ", address_text(host), " is given twice");
    seen.push_back(host);
  }
  if (std::cmp_greater(seen.size(), self.range.high))
    report(faults, setting, "too many ", family_word(family), " addresses");
}

// One key stands on one line of its buffer, so that neither half may hold what ends it.
void check_key(const Setting& setting, Faults& faults) {
  if (setting.key.empty()) return;
  if (setting.key.find_first_of("=\n") != std::string::npos)
    report(faults, setting, label(setting), ": a key holds no \"=\" and no line break");
  else if (last_value(setting).value_or("").contains('\n'))
    report(faults, setting, label(setting), ": the value of a key holds no line break");
}

void check_setting(const Setting& setting, Faults& faults) {
  const Param& self = param(setting.id);
  const auto cut_short = [](const std::string& value) { return value.contains('\0'); };
  if (self.when == When::readonly) {
    report(faults, setting, self.name, ": read-only parameter");
  } else if (std::ranges::any_of(setting.values, cut_short)) {
    report(faults, setting, label(setting), ": the value holds a NUL byte");
  } else {
    switch (self.type) {
      case Type::boolean: return check_boolean(setting, faults);
      case Type::integer: return check_integer(setting, faults);
      case Type::string: return check_string(setting, faults);
      case Type::jailsys: return check_jailsys(setting, faults);
      case Type::ip4_list: return check_addresses(setting, AF_INET, faults);
      case Type::ip6_list: return check_addresses(setting, AF_INET6, faults);
      case Type::list: return check_list(setting, faults);
      case Type::keyvalue: return check_key(setting, faults);
    }
  }
}

// A name that is a number would be taken for another jail's jid; an empty component would be
// nobody's child.
void name_is_a_name(const Settings& settings, Faults& faults) {
  const Setting* given = settings.get("name");
  if (!given) return;
  const std::string name = settings.text("name");
  if (name.empty()) return;  // as if not given: the kernel's choice, the jid
  const auto components = split(name, '.');
  if (contains(components, std::string_view{}))
    report(faults, *given, "name: \"", name, "\" has an empty component");
  else if (all_digits(components.back()) && name != concat(settings.integer("jid")))
    report(faults, *given, "name cannot be numeric (unless it is the jid)");
}

void vnet_has_no_addresses(const Settings& settings, Faults& faults) {
  if (settings.jailsys("vnet") != Jailsys::fresh) return;
  for (std::string_view protocol : {"ip4", "ip6"}) {
    const Setting* given = settings.get(protocol);
    const Jailsys state = settings.jailsys(protocol);
    if (state == Jailsys::fresh && !given) given = settings.get(concat(protocol, ".addr"));
    if (state == Jailsys::inherit || !given) continue;
    report(faults, *given, "vnet jails cannot have IP address restrictions");
    return;
  }
}

// Names that are the parent's cannot be the jail's own.
void inherited_names_are_not_given(const Settings& settings, Faults& faults) {
  if (settings.jailsys("host") != Jailsys::inherit) return;
  for (const Setting& setting : settings.all())
    if (const auto name = param(setting.id).name; name.starts_with("host."))
      return report(faults, setting, "host=inherit and ", name, " exclude each other");
}

// One IPC namespace carries all three.
void sysv_ipc_agrees(const Settings& settings, Faults& faults) {
  const Setting* own = nullptr;
  const Setting* inherited = nullptr;
  for (std::string_view name : {"sysvmsg", "sysvsem", "sysvshm"}) {
    const Jailsys state = settings.jailsys(name);
    if (state == Jailsys::disable) continue;
    const Setting* given = settings.get(name);
    (state == Jailsys::fresh ? own : inherited) =
        given ? given : settings.get(param(known(name)).implied_by);
  }
  if (own && inherited)
    report(faults, *own, "sysvmsg, sysvsem and sysvshm must agree on this system (new or inherit)");
}

void buffers_fit(const Settings& settings, Faults& faults) {
  for (const Setting& setting : settings.all()) {
    const Param& self = param(setting.id);
    if (self.type != Type::keyvalue) continue;
    const size_t size = settings.buffer(self.name, {}).size();
    if (std::cmp_less_equal(size, self.range.high)) continue;
    report(faults, setting, self.name, ": too large: ", size, " bytes, at most ", self.range.high);
    return;
  }
}

// /etc/machine-id holds nothing but the 32 digits.
void hostuuid_is_one(const Settings& settings, Faults& faults) {
  const Setting* given = settings.get("host.hostuuid");
  if (!given) return;
  const std::string text = settings.text("host.hostuuid");
  const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
  if (std::ranges::count_if(text, is_digit) != 32 || !std::ranges::all_of(text, [&](char c) {
        return c == '-' || is_digit(static_cast<unsigned char>(c));
      }))
    report(faults, *given, "host.hostuuid: \"", text, "\" is not a UUID of 32 hexadecimal digits");
}

constexpr void (*kRelations[])(const Settings&, Faults&) = {
    name_is_a_name,  vnet_has_no_addresses, inherited_names_are_not_given,
    hostuuid_is_one, sysv_ipc_agrees,       buffers_fit};

}  // namespace

std::vector<Error> check(const Settings& settings, Purpose purpose) {
  Faults faults;
  for (const Setting& setting : settings.all())
    if (purpose == Purpose::set || param(setting.id).when == When::tool)
      check_setting(setting, faults);
  if (purpose == Purpose::set)
    for (auto relation : kRelations) relation(settings, faults);
  return faults;
}

}  // namespace gaol::jail
