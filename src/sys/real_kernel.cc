// SPDX-License-Identifier: BSD-2-Clause

// The real kernel behind the seam. Every function is the call it names; the few that are more
// say why.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <algorithm>
#include <memory>

#include "sys/bpf.h"
#include "sys/envoy.h"
#include "sys/kernel.h"
#include "sys/local_sockets.h"
#include "sys/newer.h"
#include "sys/nodes.h"
#include "sys/rtnl.h"
#include "sys/wires.h"

namespace gaol::sys {

namespace {

template <class... Subject>
Result<> done(long rc, const Subject&... doing) {
  if (rc >= 0) return {};
  const int code = errno;  // before concat() allocates
  return fail_errno(code, doing...);
}

template <class... Subject>
Result<Fd> own(long rc, const Subject&... doing) {
  if (rc >= 0) return Fd(static_cast<int>(rc));
  const int code = errno;
  return fail_errno(code, doing...);
}

Result<> sent(const Mission& mission, const std::string& subject) {
  const long rc = send_envoy(mission);
  if (rc < 0) return fail_errno(static_cast<int>(-rc), subject);
  return {};
}

// In one read and one more to see the end, where the file says how long it is.
Result<std::string> read_all(const Fd& fd, const std::string& path, size_t limit = SIZE_MAX) {
  constexpr size_t kRoom = 4096;
  struct stat st;
  std::string text;
  text.reserve(::fstat(fd.get(), &st) == 0 ? static_cast<size_t>(st.st_size) + kRoom : kRoom);
  for (ssize_t got = 1; got > 0;) {
    const size_t had = text.size(), room = std::max(text.capacity() - had, kRoom);
    text.resize_and_overwrite(had + room, [&](char* bytes, size_t) {
      while ((got = ::read(fd.get(), bytes + had, room)) < 0 && errno == EINTR) continue;
      return had + static_cast<size_t>(std::max<ssize_t>(got, 0));
    });
    if (got < 0) return fail_errno(errno, path);
    if (text.size() > limit) return fail_errno(EFBIG, path);
  }
  return text;
}

Result<> write_all(const Fd& fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(errno, path);
    text.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

// Field 22 of /proc/PID/stat, counted behind the command's closing bracket.
uint64_t start_time(int pid) {
  const std::string path = concat("/proc/", pid, "/stat");
  const int raw = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (raw < 0) return 0;
  const auto text = read_all(Fd(raw), path);
  if (!text || !text->contains(')')) return 0;
  const auto fields = words(std::string_view(*text).substr(text->rfind(')') + 1));
  return fields.size() > 19 ? number<uint64_t>(fields[19]).value_or(0) : 0;
}

// pidfs gives each process an inode of its own, never used again until reboot. Before 6.9
// all pidfds share one anonymous inode.
uint64_t birth_of(const Fd& pidfd, int pid) {
  static const bool has_pidfs = [&] {
    struct statfs fs;
    return ::fstatfs(pidfd.get(), &fs) == 0 && fs.f_type == PID_FS_MAGIC;
  }();
  struct stat st;
  if (has_pidfs && ::fstat(pidfd.get(), &st) == 0) return st.st_ino;
  return start_time(pid);
}

constexpr int kBacklog = 16;  // connections that nobody has taken up yet

Fd open_pidfd(int pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

class RealKernel final : public Kernel {
 public:
  Result<Fd> open(const std::string& path, int flags, unsigned mode) override {
    // Not open(), for which musl asks for O_CLOEXEC a second time.
    return own(::openat(AT_FDCWD, path.c_str(), flags | O_CLOEXEC, mode), path);
  }

  bool exists(const char* path) override { return ::access(path, F_OK) == 0; }

  Result<bool> is_readable(const Fd& file) override {
    struct stat st;
    TRY(done(::fstat(file.get(), &st), "stat"));
    return (st.st_mode & 0444) != 0;
  }

  Result<std::string> read_file(const std::string& path) override {
    const Fd fd = TRY(open(path, O_RDONLY, 0));
    return read_all(fd, path);
  }

  Result<std::string> read_in_root(const Fd& root, const std::string& path, size_t limit) override {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const Fd fd =
        TRY(own(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how), path));
    struct stat st;
    TRY(done(::fstat(fd.get(), &st), path));
    if (!S_ISREG(st.st_mode)) return fail(path, ": not a regular file");
    if (static_cast<size_t>(st.st_size) > limit) return fail_errno(EFBIG, path);
    return read_all(fd, path, limit);  // it may grow while we read
  }

  Result<Fd> open_log(const std::string& path, bool follow_links) override {
    open_how how{};
    how.flags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    how.mode = 0666;
    if (!follow_links) how.resolve = RESOLVE_NO_SYMLINKS;
    Fd fd = TRY(own(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how), path));
    struct stat st;
    TRY(done(::fstat(fd.get(), &st), path));
    if (!S_ISREG(st.st_mode)) return fail(path, ": not a regular file");
    return fd;
  }

  Result<> write_file(const std::string& path, std::string_view text) override {
    const Fd fd = TRY(open(path, O_WRONLY, 0));
    return done(::write(fd.get(), text.data(), text.size()), path);
  }

  Result<> put_text(const Fd& dir, const std::string& path, std::string_view text) override {
    open_how how{};
    how.flags = O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    how.mode = 0444;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const Fd fd = TRY(own(::syscall(SYS_openat2, dir.get(), path.c_str(), &how, sizeof how), path));
    struct stat st;
    struct statfs fs;
    TRY(done(::fstat(fd.get(), &st), path));
    TRY(done(::fstatfs(fd.get(), &fs), path));
    if (!S_ISREG(st.st_mode) || st.st_uid != 0 || fs.f_type != TMPFS_MAGIC)
      return fail_errno(EPERM, path);
    TRY(done(::pwrite(fd.get(), text.data(), text.size(), 0), path));
    return done(::ftruncate(fd.get(), static_cast<off_t>(text.size())), path);
  }

  Result<Fd> listen(const Fd& root, const std::string& dir, const char* name,
                    uint32_t owner) override {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const Fd place =
        TRY(own(::syscall(SYS_openat2, root.get(), dir.c_str(), &how, sizeof how), dir));
    struct stat st;
    struct statfs fs;
    TRY(done(::fstat(place.get(), &st), dir));
    TRY(done(::fstatfs(place.get(), &fs), dir));
    if (st.st_uid != 0 || fs.f_type != TMPFS_MAGIC) return fail_errno(EPERM, dir);
    Fd socket = TRY(own(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    concat("/proc/self/fd/", place.get(), "/", name)
        .copy(address.sun_path, sizeof address.sun_path - 1);
    if (::unlinkat(place.get(), name, 0) < 0 && errno != ENOENT) return fail_errno(errno, name);
    TRY(done(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
             name));
    TRY(done(::fchownat(place.get(), name, owner, owner, AT_SYMLINK_NOFOLLOW), name));
    TRY(done(::fchmodat(place.get(), name, 0600, 0), name));
    TRY(done(::listen(socket.get(), kBacklog), name));
    return socket;
  }

  Result<> publish(const std::string& path, std::string_view text, unsigned mode) override {
    const std::string aside = path + ".new";
    {
      const Fd fd = TRY(open(aside, O_WRONLY | O_CREAT | O_TRUNC, mode));
      TRY(write_all(fd, text, aside));
    }
    return done(::rename(aside.c_str(), path.c_str()), path);
  }

  Result<uint64_t> append(const std::string& path, std::string_view text, unsigned mode) override {
    const Fd fd = TRY(open(path, O_WRONLY | O_CREAT | O_APPEND, mode));
    TRY(write_all(fd, text, path));
    return static_cast<uint64_t>(::lseek(fd.get(), 0, SEEK_CUR));
  }

  Result<uint64_t> inode(const std::string& path) override {
    struct stat st;
    TRY(done(::stat(path.c_str(), &st), path));
    return st.st_ino;
  }

  Result<> make_dir(const std::string& path, unsigned mode) override {
    return done(::mkdir(path.c_str(), mode), path);
  }
  Result<> remove_dir(const std::string& path) override {
    return done(::rmdir(path.c_str()), path);
  }
  Result<> remove_file(const std::string& path) override {
    return done(::unlink(path.c_str()), path);
  }
  Result<> make_symlink(const std::string& target, const std::string& path) override {
    return done(::symlink(target.c_str(), path.c_str()), path);
  }

  Result<> make_link(const std::string& from, const std::string& to) override {
    return done(::link(from.c_str(), to.c_str()), to);
  }

  Result<std::string> read_symlink(const std::string& path) override {
    char target[4096];
    const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    if (length < 0) return fail_errno(errno, path);
    return std::string(target, static_cast<size_t>(length));
  }

  Result<std::vector<std::string>> list_dir(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
    if (!dir) return fail_errno(errno, path);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
  }

  Result<std::vector<DirEntry>> list_inodes(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
    if (!dir) return fail_errno(errno, path);
    std::vector<DirEntry> entries;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") entries.push_back({std::string(name), entry->d_ino});
    }
    return entries;
  }

  Result<Fd> lock(const std::string& path) override {
    Fd fd = TRY(open(path, O_RDWR | O_CREAT, 0600));
    while (::flock(fd.get(), LOCK_EX) < 0)
      if (errno != EINTR) return fail_errno(errno, "lock ", path);
    return fd;
  }

  ProcessId self() override { return me().id; }
  const Fd& self_pidfd() override { return me().pidfd; }

  ProcessId identify(const Child& child) override {
    return {child.pid(), birth_of(child.pidfd(), child.pid())};
  }

  ProcessId identify(const Fd& pidfd) override {
    const int pid = pid_of(pidfd);
    return {pid, birth_of(pidfd, pid)};
  }

  bool alive(const ProcessId& process) override { return pidfd(process).has_value(); }

  std::vector<Sight> look_at(std::span<const Resident> residents, See see) override {
    std::vector<Sight> out(residents.size());
    const auto unsure = look_at_sockets(residents, out, see);
    if (unsure.empty()) return out;
    const Fd own_names(see == See::names ? ::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC) : -1);
    constexpr size_t kAtOnce = 256;  // descriptors
    for (size_t at = 0; at < unsure.size(); at += kAtOnce)
      look_at_processes(residents, out,
                        std::span(unsure).subspan(at, std::min(kAtOnce, unsure.size() - at)),
                        static_cast<bool>(own_names));
    if (own_names) ::setns(own_names.get(), CLONE_NEWUTS);
    return out;
  }

  Result<Fd> pidfd(const ProcessId& process) override {
    Fd fd = open_pidfd(process.pid);
    if (!fd) return fail_errno(errno, "process ", process.pid);
    // A zombie is gone: it runs nothing any more and only waits to be collected.
    pollfd ended{fd.get(), POLLIN, 0};
    if (birth_of(fd, process.pid) != process.birth || ::poll(&ended, 1, 0) != 0)
      return fail_errno(ESRCH, "process ", process.pid);
    return fd;
  }

  Result<Fd> pidfd_of_member(int pid, const std::string& cgroup) override {
    Fd fd = open_pidfd(pid);
    if (!fd) return fail_errno(errno, "process ", pid);
    // Read with the descriptor in hand: what is a member now is what the descriptor means.
    const std::string members = TRY(read_file(cgroup + "/cgroup.procs"));
    if (std::ranges::count(words(members), concat(pid)) == 0)
      return fail_errno(ESRCH, "process ", pid);
    return fd;
  }

  Result<> signal(const Fd& pidfd, int signal) override {
    return done(::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0), "signal");
  }

  Result<bool> wait_gone(const Fd& pidfd, int milliseconds) override {
    pollfd ended{pidfd.get(), POLLIN, 0};
    for (;;) {
      const int ready = ::poll(&ended, 1, milliseconds);
      if (ready >= 0) return ready > 0;
      if (errno != EINTR) return fail_errno(errno, "poll");
    }
  }

  Result<Fd> spawn(const Command& command) override {
    const ExecPlan plan(command);
    Spawning shared{plan, {}};
    const ChildStack stack;
    Child child = TRY(clone_shared({.run = spawn_in_child, .argument = &shared}, stack));
    child.wait_exec();
    if (shared.failure.code) {
      (void)reap(child.pidfd(), -1);
      return std::unexpected(shared.failure.error());
    }
    return child.take_pidfd();
  }

  Result<std::optional<int>> reap(const Fd& child, int milliseconds) override {
    if (milliseconds >= 0 && !TRY(wait_gone(child, milliseconds))) return std::nullopt;
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>(child.get()), &info, WEXITED) < 0)
      if (errno != EINTR) return fail_errno(errno, "wait");
    if (info.si_code == CLD_EXITED) return info.si_status << 8;  // as wait() has it
    return info.si_status;
  }

  Result<Child> clone(const CloneRequest& request, const ChildStack& stack) override {
    if (!request.below) return clone_shared(request, stack);
    TRY(children_into(*request.below));
    auto child = clone_shared(request, stack);
    TRY(children_into(self_pidfd()));
    return child;
  }

  Result<> map_ids(const Child& child, uint32_t first, uint32_t count, const Fd* below) override {
    const std::string map = concat("0 ", first, " ", count, "\n");
    const std::string uid_map = concat("/proc/", child.pid(), "/uid_map");
    const std::string gid_map = concat("/proc/", child.pid(), "/gid_map");
    if (below) {
      IdMaps maps{uid_map.c_str(), gid_map.c_str(), map.c_str(), map.size()};
      return sent({below->get(), CLONE_NEWUSER, -1, write_id_maps, &maps}, uid_map);
    }
    TRY(write_file(uid_map, map));
    return write_file(gid_map, map);
  }

  Result<Fd> namespace_of(const Fd& pidfd, int pid, const char* kind) override {
    Fd fd = TRY(open(concat("/proc/", pid, "/ns/", kind), O_RDONLY, 0));
    // Still there: so the number was its own when we opened.
    if (TRY(wait_gone(pidfd, 0))) return fail_errno(ESRCH, "process ", pid);
    return fd;
  }

  Result<Fd> descriptor_of(const Fd& pidfd, int number) override {
    return own(::syscall(SYS_pidfd_getfd, pidfd.get(), number, 0), "pidfd_getfd");
  }

  Result<SocketPair> make_sockets() override {
    int ends[2];
    TRY(done(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair"));
    SocketPair pair{{Fd(ends[0]), Fd(ends[1])}};
    socklen_t size = sizeof pair.cookie;
    TRY(done(::getsockopt(ends[0], SOL_SOCKET, SO_COOKIE, &pair.cookie, &size), "socketpair"));
    return pair;
  }

  Result<> name_socket(const Fd& socket) override {
    const sockaddr any{.sa_family = AF_UNIX, .sa_data = {}};
    return done(::bind(socket.get(), &any, sizeof any.sa_family), "bind");
  }

  Result<> tell(const Fd& socket, std::span<const std::byte> message) override {
    return done(::send(socket.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
                "send");
  }

  Result<int32_t> hear(const Fd& socket, int milliseconds) override {
    pollfd heard{socket.get(), POLLIN, 0};
    const int ready = ::poll(&heard, 1, milliseconds);
    if (ready <= 0) return fail_errno(ready < 0 ? errno : ETIMEDOUT, "receive");
    int32_t answer = 0;
    const ssize_t got = ::recv(socket.get(), &answer, sizeof answer, MSG_DONTWAIT);
    if (got < 0) return fail_errno(errno, "receive");
    if (got != sizeof answer) return fail_errno(ECONNRESET, "receive");
    return answer;
  }

  Result<Names> names(const Fd& pidfd) override {
    Names names;
    TRY(in_names_of(pidfd, [&]() -> Result<> {
      names = names_here();
      return {};
    }));
    return names;
  }

  Result<> set_names(const Fd& pidfd, const Names& names) override {
    return in_names_of(pidfd, [&]() -> Result<> {
      TRY(done(::sethostname(names.host.data(), names.host.size()), "host.hostname"));
      return done(::setdomainname(names.domain.data(), names.domain.size()), "host.domainname");
    });
  }

  Result<> children_into(const Fd& pidfd) override {
    return done(::setns(pidfd.get(), CLONE_NEWPID), "setns");
  }

  Result<> ensure_tmpfs(const std::string& dir) override {
    struct statfs fs;
    TRY(done(::statfs(dir.c_str(), &fs), dir));
    if (fs.f_type == TMPFS_MAGIC) return {};
    return done(
        ::mount("gaol", dir.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755"),
        "mount ", dir);
  }

  Result<> pin_namespace(const Fd& ns, const std::string& path) override {
    (void)TRY(own(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), path));
    const auto from = concat("/proc/self/fd/", ns.get());
    return done(::mount(from.c_str(), path.c_str(), nullptr, MS_BIND, nullptr), "mount ", path);
  }

  Result<> unpin_namespace(const std::string& path) override {
    if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL)
      return fail_errno(errno, "umount ", path);
    return remove_file(path);
  }

  Result<Fd> detach_tree(const std::string& path, const TreeOptions& options) override {
    const unsigned recursive = options.recursive ? AT_RECURSIVE : 0;
    const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive;
    Fd tree = TRY(options.inside ? clone_inside(*options.inside, path, flags)
                  : !options.root.empty()
                      ? clone_below(options.root, path, flags)
                      : own(::syscall(SYS_open_tree, AT_FDCWD, path.c_str(), flags), path));
    // Private: a clone of a shared mount would hand what the jail mounts back to the host.
    mount_attr attr{};
    attr.propagation = MS_PRIVATE;
    if (options.read_only) attr.attr_set |= MOUNT_ATTR_RDONLY;
    if (options.nosuid) attr.attr_set |= MOUNT_ATTR_NOSUID;
    if (options.nodev) attr.attr_set |= MOUNT_ATTR_NODEV;
    if (options.noexec) attr.attr_set |= MOUNT_ATTR_NOEXEC;
    if (options.id_map) {
      attr.attr_set |= MOUNT_ATTR_IDMAP;
      attr.userns_fd = static_cast<uint64_t>(options.id_map->get());
    }
    TRY(done(
        ::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH | recursive, &attr, sizeof attr),
        path));
    return tree;
  }

  Result<Fd> new_tmpfs(uint32_t owner, const char* size) override {
    const Fd fs = TRY(own(::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), "tmpfs"));
    const std::string id = concat(owner);
    const char* const options[][2] = {
        {"mode", "0755"}, {"uid", id.c_str()}, {"gid", id.c_str()}, {"size", size}};
    for (const auto& [key, value] : options)
      TRY(done(::syscall(SYS_fsconfig, fs.get(), FSCONFIG_SET_STRING, key, value, 0), "tmpfs ",
               key));
    TRY(done(::syscall(SYS_fsconfig, fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), "tmpfs"));
    return own(
        ::syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC),
        "tmpfs");
  }

  Result<> make_nodes(const Fd& dir, std::span<const Node> nodes, uint32_t first_id) override {
    const mode_t mask = ::umask(0);
    Result<> result;
    for (const Node& node : nodes)
      if (result = make_node(dir, node, first_id); !result) break;
    ::umask(mask);
    return result;
  }
  Result<Node> read_node(const std::string& dir, const std::string& name) override {
    return sys::read_node(dir, name);
  }
  Result<std::vector<Node>> read_nodes(const std::string& dir) override {
    return sys::read_nodes(dir);
  }

  Result<uint64_t> cgroup_id(const std::string& path) override {
    struct stat st;
    TRY(done(::stat(path.c_str(), &st), path));
    return st.st_ino;
  }

  Result<std::string> cgroup_mount() override {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      struct statfs fs;
      if (::statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) return std::string(path);
    }
    return fail("cgroup v2 is not mounted at /sys/fs/cgroup or /sys/fs/cgroup/unified");
  }

  Result<> unmount_inside(const Fd& pidfd, std::span<const char* const> paths) override {
    MountPoints points{paths.data(), paths.size()};
    return sent({pidfd.get(), CLONE_NEWUSER | CLONE_NEWNS, -1, unmount_all, &points}, "umount");
  }

  Result<> delegate_cgroup(const std::string& path, uint32_t owner) override {
    constexpr const char* kHis[] = {"", "/cgroup.procs", "/cgroup.threads",
                                    "/cgroup.subtree_control"};
    TRY(make_dir(path, 0755));
    // Each takes memory of the kernel's, and who removes them goes down into each.
    TRY(write_file(path + "/cgroup.max.descendants", "4096"));
    TRY(write_file(path + "/cgroup.max.depth", "32"));
    for (const char* file : kHis)
      TRY(done(::chown((path + file).c_str(), owner, owner), path, file));
    return {};
  }

  Result<> end_cgroup(const std::string& path) override {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EBUSY) return fail_errno(errno, path);
    TRY(write_file(path + "/cgroup.kill", "1"));
    const Fd events = TRY(open(path + "/cgroup.events", O_RDONLY, 0));
    for (int tries = 0; tries < 100; ++tries) {
      // The file is read before each wait: a change is told only to who has seen the state.
      char text[128];
      if (::pread(events.get(), text, sizeof text, 0) < 0) return fail_errno(errno, path);
      if (remove_cgroups(path)) return {};
      if (errno != EBUSY) return fail_errno(errno, path);
      pollfd changed{events.get(), POLLPRI, 0};
      ::poll(&changed, 1, 50);
    }
    return fail_errno(EBUSY, path);
  }

  // A cgroup and those below it, the deepest first. False with errno.
  bool remove_cgroups(const std::string& path) {
    if (::rmdir(path.c_str()) == 0) return true;
    if (errno != EBUSY) return false;
    if (const auto entries = list_dir(path))
      for (const auto& entry : *entries) remove_cgroups(concat(path, "/", entry));
    return ::rmdir(path.c_str()) == 0;
  }

  Result<> map_put(const std::string& pin, std::span<const std::byte> key,
                   std::span<const std::byte> value) override {
    return bpf_map_put(pin, key, value);
  }
  Result<> map_drop(const std::string& pin, std::span<const std::byte> key) override {
    return bpf_map_drop(pin, key);
  }

  Result<bool> has_address(const std::string& interface, const Address& address) override {
    return rtnl_has_address(interface, address);
  }
  Result<bool> add_address(const std::string& interface, const Address& address) override {
    return rtnl_add_address(interface, address);
  }
  Result<bool> remove_address(const std::string& interface, const Address& address) override {
    return rtnl_remove_address(interface, address);
  }
  Result<Fd> socket_in(const Fd& netns, const std::string& cgroup, int family, int type,
                       int protocol, const Address* source) override {
    TRY(done(::setns(netns.get(), CLONE_NEWNET), "setns"));
    TRY(write_file(cgroup + "/cgroup.procs", "0"));
    Fd socket = TRY(own(::socket(family, type, protocol), "socket"));
    if (!source) return socket;
    sockaddr_storage place{};
    place.ss_family = static_cast<sa_family_t>(family);
    socklen_t size = sizeof(sockaddr_in);
    if (family == AF_INET) {
      ::memcpy(&reinterpret_cast<sockaddr_in&>(place).sin_addr, source->bytes, sizeof(in_addr));
    } else {
      ::memcpy(&reinterpret_cast<sockaddr_in6&>(place).sin6_addr, source->bytes, sizeof(in6_addr));
      size = sizeof(sockaddr_in6);
    }
    TRY(done(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&place), size), "bind"));
    return socket;
  }
  Result<bool> has_routes(int family, uint32_t table) override {
    return rtnl_has_routes(family, table);
  }
  Result<> add_rule(const RoutingRule& rule) override { return rtnl_add_rule(rule); }
  Result<> remove_rule(const RoutingRule& rule) override { return rtnl_remove_rule(rule); }
  Result<unsigned> push_link(const std::string& interface, const Fd& netns) override {
    return rtnl_push_link(interface, netns);
  }
  Result<bool> pull_link(const LentLink& interface, const Fd& netns) override {
    return rtnl_pull_link(interface, netns);
  }
  Result<> lay_wire(const Wire& wire, const Fd& netns) override {
    return sys::lay_wire(wire, netns);
  }
  Result<> cut_wire(const std::string& outer) override { return sys::cut_wire(outer); }

 private:
  // Fills in what the sockets tell, and gives the places of whom they do not tell enough of.
  static std::vector<size_t> look_at_sockets(std::span<const Resident> residents,
                                             std::span<Sight> sights, See see) {
    constexpr size_t kFew = 32;  // are asked sooner than all sockets are listed
    std::vector<LocalSocket> sockets;
    if (residents.size() > kFew)
      if (auto listed = connected_local_sockets()) sockets = std::move(*listed);
    std::vector<size_t> unsure;
    for (size_t at = 0; at < residents.size(); ++at) {
      const auto cookie = residents[at].socket;
      const auto found = std::ranges::lower_bound(sockets, cookie, {}, &LocalSocket::cookie);
      const bool open = cookie != 0 && found != sockets.end() && found->cookie == cookie;
      if (open && !(see == See::names && found->named))
        sights[at].alive = true;
      else
        unsure.push_back(at);
    }
    return unsure;
  }

  // With `names`, in the UTS namespace of one of them afterwards.
  static void look_at_processes(std::span<const Resident> residents, std::span<Sight> sights,
                                std::span<const size_t> places, bool names) {
    std::vector<Fd> fds;
    std::vector<pollfd> ended;
    for (const size_t at : places) {
      const auto& process = residents[at].process;
      const Fd& fd = fds.emplace_back(open_pidfd(process.pid));
      const bool same = fd && birth_of(fd, process.pid) == process.birth;
      // What has namespaces lives: they are the first that a process gives back.
      sights[at].alive = same && names && ::setns(fd.get(), CLONE_NEWUTS) == 0;
      if (sights[at].alive) sights[at].names = names_here();
      ended.push_back({same && !sights[at].alive ? fd.get() : -1, POLLIN, 0});
    }
    ::poll(ended.data(), ended.size(), 0);
    for (size_t at = 0; at < ended.size(); ++at)
      sights[places[at]].alive |= ended[at].fd >= 0 && ended[at].revents == 0;
  }

  static Names names_here() {
    utsname names{};
    ::uname(&names);
    return {names.nodename, names.domainname};
  }

  template <class Act>
  static Result<> in_names_of(const Fd& pidfd, Act act) {
    const Fd own_names = TRY(own(::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), "names"));
    TRY(done(::setns(pidfd.get(), CLONE_NEWUTS), "setns"));
    Result<> acted = act();
    TRY(done(::setns(own_names.get(), CLONE_NEWUTS), "setns"));
    return acted;
  }

  // REQUIRES: by its words, `path` is `root` or below it.
  static Result<Fd> clone_below(const std::string& root, const std::string& path, unsigned flags) {
    const Fd top = TRY(own(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), root));
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT;
    const auto inner = concat(".", path.substr(root.size()));
    const Fd found =
        TRY(own(::syscall(SYS_openat2, top.get(), inner.c_str(), &how, sizeof how), path));
    return own(::syscall(SYS_open_tree, found.get(), "", flags | AT_EMPTY_PATH), path);
  }

  static Result<Fd> clone_inside(const Fd& inside, const std::string& path, unsigned flags) {
    TreePath tree{path.c_str(), flags};
    const long fd = send_envoy({inside.get(), CLONE_NEWUSER | CLONE_NEWNS, -1, clone_tree, &tree});
    if (fd == -ELOOP)
      return fail(Error{ELOOP, concat(path, ": a symbolic link, or reached through one"), {}});
    if (fd < 0) return fail_errno(static_cast<int>(-fd), path);
    return Fd(static_cast<int>(fd));
  }

  static Result<> make_node(const Fd& dir, const Node& node, uint32_t first_id) {
    const char* name = node.name.c_str();
    const long rc = S_ISLNK(node.mode) ? ::symlinkat(node.target.c_str(), dir.get(), name)
                    : S_ISDIR(node.mode)
                        ? ::mkdirat(dir.get(), name, node.mode & 07777)
                        : ::mknodat(dir.get(), name, node.mode, makedev(node.major, node.minor));
    TRY(done(rc, "/dev/", node.name));
    return done(
        ::fchownat(dir.get(), name, first_id + node.uid, first_id + node.gid, AT_SYMLINK_NOFOLLOW),
        "/dev/", node.name);
  }

  // Asked for several times in the life of a process; a worker is another one.
  struct Identity {
    Fd pidfd;
    ProcessId id;
  };
  const Identity& me() {
    const int pid = ::getpid();
    if (me_.id.pid != pid) {
      me_.pidfd = open_pidfd(pid);
      me_.id = {pid, birth_of(me_.pidfd, pid)};
    }
    return me_;
  }
  Identity me_;
};

}  // namespace

Kernel& real_kernel() {
  static RealKernel kernel;
  return kernel;
}

std::unique_ptr<Kernel> new_kernel() { return std::make_unique<RealKernel>(); }

}  // namespace gaol::sys
