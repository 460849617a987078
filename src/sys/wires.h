// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// An epair whose one end is a member of a bridge of this network namespace and whose other end is
// born in a jail's, with its addresses and default routes. Nobody has to bring it back: with
// either end, or either namespace, all of it is gone.

#include <string>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

// ENODEV: the bridge is not there. Nothing is left of a wire that could not be laid whole.
Result<> lay_wire(const Wire& wire, const Fd& netns);
// Success if it is gone already.
Result<> cut_wire(const std::string& outer);

}  // namespace gaol::sys
