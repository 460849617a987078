// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A pf.conf(5), text to rules.
//
//   lex -> parse -> expand, a statement at a time
//
// Of a statement with a fault nothing is left and the next one is read, so that all faults are told
// at once. With a single one, nothing may be loaded.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pf/expand.h"
#include "pf/world.h"

namespace gaol::pf {

struct Request {
  std::string name, text;  // of the file
  std::string anchor;      // that its rules go to; empty: the main ruleset
  std::vector<std::pair<std::string, std::string>> macros;  // of the command line
};

// A file whose rules are one ruleset: the one that was asked for, then those of `load anchor`.
struct Unit {
  std::string anchor, file;
  std::vector<Declared> declared;
};

struct Compiled {
  Policy policy;
  std::vector<Unit> units;
  std::vector<std::string> errors, warnings, unused_macros;
};

Compiled compile(const Request& request, const World& world);

}  // namespace gaol::pf
