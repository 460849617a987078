// SPDX-License-Identifier: BSD-2-Clause
#include "jail/hierarchy.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "jail/address.h"

namespace gaol::jail {

namespace {

using Name = std::string_view;

void set(Settings& settings, Name name, std::vector<std::string> values) {
  settings.set({.id = *find(name), .key = {}, .values = std::move(values)});
}

// A rule about one parameter: whether the child's value is within the parent's, and the nearest
// one that is.
struct Rule {
  bool (*fits)(Name, const Settings& parent, const Settings& child);
  void (*fit)(Name, const Settings& parent, Settings& child);
};

constexpr Rule kPermission{
    [](Name name, const Settings& parent, const Settings& child) {
      return parent.on(name) || !child.on(name);
    },
    [](Name name, const Settings&, Settings& child) { set(child, name, {"false"}); }};

// A number that only rises on the way down.
constexpr Rule kAtLeast{[](Name name, const Settings& parent, const Settings& child) {
                          return child.integer(name) >= parent.integer(name);
                        },
                        [](Name name, const Settings& parent, Settings& child) {
                          set(child, name, {parent.text(name)});
                        }};

constexpr Rule kFewer{[](Name name, const Settings& parent, const Settings& child) {
                        return child.integer(name) < std::max<int64_t>(parent.integer(name), 1);
                      },
                      [](Name name, const Settings& parent, Settings& child) {
                        const int64_t most = std::max<int64_t>(parent.integer(name) - 1, 0);
                        set(child, name, {concat(most)});
                      }};

constexpr Rule kUnlessDisabled{
    [](Name name, const Settings& parent, const Settings& child) {
      return parent.jailsys(name) != Jailsys::disable || child.jailsys(name) == Jailsys::disable;
    },
    [](Name name, const Settings&, Settings& child) { set(child, name, {"disable"}); }};

// --- addresses; the rule's name is that of the family, `ip4` ---

bool unlimited(Name family, const Settings& settings) {
  return settings.jailsys("vnet") == Jailsys::fresh || settings.jailsys(family) == Jailsys::inherit;
}

std::string host_of(const std::string& element, Name family) {
  const auto alias = parse_alias(element, family == "ip4" ? AF_INET : AF_INET6);
  return alias ? address_text(alias->address) : element;
}

std::vector<std::string> hosts(Name family, const Settings& settings) {
  std::vector<std::string> out;
  if (settings.jailsys(family) == Jailsys::fresh)
    for (const auto& element : settings.list(concat(family, ".addr")))
      out.push_back(host_of(element, family));
  return out;
}

constexpr Rule kAddresses{
    [](Name family, const Settings& parent, const Settings& child) {
      if (unlimited(family, parent) || child.jailsys("vnet") == Jailsys::fresh) return true;
      if (unlimited(family, child)) return false;
      const auto known = hosts(family, parent);
      return std::ranges::all_of(hosts(family, child), [&](const std::string& host) {
        return std::ranges::count(known, host) > 0;
      });
    },
    // Of a list what is left of it; of `inherit`, which means the parent's list, that.
    [](Name family, const Settings& parent, Settings& child) {
      const auto known = hosts(family, parent);
      const std::string list = concat(family, ".addr");
      std::vector<std::string> left = known;
      if (!unlimited(family, child)) {
        left = child.list(list);
        std::erase_if(left, [&](const std::string& element) {
          return std::ranges::count(known, host_of(element, family)) == 0;
        });
      }
      set(child, family, {left.empty() ? "disable" : "new"});
      set(child, list, std::move(left));
    }};

struct Row {
  Name name;
  const Rule* rule;
};
constexpr Row kRows[] = {
    {"children.max", &kFewer},     {"enforce_statfs", &kAtLeast}, {"ip4", &kAddresses},
    {"ip6", &kAddresses},          {"securelevel", &kAtLeast},    {"sysvmsg", &kUnlessDisabled},
    {"sysvsem", &kUnlessDisabled}, {"sysvshm", &kUnlessDisabled},
};

// Permissions that are about who is above the jail, not about what it may do.
constexpr Name kOwnAffairs[] = {"allow.unprivileged_parent_tampering",
                                "allow.unprivileged_proc_debug"};

// What a child that does not say has from its parent.
constexpr Name kInherited[] = {"devfs_ruleset", "osreldate", "osrelease"};

const Rule* rule_for(const Param& param) {
  if (const auto* row = std::ranges::find(kRows, param.name, &Row::name); row != std::end(kRows))
    return row->rule;
  const bool permission = param.name.starts_with("allow.") && param.when == When::any &&
                          std::ranges::count(kOwnAffairs, param.name) == 0;
  return permission ? &kPermission : nullptr;
}

// `inherit` asks for what the parent has, and so for nothing that it has not.
bool asked_for(Name name, const Settings& child) {
  if (name == "ip4" || name == "ip6") return child.jailsys(name) == Jailsys::fresh;
  return child.has(name);
}

}  // namespace

std::string_view parent_name(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == name.npos ? std::string_view{} : name.substr(0, dot);
}

Result<> settle_below(const Settings& parent, Settings& child) {
  for (const auto name : kInherited)
    if (parent.has(name) && !child.has(name)) child.set(*parent.get(name));
  // A process has the FIB of the one that made it; a stack of its own has other tables.
  if (parent.has("exec.fib") && !child.has("exec.fib") && child.jailsys("vnet") != Jailsys::fresh)
    child.set(*parent.get("exec.fib"));
  for (const auto& param : registry()) {
    const Rule* rule = rule_for(param);
    if (!rule || rule->fits(param.name, parent, child)) continue;
    if (asked_for(param.name, child))
      return fail(Error{EPERM, "jail_set: Operation not permitted",
                        concat(param.name, ": more than the parent jail has")});
    rule->fit(param.name, parent, child);
  }
  return {};
}

std::vector<std::string> inherited_families(const Settings& child) {
  std::vector<std::string> out;
  for (const char* family : {"ip4", "ip6"})
    if (child.jailsys(family) == Jailsys::inherit) out.emplace_back(family);
  return out;
}

void inherit_again(const std::vector<std::string>& families, Settings& child) {
  for (const auto& family : families) {
    set(child, family, {"inherit"});
    const std::string list = concat(family, ".addr");
    if (child.has(list)) set(child, list, {});  // it would be one of its own
  }
}

void tighten(const Settings& parent, Settings& child) {
  for (const auto& param : registry())
    if (const Rule* rule = rule_for(param); rule && !rule->fits(param.name, parent, child))
      rule->fit(param.name, parent, child);
}

}  // namespace gaol::jail
