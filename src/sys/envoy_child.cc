// SPDX-License-Identifier: BSD-2-Clause

// What an envoy runs, in memory and descriptors shared with a parent that waits: no allocation,
// no locks, no errno, no libc; without sanitizers, which know nothing of such a stack.

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/prctl.h>

#include "sys/envoy.h"
#include "sys/exec.h"
#include "sys/raw.h"

namespace gaol::sys {

namespace {

using raw::call;

long set_out(const Mission& mission) noexcept {
  if (const long rc = call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0); rc < 0) return rc;
  if (const long rc = call(__NR_setns, mission.init, mission.namespaces); rc < 0) return rc;
  return mission.errand(mission.argument);
}

long write_whole(const char* path, const char* text, unsigned long size) noexcept {
  const long fd = call(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  const long put = call(__NR_write, fd, text, size);
  call(__NR_close, fd);
  return put;
}

}  // namespace

void be_envoy(void* envoy) noexcept {
  auto& self = *static_cast<Envoy*>(envoy);
  self.result = set_out(self.mission);
  exit_child(0);
}

// Only a user that the jail knows may own a namespace below it.
long deliver(void* delivery) noexcept {
  const auto& self = *static_cast<Delivery*>(delivery);
  if (const long rc = call(__NR_setresgid, 0, 0, 0); rc < 0) return rc;
  if (const long rc = call(__NR_setresuid, 0, 0, 0); rc < 0) return rc;
  return clone3_onto(self.args, self.run, self.argument);
}

long write_id_maps(void* maps) noexcept {
  const auto& self = *static_cast<IdMaps*>(maps);
  if (const long rc = write_whole(self.uid_map, self.text, self.size); rc < 0) return rc;
  return write_whole(self.gid_map, self.text, self.size);
}

long clone_tree(void* tree) noexcept {
  const auto& self = *static_cast<TreePath*>(tree);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const long place = call(__NR_openat2, AT_FDCWD, self.path, &how, sizeof how);
  if (place < 0) return place;
  constexpr unsigned kEmptyPath = 0x1000;  // AT_EMPTY_PATH
  const long clone = call(__NR_open_tree, place, "", self.flags | kEmptyPath);
  call(__NR_close, place);
  return clone;
}

long unmount_all(void* points) noexcept {
  constexpr unsigned kDetach = 2, kNoFollow = 8;  // MNT_DETACH, UMOUNT_NOFOLLOW
  const auto& self = *static_cast<MountPoints*>(points);
  for (unsigned long left = self.count; left-- > 0;) {
    const long rc = call(__NR_umount2, self.paths[left], kDetach | kNoFollow);
    if (rc < 0 && rc != -EINVAL && rc != -ENOENT) return rc;
  }
  return 0;
}

}  // namespace gaol::sys
