// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A tar or cpio file, whatever it is compressed with, as a sequence of entries. libarchive reads
// it: see archive_read(3) and archive_entry(3).

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::archive {

class Reader {
 public:
  enum class Start : uint8_t { beginning, here };
  // Of a file, or of a pipe, which has only one beginning. The descriptor must stay open.
  static Result<Reader> open(const sys::Fd& file, Start start = Start::beginning);
  // The same for what is in a compressed file, whatever that is: one entry.
  static Result<Reader> open_contents(const sys::Fd& file);

  // The next entry, which is the reader's, until the next call; null at the end.
  Result<archive_entry*> next();
  // The first entry that is not the top of a tree, which next() will give all the same; null if
  // there is none. REQUIRES: next() was not called yet.
  Result<archive_entry*> look_ahead();

  struct Block {
    const char* data = nullptr;
    size_t size = 0;
    uint64_t offset = 0;
  };
  // The next piece of the entry's data; size 0 at the end. What lies between pieces is a hole.
  Result<Block> block();

  // Whether the format has the data of a file of several names only with the last of them.
  bool data_is_with_last_link() const;
  // Whether the file is a tar whose end was cut off. REQUIRES: next() gave null.
  bool cut_off() const;

 private:
  struct Close {
    void operator()(::archive* a) const { archive_read_free(a); }
  };
  struct CloseEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
  };
  explicit Reader(const sys::Fd& file) : file_(&file), archive_(archive_read_new()) {}
  Result<> start(Start where);
  Result<archive_entry*> read_header();
  std::unexpected<Error> failed() const;

  const sys::Fd* file_;
  std::unique_ptr<::archive, Close> archive_;
  std::unique_ptr<archive_entry, CloseEntry> top_;
  archive_entry* ahead_[2]{};  // read, and not yet given by next()
  bool ended_ = false;
};

}  // namespace gaol::archive
