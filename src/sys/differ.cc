// SPDX-License-Identifier: BSD-2-Clause
#include "sys/differ.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sys/owners.h"
#include "sys/tree.h"

namespace gaol::sys {

namespace {

// One directory of one of the trees. Where there is none, it is empty: then all is new in the
// other.
struct Listing {
  Fd dir;
  std::map<std::string, struct stat> entries;
};

bool is_no_directory(int code) {
  return code == ENOENT || code == ENOTDIR || code == ELOOP || code == EXDEV;
}

// Owners as the tree's own root has them.
Result<> read_listing(const Side& side, const std::string& path, Listing& all) {
  const Shift to_plain{side.root, 0};
  auto dir = open_here(side.top, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!dir && is_no_directory(dir.error().code)) return {};
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
    if (::fstatat(all.dir.get(), name.c_str(), &is, AT_SYMLINK_NOFOLLOW) != 0) continue;
    is.st_uid = to_plain(is.st_uid);
    is.st_gid = to_plain(is.st_gid);
    all.entries.emplace(name, is);
  }
  return {};
}

std::string link_text(const Fd& dir, const std::string& name) {
  std::string text(PATH_MAX, '\0');
  const auto size = ::readlinkat(dir.get(), name.c_str(), text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

bool same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

class Differ {
 public:
  using Tell = std::function<void(Change, std::string_view)>;
  Differ(const Side& before, const Side& after, const Tell& tell)
      : before_(before), after_(after), tell_(tell) {}

  Result<> everything() {
    TRY(directory("."));
    while (!waiting_.empty()) {
      const std::string next = std::move(waiting_.back());
      waiting_.pop_back();
      TRY(directory(next));
    }
    return {};
  }

 private:
  Result<> directory(const std::string& path) {
    Listing old, young;
    TRY(read_listing(before_, path, old));
    TRY(read_listing(after_, path, young));
    for (const auto& [name, is] : old.entries)
      if (!young.entries.contains(name)) found(Change::gone, path, name, is);
    for (const auto& [name, is] : young.entries) {
      const auto was = old.entries.find(name);
      if (was == old.entries.end())
        found(Change::added, path, name, is);
      else if (!same(old.dir, was->second, young.dir, is, name))
        found(Change::changed, path, name, S_ISDIR(is.st_mode) ? is : was->second);
      else if (S_ISDIR(is.st_mode))
        waiting_.push_back(concat(path, "/", name));
    }
    return {};
  }

  static bool same(const Fd& old, const struct stat& was, const Fd& young, const struct stat& is,
                   const std::string& name) {
    if (was.st_mode != is.st_mode || was.st_uid != is.st_uid || was.st_gid != is.st_gid ||
        was.st_rdev != is.st_rdev)
      return false;
    if (S_ISREG(is.st_mode))
      return was.st_size == is.st_size && same_time(was.st_mtim, is.st_mtim) &&
             was.st_nlink == is.st_nlink;
    if (S_ISLNK(is.st_mode)) return link_text(old, name) == link_text(young, name);
    return true;
  }

  void found(Change change, const std::string& path, const std::string& name,
             const struct stat& either) {
    const auto whole = concat(path, "/", name);
    tell_(change, std::string_view(whole).substr(1));  // without the dot in front
    if (S_ISDIR(either.st_mode)) waiting_.push_back(whole);
  }

  const Side& before_;
  const Side& after_;
  const Tell& tell_;
  std::vector<std::string> waiting_;
};

}  // namespace

Result<> compare_trees(const Side& before, const Side& after, const Differ::Tell& tell) {
  return Differ(before, after, tell).everything();
}

}  // namespace gaol::sys
