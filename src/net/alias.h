// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Addresses that exist only while a jail does: `ip4.addr = "em0|10.0.0.5/32"` puts the address
// on em0 when the jail starts and takes it away when it stops, as `ifconfig em0 alias` and
// `-alias` do on FreeBSD. An address that stood there before is used and left alone.

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::net {

struct Alias {
  std::string interface;
  sys::Address address;
  bool operator==(const Alias&) const = default;
};

// Adds them in order and gives back those that were not there before: the ones to record and
// to remove. After a failure none of them is left.
Result<std::vector<Alias>> add_aliases(sys::Kernel& kernel, std::span<const Alias> plan);

// Takes away what add_aliases() added, last first. Goes on after a failure and reports the first.
// An address that is gone already, or whose interface is, is no failure.
Result<> remove_aliases(sys::Kernel& kernel, std::span<const Alias> added);

}  // namespace gaol::net
