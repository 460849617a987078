// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The trees that jails live in, in plain directories.
//
// FreeBSD's managers give each jail a ZFS dataset: a clone of a release's snapshot (thin) or a
// received copy of it (thick). Where there is only a directory, a thin clone is an overlay: the
// jail's path is the writable layer, the release the read-only one below. The overlay itself is
// mounted by the jail at its start, inside its user namespace, so nothing is mounted on the host.
//
//   /usr/jails/www              a thick tree, or the writable layer of a thin one
//   /usr/jails/.gaol/www/       what gaol knows of it; absent for a tree a user made
//     origin                    thin: the tree below, one absolute path
//     work/                     thin: the overlay's scratch directory
//     made                      thick: from what, one line
//     clones/                   links to the thin clones of this tree
//   /usr/jails/.gaol/.scratch/  trees being made or destroyed
//   /usr/jails/.gaol/.lock      held by whoever changes anything of this
//
// A tree is made in .scratch and renamed into place when it and its records are complete, and
// destroyed in the opposite order. So whoever takes the lock knows that what it finds in .scratch
// was left by a command that was killed, and removes it together with its records.
//
// Trees on disk belong to uid 0, and so do the set-id files that a jail's root makes in them: no
// other user of the host may enter the directory around them. It is made so (mode 0700).

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"
#include "sys/tree.h"

namespace gaol::dataset {

// What a jail's root is made of. Plain trees have only a path.
struct Tree {
  std::string path;
  std::string lower;  // thin: the read-only tree, absolute
  std::string store;  // thin: the directory that holds both of these, which are relative to it
  std::string upper, work;
  bool thin() const { return !lower.empty(); }
};
// On the start path: one open(2), and one read for a thin clone.
Result<Tree> resolve(const std::string& path, sys::Kernel& kernel = sys::real_kernel());

enum class Kind : uint8_t { foreign, thick, thin };  // foreign: not made by gaol
struct Info {
  std::string path;  // absolute, without links
  Kind kind = Kind::foreign;
  std::string from;                 // the origin of a thin tree, what a thick one was made from
  std::vector<std::string> clones;  // thin trees standing on this one, sorted
};
Result<Info> inspect(const std::string& path);
// Every tree below the directory `store` that gaol made, sorted by name.
Result<std::vector<Info>> list(const std::string& store);

// Makes a thin clone of `base`, at once and whatever its size. `base` must not be changed
// while it has clones. EEXIST when something stands at `path`, as for the next two.
Result<> clone(const std::string& base, const std::string& path);
// Makes a thick copy of `base`.
Result<sys::Copied> copy(const std::string& base, const std::string& path);
// Makes a thick tree of what `fill` puts into the empty directory it is given; `from` is what
// inspect() will say of it. The tree appears at `path` when all of it is on disk.
Result<> build(const std::string& path, std::string_view from,
               const std::function<Result<>(const std::string& dir)>& fill);

// Whether destroy() would be refused: a tree gaol did not make, one that has clones, one with
// mounts in it.
Result<> check_destroy(const Info& tree);
// Destroys a tree gaol made. Gone from `path` at once, from the disk when this returns.
// REQUIRES: no jail runs in it.
Result<> destroy(const std::string& path);

}  // namespace gaol::dataset
