// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Releases made of files from elsewhere. gaol-archive reads them, in a root of its own: what it
// takes from an archive and what it refuses is said in archive/unpack.h.

#include <string>

#include "base/result.h"
#include "dataset/watched.h"

namespace gaol::dataset {

inline constexpr uint64_t kImportMebibytes = 20 << 10;

struct Import {
  std::string root, name;  // of releases, of the new one
  // A tar, plain or gz, bz2, xz, zst, of a tree or of an image; "-" is the standard input. Or the
  // directory of an image layout.
  std::string file;
  std::string platform, image;  // which of several images; "linux/arm64", what its maker called it
  uint64_t mebibytes = kImportMebibytes;  // how large the tree may become
};
// `progress` is told what was left out. A tree without them gets an /etc/rc and its company, and
// the directories that a jail mounts on.
Result<> import(const Import& what, const Progress& progress);

}  // namespace gaol::dataset
