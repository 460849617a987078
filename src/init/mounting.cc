// SPDX-License-Identifier: BSD-2-Clause

// FreeBSD lets root of a jail mount file systems of kinds that are harmless. On Linux whoever may
// mount at all may also take away what hides the host's part of /proc, so root of the jail may not,
// and a child of init does it by these rules:
//
//   - The arguments are a copy. Paths are looked up in the caller's root, from its working
//     directory, once; from then on there are only descriptors, which no rename leads elsewhere.
//     Links of procfs into other processes (/proc/PID/root) are not followed.
//   - Nothing is mounted on what was mounted from outside, or anywhere in /proc, /sys and /dev, and
//     nothing of that is unmounted. So the masks stay where they are.
//   - What is shown again of /proc, /sys and /dev is the jail's own with all that lies over it,
//     locked in place by the kernel, and there is no other way to these: a nullfs of a part of them
//     is refused.
//   - All else comes without set-user-ID programs and devices. A remount can take away only.
//
// Every mount is made apart from the tree and attached when it is complete.

#include "init/mounting.h"

#include <errno.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/sysinfo.h>
#include <signal.h>
#include <sys/statfs.h>

#include "init/mount_words.h"
#include "init/text.h"
#include "jail/orders.h"
#include "sys/raw.h"

namespace gaol::init {
namespace {

using sys::raw::call;

constexpr unsigned kMostMounts = 200;                // of one jail, the masks in a procfs counted
constexpr unsigned long kPage = 4, kLeastSize = 64;  // KiB of a tmpfs
// All tmpfs of a jail together may hold a half of the machine's memory, one without a size an
// eighth.
constexpr unsigned long kTmpfsShare = 2, kUsualShare = 8;

constexpr unsigned kForce = 1, kDetach = 2, kNoFollow = 8;  // of umount2(2)
constexpr unsigned long kRefusedKinds = MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

unsigned long memory_of_the_machine() {
  struct sysinfo info;
  if (call(__NR_sysinfo, &info) < 0) return 0;
  // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the kernel filled it in
  return info.totalram / 1024 * info.mem_unit;
}

// The file at `name`, seen from a descriptor.
struct Node {
  explicit Node(long fd, const char* name = "") {
    constexpr int kHow = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC;
    struct statx st;
    if (call(__NR_statx, fd, name, kHow, STATX_INO | STATX_MNT_ID, &st) < 0) return;
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the kernel filled it in
    is_known = (st.stx_mask & STATX_MNT_ID) && (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
    is_root = st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
    mount = st.stx_mnt_id;
    device = static_cast<uint64_t>(st.stx_dev_major) << 32 | st.stx_dev_minor;
    inode = st.stx_ino;
  }
  bool is_same_file(const Node& other) const {
    return is_known && other.is_known && device == other.device && inode == other.inode;
  }
  bool is_known = false;
  bool is_root = false;  // of its mount
  unsigned long mount = 0;
  uint64_t device = 0, inode = 0;
};

long find(long from, const char* path, unsigned long flags, unsigned long resolve) {
  open_how how{};
  how.flags = flags | O_PATH | O_CLOEXEC;
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  return call(__NR_openat2, from, path, &how, sizeof how);
}

constexpr OptionName kTmpfsOptions[] = {
    {"size", true}, {"mode", true}, {"uid", true}, {"gid", true}, {}};
// What zfs(8) says of a dataset's properties goes to the kernel as it is, but for the last.
constexpr OptionName kZfsOptions[] = {{"defaults", false},
                                      {"ro", false},
                                      {"rw", false},
                                      {"atime", false},
                                      {"noatime", false},
                                      {"relatime", false},
                                      {"norelatime", false},
                                      {"strictatime", false},
                                      {"dev", false},
                                      {"nodev", false},
                                      {"exec", false},
                                      {"noexec", false},
                                      {"suid", false},
                                      {"nosuid", false},
                                      {"mand", false},
                                      {"nomand", false},
                                      {"nbmand", false},
                                      {"nonbmand", false},
                                      {"xattr", false},
                                      {"noxattr", false},
                                      {"saxattr", false},
                                      {"dirxattr", false},
                                      {"zfsutil", false},
                                      {"mntpoint", true},
                                      {}};
constexpr OptionName kFuseOptions[] = {{"fd", true},
                                       {"rootmode", true},
                                       {"user_id", true},
                                       {"group_id", true},
                                       {"max_read", true},
                                       {"subtype", true},
                                       {"allow_other", false},
                                       {"default_permissions", false},
                                       {}};

class Mounting {
 public:
  Mounting(const Caller& caller, const Foundation& foundation)
      : caller_(caller), foundation_(foundation) {}

  long mount(uint32_t grants);
  long unmount();

 private:
  struct Kind {
    const char* name;
    uint32_t grant;
    const char* view;           // it is that part of the jail once more
    long (Mounting::*make)();   // makes it, attached nowhere, in the caller's root
    const OptionName* options;  // null: it takes none
  };
  static const Kind kKinds[];

  long read_arguments();
  const Kind* kind_asked_for() const;
  long take_options();

  long take_turn() const;
  void see_own_root();
  long view(const char* path) const;
  long enter() const;
  bool is_founded(const Node& node) const;
  long check_own(const Node& node) const;
  bool is_view(const Node& node) const;
  bool is_guarded(long fd) const;
  bool shows_descriptors(long fd) const;

  long make_view() const;
  long make_nullfs();
  long make_tmpfs();
  long make_fuse();
  long make_zfs();
  long make_fresh(long fs) const;
  long attach(long tree, mount_attr& attributes);
  long remount(const mount_attr& attributes) const;
  long unmount_named(long fd, const Node& node, unsigned long flags) const;

  const Caller& caller_;
  const Foundation& foundation_;
  const Kind* kind_ = nullptr;
  Usage usage_;
  long root_ = -1, procfs_ = -1;  // the jail's own, whatever the caller's root is
  uint64_t views_[3]{};           // device numbers of the jail's /dev, /proc and /sys; 0: none
  unsigned long flags_ = 0;
  const char* subtype_ = nullptr;  // what follows the dot of `fuse.sshfs`
  char source_[4096], target_[4096], words_[4096], type_[64];
  Options options_;
};

constexpr Mounting::Kind Mounting::kKinds[] = {
    {"devfs", jail::kGrantDevfs, "/dev", nullptr, nullptr},
    {"fdescfs", jail::kGrantFdescfs, nullptr, nullptr, nullptr},
    {"fuse", jail::kGrantFusefs, nullptr, &Mounting::make_fuse, kFuseOptions},
    {"linprocfs", jail::kGrantProcfs, "/proc", nullptr, nullptr},
    {"linsysfs", jail::kGrantSysfs, "/sys", nullptr, nullptr},
    {"nullfs", jail::kGrantNullfs, nullptr, &Mounting::make_nullfs, nullptr},
    {"proc", jail::kGrantProcfs, "/proc", nullptr, nullptr},
    {"procfs", jail::kGrantProcfs, "/proc", nullptr, nullptr},
    {"sysfs", jail::kGrantSysfs, "/sys", nullptr, nullptr},
    {"tmpfs", jail::kGrantTmpfs, nullptr, &Mounting::make_tmpfs, kTmpfsOptions},
    {"zfs", jail::kGrantZfs, nullptr, &Mounting::make_zfs, kZfsOptions},
};

// --- what is asked ---

long Mounting::read_arguments() {
  const struct {
    char* to;
    unsigned long size;
    int argument;
  } texts[] = {{source_, sizeof source_, 0},
               {target_, sizeof target_, 1},
               {type_, sizeof type_, 2},
               {words_, sizeof words_, 4}};
  for (const auto& text : texts)
    if (const long rc = caller_.read_text(caller_.argument(text.argument), text.to, text.size);
        rc < 0)
      return rc;
  flags_ = caller_.argument(3);
  if ((flags_ & MS_MGC_MSK) == MS_MGC_VAL) flags_ &= ~static_cast<unsigned long>(MS_MGC_MSK);
  for (char* at = type_; *at; ++at)
    if (*at == '.' && !subtype_) *at = '\0', subtype_ = at + 1;
  return 0;
}

const Mounting::Kind* Mounting::kind_asked_for() const {
  for (const Kind& kind : kKinds)
    if (is_equal(kind.name, flags_ & MS_BIND ? "nullfs" : type_)) return &kind;
  return nullptr;
}

long Mounting::take_options() {
  options_.expect(kind_->options);
  if (const long rc = options_.take(words_); rc < 0) return rc;
  return subtype_ ? options_.add("subtype", subtype_) : 0;
}

// One after the other: many at once could pass a limit that each of them keeps. The lock is let go
// of when we end, however that comes about; who stops us in the jail stops the jail's own mounts.
long Mounting::take_turn() const {
  constexpr int kExclusive = 2;  // LOCK_EX
  const long own = call(__NR_openat, procfs_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return own < 0 ? own : call(__NR_flock, own, kExclusive);
}

// --- where it is ---

void Mounting::see_own_root() {
  procfs_ = call(__NR_openat, AT_FDCWD, ".", O_PATH | O_CLOEXEC);
  root_ = call(__NR_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC);
  const char* const names[] = {"/dev", "/proc", "/sys"};
  for (unsigned at = 0; at < 3; ++at)
    if (const long fd = view(names[at]); fd >= 0) views_[at] = Node(fd).device;
}

// A directory of the jail's root where something is mounted that is not the jail's doing.
long Mounting::view(const char* path) const {
  const long fd = find(root_, path, O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_IN_ROOT);
  if (fd < 0) return fd;
  const Node node(fd);
  return node.is_root && foundation_.holds(node.mount) ? fd : -ENOENT;
}

// Puts us where the caller is, who may have changed its root.
long Mounting::enter() const {
  const long root = caller_.open("root", O_PATH | O_DIRECTORY);
  const long directory = caller_.open("cwd", O_PATH | O_DIRECTORY);
  if (root < 0 || directory < 0) return root < 0 ? root : directory;
  if (!caller_.waits()) return -EINTR;
  if (const long rc = call(__NR_fchdir, root); rc < 0) return rc;
  if (const long rc = call(__NR_chroot, "."); rc < 0) return rc;
  return call(__NR_fchdir, directory);
}

bool Mounting::is_founded(const Node& node) const {
  return !node.is_known || foundation_.holds(node.mount);
}

// Whether it is a mount that root of the jail made.
long Mounting::check_own(const Node& node) const {
  if (node.is_known && !node.is_root) return -EINVAL;
  return is_founded(node) ? -EPERM : 0;
}

bool Mounting::is_view(const Node& node) const {
  const auto is = [&](uint64_t device) { return device != 0 && device == node.device; };
  return is(views_[0]) || is(views_[1]) || is(views_[2]);
}

// Whether it belongs to a file system that hides something, or by which the jail is told things.
bool Mounting::is_guarded(long fd) const {
  struct statfs st;
  if (is_view(Node(fd)) || call(__NR_fstatfs, fd, &st) < 0) return true;
  switch (static_cast<unsigned long>(st.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case DEVPTS_SUPER_MAGIC: return true;  // a parent jail's
    default: return false;
  }
}

// Where /dev/fd leads, by our number or by the caller's.
bool Mounting::shows_descriptors(long fd) const {
  const Node there(fd);
  return there.is_same_file(Node(procfs_, "self/fd")) ||
         there.is_same_file(Node(caller_.open("fd", O_PATH)));
}

// --- what is mounted ---

// What lies over a view must neither be unmounted nor fall off when the view goes while somebody
// works in it. The kernel sees to that for all mounts that a namespace has from one whose users
// are others, so such a namespace is where the copy is taken. A child lives in it, which has our
// descriptors, and puts the copy where a descriptor is already.
long Mounting::make_view() const {
  const long tree = view(kind_->view);
  if (tree < 0) return -ENODEV;
  constexpr unsigned long kApart = CLONE_NEWUSER | CLONE_NEWNS | CLONE_FILES | SIGCHLD;
  const long child = call(__NR_clone, kApart, 0, 0, 0, 0);
  if (child == 0) {
    const long copy = call(__NR_open_tree, AT_FDCWD, kind_->view,
                           OPEN_TREE_CLONE | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
    const long rc = copy < 0 ? copy : call(__NR_dup3, copy, tree, O_CLOEXEC);
    call(__NR_exit_group, rc < 0 ? -rc : 0);
  }
  if (child < 0) return child;
  int status = 0;
  if (const long rc = call(__NR_wait4, child, &status, 0, nullptr); rc < 0) return rc;
  return status == 0 ? tree : -(status >> 8 ? status >> 8 : EINTR);
}

// As on FreeBSD, the mounts below the source are not seen through it.
long Mounting::make_nullfs() {
  const long source = find(AT_FDCWD, source_, 0, 0);
  if (source < 0) return source;
  if (is_guarded(source)) return -EPERM;
  return call(__NR_open_tree, source, "", OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
}

long Mounting::make_tmpfs() {
  const unsigned long memory = memory_of_the_machine();
  Option* asked = options_.find("size");
  unsigned long size = asked ? size_of(asked->value, memory) : memory / kUsualShare;
  size -= size % kPage;  // the kernel would round it up
  if (size < kLeastSize) return -EINVAL;
  if (size > memory || usage_.tmpfs + size > memory / kTmpfsShare) return -ENOSPC;
  const Decimal bytes(size * 1024), files(size);  // a file takes about a KiB besides what it holds
  if (!asked) {
    if (const long rc = options_.add("size", ""); rc < 0) return rc;
    asked = options_.find("size");
  }
  asked->value = bytes.text();
  const long fs = call(__NR_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (fs < 0) return fs;
  const long rc = call(__NR_fsconfig, fs, FSCONFIG_SET_STRING, "nr_inodes", files.text(), 0);
  return rc < 0 ? rc : make_fresh(fs);
}

// The connection is a descriptor of the caller's.
long Mounting::make_fuse() {
  Option* asked = options_.find("fd");
  if (!asked) return -EINVAL;
  const long process = call(__NR_pidfd_open, caller_.pid(), 0);
  if (process < 0) return process;
  if (!caller_.waits()) return -EINTR;
  const long connection = call(__NR_pidfd_getfd, process, number_of(asked->value), 0);
  if (connection < 0) return connection;
  const Decimal number(static_cast<unsigned long>(connection));
  asked->value = number.text();
  const long fs = call(__NR_fsopen, "fuse", FSOPEN_CLOEXEC);
  return fs < 0 ? fs : make_fresh(fs);
}

// ZFS lets nobody mount what is not delegated to the user namespace, which is ours. When somebody
// looks for a snapshot below .zfs, its module mounts that on the host, at this mountpoint: one that
// is nowhere.
long Mounting::make_zfs() {
  if (Option* asked = options_.find("mntpoint"))
    asked->value = "/dev/null";
  else if (const long rc = options_.add("mntpoint", "/dev/null"); rc < 0)
    return rc;
  if (flags_ & MS_RDONLY) {
    if (const long rc = options_.add("ro", nullptr); rc < 0) return rc;
  }
  const long fs = call(__NR_fsopen, "zfs", FSOPEN_CLOEXEC);
  return fs < 0 ? fs : make_fresh(fs);
}

long Mounting::make_fresh(long fs) const {
  if (*source_) call(__NR_fsconfig, fs, FSCONFIG_SET_STRING, "source", source_, 0);
  for (const Option& option : options_) {
    const long rc = call(__NR_fsconfig, fs, option.value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
                         option.key, option.value, 0);
    if (rc < 0) return rc;
  }
  if (const long rc = call(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0); rc < 0)
    return rc;
  return call(__NR_fsmount, fs, FSMOUNT_CLOEXEC, 0);
}

// Makes what is not a view; that is `tree`.
long Mounting::attach(long tree, mount_attr& attributes) {
  const long target = find(AT_FDCWD, target_, 0, 0);
  if (target < 0) return target;
  if (!kind_->view && !kind_->make) return shows_descriptors(target) ? 0 : -EPERM;
  const Node node(target);
  if ((node.is_root && is_founded(node)) || is_guarded(target)) return -EPERM;
  if (!kind_->view) {
    tree = (this->*kind_->make)();
    attributes.attr_set |= MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  }
  if (tree < 0) return tree;
  const long rc = call(__NR_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                       sizeof attributes);
  if (rc < 0) return rc;
  return call(__NR_move_mount, tree, "", target, "",
              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

long Mounting::mount(uint32_t grants) {
  if (const long rc = read_arguments(); rc < 0) return rc;
  mount_attr attributes{};
  if (flags_ & kRefusedKinds) return -EPERM;
  if (!translate_flags(flags_, attributes)) return -EINVAL;
  see_own_root();
  if (flags_ & MS_REMOUNT) {
    const long rc = enter();
    return rc < 0 ? rc : remount(attributes);
  }
  kind_ = kind_asked_for();
  if (!kind_ || !(kind_->grant & grants)) return -EPERM;
  if (const long rc = take_options(); rc < 0) return rc;
  if (const long rc = take_turn(); rc < 0) return rc;
  usage_ = usage_beyond(foundation_);
  if (!foundation_.complete() || usage_.mounts >= kMostMounts) return -ENOSPC;
  const long tree = kind_->view ? make_view() : -1;
  if (kind_->view && tree < 0) return tree;
  if (const long rc = enter(); rc < 0) return rc;
  return attach(tree, attributes);
}

// Of the mount alone, not of its file system.
long Mounting::remount(const mount_attr& attributes) const {
  const long fd = find(AT_FDCWD, target_, 0, 0);
  if (fd < 0) return fd;
  const Node node(fd);
  if (const long rc = check_own(node); rc < 0) return rc;
  if (*words_ && !(flags_ & MS_BIND)) return -EINVAL;
  struct statfs st;
  if (const long rc = call(__NR_fstatfs, fd, &st); rc < 0) return rc;
  if (static_cast<unsigned long>(st.f_flags) & ~flags_ & (MS_RDONLY | MS_NOEXEC)) return -EPERM;
  return call(__NR_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
}

// --- what is unmounted ---

long Mounting::unmount() {
  if (const long rc = caller_.read_text(caller_.argument(0), target_, sizeof target_); rc < 0)
    return rc;
  unsigned long flags = caller_.argument(1);
  if (flags & ~(kForce | kDetach | kNoFollow)) return -EINVAL;
  see_own_root();
  if (const long rc = enter(); rc < 0) return rc;
  const long fd = find(AT_FDCWD, target_, flags & kNoFollow ? O_NOFOLLOW : 0, 0);
  if (fd < 0) return fd;
  const Node node(fd);
  if (const long rc = check_own(node); rc < 0) return rc;
  if (is_view(node)) flags |= kDetach;  // it goes with the masks in it
  return unmount_named(fd, node, flags);
}

// While a descriptor of it is open, a mount is busy. What its mountpoint is called where it lies
// stays true without one: a mountpoint is neither renamed nor removed, nor is a link followed.
long Mounting::unmount_named(long fd, const Node& node, unsigned long flags) const {
  char link[32] = "self/fd/";
  const Decimal number(static_cast<unsigned long>(fd));
  for (unsigned at = 0; number.text()[at]; ++at) link[8 + at] = number.text()[at];
  char path[4096];
  const long length = call(__NR_readlinkat, procfs_, link, path, sizeof path - 1);
  if (length < 0) return length;
  path[length] = '\0';
  char* name = path + length;
  while (name > path && name[-1] != '/') --name;
  if (name == path) return -EINVAL;
  name[-1] = '\0';
  const long parent =
      find(AT_FDCWD, name - 1 == path ? "/" : path, O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  if (parent < 0) return parent;
  if (Node(parent, name).mount != node.mount) return -EBUSY;
  call(__NR_close, fd);
  if (const long rc = call(__NR_fchdir, parent); rc < 0) return rc;
  return call(__NR_umount2, name, flags | kNoFollow);
}

}  // namespace

long mount_for(const Caller& caller, uint32_t grants, const Foundation& foundation) {
  return Mounting(caller, foundation).mount(grants);
}

long unmount_for(const Caller& caller, const Foundation& foundation) {
  return Mounting(caller, foundation).unmount();
}

}  // namespace gaol::init
