// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as /proc/self/mountinfo.
#include <cstdint>
#include <cstdlib>

#include "host/mounts.h"

using namespace gaol::host;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto mounts = parse_mounts({reinterpret_cast<const char*>(data), size});
  for (const auto& mount : mounts)
    if (mounts_below(mounts, mount.point).empty()) std::abort();
  return 0;
}
