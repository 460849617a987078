// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A machine in memory that jails can be started on: a tree at /jails/web, the interface lo1, and
// an init that stands as soon as it is born.

#include "jail/birth.h"
#include "tests/fake_kernel.h"
#include "warden/plan.h"

namespace gaol {

class FakeHost : public FakeKernel {
 public:
  FakeHost() {
    living[1] = 1;  // we ourselves
    files = {{"/dev/null", ""}, {"/jails/web/bin/sh", ""}, {"/usr/libexec/gaol/gaol-init", ""}};
    symlinks["/proc/self/exe"] = "/usr/sbin/jail";
    symlinks["/proc/self/cwd"] = "/jails";
    dirs = {"/run", "/sys/fs/cgroup"};
    links["lo1"] = 2;
    play_child = [](const sys::CloneRequest& request) {
      if (request.namespaces)
        static_cast<jail::Birth*>(request.argument)->progress = jail::Birth::standing;
    };
  }

  // All that a jail could leave behind. Not the directories that every jail needs, nor the counter
  // of jids and the index, which are of all of them.
  std::vector<std::string> footprint() const {
    std::vector<std::string> out;
    const auto note = [&](const std::string& path) {
      if (path.starts_with("/run/gaol/") && !path.starts_with("/run/gaol/index") &&
          path != "/run/gaol/lock")
        out.push_back(path);
    };
    for (const auto& [path, text] : files) note(path);
    for (const auto& [path, target] : symlinks) note(path);
    for (const auto& path : dirs)
      if (path.starts_with("/sys/fs/cgroup/gaol/") || path.starts_with("/run/gaol/addresses/"))
        out.push_back(path);
    for (const auto& [interface, addresses] : aliases)
      for (const auto& address : addresses) out.push_back(concat(interface, " ", address));
    for (const auto& [interface, index] : links) out.push_back(interface);
    for (const auto& [pin, entries] : maps)
      for (size_t i = 0; i < entries.size(); ++i) out.push_back(concat("entry of ", pin));
    for (const auto& element : translations) out.push_back(element);
    for (const auto& [pid, birth] : living)
      if (pid != 1) out.push_back(concat("process ", pid));
    return out;
  }
};

namespace warden {

// Settings as words of a command line give them: `name`, `name=value`.
inline jail::Settings settings(const std::vector<std::string>& words) {
  jail::Settings out;
  for (const std::string_view word : words) {
    const auto equals = word.find('=');
    auto spelling = jail::spelling(word.substr(0, equals)).value();
    jail::Setting setting{.id = spelling.id,
                          .key = spelling.key,
                          .values = {},
                          .negated = spelling.negated,
                          .where = {}};
    if (equals != word.npos) setting.values.emplace_back(word.substr(equals + 1));
    out.add(std::move(setting));
  }
  return out;
}

inline Request request(const std::vector<std::string>& words, std::string title = {}) {
  return {.title = std::move(title), .settings = settings(words), .command_argv = {}};
}

}  // namespace warden
}  // namespace gaol
