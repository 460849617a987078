// SPDX-License-Identifier: BSD-2-Clause
#include "sys/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace gaol::sys {

namespace {

constexpr blkcnt_t kBlock = 512;  // what st_blocks counts in, everywhere
constexpr int kReadDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Result<std::vector<std::string>> names_in(const Fd& dir) {
  const int fresh = ::openat(dir.get(), ".", kReadDir);  // for a read offset of its own
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fresh < 0 ? nullptr : ::fdopendir(fresh),
                                                   ::closedir);
  if (!stream) return fail_errno(errno, "read directory");
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (!entry && errno != 0) return fail_errno(errno, "read directory");
    if (!entry) return names;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

// Renames and never replaces. FUSE and ZFS before 2.2 know no flags (EINVAL): there we look first,
// and only a directory made empty in between could be replaced.
int rename_exclusive(int from_dir, const char* from, int to_dir, const char* to) {
  if (::syscall(SYS_renameat2, from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL) return -1;
  if (::faccessat(to_dir, to, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    return ::renameat(from_dir, from, to_dir, to);
  errno = EEXIST;
  return -1;
}

// --- copying ---

Result<> copy_extended(const Fd& from, const Fd& to) {
  char names[XATTR_LIST_MAX];
  const auto listed = ::flistxattr(from.get(), names, sizeof names);
  if (listed < 0 && errno != EOPNOTSUPP) return fail_errno(errno, "list extended attributes");
  std::vector<char> value(listed > 0 ? XATTR_SIZE_MAX : 0);  // most files have none
  for (ssize_t at = 0; at < listed;) {
    const char* name = names + at;
    at += static_cast<ssize_t>(std::string_view(name).size() + 1);
    const auto size = ::fgetxattr(from.get(), name, value.data(), value.size());
    if (size < 0 || ::fsetxattr(to.get(), name, value.data(), static_cast<size_t>(size), 0) != 0)
      return fail_errno(errno, "extended attribute ", name);
  }
  return {};
}

struct Extent {
  off_t begin, end;
};
// Whether a file may have holes.
bool is_sparse(const struct stat& is) { return is.st_blocks * kBlock < is.st_size; }

// The next stretch of data at or after `from`; nothing when only a hole is left.
std::optional<Extent> next_data(const Fd& file, off_t from, off_t size) {
  const off_t begin = ::lseek(file.get(), from, SEEK_DATA);
  if (begin < 0 && errno == ENXIO) return {};
  if (begin < 0) return Extent{from, size};  // a filesystem that knows no holes
  const off_t end = ::lseek(file.get(), begin, SEEK_HOLE);
  return Extent{begin, end < 0 ? size : std::min(end, size)};
}

class Copier {
 public:
  Copier(const Fd& top, const Select& select) : top_(top), select_(select) {}
  Result<> directory(const Fd& from, const Fd& to);
  // Where the work stands; after a failure, what failed.
  const std::string& path() const { return path_; }
  Copied& copied() { return copied_; }

 private:
  Result<> entry(const Fd& from, const Fd& to, const std::string& name);
  Result<> subdirectory(const Fd& from, const Fd& to, const std::string& name, mode_t mode);
  Result<> regular(const Fd& from, const Fd& to, const std::string& name, const struct stat& is);
  Result<> data(const Fd& from, const Fd& to, const struct stat& is);
  Result<> stretch(const Fd& from, const Fd& to, Extent extent);
  void leave_out(std::string_view why) { copied_.notes.push_back(concat(path_, ": ", why)); }

  const Fd& top_;  // the copy's
  const Select& select_;
  std::string path_;  // from the top
  Copied copied_;
  std::map<std::pair<dev_t, ino_t>, std::string> linked_;  // where the first name of a file went
  bool share_ = true, range_ = true;                       // means not yet found wanting here
};

// Two descriptors a level: of a tree too deep for the descriptor limit the kernel refuses the
// rest (EMFILE) long before the stack is used up.
Result<> Copier::directory(const Fd& from, const Fd& to) {
  const size_t length = path_.size();
  const auto names = TRY(names_in(from));
  for (const auto& name : names) {
    path_.append(length ? "/" : "").append(name);
    if (!select_ || select_(path_)) TRY(entry(from, to, name));
    path_.resize(length);
  }
  return copy_attributes(from, to);  // last: every entry made has touched its times
}

// Owner and times of what is not opened: links and fifos.
Result<> set_owner_and_times(const Fd& dir, const std::string& name, const struct stat& is) {
  const timespec times[] = {is.st_atim, is.st_mtim};
  if (::fchownat(dir.get(), name.c_str(), is.st_uid, is.st_gid, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::utimensat(dir.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, "set owner and times");
  return {};
}

Result<> copy_symlink(const Fd& from, const Fd& to, const std::string& name,
                      const struct stat& is) {
  std::string target(PATH_MAX, '\0');
  const auto size = ::readlinkat(from.get(), name.c_str(), target.data(), target.size());
  if (size < 0) return fail_errno(errno, "read link");
  target.resize(static_cast<size_t>(size));
  if (::symlinkat(target.c_str(), to.get(), name.c_str()) != 0)
    return fail_errno(errno, "make link");
  return set_owner_and_times(to, name, is);
}

Result<> copy_fifo(const Fd& to, const std::string& name, const struct stat& is) {
  if (::mkfifoat(to.get(), name.c_str(), is.st_mode & 07777) != 0 ||
      ::fchmodat(to.get(), name.c_str(), is.st_mode & 07777, 0) != 0)
    return fail_errno(errno, "make fifo");
  return set_owner_and_times(to, name, is);
}

// A character device 0/0 is no device: in the upper layer of an overlay it hides a name.
Result<> copy_whiteout(const Fd& to, const std::string& name, const struct stat& is) {
  if (::mknodat(to.get(), name.c_str(), S_IFCHR, 0) != 0) return fail_errno(errno, "make whiteout");
  return set_owner_and_times(to, name, is);
}

Result<> Copier::entry(const Fd& from, const Fd& to, const std::string& name) {
  struct stat is;
  if (::fstatat(from.get(), name.c_str(), &is, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, "stat");
  switch (is.st_mode & S_IFMT) {
    case S_IFREG: return regular(from, to, name, is);
    case S_IFDIR: return subdirectory(from, to, name, is.st_mode & 07777);
    case S_IFLNK: return copy_symlink(from, to, name, is);
    case S_IFIFO: return copy_fifo(to, name, is);
    case S_IFSOCK: return leave_out("socket, not copied"), Result<>();
    case S_IFCHR:
      if (is.st_rdev == 0) return copy_whiteout(to, name, is);
      [[fallthrough]];
    default: return leave_out("device, not copied"), Result<>();
  }
}

Result<> Copier::subdirectory(const Fd& from, const Fd& to, const std::string& name, mode_t mode) {
  if (::mkdirat(to.get(), name.c_str(), mode) != 0 && !(select_ && errno == EEXIST))
    return fail_errno(errno, "make directory");
  const auto source = open_here(from, name, kReadDir);
  if (!source && source.error().code == EXDEV)
    return leave_out("mount point, contents not copied"), Result<>();
  if (!source) return fail(Error(source.error()));
  return directory(*source, TRY(open_here(to, name, kReadDir)));
}

Result<> Copier::regular(const Fd& from, const Fd& to, const std::string& name,
                         const struct stat& is) {
  const auto source = open_here(from, name, O_RDONLY | O_NOFOLLOW);
  if (!source && source.error().code == EXDEV)
    return leave_out("mount point, not copied"), Result<>();
  if (!source) return fail(Error(source.error()));
  if (is.st_nlink > 1) {
    const auto [first, fresh] = linked_.try_emplace({is.st_dev, is.st_ino}, path_);
    if (!fresh) {
      if (::linkat(top_.get(), first->second.c_str(), to.get(), name.c_str(), 0) != 0)
        return fail_errno(errno, "link to ", first->second);
      return {};
    }
  }
  const Fd target = TRY(open_here(to, name, O_WRONLY | O_CREAT | O_EXCL, is.st_mode & 0777));
  TRY(data(*source, target, is));
  TRY(copy_attributes(*source, target));
  ++copied_.files;
  copied_.bytes += static_cast<uint64_t>(is.st_size);
  return {};
}

Result<> Copier::data(const Fd& from, const Fd& to, const struct stat& is) {
  const off_t size = is.st_size;
  if (size == 0) return {};
  share_ = share_ && ::ioctl(to.get(), FICLONE, from.get()) == 0;
  if (share_) return {};
  if (!is_sparse(is)) return stretch(from, to, {0, size});
  off_t done = 0;
  while (done < size) {
    const auto extent = next_data(from, done, size);
    if (!extent) break;
    TRY(stretch(from, to, *extent));
    done = extent->end;
  }
  if (::ftruncate(to.get(), size) != 0) return fail_errno(errno, "set size");  // a hole at the end
  return {};
}

// copy_file_range(2) lets a server or a filesystem do the work; between two filesystems, and
// before Linux 5.3, sendfile(2) copies inside the kernel.
Result<> Copier::stretch(const Fd& from, const Fd& to, Extent extent) {
  if (extent.begin > 0 && ::lseek(to.get(), extent.begin, SEEK_SET) < 0)
    return fail_errno(errno, "seek");
  while (extent.begin < extent.end) {
    const auto left = static_cast<size_t>(extent.end - extent.begin);
    const auto got = range_
                         ? ::copy_file_range(from.get(), &extent.begin, to.get(), nullptr, left, 0)
                         : ::sendfile(to.get(), from.get(), &extent.begin, left);
    if (got > 0) continue;
    if (!std::exchange(range_, false)) {
      if (got == 0) return fail("source shrank while it was copied");
      return fail_errno(errno, "copy");
    }
  }
  return {};
}

// --- measuring ---

// By the extents of a file. What lies in the file system's own trees, as small files do on btrfs,
// is nobody's: clones share those trees leaf by leaf.
Result<Room> extents_of(const Fd& file) {
  constexpr unsigned kAtOnce = 100;
  alignas(fiemap) char memory[sizeof(fiemap) + kAtOnce * sizeof(fiemap_extent)];
  Room room;
  for (uint64_t next = 0;;) {
    std::memset(memory, 0, sizeof(fiemap));
    auto* map = reinterpret_cast<fiemap*>(memory);
    map->fm_start = next;
    map->fm_length = FIEMAP_MAX_OFFSET - next;
    map->fm_extent_count = kAtOnce;
    // Not by ioctl(2): musl takes the request for an int, and it is too large for one.
    if (::syscall(SYS_ioctl, file.get(), FS_IOC_FIEMAP, map) != 0)
      return fail_errno(errno, "extents");
    if (map->fm_mapped_extents == 0) return room;
    for (unsigned i = 0; i < map->fm_mapped_extents; ++i) {
      const auto& extent = map->fm_extents[i];
      const bool shared = extent.fe_flags & FIEMAP_EXTENT_SHARED;
      if (!(extent.fe_flags & FIEMAP_EXTENT_DATA_INLINE))
        (shared ? room.shared : room.own) += extent.fe_length;
      next = extent.fe_logical + extent.fe_length;
      if (extent.fe_flags & FIEMAP_EXTENT_LAST) return room;
    }
  }
}

// Directories wait their turn by their paths: no tree is too deep for that.
class Gauge {
 public:
  enum class Look : uint8_t { sizes, sharing };
  Gauge(const Fd& top, Look look) : top_(top), sharing_(look == Look::sharing) {}

  Result<Room> everything() {
    TRY(directory("."));
    while (!waiting_.empty()) {
      const std::string next = std::move(waiting_.back());
      waiting_.pop_back();
      TRY(directory(next));
    }
    return room_;
  }

 private:
  Result<> directory(const std::string& path) {
    const auto dir = open_here(top_, path, kReadDir);
    if (!dir) return {};  // gone meanwhile, or a mount
    const auto names = TRY(names_in(*dir));
    for (const auto& name : names) {
      struct stat is;
      if (::fstatat(dir->get(), name.c_str(), &is, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (is.st_nlink > 1 && !S_ISDIR(is.st_mode) && !linked_.insert({is.st_dev, is.st_ino}).second)
        continue;
      const Room room = room_of(*dir, name, is);
      room_.own += room.own;
      room_.shared += room.shared;
      if (S_ISDIR(is.st_mode)) waiting_.push_back(concat(path, "/", name));
    }
    return {};
  }

  // What the file system says of its extents, or else what it says of its size on disk.
  Room room_of(const Fd& dir, const std::string& name, const struct stat& is) {
    const Room whole{static_cast<uint64_t>(is.st_blocks * kBlock), 0};
    if (!sharing_ || S_ISDIR(is.st_mode) || whole.own == 0) return whole;
    if (!S_ISREG(is.st_mode)) return {};
    const auto file = open_here(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return {};  // gone meanwhile, or a mount
    const auto room = extents_of(*file);
    sharing_ = room.has_value();
    return room.value_or(whole);
  }

  const Fd& top_;
  bool sharing_;  // whether to ask for it
  std::vector<std::string> waiting_;
  std::set<std::pair<dev_t, ino_t>> linked_;
  Room room_;
};

// --- removing ---

// Empties `dir`, which may be any tree: what is not empty itself is moved up into `top`, to be
// emptied in its turn. A tenant can nest directories deeper than any stack, path or
// descriptor table; this way needs none of the three.
class Remover {
 public:
  explicit Remover(const Fd& top) : top_(top) {}

  Result<> everything() {
    for (;;) {
      const auto names = TRY(names_in(top_));
      if (names.empty()) return {};
      for (const auto& name : names) TRY(entry(top_, name));
    }
  }

 private:
  Result<> entry(const Fd& dir, const std::string& name) {
    if (::unlinkat(dir.get(), name.c_str(), 0) == 0) return {};
    if (errno != EISDIR) return failed(name);
    if (::unlinkat(dir.get(), name.c_str(), AT_REMOVEDIR) == 0) return {};
    if (errno != ENOTEMPTY) return failed(name);
    return &dir == &top_ ? contents(name) : move_up(dir, name);
  }

  Result<> contents(const std::string& name) {
    const auto dir = open_here(top_, name, kReadDir);
    if (!dir) return fail(Error(dir.error()).in(name));
    const auto names = TRY(names_in(*dir));
    for (const auto& below : names) TRY(entry(*dir, below));
    if (::unlinkat(top_.get(), name.c_str(), AT_REMOVEDIR) != 0) return failed(name);
    return {};
  }

  Result<> move_up(const Fd& dir, const std::string& name) {
    for (;;) {
      const auto aside = concat(".gaol-", next_++);
      if (rename_exclusive(dir.get(), name.c_str(), top_.get(), aside.c_str()) == 0) return {};
      if (errno != EEXIST) return failed(name);
    }
  }

  static std::unexpected<Error> failed(const std::string& name) {
    const int code = errno;
    auto error = fail_errno(code, "remove ", name);
    if (code == EPERM) error.error().hint = "is it marked immutable? see chattr(1)";
    return error;
  }

  const Fd& top_;
  uint64_t next_ = 0;
};

}  // namespace

Result<Fd> open_here(const Fd& parent, const std::string& name, int flags, unsigned mode) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
  const auto fd = ::syscall(SYS_openat2, parent.get(), name.c_str(), &how, sizeof how);
  if (fd < 0) return fail_errno(errno, "open");
  return Fd(static_cast<int>(fd));
}

Result<Entry> entry_at(const std::string& path) {
  struct stat is;
  if (::lstat(path.c_str(), &is) == 0) return S_ISDIR(is.st_mode) ? Entry::directory : Entry::other;
  if (errno == ENOENT) return Entry::absent;
  return fail_errno(errno, path);
}

Result<Fd> open_dir(const std::string& path) {
  Fd dir(::open(path.c_str(), kReadDir));
  if (!dir) return fail_errno(errno, path);
  return dir;
}

Result<std::string> real_path(const Fd& dir) {
  std::string path(PATH_MAX, '\0');
  const auto link = concat("/proc/self/fd/", dir.get());
  const auto size = ::readlink(link.c_str(), path.data(), path.size());
  if (size < 0) return fail_errno(errno, link);
  path.resize(static_cast<size_t>(size));
  return path;
}

Result<bool> open_to_others(const std::string& dir) {
  struct stat is;
  if (::stat(dir.c_str(), &is) != 0) return fail_errno(errno, dir);
  return (is.st_mode & S_IXOTH) != 0;
}

Result<> set_mode(const std::string& path, unsigned mode) {
  if (::chmod(path.c_str(), mode) != 0) return fail_errno(errno, path);
  return {};
}

Result<> copy_attributes(const Fd& from, const Fd& to) {
  struct stat is, was;
  if (::fstat(from.get(), &is) != 0 || ::fstat(to.get(), &was) != 0)
    return fail_errno(errno, "stat");
  const timespec times[] = {is.st_atim, is.st_mtim};
  const bool same_owner = is.st_uid == was.st_uid && is.st_gid == was.st_gid;
  // The order matters: a change of owner clears set-id bits and file capabilities, and a
  // changed mode rewrites an ACL's mask.
  if (!same_owner && ::fchown(to.get(), is.st_uid, is.st_gid) != 0)
    return fail_errno(errno, "set owner");
  if (is.st_mode != was.st_mode && ::fchmod(to.get(), is.st_mode & 07777) != 0)
    return fail_errno(errno, "set mode");
  TRY(copy_extended(from, to));
  if (::futimens(to.get(), times) != 0) return fail_errno(errno, "set times");
  return {};
}

Result<Copied> copy_tree(const Fd& from, const Fd& to, const Select& select) {
  Copier copier(to, select);
  auto done = copier.directory(from, to);
  if (!done) return fail(std::move(done).error().in("copy ", copier.path()));
  return std::move(copier.copied());
}

Result<> remove_tree(const Fd& parent, const std::string& name) {
  const auto top = open_here(parent, name, kReadDir);
  if (!top) return fail(Error(top.error()).in(name));
  TRY(Remover(*top).everything());
  if (::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) != 0)
    return fail_errno(errno, "remove ", name);
  return {};
}

Result<uint64_t> tree_size(const Fd& top) {
  return TRY(Gauge(top, Gauge::Look::sizes).everything()).own;
}

Result<Room> tree_room(const Fd& top) { return Gauge(top, Gauge::Look::sharing).everything(); }

Result<uint64_t> free_room(const Fd& dir) {
  struct statvfs is;
  if (::fstatvfs(dir.get(), &is) != 0) return fail_errno(errno, "statvfs");
  return uint64_t{is.f_bavail} * is.f_frsize;
}

Result<> empty_tree(const Fd& dir) { return Remover(dir).everything(); }

Result<> rename_new(const std::string& from, const std::string& to) {
  if (rename_exclusive(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str()) != 0)
    return fail_errno(errno, "rename ", from, " to ", to);
  return {};
}

Result<> exchange(const std::string& one, const std::string& other) {
  if (::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) !=
      0)
    return fail_errno(errno, "exchange ", one, " and ", other);
  return {};
}

Result<int64_t> changed_at(const std::string& dir) {
  struct stat is;
  if (::lstat(dir.c_str(), &is) != 0) return fail_errno(errno, dir);
  return int64_t{is.st_mtim.tv_sec};
}

Result<> write_record(const std::string& path, std::string_view text) {
  const auto aside = concat(path, ".new");
  const Fd file(::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno(errno, aside);
  const auto put = ::write(file.get(), text.data(), text.size());
  if (put < 0) return fail_errno(errno, aside);
  if (static_cast<size_t>(put) != text.size()) return fail_errno(ENOSPC, aside);
  if (::fsync(file.get()) != 0 || ::rename(aside.c_str(), path.c_str()) != 0)
    return fail_errno(errno, path);
  return {};
}

Result<> flush(const Fd& dir) {
  if (::syncfs(dir.get()) != 0) return fail_errno(errno, "sync");
  return {};
}

}  // namespace gaol::sys
