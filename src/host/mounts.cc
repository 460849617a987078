// SPDX-License-Identifier: BSD-2-Clause
#include "host/mounts.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace gaol::host {

namespace {

bool octal(char c) { return c >= '0' && c <= '7'; }

// Blanks, newlines and backslashes in a field stand as \040 and the like.
std::string unescape(std::string_view field) {
  std::string out;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size() &&
        std::ranges::all_of(field.substr(i + 1, 3), octal)) {
      out.push_back(static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 +
                                      (field[i + 3] - '0')));
      i += 3;
    } else {
      out.push_back(field[i]);
    }
  }
  return out;
}

}  // namespace

// 36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/vda rw
// The fields before the lone "-" vary in number, those behind it do not.
std::vector<Mount> parse_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const auto line : split(mountinfo, '\n')) {
    const auto fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 5 || fields.end() - dash < 4) continue;
    mounts.push_back(
        {unescape(fields[4]), unescape(dash[1]), unescape(dash[2]), unescape(dash[3])});
  }
  return mounts;
}

namespace {

bool lies_below(std::string_view path, std::string_view top) {
  if (top == "/") return true;
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

}  // namespace

std::vector<Mount> mounts_below(const std::vector<Mount>& mounts, std::string_view path) {
  std::vector<Mount> below;
  std::ranges::copy_if(mounts, std::back_inserter(below),
                       [&](const Mount& mount) { return lies_below(mount.point, path); });
  return below;
}

// Of mounts on one point the last one shows.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* nearest = nullptr;
  for (const auto& mount : mounts)
    if (lies_below(path, mount.point) && (!nearest || mount.point.size() >= nearest->point.size()))
      nearest = &mount;
  return nearest;
}

bool is_zfs(const Mount& mount) { return mount.type == "zfs" || mount.type == "fuse.zfs"; }

}  // namespace gaol::host
