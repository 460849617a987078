// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The files that an image consists of, by their names: in a directory, or in a tar, which may be a
// pipe and compressed. Those of a tar are kept in files without a name: whatever ends this program
// takes them away.

#include <map>
#include <string>

#include "archive/unpack.h"
#include "base/result.h"
#include "sys/fd.h"

namespace gaol::archive {

class Source {
 public:
  static Source in(sys::Fd directory);
  // Reads all of the tar. The files are made at the root of this process, and counted.
  static Result<Source> of(Reader& reader, Allowance& left);

  // A file, open for reading, lent. ENOENT when there is none of this name.
  Result<const sys::Fd*> file(const std::string& path);
  // The text of a small one.
  Result<std::string> text(const std::string& path);

 private:
  Result<> keep(Reader& reader, archive_entry* entry, const std::string& path, Allowance& left);

  sys::Fd directory_;
  std::map<std::string, sys::Fd> files_;
  std::map<std::string, std::string> links_;  // in the tar
};

}  // namespace gaol::archive
