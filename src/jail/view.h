// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a jail may know of itself. On FreeBSD programs ask the kernel (sysctl security.jail.*);
// here they read the file /dev/gaol/sysctl of their jail, or ask the command `sysctl`, which reads
// it. The file belongs to the host's root, who is nobody in the jail, so that no one there can
// write it.
// Source: jail(8), "security.jail.*"; sysctl(8).

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jail/params.h"

namespace gaol::jail {

// Where the file lies: below the jail's /dev, and in the jail.
inline constexpr const char* kViewInDev = "gaol/sysctl";
inline constexpr const char* kViewPath = "/dev/gaol/sysctl";

using Variables = std::vector<std::pair<std::string, std::string>>;

// `children`: how many jails are below it.
Variables variables_of_jail(const Settings& settings, size_t children);
// What the host, who is in no jail and may do everything, would read of itself.
Variables variables_of_host();

// One line `name=value` each; backslashes and line breaks in values are written \\ and \n.
std::string view_text(const Variables& variables);
Variables parse_view(std::string_view text);

// The bytes of /etc/hostid and /etc/machine-id that say what host.hostid and host.hostuuid say.
// REQUIRES: check() passed.
std::string hostid_file(const Settings& settings);
std::string machine_id_file(const Settings& settings);

}  // namespace gaol::jail
