// SPDX-License-Identifier: BSD-2-Clause

// Runs between clone3() and execve() in memory shared with a parent that goes on running: no
// allocation, no locks, no errno, no libc. Every call goes through sys/raw.h; the first one
// that fails ends the child, and the parent makes the sentence out of Birth::failure.
//
// The descriptor table is shared with the parent too, until unshare(CLONE_FILES) near the
// end. So what the child opens before that it also closes.

#include "jail/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>

#include <iterator>

#include "jail/mounting_child.h"
#include "jail/orders.h"
#include "sys/raw.h"

namespace gaol::jail {

namespace {

using child::kEmptyPath;
using child::kQuiet;
using child::move;
using child::move_to;
using sys::raw::call;

constexpr unsigned kDetach = 2;  // MNT_DETACH
constexpr uint64_t bit(int capability) { return uint64_t{1} << capability; }
// What a broker needs, over the jail's own user namespace: to name and to mount, to read and write
// the memory of who asks, whatever user that is, and to stand in its root. See init/broker.cc.
constexpr uint64_t kBrokersPower =
    bit(CAP_SYS_ADMIN) | bit(CAP_SYS_PTRACE) | bit(CAP_DAC_OVERRIDE) | bit(CAP_SYS_CHROOT);

class Newborn {
 public:
  explicit Newborn(Birth& birth) noexcept : birth_(birth) {}

  [[noreturn]] void live() noexcept {
    stay_with_parent();
    // Once others can see us, root of the jail has power over us: not over memory that cannot
    // be dumped, which is the command's that made us.
    must(call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
    must(call(__NR_unshare, CLONE_NEWCGROUP), "unshare");
    if (birth_.own_names) set_names();
    if (birth_.vnet) bring_up_loopback();
    wait_for(Birth::mapped);
    become_root();
    // Made and masked over the host's own, while the parent prepares the tree they go to.
    proc_ = fresh("proc", kQuiet);  // init works by it, whether the jail shows it or not
    must(move(proc_, "/proc"), "mount", "proc");
    sys_ = birth_.vnet ? fresh("sysfs", kQuiet | MOUNT_ATTR_RDONLY) : birth_.sys_tree;
    if (sys_ >= 0) must(move(sys_, "/sys"), "mount", "sys");
    const int pts = birth_.terminals ? fresh_devpts() : -1;
    wait_for(Birth::masked);
    attach_masks();

    wait_for(Birth::ready);
    attach_root();
    for (const auto& attachment : birth_.attachments) attach(attachment);
    if (place(birth_.dev_tree, birth_.dev, "dev")) {
      if (pts >= 0) must(move_to(root_, pts, "dev/pts"), "mount", "/dev/pts");
      if (birth_.words >= 0)
        must(move_to(root_, birth_.words, "dev/gaol/bin"), "mount", "/dev/gaol/bin");
      for (const auto& program : birth_.programs)
        move_into_root(program.tree, program.target.c_str(), program.target.c_str());
    }
    for (const auto& cover : birth_.covers) lay(cover);
    place(proc_, birth_.proc, "proc");
    place(sys_, Place::if_present, "sys");
    pivot();
    must(call(__NR_fchdir, proc_), "enter", "/proc");
    for (const int fd : {proc_, pts}) close(fd);
    if (birth_.vnet) close(sys_);
    become_init();
  }

 private:
  long must(long rc, const char* act, const char* subject = nullptr) noexcept {
    if (rc >= 0) return rc;
    birth_.failure = {static_cast<int>(-rc), act, subject};
    tell_parent(Birth::failed);
    sys::exit_child(1);
  }

  void tell_parent(Birth::Progress progress) noexcept {
    __atomic_store_n(&birth_.progress, static_cast<uint32_t>(progress), __ATOMIC_RELEASE);
    call(__NR_futex, &birth_.progress, FUTEX_WAKE, 1);
  }

  static void close(int fd) noexcept {
    if (fd >= 0) call(__NR_close, fd);
  }

  // While the descriptors are shared, a child that outlived jail(8) would keep its locks. The
  // death signal alone leaves a gap before the prctl; a change of credentials drops it, so it is
  // asked for again after that. Init itself is found by its cgroup if jail(8) dies later.
  void stay_with_parent() noexcept {
    call(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
    pollfd parent{birth_.parent, POLLIN, 0};
    const long gone = call(__NR_ppoll, &parent, 1, &kNow, nullptr, 0);
    if (gone != 0) sys::exit_child(1);
  }

  void wait_for(Birth::Gate wanted) noexcept {
    for (;;) {
      const uint32_t now = __atomic_load_n(&birth_.gate, __ATOMIC_ACQUIRE);
      if (now >= wanted) return;
      call(__NR_futex, &birth_.gate, FUTEX_WAIT, now, nullptr);
    }
  }

  void set_names() noexcept {
    must(call(__NR_sethostname, birth_.hostname.data(), birth_.hostname.size()), "host.hostname");
    must(call(__NR_setdomainname, birth_.domainname.data(), birth_.domainname.size()),
         "host.domainname");
  }

  // FreeBSD leaves lo0 down for the jail's rc to configure; Linux userlands expect it up.
  void bring_up_loopback() noexcept {
    struct {
      char name[16];
      short flags;
      char rest[22];
    } request{"lo", kLinkUp | kLinkRunning, {}};
    const long socket = must(call(__NR_socket, 2 /* AF_INET */, 2 | O_CLOEXEC, 0), "socket");
    must(call(__NR_ioctl, socket, 0x8914 /* SIOCSIFFLAGS */, &request), "lo up");
    close(static_cast<int>(socket));
  }

  void become_root() noexcept {
    must(call(__NR_setgroups, 0, nullptr), "setgroups");
    must(call(__NR_setresgid, 0, 0, 0), "setgid");
    must(call(__NR_setresuid, 0, 0, 0), "setuid");
    stay_with_parent();
  }

  int fresh(const char* type, uint64_t attributes, const MountOption* options = nullptr,
            unsigned count = 0) noexcept {
    return static_cast<int>(must(child::fresh(type, attributes, options, count), "mount", type));
  }

  int fresh_devpts() noexcept {
    const MountOption options[] = {
        {"newinstance", nullptr}, {"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}};
    return fresh("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, options, 4);
  }

  // move_mount() does not follow a symbolic link in the last component, and there is only
  // one: a tree whose /dev or /proc is a link is refused, not obeyed.
  bool place(int mount, Place wanted, const char* target) noexcept {
    if (mount < 0 || wanted == Place::no) return false;
    const long rc = move_to(root_, mount, target);
    if (rc == -ENOENT && wanted == Place::if_present) return false;
    must(rc, "mount", target);
    return true;
  }

  // The jail's root is stacked on the host's until pivot().
  void attach_root() noexcept {
    if (birth_.root >= 0) {
      root_ = birth_.root;
    } else {
      // The overlay must be mounted inside the jail's user namespace: outside it, it silently
      // turns read-only. It takes its layers by descriptor, from mounts that are attached.
      stack(birth_.lower);
      stack(birth_.store);
      const MountOption options[] = {{"lowerdir", birth_.lower_dir.c_str()},
                                     {"upperdir", birth_.upper_dir.c_str()},
                                     {"workdir", birth_.work_dir.c_str()},
                                     {"userxattr", nullptr}};
      root_ = overlay_ = fresh("overlay", 0, options, 4);
    }
    stack(root_);
  }

  // Mounts on the host's root, over what was stacked on it before.
  void stack(int mount) noexcept {
    must(move(mount, "/"), "attach root");
    ++stacked_;
  }

  // The tree becomes the root; the host's goes.
  void pivot() noexcept {
    must(call(__NR_fchdir, root_), "enter root");
    must(call(__NR_pivot_root, ".", "."), "pivot_root");
    // The host's root now lies on ours, and on it what was stacked there; the topmost goes first.
    while (stacked_-- > 0) must(call(__NR_umount2, ".", kDetach), "leave the host's root");
    close(overlay_);
  }

  void attach(const Attachment& attachment) noexcept {
    int mount = attachment.tree;
    if (attachment.kind == Attachment::Kind::tmpfs) {
      mount = fresh("tmpfs", attachment.attributes, attachment.options.data(),
                    static_cast<unsigned>(attachment.options.size()));
    }
    if (attachment.target.empty()) {  // a new root over the tree
      stack(mount);
      root_ = mount;
      return;
    }
    move_into_root(mount, attachment.target.c_str(), attachment.subject);
    if (attachment.kind != Attachment::Kind::tree) close(mount);
  }

  // On a file or directory of the jail's tree, reached through no link.
  void move_into_root(int mount, const char* path, const char* subject) noexcept {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long target = must(call(__NR_openat2, root_, path, &how, sizeof how), subject);
    must(call(__NR_move_mount, mount, "", target, "",
              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
         subject);
    close(static_cast<int>(target));
  }

  // After /dev, because only what is attached can be cloned.
  void lay(const Birth::Cover& cover) noexcept {
    const int fd = static_cast<int>(
        must(call(__NR_open_tree, birth_.dev_tree, cover.file.c_str(), OPEN_TREE_CLONE | O_CLOEXEC),
             cover.subject, "/dev/gaol"));
    must(child::set_read_only(fd), "read-only", cover.subject);
    move_into_root(fd, cover.target, cover.subject);
    close(fd);
  }

  void attach_masks() noexcept {
    const char* path = nullptr;
    if (const long rc = child::lay_masks(birth_.masks, birth_.vnet, path); rc < 0)
      must(rc, "mask", path);
  }

  // Without new privileges, the exec cannot win back more.
  void keep_only(uint64_t capabilities) noexcept {
    must(call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct kept[2]{};
    kept[0].permitted = kept[0].effective = static_cast<uint32_t>(capabilities);
    must(call(__NR_capset, &header, kept), "capset");
  }

  [[noreturn]] void become_init() noexcept {
    wait_for(Birth::connected);
    // From here on descriptors are our own, and what the parent opens is not among them.
    must(call(__NR_unshare, CLONE_FILES), "unshare");
    call(__NR_prctl, PR_SET_PDEATHSIG, 0);
    // Init is told by signals, and may be told before it is there to listen. Blocked ones wait.
    const unsigned long all = ~0UL;
    must(call(__NR_rt_sigprocmask, SIG_BLOCK, &all, nullptr, sizeof all), "block signals");
    // Orders wait likewise.
    must(call(__NR_dup3, birth_.orders_in, kOrdersIn, 0), "orders");
    must(call(__NR_dup3, birth_.orders_out, kOrdersOut, 0), "orders");
    must(call(__NR_dup3, birth_.null, 2, 0), "/dev/null");
    tell_parent(Birth::standing);
    call(__NR_setsid);
    call(__NR_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    // A process whose pidfd is held somewhere is found in a third of the time (the kernel keeps its
    // inode), and jls asks for each jail whether its init lives.
    const long self = must(call(__NR_pidfd_open, call(__NR_getpid), 0), "pidfd_open");
    call(__NR_fcntl, self, 2 /* F_SETFD */, 0);
    keep_only(birth_.broker ? kBrokersPower : 0);
    const char* const argv[] = {"init", nullptr};
    const char* const environment[] = {nullptr};
    must(call(__NR_execveat, birth_.init, "", argv, environment, kEmptyPath), "exec", "gaol-init");
    sys::exit_child(1);
  }

  static constexpr short kLinkUp = 1, kLinkRunning = 0x40;
  static constexpr timespec kNow{0, 0};
  Birth& birth_;
  int stacked_ = 0;
  int root_ = -1, overlay_ = -1, proc_ = -1, sys_ = -1;
};

}  // namespace

void open_gate(Birth& birth, Birth::Gate gate) noexcept {
  __atomic_store_n(&birth.gate, static_cast<uint32_t>(gate), __ATOMIC_RELEASE);
  call(__NR_futex, &birth.gate, FUTEX_WAKE, 1);
}

bool wait_for_child(Birth& birth, int milliseconds) noexcept {
  const timespec most{milliseconds / 1000, milliseconds % 1000 * 1000000L};
  for (;;) {
    if (__atomic_load_n(&birth.progress, __ATOMIC_ACQUIRE) != Birth::growing) return true;
    if (call(__NR_futex, &birth.progress, FUTEX_WAIT, Birth::growing, &most) == -ETIMEDOUT)
      return false;
  }
}

void be_born(void* birth) noexcept { Newborn(*static_cast<Birth*>(birth)).live(); }

}  // namespace gaol::jail
