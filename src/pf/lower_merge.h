// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Rules that differ in addresses, ports or interfaces alone as one lookup, so that a packet pays
// for the shapes of rules, not for their number.
//
// In a list the first match wins. A rule may therefore move ahead of others with which no packet
// can match both; it joins the rules of its own shape there, and their differences become the keys
// of a map. What a rule does then lies in a chain of its own, which the map leads to.

#include <string>
#include <vector>

#include "pf/lower_match.h"

namespace gaol::pf {

// Of one list, in its order.
struct Entry {
  Condition condition;
  std::string action;
  // The name of a chain for the action, if it ends the evaluation of the list. Else the entry stays
  // where it is, and nothing moves across it.
  std::string own_chain;
};

struct Map {
  std::string name, type;  // as `ipv4_addr . inet_service`
  bool intervals = false;
  struct Element {
    std::string key, chain;
  };
  std::vector<Element> elements;
};

// What is to be written for a list.
struct Merged {
  std::vector<Map> maps;
  std::vector<const Entry*> apart;  // whose actions lie in their own chains
  std::vector<std::string> rules;
};

// The n-th map is called `prefix` and n. The result points into `list`.
Merged merge(const std::vector<Entry>& list, const std::string& prefix);

}  // namespace gaol::pf
