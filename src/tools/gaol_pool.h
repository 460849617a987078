// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How disks and pools are shown.

#include "pool/pool.h"
#include "tools/gaol.h"

namespace gaol::tools {

inline Row disk_titles() { return {"DISK", "SIZE", "MODEL", "STATE"}; }
Row disk_row(const pool::Disk& disk);
inline Row pool_titles() { return {"NAME", "SYSTEM", "SIZE", "USED", "STATE", "PLACE"}; }
Row pool_row(const pool::Pool& pool);
Json describe(const pool::Pool& pool);

}  // namespace gaol::tools
