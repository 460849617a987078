// SPDX-License-Identifier: BSD-2-Clause
#include "sys/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "sys/tree.h"

namespace gaol::sys {

namespace {

bool is_no_directory(int code) {
  return code == ENOENT || code == ENOTDIR || code == ELOOP || code == EXDEV;
}

}  // namespace

Result<Extended> extended_of(const Fd& file) {
  Extended all;
  char names[XATTR_LIST_MAX];
  const auto listed = ::flistxattr(file.get(), names, sizeof names);
  if (listed < 0 && errno != EOPNOTSUPP) return fail_errno(errno, "list extended attributes");
  for (ssize_t at = 0; at < listed;) {
    const char* name = names + at;
    at += static_cast<ssize_t>(std::strlen(name) + 1);
    std::string value(XATTR_SIZE_MAX, '\0');
    const auto size = ::fgetxattr(file.get(), name, value.data(), value.size());
    if (size < 0) return fail_errno(errno, "extended attribute ", name);
    value.resize(static_cast<size_t>(size));
    all.emplace(name, std::move(value));
  }
  return all;
}

Result<Listing> list_entries(const Fd& top, const std::string& path) {
  Listing all;
  auto dir = open_here(top, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!dir && is_no_directory(dir.error().code)) return all;
  if (!dir) return fail(std::move(dir).error().in(path));
  all.dir = *std::move(dir);
  const int again = ::openat(all.dir.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(again < 0 ? nullptr : ::fdopendir(again),
                                                   ::closedir);
  if (!stream) return fail_errno(errno, path);
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    struct stat is;
    if (name == "." || name == "..") continue;
    if (::fstatat(all.dir.get(), name.c_str(), &is, AT_SYMLINK_NOFOLLOW) == 0)
      all.entries.emplace(name, is);
  }
  return all;
}

std::string link_text(const Fd& dir, const std::string& name) {
  std::string text(PATH_MAX, '\0');
  const auto size = ::readlinkat(dir.get(), name.c_str(), text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

}  // namespace gaol::sys
