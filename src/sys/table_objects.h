// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What lies in a table of nftables of the family `inet`, in the caller's network namespace. nft(8)
// tells as well, but reads every rule for it.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace gaol::sys {

struct TableObject {
  enum class Kind : uint8_t { chain, set, map, counter };
  Kind kind = Kind::chain;
  std::string name;
  bool hook = false;  // of a chain: the kernel sends packets to it
};
// Without the sets of single rules. None: there is no such table.
Result<std::vector<TableObject>> table_objects(const std::string& table);

struct TableCounter {
  std::string name;
  uint64_t packets = 0, bytes = 0;
};
enum class Counting : uint8_t { goes_on, starts_anew };
Result<std::vector<TableCounter>> table_counters(const std::string& table,
                                                 Counting counting = Counting::goes_on);

Result<bool> has_table(const std::string& table);
Result<bool> has_counter(const std::string& table, const std::string& name);

}  // namespace gaol::sys
