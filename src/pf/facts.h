// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "pf/world.h"

namespace gaol::pf {

// This machine. Linux has no groups of interfaces: `egress` is what has a default route, and a
// driver's group is known by the names. Its loopback interface is `lo`, FreeBSD's `lo0` of the
// group `lo`, so it is that here.
World this_machine();

}  // namespace gaol::pf
