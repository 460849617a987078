// SPDX-License-Identifier: BSD-2-Clause
#include "sys/differ.h"

#include <fcntl.h>

#include <string>
#include <vector>

#include "sys/listing.h"
#include "sys/owners.h"
#include "sys/tree.h"

namespace gaol::sys {

namespace {

// Owners as the tree's own root has them.
Result<Listing> list_side(const Side& side, const std::string& path) {
  const Shift to_plain{side.root, 0};
  Listing all = TRY(list_entries(side.top, path));
  for (auto& [name, is] : all.entries) {
    is.st_uid = to_plain(is.st_uid);
    is.st_gid = to_plain(is.st_gid);
  }
  return all;
}

// Attributes as well.
Result<Extended> extended_on(const Side& side, const Fd& file) {
  const Shift to_plain{side.root, 0};
  Extended all = TRY(extended_of(file));
  if (side.root == 0) return all;
  for (auto& [name, value] : all) {
    if (name == "security.capability") value = capabilities_for(value, 0);
    if (name.starts_with("system.posix_acl_")) value = access_list_for(std::move(value), to_plain);
  }
  return all;
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
    const Listing old = TRY(list_side(before_, path));
    const Listing young = TRY(list_side(after_, path));
    for (const auto& [name, is] : old.entries)
      if (!young.entries.contains(name)) found(Change::gone, path, name, is);
    for (const auto& [name, is] : young.entries) {
      const auto was = old.entries.find(name);
      if (was == old.entries.end())
        found(Change::added, path, name, is);
      else if (!same(old.dir, was->second, young.dir, is, name) ||
               !TRY(same_attributes(old.dir, young.dir, is, name)))
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

  // Of what cannot be opened, a mount in one of the trees, nothing is said.
  Result<bool> same_attributes(const Fd& old, const Fd& young, const struct stat& is,
                               const std::string& name) {
    if (!S_ISREG(is.st_mode) && !S_ISDIR(is.st_mode)) return true;
    const auto one = open_here(old, name, O_RDONLY | O_NOFOLLOW);
    const auto other = open_here(young, name, O_RDONLY | O_NOFOLLOW);
    if (!one || !other) return true;
    return TRY(extended_on(before_, *one)) == TRY(extended_on(after_, *other));
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
