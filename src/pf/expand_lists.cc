// SPDX-License-Identifier: BSD-2-Clause
#include "pf/expand_lists.h"

#include <algorithm>
#include <iterator>

#include "pf/names.h"

namespace gaol::pf {

namespace {

template <class T>
std::vector<T> values(const std::vector<Listed<T>>& list) {
  std::vector<T> out;
  std::ranges::transform(list, std::back_inserter(out), &Listed<T>::value);
  if (out.empty()) out.emplace_back();
  return out;
}

// One `any` makes the whole list any.
bool has_any(const std::vector<HostWord>& words) {
  return words.empty() || std::ranges::any_of(words, [](const HostWord& word) {
           return word.kind == HostWord::Kind::any && !word.negated;
         });
}

}  // namespace

std::optional<Expander::Lists> Expander::lists_of(const Tests& tests) {
  Lists out{.interfaces = values(tests.interfaces),
            .protocols = values(tests.protocols),
            .icmp = {tests.icmp.begin(), tests.icmp.end()},
            .from_port = values(tests.from_port),
            .to_port = values(tests.to_port)};
  if (out.icmp.empty()) out.icmp.emplace_back();
  bool good = true;
  for (const auto& [words, hosts] : {std::pair{&tests.from, &out.from}, {&tests.to, &out.to}}) {
    if (has_any(*words))
      hosts->emplace_back();
    else
      good &= resolve(*words, *hosts);
  }
  for (const auto& [words, ids, group] :
       {std::tuple{&tests.users, &out.users, false}, {&tests.groups, &out.groups, true}}) {
    for (const IdWord& word : *words) {
      const auto id = resolve_id(word, group);
      good &= id.has_value();
      if (id) ids->push_back(*id);
    }
    if (words->empty()) ids->emplace_back();
  }
  for (const Word& word : tests.os) out.os.push_back(word.text);
  if (out.os.empty()) out.os.emplace_back();
  if (!good) return {};
  return out;
}

bool Expander::choose(Match& match, const Choice& choice) {
  match.on = choice.on;
  match.protocol = choice.protocol;
  match.source = {choice.source.negated, choice.source.address, choice.source_port};
  match.destination = {choice.destination.negated, choice.destination.address,
                       choice.destination_port};
  for (const Host* host : {&choice.source, &choice.destination}) {
    const Family family = family_of(host->address);
    if (family != Family::any) {
      if (match.family != Family::any && match.family != family) return false;
      match.family = family;
    }
    if (host->scope.empty()) continue;
    if (!match.on.name.empty() && match.on.name != host->scope) return false;
    match.on.name = host->scope;
  }
  // Nothing but TCP has a fingerprint.
  match.os = choice.os;
  return choice.os.empty() || choice.protocol == 0 || choice.protocol == kTcp;
}

bool Expander::icmp_fits(const Choice& choice) {
  if (!choice.icmp) return true;
  if (choice.protocol != kIcmp && choice.protocol != kIcmp6) {
    error_of_rule("icmp-type/code only applies to icmp");
    return false;
  }
  if (choice.icmp->v6 == (choice.protocol == kIcmp6)) return true;
  error_of_rule("icmp-type mismatch");
  return false;
}

void Expander::after_product(size_t added) {
  if (!said_.empty()) error("skipping rule due to errors");
  if (added == 0) error("rule expands to no valid combination");
}

}  // namespace gaol::pf
