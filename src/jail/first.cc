// SPDX-License-Identifier: BSD-2-Clause

// Runs between clone3() and execve() in memory shared with a parent that waits: see birth.cc for
// what that forbids. It is born below the jail's init, as the jail's root, but for the mount
// namespace: that is a copy of the host's at first, because the kernel gives a new proc only to who
// sees a whole one, and the jail's is masked.

#include "jail/first.h"

#include <errno.h>
#include <linux/prctl.h>

#include "jail/mounting_child.h"
#include "sys/raw.h"

namespace gaol::jail {

namespace {

using sys::raw::call;

class Firstborn {
 public:
  explicit Firstborn(FirstProcess& self) noexcept : self_(self) {}

  [[noreturn]] void live() noexcept {
    must(call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
    const long proc = must(child::fresh("proc", child::kQuiet), "mount", "proc");
    must(call(__NR_setns, self_.mounts, CLONE_NEWNS), "jail_attach");
    must(call(__NR_unshare, CLONE_NEWCGROUP), "unshare");
    const long cgroup = must(child::fresh("cgroup2", child::kQuiet), "mount", "cgroup2");
    must(child::move(proc, "/proc"), "mount", "/proc");
    const char* path = nullptr;
    const long masked = child::lay_masks(self_.masks, self_.vnet, path);
    must(masked, "mask", path);
    must(child::move(cgroup, "/sys/fs/cgroup"), "mount", "/sys/fs/cgroup");
    lay_tmpfs("/run", "0755", 0);
    must(call(__NR_mkdirat, AT_FDCWD, "/run/lock", 0755), "mkdir", "/run/lock");
    lay_tmpfs("/run/lock", "1777", MOUNT_ATTR_NOEXEC);
    if (!self_.vnet) mask_logind();
    lay_tmpfs("/dev/shm", "1777", 0);

    const char* act = nullptr;
    const long ruled = take_on_rules(self_.rules, act);
    must(ruled, act);
    sys::exec_in_child(self_.exec, self_.failure);
    sys::exit_child(1);
  }

 private:
  long must(long rc, const char* act, const char* subject = nullptr) noexcept {
    if (rc >= 0) return rc;
    self_.failure = {static_cast<int>(-rc), act, subject};
    sys::exit_child(1);
  }

  void lay_tmpfs(const char* target, const char* mode, uint64_t attributes) noexcept {
    const MountOption options[] = {{"mode", mode}};
    const long fs =
        must(child::fresh("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | attributes, options, 1),
             "mount", target);
    must(child::move(fs, target), "mount", target);
  }

  // On the host's network stack it may not listen for devices, which are the host's, and fails for
  // want of them: systemctl(1) would wait for it. See systemd.unit(5) for a unit that is masked.
  void mask_logind() noexcept {
    for (const char* directory : {"/run/systemd", "/run/systemd/system"})
      must(call(__NR_mkdirat, AT_FDCWD, directory, 0755), "mkdir", directory);
    must(call(__NR_symlinkat, "/dev/null", AT_FDCWD, "/run/systemd/system/systemd-logind.service"),
         "symlink", "/run/systemd/system");
  }

  FirstProcess& self_;
};

}  // namespace

void become_first(void* first) noexcept { Firstborn(*static_cast<FirstProcess*>(first)).live(); }

}  // namespace gaol::jail
