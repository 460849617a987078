// SPDX-License-Identifier: BSD-2-Clause

// sysctl(8), as far as programs ask it about jails: security.jail.* and the values of kern.* that
// a jail has of its own. On FreeBSD the kernel answers; here a file of the jail's does
// (jail/view.h), and on the host what a host is. All of these are read-only. Whatever else is
// asked goes to the system's own sysctl(8), options and all.
// Source: sysctl(8), FreeBSD 15.

#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "jail/view.h"
#include "sys/kernel.h"
#include "tools/print.h"

namespace {

using namespace gaol;

jail::Variables all_variables() {
  const auto text = sys::real_kernel().read_file(jail::kViewPath);
  auto out = text ? jail::parse_view(*text) : jail::variables_of_host();
  utsname names{};
  ::uname(&names);
  out.emplace_back("kern.hostname", names.nodename);
  out.emplace_back("kern.domainname", names.domainname);
  out.emplace_back("kern.ostype", names.sysname);
  out.emplace_back("kern.osrelease", names.release);  // if the jail has none of its own
  return out;
}

// Its exit status; nothing where there is none, or it is us who are installed under its name.
std::optional<int> run_systems_own(int argc, char** argv) {
  sys::Kernel& kernel = sys::real_kernel();
  std::error_code absent;
  for (const char* path : {"/usr/sbin/sysctl", "/sbin/sysctl", "/bin/sysctl"}) {
    if (std::filesystem::equivalent(path, "/proc/self/exe", absent)) continue;
    sys::Command command{.argv = {path}};
    command.argv.insert(command.argv.end(), argv + 1, argv + argc);
    for (char** entry = ::environ; *entry; ++entry) command.environment.emplace_back(*entry);
    const auto child = kernel.spawn(command);
    if (!child) continue;
    const auto status = kernel.reap(*child, -1);
    return status && *status && WIFEXITED(**status) ? WEXITSTATUS(**status) : 1;
  }
  return {};
}

int ask(const std::vector<std::string_view>& names, bool values_only) {
  const auto variables = all_variables();
  int status = 0;
  for (const auto name : names) {
    const auto word = name.substr(0, name.find('='));
    const auto found = std::ranges::find(variables, word, &jail::Variables::value_type::first);
    if (found == variables.end()) {
      tools::complain("sysctl", concat("unknown oid '", word, "'"));
      status = 1;
    } else if (word != name) {
      tools::complain("sysctl", concat("oid '", word,
                                       "' is read only (jail -m on the host changes what a jail "
                                       "has)"));
      status = 1;
    } else {
      tools::say(values_only ? found->second : concat(word, ": ", found->second));
    }
  }
  return status;
}

bool is_ours(std::string_view name) {
  const auto word = name.substr(0, name.find('='));
  return word.starts_with("security.") ||
         std::ranges::count(all_variables(), word, &jail::Variables::value_type::first) > 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool values_only = false;
  std::vector<std::string_view> names;
  for (int at = 1; at < argc; ++at) {
    const std::string_view word = argv[at];
    if (word == "-n")
      values_only = true;
    else
      names.push_back(word);
  }
  if (!names.empty() && std::ranges::all_of(names, is_ours)) return ask(names, values_only);
  if (const auto status = run_systems_own(argc, argv)) return *status;
  if (names.empty()) {
    tools::write_line(stderr, "usage: sysctl [-n] name ...");
    return 1;
  }
  return ask(names, values_only);
}
