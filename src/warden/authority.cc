// SPDX-License-Identifier: BSD-2-Clause
#include "warden/authority.h"

#include "jail/view.h"
#include "warden/remote.h"
#include "warden/warden.h"

namespace gaol::warden {

std::unique_ptr<Authority> authority(sys::Kernel& kernel, Report report) {
  if (kernel.exists(jail::kViewPath)) return std::make_unique<Remote>(kernel, std::move(report));
  return std::make_unique<Warden>(kernel, std::move(report));
}

}  // namespace gaol::warden
