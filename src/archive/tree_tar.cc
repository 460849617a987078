// SPDX-License-Identifier: BSD-2-Clause
#include "archive/tree_tar.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <string>
#include <vector>

#include "archive/names.h"

namespace gaol::archive {

namespace {

const char* left_out(archive_entry* entry) {
  switch (archive_entry_filetype(entry)) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFLNK:
    case S_IFIFO: return nullptr;
    case S_IFSOCK: return "socket, left out";
    default: return "device, left out";
  }
}

// The walk passes over them.
void add_access_lists(archive_entry* entry) {
  const char* path = archive_entry_sourcepath(entry);
  if (archive_entry_filetype(entry) == S_IFLNK) return;
  for (const char* name : kAccessLists) {
    const auto size = ::lgetxattr(path, name, nullptr, 0);
    if (size <= 0) continue;
    std::string value(static_cast<size_t>(size), '\0');
    if (::lgetxattr(path, name, value.data(), value.size()) == size)
      archive_entry_xattr_add_entry(entry, name, value.data(), value.size());
  }
}

void keep_attributes(archive_entry* entry, bool shifted, Keeps keeps) {
  add_access_lists(entry);
  auto kept = kept_attributes(entry, keeps);
  archive_entry_xattr_clear(entry);
  for (auto& [name, value] : kept) {
    if (shifted && name == "security.capability") value = sys::capabilities_for(value, 0);
    archive_entry_xattr_add_entry(entry, name.c_str(), value.data(), value.size());
  }
}

void shift_owners(archive_entry* entry, sys::Shift shift) {
  archive_entry_set_uid(entry, shift(static_cast<uint32_t>(archive_entry_uid(entry))));
  archive_entry_set_gid(entry, shift(static_cast<uint32_t>(archive_entry_gid(entry))));
}

// Holes are written as zeros, which the format leaves out again.
Result<> copy_data(::archive* disk, ::archive* tar) {
  static const std::vector<char> zeros(64 << 10);
  uint64_t done = 0;
  for (;;) {
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int got = archive_read_data_block(disk, &data, &size, &offset);
    if (got == ARCHIVE_EOF) return {};
    if (got != ARCHIVE_OK) return failed(disk);
    while (done < static_cast<uint64_t>(offset)) {
      const auto gap = std::min<uint64_t>(static_cast<uint64_t>(offset) - done, zeros.size());
      if (archive_write_data(tar, zeros.data(), gap) < 0) return failed(tar);
      done += gap;
    }
    if (archive_write_data(tar, data, size) < 0) return failed(tar);
    done += size;
  }
}

Result<> write_entry(::archive* disk, ::archive* tar, archive_entry_linkresolver* links,
                     archive_entry* entry) {
  archive_entry* spare = nullptr;  // this format keeps nothing back
  archive_entry_linkify(links, &entry, &spare);
  if (archive_write_header(tar, entry) < ARCHIVE_WARN) return failed(tar);
  if (archive_entry_hardlink(entry) || archive_entry_size(entry) == 0) return {};
  return copy_data(disk, tar);
}

}  // namespace

std::unexpected<Error> failed(::archive* a) {
  const char* text = archive_error_string(a);
  return fail(Error{archive_errno(a), text ? text : "archive", {}});
}

Result<> write_tree(::archive* tar, const Selection& what, Notes& notes) {
  const Walk disk(archive_read_disk_new());
  const Linked links(archive_entry_linkresolver_new());
  archive_entry_linkresolver_set_strategy(links.get(), archive_format(tar));
  archive_read_disk_set_symlink_physical(disk.get());
  archive_read_disk_set_behavior(disk.get(), ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS |
                                                 ARCHIVE_READDISK_NO_ACL |
                                                 ARCHIVE_READDISK_NO_FFLAGS);
  if (archive_read_disk_open(disk.get(), ".") != ARCHIVE_OK) return failed(disk.get());
  for (;;) {
    const Entry entry(archive_entry_new());
    const int got = archive_read_next_header2(disk.get(), entry.get());
    if (got == ARCHIVE_EOF) return {};
    if (got != ARCHIVE_OK) return failed(disk.get());
    archive_read_disk_descend(disk.get());
    const std::string name = archive_entry_pathname(entry.get());
    if (what.wanted && !what.wanted(std::string_view(name).substr(1))) continue;
    if (const char* why = left_out(entry.get())) {
      notes.add(concat(quote_name(name), ": ", why));
      continue;
    }
    shift_owners(entry.get(), what.owners);
    keep_attributes(entry.get(), what.owners.from != what.owners.to, what.keeps);
    auto written = write_entry(disk.get(), tar, links.get(), entry.get());
    if (!written) return fail(std::move(written).error().in(quote_name(name)));
  }
}

}  // namespace gaol::archive
