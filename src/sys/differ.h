// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What differs between two directory trees, by descriptor and with the cautions of sys/tree.h: no
// symbolic link is followed and no mount entered.

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

enum class Change : uint8_t { added, changed, gone };

// A tree, and who is uid 0 in it: its owners count from there.
struct Side {
  const Fd& top;
  uint32_t root = 0;
};
// Tells every name that is in one of them only, or is something else in the other: kind, mode,
// owner, device, extended attributes, where a link leads, a file's size, time and number of names.
// In no order. Contents are not read.
Result<> compare_trees(const Side& before, const Side& after,
                       const std::function<void(Change, std::string_view path)>& tell);

}  // namespace gaol::sys
