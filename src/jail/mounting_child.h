// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Mounting between clone3() and execve(): sys/raw.h and nothing of libc. Each gives a descriptor or
// 0, or -errno.

#include <fcntl.h>

#include <string_view>

#include "jail/birth.h"
#include "mac/masks.h"
#include "sys/raw.h"

namespace gaol::jail::child {

inline constexpr uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
inline constexpr unsigned kEmptyPath = 0x1000;  // AT_EMPTY_PATH

// A new file system, mounted nowhere yet.
inline long fresh(const char* type, uint64_t attributes, const MountOption* options = nullptr,
                  unsigned count = 0) noexcept {
  using sys::raw::call;
  const long fs = call(__NR_fsopen, type, FSOPEN_CLOEXEC);
  if (fs < 0) return fs;
  long rc = 0;
  for (unsigned i = 0; i < count && rc >= 0; ++i)
    rc = call(__NR_fsconfig, fs, options[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
              options[i].key, options[i].value, 0);
  if (rc >= 0) rc = call(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  if (rc >= 0) rc = call(__NR_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
  call(__NR_close, fs);
  return rc;
}

inline long move_to(int dir, long mount, const char* target) noexcept {
  return sys::raw::call(__NR_move_mount, mount, "", dir, target, MOVE_MOUNT_F_EMPTY_PATH);
}
inline long move(long mount, const char* target) noexcept {
  return move_to(AT_FDCWD, mount, target);
}

inline long set_read_only(long tree) noexcept {
  mount_attr attr{};
  attr.attr_set = MOUNT_ATTR_RDONLY | kQuiet;
  return sys::raw::call(__NR_mount_setattr, tree, "", kEmptyPath, &attr, sizeof attr);
}

// Binds it onto itself. What is not there needs no protection.
inline long make_read_only(const char* path) noexcept {
  using sys::raw::call;
  const long tree = call(__NR_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC);
  if (tree == -ENOENT) return 0;
  if (tree < 0) return tree;
  long rc = set_read_only(tree);
  if (rc >= 0) rc = move(tree, path);
  call(__NR_close, tree);
  return rc;
}

// What is hidden of /proc and /sys, and what cannot be written there (mac/masks.h). `failed` says
// which could not be.
template <class Masks>
long lay_masks(const Masks& masks, bool vnet, const char*& failed) noexcept {
  for (const auto& mask : masks)
    if (const long rc = move(mask.tree, failed = mask.path); rc < 0 && rc != -ENOENT) return rc;
  // The settings of a network stack of its own are the jail's to change; the kernel keeps
  // the others from it.
  for (const auto path : mac::kReadOnlyPaths)
    if (!(vnet && path == std::string_view("/proc/sys")))
      if (const long rc = make_read_only(failed = path.data()); rc < 0) return rc;
  return 0;
}

}  // namespace gaol::jail::child
