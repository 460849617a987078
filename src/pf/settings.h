// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// `set timeout`, `set optimization` and `set limit` as what they are here: settings of the kernel's
// connection tracking, which each network namespace has for itself.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pf/ruleset.h"

namespace gaol::pf {

// Values by the path of a file.
using Settings = std::map<std::string, std::string, std::less<>>;

// Fails where the kernel has no such time, or one for two of pf's that differ.
Result<Settings> settings_of(const Policy& policy);

// The files that one of pf's times is kept in; none: the kernel has none such.
std::span<const std::string_view> files_of(Timeout timeout);

// How many connections the kernel tracks, of all network namespaces together.
constexpr const char* kStatesFile = "/proc/sys/net/netfilter/nf_conntrack_max";

}  // namespace gaol::pf
