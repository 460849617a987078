// SPDX-License-Identifier: BSD-2-Clause
#include "archive/reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "archive/names.h"

namespace gaol::archive {

namespace {

constexpr size_t kBlock = 128 << 10;

// The filters in circulation, each by a library. libarchive would run programs for some others.
void support_filters(::archive* a) {
  archive_read_support_filter_gzip(a);
  archive_read_support_filter_bzip2(a);
  archive_read_support_filter_xz(a);
  archive_read_support_filter_zstd(a);
}

}  // namespace

Result<Reader> Reader::open(const sys::Fd& file, Start start) {
  Reader reader(file);
  support_filters(reader.archive_.get());
  archive_read_support_format_tar(reader.archive_.get());
  archive_read_support_format_cpio(reader.archive_.get());
  TRY(reader.start(start));
  return reader;
}

Result<Reader> Reader::open_contents(const sys::Fd& file) {
  Reader reader(file);
  support_filters(reader.archive_.get());
  archive_read_support_format_raw(reader.archive_.get());
  archive_read_support_format_empty(reader.archive_.get());
  TRY(reader.start(Start::beginning));
  return reader;
}

Result<> Reader::start(Start where) {
  if (where == Start::beginning) (void)::lseek(file_->get(), 0, SEEK_SET);
  if (archive_read_open_fd(archive_.get(), file_->get(), kBlock) != ARCHIVE_OK) return failed();
  return {};
}

std::unexpected<Error> Reader::failed() const {
  const char* text = archive_error_string(archive_.get());
  return fail(Error{archive_errno(archive_.get()), text ? text : "not readable", {}});
}

Result<archive_entry*> Reader::look_ahead() {
  archive_entry* first = TRY(read_header());
  const char* name = first ? archive_entry_pathname(first) : nullptr;
  if (name && entry_path(name).value_or("elsewhere").empty()) {
    top_.reset(archive_entry_clone(first));  // of a directory that is all
    ahead_[0] = top_.get();
    first = TRY(read_header());
  }
  return ahead_[1] = first;
}

Result<archive_entry*> Reader::next() {
  for (auto*& entry : ahead_)
    if (entry) return std::exchange(entry, nullptr);
  return read_header();
}

Result<archive_entry*> Reader::read_header() {
  if (ended_) return nullptr;
  archive_entry* entry = nullptr;
  const int got = archive_read_next_header(archive_.get(), &entry);
  ended_ = got == ARCHIVE_EOF;
  if (ended_) return nullptr;
  if (got == ARCHIVE_OK) return entry;
  // A warning is of something in a header that nobody needs here, unless it cost the name.
  if (got == ARCHIVE_WARN && archive_entry_pathname(entry)) return entry;
  return failed();
}

Result<Reader::Block> Reader::block() {
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  while (size == 0) {  // a piece can be empty, where a hole ends a file
    const int got = archive_read_data_block(archive_.get(), &data, &size, &offset);
    if (got == ARCHIVE_EOF) return Block{};
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return failed();
  }
  return Block{static_cast<const char*>(data), size, static_cast<uint64_t>(offset)};
}

bool Reader::data_is_with_last_link() const {
  const int format = archive_format(archive_.get());
  return format == ARCHIVE_FORMAT_CPIO_SVR4_NOCRC || format == ARCHIVE_FORMAT_CPIO_SVR4_CRC;
}

// A tar ends with 1,024 zero bytes. libarchive takes the end of the file for the end of the archive
// as well; a compressed file that is cut off it does recognise.
bool Reader::cut_off() const {
  const bool tar =
      (archive_format(archive_.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
  if (!tar || archive_filter_code(archive_.get(), 0) != ARCHIVE_FILTER_NONE) return false;
  char tail[1024];
  const off_t size = ::lseek(file_->get(), 0, SEEK_END);
  if (size < 0) return false;  // a pipe
  const auto got = ::pread(file_->get(), tail, sizeof tail,
                           std::max<off_t>(0, size - static_cast<off_t>(sizeof tail)));
  return got != sizeof tail || std::ranges::any_of(tail, [](char c) { return c != 0; });
}

}  // namespace gaol::archive
