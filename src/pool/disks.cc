// SPDX-License-Identifier: BSD-2-Clause
#include "pool/disks.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sys/kernel.h"

namespace gaol::pool {

namespace {

using Json = nlohmann::json;

// As a tree: without --tree partitions stand beside their disk.
Words lsblk() {
  return {"lsblk",
          "--json",
          "--bytes",
          "--paths",
          "--tree=PATH",
          "--output",
          "PATH,TYPE,SIZE,RO,MODEL,MOUNTPOINTS"};
}

std::string text(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? std::string(trim(found->get<std::string>()))
                                                  : std::string();
}

const Json& list(const Json& row, const char* key) {
  static const Json kNone = Json::array();
  const auto found = row.find(key);
  return found != row.end() && found->is_array() ? *found : kNone;
}

// The first place where this device, or one made of it, is seen to be used.
std::string user_of(const Json& row) {
  for (const auto& point : list(row, "mountpoints")) {
    if (!point.is_string()) continue;
    const auto where = point.get<std::string>();
    return where == "[SWAP]" ? "swap" : concat("mounted at ", where);
  }
  for (const auto& child : list(row, "children")) {
    if (text(child, "type") != "part") return concat("part of ", text(child, "path"));
    if (auto user = user_of(child); !user.empty())
      return concat("its partition ", text(child, "path"), ": ", user);
  }
  return {};
}

std::vector<std::string> parts_of(const Json& row) {
  std::vector<std::string> parts;
  for (const auto& child : list(row, "children")) parts.push_back(text(child, "path"));
  return parts;
}

// Each kind of content once, in the order in which it was found.
Result<std::string> content_of(const Disk& disk, const Ask& ask) {
  Words words = {"wipefs", "--no-act", "--noheadings", "--output", "TYPE", disk.path};
  words.insert(words.end(), disk.parts.begin(), disk.parts.end());
  const auto said = TRY(ask(words));
  std::vector<std::string> kinds;
  for (const auto kind : gaol::words(said))
    if (std::ranges::find(kinds, kind) == kinds.end()) kinds.emplace_back(kind);
  return join(kinds, ", ");
}

// The error number of opening a device for oneself. EBUSY: somebody has it, such as a mount in
// another namespace or a pool.
int try_to_have(const std::string& path) {
  const auto had = sys::real_kernel().open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
  return had ? 0 : had.error().code;
}

Result<> look_closer(Disk& disk, const Taken& taken, const Ask& ask) {
  auto devices = disk.parts;
  devices.insert(devices.begin(), disk.path);
  int obstacle = 0;
  for (const auto& device : devices) {
    const auto pool = taken.find(device);
    if (disk.user.empty() && pool != taken.end()) disk.user = concat("in the pool ", pool->second);
    if (!obstacle) obstacle = try_to_have(device);
  }
  const bool readable = !obstacle || obstacle == EBUSY;
  if (readable) disk.content = TRY(content_of(disk, ask));
  if (!obstacle || !disk.user.empty()) return {};
  disk.user = readable ? "in use" : errno_text(obstacle);
  if (!disk.content.empty()) disk.user += concat(" as ", disk.content);
  return {};
}

}  // namespace

Result<std::vector<Disk>> parse_lsblk(std::string_view json, bool any) {
  const auto parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("blockdevices"))
    return fail("lsblk: said nothing that can be read");
  std::vector<Disk> out;
  for (const auto& row : list(parsed, "blockdevices")) {
    const auto path = text(row, "path");
    const auto size = row.find("size");
    const auto fixed = row.find("ro");
    const bool memory = path.starts_with("/dev/zram") || path.starts_with("/dev/ram");
    if (path.empty() || size == row.end() || !size->is_number_unsigned()) continue;
    if (!any && (text(row, "type") != "disk" || memory || *size == 0)) continue;
    if (!any && fixed != row.end() && *fixed == true) continue;
    out.push_back(
        {path, size->get<uint64_t>(), text(row, "model"), user_of(row), {}, parts_of(row)});
  }
  return out;
}

Result<std::vector<Disk>> disks(const Taken& taken, const Ask& ask) {
  const auto said = TRY(ask(lsblk()));
  auto all = TRY(parse_lsblk(said, false));
  for (auto& disk : all) TRY(look_closer(disk, taken, ask));
  return all;
}

Result<Disk> disk(const std::string& path, const Taken& taken, const Ask& ask) {
  auto words = lsblk();
  words.push_back(path);
  (void)TRY(sys::real_kernel().open(path, O_PATH | O_CLOEXEC));
  auto said = ask(words);
  if (!said) return fail_errno(ENOTBLK, path);
  auto rows = TRY(parse_lsblk(*said, true));
  if (rows.size() != 1) return fail_errno(ENOTBLK, path);
  TRY(look_closer(rows[0], taken, ask));
  return std::move(rows[0]);
}

std::string size_text(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  size_t unit = 0;
  uint64_t tenths = bytes * (bytes < UINT64_MAX / 10 ? 10 : 1);
  while (tenths >= 10000 && unit + 1 < std::size(kUnits)) {
    tenths = (tenths + 500) / 1000;
    ++unit;
  }
  if (tenths >= 1000 || tenths % 10 == 0) return concat((tenths + 5) / 10, " ", kUnits[unit]);
  return concat(tenths / 10, ".", tenths % 10, " ", kUnits[unit]);
}

}  // namespace gaol::pool
