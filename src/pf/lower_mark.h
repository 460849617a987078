// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a packet's mark says on its way through the hooks. Bits 29 to 31 are the host's own.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "pf/lower_match.h"

namespace gaol::pf {

// The number of the rule that decides so far, and whether one was found in the anchor.
constexpr uint32_t kRuleMask = 0x0000ffff, kFound = 0x01000000;
// Numbers that are no rule's: all were asked, and none decided; none is asked, because a
// translation passes; the source may be translated before the rules are asked.
constexpr uint32_t kNobody = 0xffff, kPassed = 0xfffe, kLater = 0xfffd;

// `meta mark set ...`, with these bits instead of those of `mask`.
inline std::string set_mark(uint32_t mask, uint32_t bits, std::string_view mark = "meta") {
  const auto kept = concat(mark, " mark & ", hex(~mask));
  return concat(mark, " mark set ", kept, bits ? " | " : "", bits ? hex(bits) : "");
}

// `meta mark & 0xffff == 0x1 `.
inline std::string has_mark(uint32_t mask, uint32_t bits) {
  return concat("meta mark & ", hex(mask), " == ", hex(bits), " ");
}

}  // namespace gaol::pf
