// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A tree made of another one by what differs alone. Both are a tenant's, and the cautions of
// sys/tree.h hold: no symbolic link is followed and no mount entered.

#include <cstdint>

#include "base/result.h"
#include "sys/fd.h"
#include "sys/tree.h"

namespace gaol::sys {

enum class Start : uint8_t {
  clone,  // it shows what the base does
  layer,  // it is empty: the writable layer of an overlay on the base
};
// Has `made` show what `wanted` does, and leaves alone what is the same in `base`: contents,
// owners, modes, times, extended attributes, and which names are of one file. What copy_tree()
// leaves out is left out here.
// REQUIRES: nobody writes to any of them meanwhile.
Result<Copied> write_delta(const Fd& base, const Fd& wanted, const Fd& made, Start start);

}  // namespace gaol::sys
