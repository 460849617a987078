// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What jails in jail(8)'s old style may do is said once for the machine, not on their command
// line. FreeBSD keeps it in six sysctls; here it is a file of lines as sysctl.conf(5) has them:
//
//   security.jail.allow_raw_sockets = 1   # ping
//
// Source: jail(8), FreeBSD 15, and the sysctls of its kernel.

#include <string>
#include <string_view>

#include "base/result.h"
#include "jail/params.h"

namespace gaol::jail {

// The permissions of an old-style jail by the text of that file; what is not in it is as FreeBSD
// has it when nobody has set anything. `file` is for messages.
Result<Settings> old_style_settings(std::string_view text, std::string_view file);

}  // namespace gaol::jail
