// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A jail in one file: a tar that is an OCI image layout of one layer, compressed with zstd, with
// what jail.conf says of the jail beside the digests in the image's config. So everything that
// checks an image checks a jail, and what reads images reads its tree.

#include <string>

#include "archive/unpack.h"
#include "base/result.h"
#include "sys/fd.h"
#include "sys/owners.h"

namespace gaol::archive {

struct Packing {
  const sys::Fd& tree;  // its top
  sys::Shift owners;    // from those on disk to those of the jail
  const sys::Fd& out;   // an empty file
  std::string name;     // of the jail
  std::string conf;     // statements of jail.conf
};
// What is left out is noted: devices, sockets, what is mounted in the tree.
// REQUIRES: nobody changes the tree meanwhile; it is the root of this process.
Result<> pack(const Packing& what, Notes& notes);

}  // namespace gaol::archive
