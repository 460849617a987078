// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>

#include "mac/permissions.h"

namespace gaol::mac {

// What is left to root of a jail, as a mask with bit CAP_x for capability x: for the permitted
// and effective sets of its first process, and for the bounding set, so that nothing executed
// in the jail gains more. Inheritable and ambient sets stay empty.
uint64_t kept(const Permissions& may);

}  // namespace gaol::mac
