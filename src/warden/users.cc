// SPDX-License-Identifier: BSD-2-Clause
#include "warden/users.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace gaol::warden {

namespace {

constexpr size_t kLargestFile = 16 << 20;  // a passwd file a tenant may have us read

}  // namespace

Result<User> find_user(std::string_view passwd, std::string_view group, std::string_view who) {
  const auto uid = number<uint32_t>(who);
  User user;
  bool found = false;
  for (auto line : split(passwd, '\n')) {
    const auto field = split(line, ':');
    if (field.size() < 7) continue;
    const auto line_uid = number<uint32_t>(field[2]);
    const auto line_gid = number<uint32_t>(field[3]);
    if (!line_uid || !line_gid || (field[0] != who && line_uid != uid)) continue;
    user = {.name = std::string(field[0]),
            .home = std::string(field[5]),
            .shell = std::string(field[6].empty() ? "/bin/sh" : field[6]),
            .uid = *line_uid,
            .gid = *line_gid,
            .groups = {*line_gid}};
    found = true;
    break;
  }
  if (!found) return uid ? fail("unknown uid ", *uid) : fail(who, ": no such user");
  for (auto line : split(group, '\n')) {
    const auto field = split(line, ':');
    if (field.size() < 4) continue;
    const auto gid = number<uint32_t>(field[2]);
    if (!gid || *gid == user.gid) continue;
    if (std::ranges::count(split(field[3], ','), user.name) > 0) user.groups.push_back(*gid);
  }
  return user;
}

Result<User> host_user(sys::Kernel& kernel, std::string_view who) {
  return find_user(TRY(kernel.read_file("/etc/passwd")),
                   kernel.read_file("/etc/group").value_or(""), who);
}

Result<User> jail_user(sys::Kernel& kernel, int init, std::string_view who) {
  const sys::Fd root = TRY(kernel.open(concat("/proc/", init, "/root"), O_PATH | O_DIRECTORY));
  return find_user(TRY(kernel.read_in_root(root, "etc/passwd", kLargestFile)),
                   kernel.read_in_root(root, "etc/group", kLargestFile).value_or(""), who);
}

void become(sys::Command& command, const User& user) {
  command.uid = user.uid;
  command.gid = user.gid;
  command.groups = user.groups;
  set_variable(command.environment, "USER", user.name);
  set_variable(command.environment, "HOME", user.home);
  set_variable(command.environment, "SHELL", user.shell);
}

void set_variable(std::vector<std::string>& environment, std::string_view name,
                  std::string_view value) {
  std::erase_if(environment, [&](const std::string& entry) {
    return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
  });
  environment.push_back(concat(name, "=", value));
}

const char* variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const auto& entry : environment)
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name))
      return entry.c_str() + name.size() + 1;
  return nullptr;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> out;
  for (char** entry = ::environ; *entry; ++entry) out.emplace_back(*entry);
  return out;
}

}  // namespace gaol::warden
