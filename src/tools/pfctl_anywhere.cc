// SPDX-License-Identifier: BSD-2-Clause

// pfctl(8) among the words that jails and hooks find (warden/compat.h). The program itself needs
// libraries that a jail's tree need not have, so it lies in a directory beside this one with all of
// them, and with the loader that finds them there.

#include "sys/helper.h"
#include "tools/print.h"
#include "tools/run.h"

int main(int argc, char** argv) {
  using namespace gaol;
  auto& kernel = sys::real_kernel();
  std::string here = "/dev/gaol/bin/pf";  // in a jail, which does not see where this lies
  if (const auto outside = sys::helper_path(kernel, "compat/pf");
      outside && kernel.exists(outside->c_str()))
    here = *outside;
  std::vector<std::string> words = {here + "/ld.so", "--library-path", here, here + "/pfctl"};
  words.insert(words.end(), argv + 1, argv + argc);
  const auto status = tools::run_program(std::move(words));
  if (!status) tools::complain("pfctl", status.error());
  return status.value_or(1);
}
