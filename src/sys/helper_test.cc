// SPDX-License-Identifier: BSD-2-Clause
#include "sys/helper.h"

#include <gtest/gtest.h>

#include "tests/fake_kernel.h"

namespace gaol::sys {
namespace {

TEST(HelperPath, BesideTheCommandOrWhereItWasInstalled) {
  struct {
    const char* program;
    const char* helper;
  } const cases[] = {
      {"/opt/gaol/sbin/jail", "/opt/gaol/libexec/gaol/gaol-init"},
      {"/opt/gaol/libexec/gaol/gaol-control", "/opt/gaol/libexec/gaol/gaol-init"},
      {"/home/me/bin/my-program", GAOL_LIBEXEC_DIR "/gaol-init"},
      {"/a.out", GAOL_LIBEXEC_DIR "/gaol-init"},
  };
  for (const auto& c : cases) {
    FakeKernel kernel;
    kernel.files["/opt/gaol/libexec/gaol/gaol-init"];
    kernel.symlinks["/proc/self/exe"] = c.program;
    EXPECT_EQ(helper_path(kernel, "gaol-init").value(), c.helper) << c.program;
  }
}

}  // namespace
}  // namespace gaol::sys
