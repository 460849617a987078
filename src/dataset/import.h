// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Releases made of files from elsewhere. gaol-archive reads them, in a root of its own: what it
// takes from an archive and what it refuses is said in archive/unpack.h.

#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/watched.h"

namespace gaol::dataset {

inline constexpr uint64_t kImportMebibytes = 20 << 10;

struct Import {
  std::string path;  // of the new tree
  // A tar, plain or gz, bz2, xz, zst, of a tree or of an image; "-" is the standard input. Or the
  // directory of an image layout. Or, named so, a zip that iocage wrote, if the tree is on ZFS;
  // what it is to be is in the .sha256 beside it.
  std::string file;
  std::string platform, image;  // which of several images; "linux/arm64", what its maker called it
  uint64_t mebibytes = kImportMebibytes;  // how large the tree may become
};
// `progress` is told what was left out. A tree without them gets an /etc/rc and its company, and
// the directories that a jail mounts on. Gives what the file says of a jail, in statements of
// jail.conf: as little to be trusted as the rest, and empty in what is no jail's.
Result<std::string> import(const Import& what, const Progress& progress);

struct Export {
  std::string path;   // of the tree
  std::string name;   // of the jail
  std::string conf;   // statements of jail.conf
  std::string file;   // EEXIST if it is there
  bool live = false;  // a jail runs in it: what is put away is the tree as it is now (as_of_now())
};
// Puts a jail into one file, which import() takes back and which is an OCI image to others.
// `progress` is told what was left out. A kill may leave FILE.part.
Result<> export_tree(const Export& what, const Progress& progress);

// Runs gaol-archive, on our stdin; its words begin with what it is to do. `progress` gets its
// lines.
Result<> run_archive(const std::vector<std::string>& words, const Progress& progress);

}  // namespace gaol::dataset
