// SPDX-License-Identifier: BSD-2-Clause

// Prints docs/compat.md. Run by hand after a change to the registry; a test compares the two.

#include <cstdio>

#include "jail/compat_doc.h"

int main() {
  const std::string page = gaol::jail::compat_doc();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() && std::fflush(stdout) == 0
             ? 0
             : 1;
}
