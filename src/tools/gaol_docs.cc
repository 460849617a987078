// SPDX-License-Identifier: BSD-2-Clause

// Writes what is made from the registry. Without a word docs/compat.md, by hand after a change to
// the registry: a test compares the two. With the name of a template that template, filled in, as
// the build does with manual pages and completions.

#include <cstdio>

#include "jail/compat_doc.h"
#include "jail/manual.h"
#include "sys/kernel.h"
#include "tools/print.h"

int main(int argc, char** argv) {
  using namespace gaol;
  std::string page;
  if (argc > 1) {
    const auto text = sys::real_kernel().read_file(argv[1]);
    if (!text) return tools::complain("gaol_docs", text.error()), 1;
    page = jail::fill(*text);
  } else {
    page = jail::compat_doc();
  }
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() && std::fflush(stdout) == 0
             ? 0
             : 1;
}
