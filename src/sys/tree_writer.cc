// SPDX-License-Identifier: BSD-2-Clause
#include "sys/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <ranges>

#include "sys/listing.h"
#include "sys/tree.h"

namespace gaol::sys {

namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<> set_times(const Fd& file, timespec modified) {
  const timespec times[] = {modified, modified};
  if (::futimens(file.get(), times) != 0) return fail_errno(errno, "set times");
  return {};
}

Result<Fd> open_directory(const Fd& top, const std::string& path) {
  return open_here(top, path.empty() ? "." : path, kDirectory);
}

// A directory that was there may have some that it is not to have. Not the marks of an overlay, and
// not what the machine has put there.
Result<> drop_attributes(const Fd& file) {
  const auto all = TRY(extended_of(file));
  for (const auto& [name, value] : all) {
    const bool of_users = name.starts_with("user.") && !name.starts_with("user.overlay.");
    if (!of_users && !name.starts_with("system.posix_acl_") && name != "security.capability")
      continue;
    if (::fremovexattr(file.get(), name.c_str()) != 0)
      return fail_errno(errno, "extended attribute ", name);
  }
  return {};
}

// In the order of copy_attributes(), and for its reasons.
Result<> set_attributes(const Fd& file, const Attributes& attributes) {
  if (::fchown(file.get(), attributes.uid, attributes.gid) != 0)
    return fail_errno(errno, "set owner");
  if (::fchmod(file.get(), attributes.mode) != 0) return fail_errno(errno, "set mode");
  for (const auto& [name, value] : attributes.extended)
    if (::fsetxattr(file.get(), name.c_str(), value.data(), value.size(), 0) != 0)
      return fail_errno(errno, "extended attribute ", name);
  return {};
}

Result<> change_attributes(const Fd& directory, const Attributes& attributes) {
  TRY(drop_attributes(directory));
  return set_attributes(directory, attributes);
}

// Of what is not opened: its mode is the one it was made with.
Result<> set_owner(const Fd& dir, const std::string& name, const Attributes& attributes) {
  const timespec times[] = {attributes.modified, attributes.modified};
  if (::fchownat(dir.get(), name.c_str(), attributes.uid, attributes.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, "set owner");
  if (::utimensat(dir.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, "set times");
  return {};
}

bool no_longer_there(const Error& error) {
  return error.code == ENOENT || error.code == ENOTDIR || error.code == ELOOP;
}

}  // namespace

Result<Fd> TreeWriter::make_directories(const std::string& path) {
  auto dir = open_directory(top_, path);
  if (dir || dir.error().code != ENOENT) return dir;
  const auto [above, name] = split_path(path);
  const Fd parent = TRY(make_directories(above));
  if (::mkdirat(parent.get(), name.c_str(), 0755) != 0) return fail_errno(errno, "make directory");
  return open_here(parent, name, kDirectory);
}

Result<TreeWriter::Place> TreeWriter::place(const std::string& path) {
  auto [above, name] = split_path(path);
  if (!parent_ || parent_path_ != above) {
    auto dir = make_directories(above);
    if (!dir && (dir.error().code == ELOOP || dir.error().code == ENOTDIR))
      return fail(Error{dir.error().code, "what it lies in is no directory", {}});
    parent_ = TRY(std::move(dir));
    parent_path_ = std::move(above);
  }
  return Place{parent_, std::move(name)};
}

Result<> TreeWriter::make_room(const Place& at) {
  if (::unlinkat(at.dir.get(), at.name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return fail_errno(errno, "remove");
  return remove_tree(at.dir, at.name);
}

Result<> TreeWriter::directory(const std::string& path, const Attributes& attributes) {
  times_.emplace_back(path, attributes.modified);
  if (path.empty()) return change_attributes(top_, attributes);
  const auto at = TRY(place(path));
  auto dir = open_here(at.dir, at.name, kDirectory);
  if (!dir) {
    TRY(make_room(at));
    if (::mkdirat(at.dir.get(), at.name.c_str(), 0700) != 0)
      return fail_errno(errno, "make directory");
    dir = open_here(at.dir, at.name, kDirectory);
  }
  return change_attributes(TRY(std::move(dir)), attributes);
}

Result<> TreeWriter::symlink(const std::string& path, const std::string& target,
                             const Attributes& attributes) {
  const auto at = TRY(place(path));
  TRY(make_room(at));
  if (::symlinkat(target.c_str(), at.dir.get(), at.name.c_str()) != 0)
    return fail_errno(errno, "make link");
  return set_owner(at.dir, at.name, attributes);
}

Result<> TreeWriter::fifo(const std::string& path, const Attributes& attributes) {
  const auto at = TRY(place(path));
  TRY(make_room(at));
  if (::mkfifoat(at.dir.get(), at.name.c_str(), 0600) != 0 ||
      ::fchmodat(at.dir.get(), at.name.c_str(), attributes.mode & 0777, 0) != 0)
    return fail_errno(errno, "make fifo");
  return set_owner(at.dir, at.name, attributes);
}

Result<> TreeWriter::hard_link(const std::string& path, const std::string& target) {
  if (path.empty() || target.empty()) return fail_errno(EISDIR, "link");
  const auto [above, name] = split_path(target);
  const auto source = open_directory(top_, above);
  if (!source) return fail(Error(source.error()));
  const auto at = TRY(place(path));
  struct stat is, there;
  if (::fstatat(source->get(), name.c_str(), &is, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, "link");
  const bool same = ::fstatat(at.dir.get(), at.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                    is.st_ino == there.st_ino;
  if (same) return {};  // making room would take away the only name
  TRY(make_room(at));
  if (::linkat(source->get(), name.c_str(), at.dir.get(), at.name.c_str(), 0) != 0)
    return fail_errno(errno, "link");
  return {};
}

Result<Fd> TreeWriter::file(const std::string& path) {
  const auto at = TRY(place(path));
  TRY(make_room(at));
  return open_here(at.dir, at.name, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

Result<> TreeWriter::remove(const std::string& path) {
  auto at = place(path);
  if (!at && no_longer_there(at.error())) return {};
  return make_room(TRY(std::move(at)));
}

Result<> TreeWriter::empty(const std::string& path) {
  const auto dir = open_directory(top_, path);
  if (!dir && no_longer_there(dir.error())) return {};
  if (!dir) return fail(Error(dir.error()));
  parent_ = Fd();  // it may be below
  return empty_tree(*dir);
}

Result<> TreeWriter::finish() {
  for (const auto& [path, modified] : std::views::reverse(times_)) {
    const auto dir = open_directory(top_, path);
    if (!dir && no_longer_there(dir.error())) continue;  // something else took its place
    if (!dir) return fail(Error(dir.error()).in(path));
    TRY(set_times(*dir, modified));
  }
  return {};
}

Result<> finish_file(const Fd& file, uint64_t size, const Attributes& attributes) {
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "set size");
  TRY(set_attributes(file, attributes));
  return set_times(file, attributes.modified);
}

Result<> write_at(const Fd& file, std::span<const char> data, uint64_t offset) {
  while (!data.empty()) {
    const auto put = ::pwrite(file.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0) return fail_errno(errno, "write");
    data = data.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

}  // namespace gaol::sys
