// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Configuration from this machine's files.

#include <glob.h>

#include <string>
#include <vector>

#include "jail/conf.h"
#include "sys/kernel.h"

namespace gaol::tools {

inline jail::Source machine_source() {
  return {.read = [](const std::string& path) -> Result<std::string> {
            return sys::real_kernel().read_file(path == "-" ? "/proc/self/fd/0" : path);
          },
          .glob =
              [](const std::string& pattern) {
                // A plain name is not looked for here: reading it says what is wrong with it.
                if (pattern.find_first_of("*?[\\") == pattern.npos) return std::vector{pattern};
                std::vector<std::string> out;
                glob_t found{};
                if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
                  out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
                ::globfree(&found);
                return out;
              }};
}

}  // namespace gaol::tools
