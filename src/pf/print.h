// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A ruleset in pfctl(8)'s own words. What is printed can be read again and is the same rule then,
// but for a random key of source-hash.
// Source: pfctl(8), -s rules and -v.

#include <functional>
#include <string>
#include <string_view>

#include "pf/ruleset.h"

namespace gaol::pf {

struct Style {
  bool numeric_ports = false;  // 22, not ssh
  bool numbers = false;        // of rules in front, of the addresses in tables behind their names
};

// One line each, without its end.
std::string print_macro(std::string_view name, std::string_view value);
std::string print(const Table& table);
std::string print(const Limiter& limiter);
std::string print(const Altq& altq);
std::string print(const Queue& queue);
std::string print(const FilterRule& rule, Style style = {});
std::string print(const TranslationRule& rule, Style style = {});
std::string print(const ScrubRule& rule, Style style = {});
std::string print(const EtherRule& rule, Style style = {});
std::string print(const Address& address, Family family, Style style = {});
std::string print(const Network& network);

// What is set, a line each, with its end.
std::string print(const Options& options);

enum class Rules : uint8_t { scrub, ether, translation, filter };
// Lines that belong to a rule, with their ends.
using Below = std::function<std::string(const FilterRule&)>;
// The rules of that kind in a ruleset, and those of its inline anchors indented below the call.
std::string print_rules(const Policy& policy, std::string_view path, Rules kind, Style style = {},
                        const Below& below = {});

}  // namespace gaol::pf
