// SPDX-License-Identifier: BSD-2-Clause
#include "sys/owners.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "sys/kernel.h"
#include "sys/tree.h"

namespace gaol::sys {

namespace {

constexpr const char* kCapability = "security.capability";

// A name in a tree: its directory, open, and where that is from the top.
struct Name {
  const Fd& dir;
  const std::string& dir_path;
  const std::string& name;
  struct stat is;
  // A path that leads there through the open directory. Its last component must not be followed.
  std::string path() const { return concat("/proc/self/fd/", dir.get(), "/", name); }
};
using Visit = std::function<Result<>(const Name&)>;

// Every name below `top`, and "." for itself. Directories wait their turn by their paths: no tree
// is too deep for that. Mounts are not entered.
Result<uint64_t> walk(const Fd& top, const Visit& visit) {
  std::vector<std::string> waiting = {"."};
  uint64_t seen = 0;
  const auto visit_name = [&](const Fd& dir, const std::string& dir_path,
                              const std::string& name) -> Result<> {
    Name one{dir, dir_path, name, {}};
    if (::fstatat(dir.get(), name.c_str(), &one.is, AT_SYMLINK_NOFOLLOW) != 0)
      return fail_errno(errno, dir_path, "/", name);
    auto visited = visit(one);
    if (!visited) return fail(std::move(visited).error().in(dir_path, "/", name));
    if (name != "." && S_ISDIR(one.is.st_mode)) waiting.push_back(concat(dir_path, "/", name));
    ++seen;
    return {};
  };
  TRY(visit_name(top, ".", "."));
  while (!waiting.empty()) {
    const std::string path = std::move(waiting.back());
    waiting.pop_back();
    const auto dir = open_here(top, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!dir && dir.error().code == EXDEV) continue;
    if (!dir) return fail(Error(dir.error()).in(path));
    const auto names = TRY(real_kernel().list_dir(concat("/proc/self/fd/", dir->get())));
    for (const auto& name : names) TRY(visit_name(*dir, path, name));
  }
  return seen;
}

// Access control lists as they are in extended attributes: a word for the version, then entries,
// all in little endian. See acl(5).
struct AclEntry {
  uint16_t tag, permissions;
  uint32_t id;
};
constexpr uint16_t kAclUser = 0x02, kAclGroup = 0x08;

Result<> shift_acl(const Name& name, const char* attribute, Shift shift) {
  const auto path = name.path();
  const auto size = ::lgetxattr(path.c_str(), attribute, nullptr, 0);
  if (size <= 0) return {};  // it has none
  std::string value(static_cast<size_t>(size), '\0');
  if (::lgetxattr(path.c_str(), attribute, value.data(), value.size()) != size)
    return fail_errno(EAGAIN, attribute);
  const auto shifted = access_list_for(value, shift);
  if (shifted != value &&
      ::lsetxattr(path.c_str(), attribute, shifted.data(), shifted.size(), 0) != 0)
    return fail_errno(errno, attribute);
  return {};
}

Result<> shift_name(const Name& name, Shift shift) {
  const auto uid = shift(name.is.st_uid), gid = shift(name.is.st_gid);
  if ((uid != name.is.st_uid || gid != name.is.st_gid) &&
      ::fchownat(name.dir.get(), name.name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, "owner");
  if (S_ISLNK(name.is.st_mode)) return {};
  TRY(shift_acl(name, "system.posix_acl_access", shift));
  if (S_ISDIR(name.is.st_mode)) TRY(shift_acl(name, "system.posix_acl_default", shift));
  return {};
}

constexpr std::string_view kDigits = "0123456789abcdef";
std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}
std::string from_hex(std::string_view text) {
  std::string bytes;
  for (size_t at = 0; at + 1 < text.size(); at += 2)
    bytes.push_back(static_cast<char>(kDigits.find(text[at]) << 4 | kDigits.find(text[at + 1])));
  return bytes;
}

}  // namespace

std::string access_list_for(std::string bytes, Shift shift) {
  for (size_t at = sizeof(uint32_t); at + sizeof(AclEntry) <= bytes.size();
       at += sizeof(AclEntry)) {
    AclEntry entry;
    std::memcpy(&entry, &bytes[at], sizeof entry);
    if (entry.tag != kAclUser && entry.tag != kAclGroup) continue;
    entry.id = shift(entry.id);
    std::memcpy(&bytes[at], &entry, sizeof entry);
  }
  return bytes;
}

// Of the two forms on disk: the second names the root whose capabilities they are.
std::string capabilities_for(std::string_view bytes, uint32_t root) {
  vfs_ns_cap_data data{};
  std::memcpy(&data, bytes.data(), std::min(bytes.size(), sizeof data));
  const uint32_t flags = data.magic_etc & VFS_CAP_FLAGS_MASK;
  data.magic_etc = flags | (root ? VFS_CAP_REVISION_3 : VFS_CAP_REVISION_2);
  data.rootid = root;
  std::string out(XATTR_CAPS_SZ_3, '\0');
  std::memcpy(out.data(), &data, sizeof data);
  out.resize(root ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2);
  return out;
}

Result<uint32_t> owner_of(const Fd& top) {
  struct stat is;
  if (::fstat(top.get(), &is) != 0) return fail_errno(errno, "stat");
  return is.st_uid;
}

// MODE CAPABILITIES PATH and a zero byte, for each.
Result<std::string> list_privileges(const Fd& top) {
  std::string listed;
  (void)TRY(walk(top, [&](const Name& name) -> Result<> {
    if (!S_ISREG(name.is.st_mode)) return {};
    char value[XATTR_CAPS_SZ_3];
    const auto size = ::lgetxattr(name.path().c_str(), kCapability, value, sizeof value);
    const auto capabilities = to_hex({value, size > 0 ? static_cast<size_t>(size) : 0});
    if (capabilities.empty() && !(name.is.st_mode & (S_ISUID | S_ISGID))) return {};
    listed += concat(name.is.st_mode & 07777, " ", capabilities.empty() ? "-" : capabilities, " ",
                     name.dir_path, "/", name.name);
    listed.push_back('\0');
    return {};
  }));
  return listed;
}

Result<uint64_t> shift_owners(const Fd& top, Shift shift, const Seen& tell) {
  uint64_t seen = 0;
  return walk(top, [&](const Name& name) {
    tell(++seen);
    return shift_name(name, shift);
  });
}

Result<> give_privileges(const Fd& top, std::string_view listed, Shift shift) {
  for (const auto entry : split(listed, '\0')) {
    const auto mode_end = entry.find(' ');
    const auto path_begin = mode_end == entry.npos ? entry.npos : entry.find(' ', mode_end + 1);
    if (path_begin == entry.npos) continue;  // behind the last one
    const std::string path(entry.substr(path_begin + 1));
    const auto capabilities = entry.substr(mode_end + 1, path_begin - mode_end - 1);
    const auto mode = number<mode_t>(entry.substr(0, mode_end)).value_or(0);
    const auto file = open_here(top, path, O_RDONLY | O_NOFOLLOW);
    if (!file) return fail(Error(file.error()).in(path));
    if (::fchmod(file->get(), mode) != 0) return fail_errno(errno, path, ": mode");
    if (capabilities == "-") continue;
    const auto value = capabilities_for(from_hex(capabilities), shift.to);
    if (::fsetxattr(file->get(), kCapability, value.data(), value.size(), 0) != 0)
      return fail_errno(errno, path, ": ", kCapability);
  }
  return {};
}

}  // namespace gaol::sys
