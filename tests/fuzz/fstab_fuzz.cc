// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as a file for mount.fstab. Whatever a plan accepts stays below the jail's root and has
// lost the host's part of its path.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/fake_kernel.h"
#include "warden/plan.h"

using namespace gaol;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FakeKernel kernel;
  kernel.files["/etc/fstab.web"] = {reinterpret_cast<const char*>(data), size};
  warden::Request request{.title = "web", .settings = {}, .command_argv = {}};
  request.settings.set({.id = *jail::find("path"), .values = {"/jails/web"}});
  request.settings.set({.id = *jail::find("persist"), .values = {}});
  request.settings.set({.id = *jail::find("mount.fstab"), .values = {"/etc/fstab.web"}});
  const auto plan = warden::make_plan(kernel, request);
  if (!plan) return 0;
  for (const auto& line : plan->prison.mounts)
    if (line.target.starts_with('/') || line.type.empty()) std::abort();
  return 0;
}
