// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How many bits a second may go over a wire.
//
// What goes to the jail waits at the host's end in a queue that is emptied at that rate (tbf). What
// comes from it waits in the same way at the jail's end, whose root can take that queue away: so at
// the host's end a program drops what is too much. It keeps the time at which all that has passed
// would have gone at the rate. To rely on it alone would do, but senders slow down far too much for
// what is dropped.

#include <cstdint>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

// What leaves by the interface. ENOENT: this kernel has no such queue.
Result<> limit_leaving(unsigned index, uint64_t bits_per_second);

// For the ingress of an interface; passes on to the next program what is not too much.
Result<Fd> load_limit(uint64_t bits_per_second);

}  // namespace gaol::sys
