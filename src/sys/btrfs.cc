// SPDX-License-Identifier: BSD-2-Clause
#include "sys/btrfs.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace gaol::sys {

namespace {

// Not by ioctl(2) of libc: to what the kernel takes as 32 bits musl says int, glibc unsigned long.
long ask(const Fd& fd, unsigned request, void* argument) {
  return ::syscall(SYS_ioctl, fd.get(), request, argument);
}

Result<> put_name(char* field, size_t size, const std::string& name) {
  if (name.size() >= size) return fail_errno(ENAMETOOLONG, name);
  std::memcpy(field, name.c_str(), name.size() + 1);
  return {};
}

// A directory of a tenant's tree: by no link, and out of it by no way.
Result<Fd> open_below(const Fd& top, const char* path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
  const auto fd = ::syscall(SYS_openat2, top.get(), path, &how, sizeof how);
  if (fd < 0) return fail_errno(errno, "open subvolume ", path);
  return Fd(static_cast<int>(fd));
}

// The subvolumes directly below one go first; the kernel names them in no particular order.
Result<> remove_children(const Fd& subvolume) {
  const auto children = std::make_unique<btrfs_ioctl_get_subvol_rootref_args>();
  const auto place = std::make_unique<btrfs_ioctl_ino_lookup_user_args>();
  if (ask(subvolume, BTRFS_IOC_GET_SUBVOL_ROOTREF, children.get()) != 0 &&
      errno != EOVERFLOW)  // more than fit: the caller comes back for them
    return fail_errno(errno, "list subvolumes");
  for (unsigned i = 0; i < children->num_items; ++i) {
    *place = {};
    place->treeid = children->rootref[i].treeid;
    place->dirid = children->rootref[i].dirid;
    if (ask(subvolume, BTRFS_IOC_INO_LOOKUP_USER, place.get()) != 0)
      return fail_errno(errno, "find subvolume ", place->treeid);
    const auto parent = TRY(open_below(subvolume, place->path[0] ? place->path : "."));
    TRY(remove_subvolume(parent, place->name));
  }
  return {};
}

// The items of one kind that the quota tree has for a subvolume; 0 is the subvolume's own number.
struct QuotaItem {
  btrfs_ioctl_search_header header;
  union {
    btrfs_qgroup_info_item info;
    btrfs_qgroup_limit_item limit;
  };
} __attribute__((packed));

Result<uint64_t> subvolume_number(const Fd& subvolume) {
  const auto place = std::make_unique<btrfs_ioctl_ino_lookup_args>();
  place->objectid = BTRFS_FIRST_FREE_OBJECTID;
  if (ask(subvolume, BTRFS_IOC_INO_LOOKUP, place.get()) != 0)
    return fail_errno(errno, "number of subvolume");
  return place->treeid;
}

// Whether there is one.
Result<bool> read_quota(const Fd& subvolume, uint64_t number, uint32_t type, QuotaItem& item) {
  const auto search = std::make_unique<btrfs_ioctl_search_args>();
  auto& key = search->key;
  key.tree_id = BTRFS_QUOTA_TREE_OBJECTID;
  key.min_type = key.max_type = type;
  key.min_offset = key.max_offset = number;
  key.max_transid = ~uint64_t{0};
  key.nr_items = 1;
  if (ask(subvolume, BTRFS_IOC_TREE_SEARCH, search.get()) != 0) {
    if (errno == ENOENT) return false;  // no quota tree
    return fail_errno(errno, "quota");
  }
  if (key.nr_items == 0) return false;
  std::memcpy(&item, search->buf, sizeof item);
  return true;
}

// The answer may be 1.
Result<btrfs_ioctl_get_subvol_info_args> subvolume_info(const Fd& subvolume) {
  btrfs_ioctl_get_subvol_info_args info{};
  if (ask(subvolume, BTRFS_IOC_GET_SUBVOL_INFO, &info) < 0) return fail_errno(errno, "subvolume");
  return info;
}

}  // namespace

Result<bool> on_btrfs(const Fd& dir) {
  struct statfs is;
  if (::fstatfs(dir.get(), &is) != 0) return fail_errno(errno, "statfs");
  return is.f_type == BTRFS_SUPER_MAGIC;
}

Result<bool> is_subvolume(const Fd& dir) {
  struct stat is;
  if (::fstat(dir.get(), &is) != 0) return fail_errno(errno, "stat");
  if (is.st_ino != BTRFS_FIRST_FREE_OBJECTID) return false;
  return on_btrfs(dir);
}

Result<bool> is_snapshot_of(const Fd& subvolume, const Fd& other) {
  const auto mine = TRY(subvolume_info(subvolume)), its = TRY(subvolume_info(other));
  return std::ranges::equal(mine.parent_uuid, its.uuid);
}

Result<> make_subvolume(const Fd& parent, const std::string& name) {
  const auto args = std::make_unique<btrfs_ioctl_vol_args_v2>();
  TRY(put_name(args->name, sizeof args->name, name));
  if (ask(parent, BTRFS_IOC_SUBVOL_CREATE_V2, args.get()) != 0)
    return fail_errno(errno, "make subvolume ", name);
  return {};
}

Result<> snapshot_subvolume(const Fd& from, const Fd& parent, const std::string& name,
                            Access access) {
  const auto args = std::make_unique<btrfs_ioctl_vol_args_v2>();
  TRY(put_name(args->name, sizeof args->name, name));
  args->fd = from.get();
  args->flags = access == Access::read_only ? BTRFS_SUBVOL_RDONLY : 0;
  if (ask(parent, BTRFS_IOC_SNAP_CREATE_V2, args.get()) != 0)
    return fail_errno(errno, "snapshot subvolume to ", name);
  return {};
}

Result<> remove_subvolume(const Fd& parent, const std::string& name) {
  const auto args = std::make_unique<btrfs_ioctl_vol_args>();
  TRY(put_name(args->name, sizeof args->name, name));
  while (ask(parent, BTRFS_IOC_SNAP_DESTROY, args.get()) != 0) {
    if (errno != ENOTEMPTY) return fail_errno(errno, "remove subvolume ", name);
    const auto subvolume = TRY(open_below(parent, name.c_str()));
    TRY(remove_children(subvolume));
  }
  return {};
}

Result<std::optional<Quota>> subvolume_quota(const Fd& subvolume) {
  const uint64_t number = TRY(subvolume_number(subvolume));
  QuotaItem item{};
  Quota quota;
  if (!TRY(read_quota(subvolume, number, BTRFS_QGROUP_INFO_KEY, item))) return std::nullopt;
  quota.used = item.info.rfer;
  quota.own = item.info.excl;
  if (TRY(read_quota(subvolume, number, BTRFS_QGROUP_LIMIT_KEY, item)) &&
      (item.limit.flags & BTRFS_QGROUP_LIMIT_MAX_RFER))
    quota.limit = item.limit.max_rfer;
  return quota;
}

Result<> limit_subvolume(const Fd& subvolume, uint64_t bytes) {
  btrfs_ioctl_qgroup_limit_args args{};  // group 0: the subvolume's own
  args.lim.flags = BTRFS_QGROUP_LIMIT_MAX_RFER;
  args.lim.max_rfer = bytes ? bytes : ~uint64_t{0};  // what the kernel takes for "none"
  if (ask(subvolume, BTRFS_IOC_QGROUP_LIMIT, &args) != 0) return fail_errno(errno, "quota");
  return {};
}

}  // namespace gaol::sys
