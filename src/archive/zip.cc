// SPDX-License-Identifier: BSD-2-Clause
#include "archive/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <memory>

#include "archive/names.h"
#include "sys/program.h"

namespace gaol::archive {

namespace {

struct Close {
  void operator()(::archive* zip) const { archive_read_free(zip); }
};
using Zip = std::unique_ptr<::archive, Close>;

std::unexpected<Error> failed(::archive* zip) {
  const char* text = archive_error_string(zip);
  return fail(Error{archive_errno(zip), text ? text : "zip", {}});
}

Result<Zip> open_zip(const sys::Fd& file) {
  Zip zip(archive_read_new());
  archive_read_support_format_zip(zip.get());
  constexpr size_t kBlock = 64 << 10;
  if (::lseek(file.get(), 0, SEEK_SET) < 0 ||
      archive_read_open_fd(zip.get(), file.get(), kBlock) != ARCHIVE_OK)
    return failed(zip.get());
  return zip;
}

// Null at the end.
Result<archive_entry*> next(::archive* zip) {
  archive_entry* entry = nullptr;
  const int got = archive_read_next_header(zip, &entry);
  if (got == ARCHIVE_EOF) return nullptr;
  if (got < ARCHIVE_WARN || !archive_entry_pathname(entry)) return failed(zip);
  return entry;
}

Result<> write_entry(::archive* zip, uint64_t limit) {
  for (uint64_t done = 0;;) {
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int got = archive_read_data_block(zip, &data, &size, &offset);
    if (got == ARCHIVE_EOF) return {};
    if (got != ARCHIVE_OK) return failed(zip);
    if (size > limit - done) return fail(Error{0, "larger than it may be", "see --limit"});
    TRY(sys::write_out({static_cast<const char*>(data), size}));
    done += size;
  }
}

}  // namespace

Result<std::vector<std::string>> names_in_zip(const sys::Fd& file) {
  const Zip zip = TRY(open_zip(file));
  std::vector<std::string> names;
  while (archive_entry* entry = TRY(next(zip.get())))
    if (archive_entry_filetype(entry) != AE_IFDIR)
      names.emplace_back(archive_entry_pathname(entry));
  return names;
}

Result<> write_from_zip(const sys::Fd& file, std::string_view name, uint64_t limit) {
  const Zip zip = TRY(open_zip(file));
  while (archive_entry* entry = TRY(next(zip.get())))
    if (archive_entry_pathname(entry) == name) return write_entry(zip.get(), limit);
  return fail_errno(ENOENT, quote_name(name));
}

}  // namespace gaol::archive
