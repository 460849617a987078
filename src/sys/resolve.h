// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

// The addresses that a host name has in /etc/hosts, or else by the name servers of
// /etc/resolv.conf; each with the prefix length of a single address. The error is the resolver's
// word. ENOSYS: this program was linked to a libc that cannot look up names in a static one.
// Source: getaddrinfo(3).
Result<std::vector<Address>> resolve(const std::string& host);

}  // namespace gaol::sys
