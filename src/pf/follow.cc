// SPDX-License-Identifier: BSD-2-Clause
#include "pf/follow.h"

#include <sys/socket.h>

#include "base/text.h"
#include "pf/hosts.h"
#include "pf/intervals.h"
#include "pf/lower_match.h"

namespace gaol::pf {
namespace {

// As in pf.conf, without the brackets.
std::string text_of(const DynamicAddress& what) {
  using Part = DynamicAddress::Part;
  std::string text = what.interface;
  if (what.part == Part::network) text += ":network";
  if (what.part == Part::broadcast) text += ":broadcast";
  if (what.part == Part::peer) text += ":peer";
  if (what.no_alias) text += ":0";
  if (what.prefix) text += concat("/", *what.prefix);
  return text;
}

void add(std::string& list, std::string_view element) {
  list += concat(list.empty() ? "" : ", ", element);
}

std::string names(Hosts& hosts, const std::string& group) {
  std::string list;
  for (const auto* interface : hosts.matching(group))
    add(list, concat("\"", interface->name == "lo0" ? "lo" : interface->name, "\""));
  return list;
}

std::string addresses(Hosts& hosts, const Followed& set) {
  TableSource source;
  for (const auto* interface : hosts.matching(set.what.interface))
    for (const auto& host : addresses_of(*interface, set.what))
      source.entries.push_back({std::get<Network>(host.address)});
  const Table table{.sources = {source}};
  std::string list;
  for (const auto& range : intervals(table, set.family == Family::inet ? AF_INET : AF_INET6))
    add(list, range_text(range));
  return list;
}

}  // namespace

std::string follow_set(const DynamicAddress& what, Family family) {
  return concat("follow/", family == Family::inet ? "inet/" : "inet6/", escaped(text_of(what)));
}

std::string follow_set(const std::string& group) { return "follow/" + escaped(group); }

std::string fill(const std::vector<Followed>& sets, const World& world) {
  Hosts hosts(world);
  std::string commands;
  for (const auto& set : sets) {
    commands += concat("flush set inet pf ", set.name, "\n");
    const auto list =
        set.family == Family::any ? names(hosts, set.what.interface) : addresses(hosts, set);
    if (!list.empty()) commands += concat("add element inet pf ", set.name, " { ", list, " }\n");
  }
  return commands;
}

Result<Lowered> lower_here(const Policy& policy, const Remembered& before, const World& world) {
  auto lowered = TRY(lower(policy, before));
  lowered.text += fill(lowered.follows, world);
  return lowered;
}

}  // namespace gaol::pf
