// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A policy as commands of nft(8), for one transaction.
//
// pf takes the last rule that matches, nftables the first. Two lists per ruleset and direction
// bring them together: `stop` has the quick rules in their order, `last` the others in reverse.
// The first match in `stop` and then in `last` is pf's, however they were mixed; anchors are jumps
// from list to list (see the table in lower.cc). pf's states are bits in the mark of a connection:
// one says that a rule for `in` let it begin, the other that one for `out` did, and a packet of it
// passes without rules where pf would find its state. A state is made once its packet arrived.
//
// Of a packet's mark tags take bits 16 to 23, and where rules set some, 0 to 15 and 24 are ours
// while they are asked. Of a connection's, 0 to 29 say which states it has and whose they are, and
// of its label 0 to 15 their tags (lower_state.h).

#include <string>
#include <vector>

#include "base/result.h"
#include "pf/numbers.h"
#include "pf/ruleset.h"
#include "pf/settings.h"

namespace gaol::pf {

// A set that has what an interface or a group of them has.
struct Followed {
  std::string name;
  Family family = Family::any;  // of its addresses; any: it has the names of interfaces
  DynamicAddress what;
};

struct Lowered {
  std::string text;  // of what is in the table `inet pf`
  // `FILE:LINE: warning: ...`: what is done otherwise than FreeBSD does it.
  std::vector<std::string> warnings;
  // The n-th has the counters in/N and out/N, and made/N of the states that it made. They are the
  // policy's own.
  std::vector<const FilterRule*> rules;
  std::vector<std::string> names;  // of those rules: path and text, and which copy it is
  std::vector<uint32_t> ids;       // of those rules on connections; 0: none
  bool counters_are_set = false;   // the text says at what they begin
  Remembered remembered;
  // Every table, by the name that its sets have behind that of the family.
  std::vector<std::pair<std::string, const Table*>> tables;
  Settings settings;
  // What keeps its contents when another policy is loaded, if that has it too.
  std::vector<std::string> sets;
  std::vector<Followed> follows;  // some of them
  bool loopback = false;          // packets from outside are redirected to 127.0.0.0/8
};

// Fails with `FILE:LINE: ...` where Linux cannot do it, or we do not yet. Pure: asks no kernel.
// `before` is what connections have from the rules before.
Result<Lowered> lower(const Policy& policy, const Remembered& before = {});

}  // namespace gaol::pf
