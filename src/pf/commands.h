// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Commands of nft(8) in the making. What is declared comes before every rule, which may name it.

#include <string>
#include <string_view>

#include "base/text.h"

namespace gaol::pf {

struct Commands {
  std::string declarations, rules;

  void declare(std::string_view kind, std::string_view name) {
    declarations += concat("add ", kind, " inet pf ", name, "\n");
  }
  // `type` is filter or nat; `where` the hook and its priority.
  void hook(std::string_view chain, std::string_view type, std::string_view where) {
    declare("chain", concat(chain, " { type ", type, " hook ", where, "; policy accept; }"));
  }
  void add(std::string_view chain, std::string_view rule) {
    rules += concat("add rule inet pf ", chain, " ", rule, "\n");
  }
};

}  // namespace gaol::pf
