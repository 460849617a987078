// SPDX-License-Identifier: BSD-2-Clause
#include "sys/helper.h"

#include <algorithm>

#include "sys/kernel.h"

namespace gaol::sys {

Result<std::string> helper_path(Kernel& kernel, std::string_view name) {
  constexpr std::string_view kHelpers = "/libexec/gaol";
  std::string dir = TRY(kernel.read_symlink("/proc/self/exe"));
  if (const auto at = dir.rfind(concat(kHelpers, "/")); at != dir.npos)
    dir.erase(at);  // a helper itself
  else
    for (int up = 0; up < 2; ++up) dir.erase(std::min(dir.rfind('/'), dir.size()));
  dir += kHelpers;
  return concat(kernel.exists(dir.c_str()) ? dir : GAOL_LIBEXEC_DIR, "/", name);
}

std::optional<std::string> command_path(Kernel& kernel, std::string_view name) {
  auto prefix = helper_path(kernel, name);
  if (!prefix) return {};
  for (int up = 0; up < 3; ++up) prefix->erase(std::min(prefix->rfind('/'), prefix->size()));
  for (const char* dir : {"/sbin/", "/bin/"})
    if (auto path = concat(*prefix, dir, name); kernel.exists(path.c_str())) return path;
  return {};
}

}  // namespace gaol::sys
