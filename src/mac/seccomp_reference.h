// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What compile() must mean, said a second time and in another way, for its test and its
// benchmark: by name where the compiler works with numbers, by what is *withheld* where the
// compiler lists what is allowed, and built into a filter by libseccomp, whose code for it shares
// nothing with ours.

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "mac/permissions.h"

namespace gaol::mac::reference {

uint32_t errno_verdict(int code);

// The verdict on a call of this architecture, or nothing when it depends on arguments.
std::optional<uint32_t> verdict(int number, const Permissions& may);

// A socket(2) or socketpair(2) call.
uint32_t socket_verdict(int family, int type, int protocol, const Permissions& may);

// The same policy as libseccomp compiles it. `optimize` is its CTL_OPTIMIZE level: 1 gives a list
// by priority, 2 a binary tree. It looks at all 64 bits of an argument, and it knows of
// personality(2) only the values that stand in kPersonalities.
std::vector<sock_filter> libseccomp_filter(const Permissions& may, unsigned optimize);

struct PersonalityCase {
  uint32_t persona;
  bool allowed;
};
inline constexpr PersonalityCase kPersonalities[] = {
    {0, true},           // PER_LINUX
    {8, true},           // PER_LINUX32
    {0x20000, true},     // UNAME26
    {0x20008, true},     // both
    {0x40000, true},     // ADDR_NO_RANDOMIZE
    {0xffffffff, true},  // asks
    {1, false},          // PER_SVR4
    {6, false},          // PER_BSD
    {0x100000, false},   // MMAP_PAGE_ZERO
    {0x200000, false},   // ADDR_COMPAT_LAYOUT
    {0x400000, false},   // READ_IMPLIES_EXEC
    {0x440000, false},   // one of each kind
};

}  // namespace gaol::mac::reference
