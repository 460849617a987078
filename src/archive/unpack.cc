// SPDX-License-Identifier: BSD-2-Clause
#include "archive/unpack.h"

#include <sys/stat.h>

#include <optional>

namespace gaol::archive {

namespace {

constexpr uint64_t kEntry = 512;  // what an entry counts for beside its data: a header's size
constexpr la_int64_t kLastId = 0xfffffffe;

Result<unsigned> owner(la_int64_t id) {
  if (id < 0 || id > kLastId) return fail("owner ", id, ": not a number of a user");
  return static_cast<unsigned>(id);
}

Result<sys::Attributes> attributes(archive_entry* entry, Keeps keeps) {
  sys::Attributes out;
  out.mode = archive_entry_perm(entry) & 07777u;
  out.uid = TRY(owner(archive_entry_uid(entry)));
  out.gid = TRY(owner(archive_entry_gid(entry)));
  out.modified = {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
  out.extended = kept_attributes(entry, keeps);
  return out;
}

Result<std::string> symlink_target(archive_entry* entry) {
  const char* target = archive_entry_symlink(entry);
  if (!target) return fail("a link to nothing");
  return target;
}

// The path seen from a directory that it is in, or that it is.
std::optional<std::string> below_directory(std::string_view path, std::string_view directory) {
  if (directory.empty()) return std::string(path);
  if (path == directory) return std::string();
  if (!path.starts_with(concat(directory, "/"))) return {};
  return std::string(path.substr(directory.size() + 1));
}

const char* left_out(unsigned type) {
  switch (type) {
    case S_IFCHR:
    case S_IFBLK: return "device, left out";
    case S_IFSOCK: return "socket, left out";
    default: return "of a kind unknown here, left out";
  }
}

}  // namespace

uint64_t size_of(archive_entry* entry) {
  return static_cast<uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry)));
}

Result<std::string> text_of(Reader& reader, archive_entry* entry, uint64_t limit) {
  std::string text;
  if (size_of(entry) > limit) return fail("larger than ", limit >> 10, " KiB");
  for (;;) {
    const auto block = TRY(reader.block());
    if (block.size == 0) return text;
    text.append(block.data, block.size);
  }
}

std::vector<std::pair<std::string, std::string>> kept_attributes(archive_entry* entry,
                                                                 Keeps keeps) {
  std::vector<std::pair<std::string, std::string>> kept;
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    if (keeps(name)) kept.emplace_back(name, std::string(static_cast<const char*>(value), size));
  return kept;
}

Result<> for_each_entry(
    Reader& reader, const std::function<Result<>(archive_entry*, const std::string& path)>& act) {
  while (archive_entry* entry = TRY(reader.next())) {
    const char* name = archive_entry_pathname(entry);
    if (!name) return fail("an entry without a name");
    const auto path = entry_path(name);
    auto done = path ? act(entry, *path) : Result<>(fail(Error(path.error())));
    if (!done) return fail(std::move(done).error().in(quote_name(name)));
  }
  return {};
}

Result<> Allowance::take(uint64_t bytes) {
  if (bytes > left_)
    return fail(
        Error{0, concat("the tree would be larger than ", total_ >> 20, " MiB"), "see --limit"});
  left_ -= bytes;
  return {};
}

void Notes::add(std::string_view line) {
  if (++count_ <= kTold) tell_(line);
}

void Notes::finish() {
  if (count_ > kTold) tell_(concat("and ", count_ - kTold, " more were left out"));
}

Result<> Unpacker::tree(Reader& reader) {
  TRY(for_each_entry(
      reader, [&](archive_entry* is, const std::string& path) { return entry(reader, is, path); }));
  if (reader.cut_off()) return fail("the archive is cut off: it has no end");
  return {};
}

Result<> Unpacker::below(
    Reader& reader, std::string_view directory,
    const std::function<Result<>(archive_entry*, const std::string& path)>& other) {
  directory_ = directory;
  return for_each_entry(reader, [&](archive_entry* is, const std::string& path) {
    const auto inside = below_directory(path, directory);
    return inside ? entry(reader, is, *inside) : other(is, path);
  });
}

Result<> Unpacker::layer(const sys::Fd& file) {
  TRY(whiteouts(file));
  auto reader = TRY(Reader::open(file));
  return for_each_entry(reader, [&](archive_entry* is, const std::string& path) -> Result<> {
    const auto change = TRY(change_of(path));
    if (change.whiteout != Whiteout::none) return {};
    return entry(reader, is, path);
  });
}

// First of all: a whiteout may stand behind a file of its own layer that has the same name.
Result<> Unpacker::whiteouts(const sys::Fd& file) {
  auto reader = TRY(Reader::open(file));
  return for_each_entry(reader, [&](archive_entry*, const std::string& path) -> Result<> {
    const auto change = TRY(change_of(path));
    if (change.whiteout == Whiteout::remove) return writer_.remove(change.path);
    if (change.whiteout == Whiteout::empty) return writer_.empty(change.path);
    return {};
  });
}

Result<> Unpacker::entry(Reader& reader, archive_entry* entry, const std::string& path) {
  TRY(left_.take(kEntry));
  if (const char* target = archive_entry_hardlink(entry)) {
    if (reader.data_is_with_last_link() && size_of(entry) > 0)
      return fail("a cpio that has a file's data with its last link");
    return link(path, target);
  }
  const auto looks = TRY(attributes(entry, keeps_));
  const auto type = archive_entry_filetype(entry);
  if (type == S_IFDIR) return writer_.directory(path, looks);
  if (path.empty()) return fail("in place of the tree itself");
  if (type == S_IFLNK) return writer_.symlink(path, TRY(symlink_target(entry)), looks);
  if (type == S_IFIFO) return writer_.fifo(path, looks);
  if (type != S_IFREG)
    return notes_.add(concat(quote_name(path), ": ", left_out(type))), Result<>();
  const auto size = size_of(entry);
  TRY(left_.take(size));
  const sys::Fd file = TRY(writer_.file(path));
  TRY(write_data(reader, file, size));
  return sys::finish_file(file, size, looks);
}

Result<> Unpacker::link(const std::string& path, std::string_view target) {
  const auto full = entry_path(target);
  const auto to = full ? below_directory(*full, directory_) : std::nullopt;
  auto made = to     ? writer_.hard_link(path, *to)
              : full ? Result<>(fail("leads out of the tree"))
                     : Result<>(fail(Error(full.error())));
  if (!made) return fail(std::move(made).error().in("link to ", quote_name(target)));
  return {};
}

Result<> write_data(Reader& reader, const sys::Fd& file, uint64_t size) {
  for (;;) {
    const auto block = TRY(reader.block());
    if (block.size == 0) return {};
    if (block.offset > size || block.size > size - block.offset)
      return fail("has more data than it says");
    TRY(sys::write_at(file, {block.data, block.size}, block.offset));
  }
}

}  // namespace gaol::archive
