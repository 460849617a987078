// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Makes a tree of archives that anybody may have made. What a name may do is decided in names.h
// and by sys::TreeWriter; here the rest of what an entry can ask for: devices and sockets are left
// out, as every jail has a /dev of its own; set-id bits stay, as they only work inside a jail;
// sizes are counted before anything is written, holes like data, so that a few bytes that claim to
// be a disk are found out in time.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/names.h"
#include "archive/reader.h"
#include "sys/tree_writer.h"

namespace gaol::archive {

// How much archives may make, all together.
class Allowance {
 public:
  explicit Allowance(uint64_t bytes) : total_(bytes), left_(bytes) {}
  Result<> take(uint64_t bytes);

 private:
  uint64_t total_, left_;
};

// Lines about what was left out. The first few are told, the others counted.
class Notes {
 public:
  explicit Notes(std::function<void(std::string_view)> tell) : tell_(std::move(tell)) {}
  void add(std::string_view line);
  void finish();

 private:
  static constexpr size_t kTold = 20;
  std::function<void(std::string_view)> tell_;
  size_t count_ = 0;
};

// Writes an entry's data, which is no more than the `size` it claims.
Result<> write_data(Reader& reader, const sys::Fd& file, uint64_t size);
// That size.
uint64_t size_of(archive_entry* entry);

// All of an entry's data, which is refused if that is more than `limit` bytes.
Result<std::string> text_of(Reader& reader, archive_entry* entry, uint64_t limit);

// Those of its extended attributes that are kept; a link has none of them.
std::vector<std::pair<std::string, std::string>> kept_attributes(archive_entry* entry, Keeps keeps);

// Every entry of an archive through `act`, with its path; an error gets its name in front.
Result<> for_each_entry(
    Reader& reader, const std::function<Result<>(archive_entry*, const std::string& path)>& act);

class Unpacker {
 public:
  Unpacker(const sys::Fd& top, Allowance& left, Notes& notes, Keeps keeps = keeps_attribute)
      : writer_(top), left_(left), notes_(notes), keeps_(keeps) {}

  // A whole tree from one archive, or what is left of it.
  Result<> tree(Reader& reader);
  // One layer of an image over what is there. The whiteouts in it are for the layers below.
  Result<> layer(const sys::Fd& file);
  // The tree below `directory` of one archive. What lies elsewhere in it goes to `other`.
  Result<> below(Reader& reader, std::string_view directory,
                 const std::function<Result<>(archive_entry*, const std::string& path)>& other);
  // Takes away what is at `path`, if anything is.
  Result<> remove(const std::string& path) { return writer_.remove(path); }
  // After the last of them.
  Result<> finish() { return writer_.finish(); }

 private:
  Result<> whiteouts(const sys::Fd& file);
  Result<> entry(Reader& reader, archive_entry* entry, const std::string& path);
  Result<> link(const std::string& path, std::string_view target);

  sys::TreeWriter writer_;
  Allowance& left_;
  std::string_view directory_;  // that links in the archive begin with
  Notes& notes_;
  Keeps keeps_;
};

}  // namespace gaol::archive
