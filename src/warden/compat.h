// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Words of FreeBSD's base system that the hooks of circulating jail.conf files run: `ifconfig`,
// `pfctl`, `route` and `sysctl`, plain or as /sbin/ifconfig. A Linux tree has no such programs, or
// net-tools' and busybox's of the same names with other words. So a hook's line that begins with
// one of them runs gaol's own, by descriptor: a jail's tree may have others of the same name. A
// line that the shell runs finds them by PATH: on the host before all others, of which net-tools'
// stay at hand by their full path; in a jail behind what its tree has, in /dev/gaol/bin.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::warden {

// The program that stands for `word`; an empty Fd when the word is what it says.
Result<sys::Fd> compat_program(sys::Kernel& kernel, std::string_view word);

// Puts the directory of all of them in front of PATH.
void find_compat_first(sys::Kernel& kernel, std::vector<std::string>& environment);

// The directory of all of them, which a jail with a network stack to set up has as /dev/gaol/bin.
Result<std::string> compat_dir(sys::Kernel& kernel);
// Puts that at the end of PATH.
void find_compat_last(std::vector<std::string>& environment);

}  // namespace gaol::warden
