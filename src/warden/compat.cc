// SPDX-License-Identifier: BSD-2-Clause
#include "warden/compat.h"

#include <fcntl.h>

#include <algorithm>

#include "sys/helper.h"
#include "warden/users.h"

namespace gaol::warden {

namespace {

constexpr std::string_view kWords[] = {"ifconfig", "pfctl", "route", "sysctl"};
constexpr std::string_view kPlaces[] = {"", "/sbin/", "/usr/sbin/"};

}  // namespace

Result<sys::Fd> compat_program(sys::Kernel& kernel, std::string_view word) {
  const auto name = word.substr(word.rfind('/') + 1);  // npos + 1 is 0
  const auto place = word.substr(0, word.size() - name.size());
  if (!std::ranges::count(kWords, name) || !std::ranges::count(kPlaces, place)) return sys::Fd{};
  const std::string dir = TRY(sys::helper_path(kernel, "compat"));
  if (!kernel.exists(dir.c_str())) return sys::Fd{};  // in a jail, which has its own
  return kernel.open(concat(dir, "/", name), O_PATH);
}

void find_compat_first(sys::Kernel& kernel, std::vector<std::string>& environment) {
  const auto dir = compat_dir(kernel);
  const char* path = variable(environment, "PATH");
  if (dir && path) set_variable(environment, "PATH", concat(*dir, ":", path));
}

Result<std::string> compat_dir(sys::Kernel& kernel) { return sys::helper_path(kernel, "compat"); }

void find_compat_last(std::vector<std::string>& environment) {
  if (const char* path = variable(environment, "PATH"))
    set_variable(environment, "PATH", concat(path, ":/dev/gaol/bin"));
}

}  // namespace gaol::warden
