// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// New versions of a release's packages. FreeBSD's managers run freebsd-update over the base with
// the powers of the host's root; here apt runs in a jail whose root the release is, so what a
// package's scripts do wrong they do there. The jail has the host's network, which is how apt finds
// the sources that the release was made from.
//
// A snapshot is taken first. Whatever fails, the release is as it was; and if the whole machine
// does, the next update finds the snapshot and begins by going back to it.

#include <string>

#include "base/result.h"
#include "dataset/watched.h"

namespace gaol::dataset {

// The programs jail(8) and jexec(8).
struct Tools {
  std::string jail, jexec;
};
// REQUIRES: no jail runs in the release, or in an overlay on it.
Result<> update(const std::string& path, const Tools& tools, const Progress& progress);

}  // namespace gaol::dataset
