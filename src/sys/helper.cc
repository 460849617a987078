// SPDX-License-Identifier: BSD-2-Clause
#include "sys/helper.h"

#include <algorithm>

#include "sys/kernel.h"

namespace gaol::sys {

Result<std::string> helper_path(Kernel& kernel, std::string_view name) {
  std::string dir = TRY(kernel.read_symlink("/proc/self/exe"));
  for (int up = 0; up < 2; ++up) dir.erase(std::min(dir.rfind('/'), dir.size()));
  dir += "/libexec/gaol";
  return concat(kernel.exists(dir.c_str()) ? dir : GAOL_LIBEXEC_DIR, "/", name);
}

}  // namespace gaol::sys
