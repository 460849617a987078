// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as the passwd(5) and group(5) files of a tenant, parted by a NUL, after the user who
// is looked for.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "warden/users.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parts = gaol::split({reinterpret_cast<const char*>(data), size}, '\0');
  if (parts.size() < 3) return 0;
  const auto user = gaol::warden::find_user(parts[1], parts[2], parts[0]);
  if (user && (user->groups.empty() || user->groups[0] != user->gid)) std::abort();
  return 0;
}
