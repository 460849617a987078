// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Who `exec.jail_user`, `exec.system_user` and jexec's -u and -U name. Read straight from
// passwd(5) and group(5): libc's lookup would load modules of whichever tree it finds itself
// in, and the commands are static programs.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/exec.h"
#include "sys/kernel.h"

namespace gaol::warden {

struct User {
  std::string name, home, shell;
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> groups;  // all of them, `gid` first
};

// `who` is a name or a number. Fails with `USER: no such user` or `unknown uid N`.
Result<User> find_user(std::string_view passwd, std::string_view group, std::string_view who);

Result<User> host_user(sys::Kernel& kernel, std::string_view who);
// `init` is a process of the jail.
Result<User> jail_user(sys::Kernel& kernel, int init, std::string_view who);

// The command runs as this user, with USER, HOME and SHELL set.
void become(sys::Command& command, const User& user);

// Sets or replaces NAME in an environment.
void set_variable(std::vector<std::string>& environment, std::string_view name,
                  std::string_view value);
// The value of NAME, or nullptr.
const char* variable(const std::vector<std::string>& environment, std::string_view name);
std::vector<std::string> own_environment();

}  // namespace gaol::warden
