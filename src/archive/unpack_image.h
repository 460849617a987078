// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Makes a tree of a container image: finds the one that is wanted, checks it, and puts its layers
// one over the other. Everything is held to its digest before it is used, each layer twice: as it
// was packed, where a manifest says so, and as the plain tar that the image was made of.

#include "archive/image.h"
#include "archive/source.h"
#include "archive/unpack.h"

namespace gaol::archive {

// Whether these files are an image, of either form.
bool holds_image(Source& source);

struct Unpacked {
  std::string description;  // "linux/amd64, 3 layers"
  std::string conf;         // statements of jail.conf, of a jail that was exported
};
Result<Unpacked> unpack_image(Source& source, const Wanted& wanted, Unpacker& unpacker,
                              uint64_t limit);

}  // namespace gaol::archive
