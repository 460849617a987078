// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The contents of nftables' sets of addresses (flags interval), changed without looking at the
// rest of them: nft(8) reads a set whole before it adds one element.

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

// From the first to the last, both included; of one family.
struct AddressSpan {
  Address first, last;
};

struct SetChange {
  std::string name;
  bool empty = false;  // takes all out before anything else
  std::vector<AddressSpan> remove, add;
};

// All of them in one transaction, in a table of the family `inet`. ENOENT: there is no such table,
// set or element; EEXIST: an address is there already.
Result<> change_sets(const std::string& table, const std::vector<SetChange>& changes);

}  // namespace gaol::sys
