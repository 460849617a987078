// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The trees that jails live in.
//
// FreeBSD's managers give each jail a ZFS dataset: a clone of a release's snapshot (thin) or a
// received copy of it (thick). Here what a tree is depends on the file system of the directory it
// is in (dataset/driver.h). Where that cannot clone, a thin tree is an overlay: the jail's path is
// the writable layer, the release the read-only one below. The overlay itself is mounted by the
// jail at its start, inside its user namespace, so nothing is mounted on the host.
//
//   /usr/jails/www              a thick tree, a clone, or the writable layer of a thin one
//   /usr/jails/.gaol/www/       what gaol knows of it; absent for a tree a user made
//     origin                    overlay: the tree below, one absolute path
//     work/                     overlay: its scratch directory
//     made                      others: from what, one line
//     clones/                   links to the overlays and basejails on this tree
//     snapshots/                where the file system keeps none itself
//   /usr/jails/.gaol/.scratch/  trees being made or destroyed
//   /usr/jails/.gaol/.trash/    trees thrown away lately: a store like this one
//   /usr/jails/.gaol/.partial/  headers of streams that broke, where the file system keeps what
//   came /usr/jails/.gaol/.lock      held by whoever changes anything of this
//
// Trees on disk belong to uid 0, and so do the set-id files that a jail's root makes in them: no
// other user of the host may enter the directory around them. It is made so (mode 0700).

#include <functional>
#include <optional>
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
  std::string lower;  // overlay: the read-only tree, absolute
  std::string store;  // overlay: the directory that holds both of these, which are relative to it
  std::string upper, work;
  uint32_t owners = 0;  // uid 0 of it on disk; not 0: a range that is this tree's (shift())
  bool thin() const { return !lower.empty(); }
};
// On the start path: two open(2), and one read for an overlay. Refused while owners change.
Result<Tree> resolve(const std::string& path, sys::Kernel& kernel = sys::real_kernel());

// foreign: not made by gaol; based: what it has not itself is mounted from a release
enum class Kind : uint8_t { foreign, thick, thin, based };
struct Info {
  std::string path;  // absolute, without links
  Kind kind = Kind::foreign;
  std::string from;                 // what it stands on; of a thick one, what it was made from
  bool layered = false;             // an overlay: it needs its origin as that is
  std::vector<std::string> clones;  // trees that cannot be without this one, sorted
  std::string_view driver;          // "btrfs"
  uint32_t owners = 0;              // as of Tree
};
Result<Info> inspect(const std::string& path);
// The tree that this one needs as it is, under its overlay or mounted into it; empty for others.
Result<std::string> ground_of(const std::string& path);
// Every tree below the directory `store` that gaol made, sorted by name.
Result<std::vector<Info>> list(const std::string& store);

// A file elsewhere that belongs to a tree, as a jail's own file in /etc/jail.conf.d does: it comes
// and goes with the tree, both or none, whenever the command that does it is killed.
struct Companion {
  std::string from;  // what goes; it need not be there
  std::string to;    // what comes: EEXIST when it is there
  std::string text;
  unsigned mode = 0644;
};

// Makes a thin clone of `base`, at once and whatever its size; of an overlay or a basejail, another
// on the same origin, with a copy of what it has itself. `base` must not be changed while overlays
// stand on it. EEXIST when something stands at `path`, as for the next two.
Result<> clone(const std::string& base, const std::string& path, const Companion& file = {});
// Makes a thick copy of `base`; of an overlay, of all that it shows.
Result<sys::Copied> copy(const std::string& base, const std::string& path,
                         const Companion& file = {});
// Makes a basejail's tree: a copy of `base` where these directories ("usr/bin") are empty, for
// those of `base` to be mounted there.
Result<sys::Copied> copy_around(const std::string& base, const std::vector<std::string>& mounted,
                                const std::string& path, const Companion& file = {});
// Makes a thick tree of what `fill` puts into the empty directory it is given; `from` is what
// inspect() will say of it. The tree appears at `path` when all of it is on disk.
Result<> build(const std::string& path, std::string_view from,
               const std::function<Result<>(const std::string& dir)>& fill,
               const Companion& file = {});

// Gives a tree another path in the same directory, with its records and snapshots.
// REQUIRES, as all below do: no jail runs in it.
Result<> rename(const std::string& path, const std::string& to, const Companion& file = {});

// Makes a thin tree a thick one that needs no other. What it was goes to the trash with its
// snapshots; gives its path there. A limit stays.
Result<std::string> thicken(const std::string& path);
// Makes a thick tree a thin clone of `base` that shows the same: what is as in `base` is shared
// from now on. The rest as above.
Result<std::string> make_thin(const std::string& path, const std::string& base);

// Gives the files of a tree to a range of ids that is its own from now on, where the file system
// cannot show them otherwise (dataset/owners.h); finishes what was cut short. Gives the first id.
Result<uint32_t> shift(const std::string& path);
// Gives them to uid 0 and its kin again, and the range to whoever needs one.
Result<> shift_back(const std::string& path);

// What a tree holds of its own, and how much it may hold.
struct Usage {
  uint64_t bytes = 0;
  std::optional<uint64_t> limit;  // none: as much as there is
};
Result<Usage> usage(const std::string& path);
// Sets the limit; 0: none. Refused where the file system has no limits for trees.
Result<> limit(const std::string& path, uint64_t bytes);

// Whether destroy() would be refused: a tree gaol did not make, one that others need, one with
// mounts in it.
Result<> check_destroy(const Info& tree);
// Destroys a tree gaol made, with its snapshots. Gone from `path` at once, from the disk when this
// returns; and so does `file`.
Result<> destroy(const std::string& path, const std::string& file = {});

// --- snapshots of a tree gaol made ---

struct Snapshot {
  std::string label;
  int64_t taken = 0;  // seconds since 1970
};
// The oldest first.
Result<std::vector<Snapshot>> snapshots(const std::string& path);
// Whether a snapshot is of one moment even while a jail runs in the tree.
Result<bool> instant_snapshots(const std::string& path);
// EEXIST when there is one of that name. This one may be called while a jail runs.
Result<> snapshot(const std::string& path, const std::string& label);
enum class Newer : uint8_t { keep, destroy };
// Puts the tree back to how it was. Refused when there are newer snapshots that would be lost,
// unless the caller wants that.
Result<> rollback(const std::string& path, const std::string& label, Newer newer);
Result<> destroy_snapshot(const std::string& path, const std::string& label);
// Shows the tree as it is now, whatever a jail does to it meanwhile, as long as `use` runs. Refused
// where instant_snapshots() is false.
Result<> as_of_now(const std::string& path, const std::function<Result<>(const Tree&)>& use);

// --- streams: trees on their way to another machine ---

// What a stream says of itself.
struct Stream {
  std::string driver, label;
  std::string from;     // what has changed since this snapshot; empty: the whole tree
  uint32_t owners = 0;  // uid 0 in it: what has a range where it comes from has that here too
  bool rest = false;    // what had not come when it broke
  std::string header() const;
};
Result<Stream> parse_header(std::string_view line);
// Writes a header and a snapshot to stdout, in the format of its file system; with the token of a
// stream that broke, the rest of that.
// Only trees that stand by themselves: an overlay's stream would lack what is below it.
Result<> send(const std::string& path, const std::string& label, const std::string& from,
              const std::string& token = {});
// How many bytes that would be, about; nothing where the file system cannot say.
std::optional<uint64_t> stream_size(const std::string& path, const std::string& label,
                                    const std::string& from);
// Makes a tree of the stream that follows its header on stdin, or brings a tree that has the
// snapshot `from` to the state of the new one. What is left of a stream that broke goes with the
// next one, unless that is the rest of it.
Result<> receive(const std::string& path, const Stream& stream, const Companion& file = {});

// A stream that broke, where the file system keeps what came of it.
struct Partial {
  std::string path;  // where the tree is or was to be
  Stream stream;
  std::string token;  // what its sender is to be told
};
// Sorted by path.
Result<std::vector<Partial>> partials(const std::string& store);
// Takes away what came. ENOENT when there is nothing.
Result<> abandon(const std::string& path);

// --- the trash: trees that were destroyed, until they expire ---

struct Rubbish {
  std::string path;    // where it is kept
  std::string file;    // where its companion is kept, if it had one
  std::string name;    // what it was called
  int64_t thrown = 0;  // seconds since 1970
};
// Takes a tree away as destroy() does, into the trash of its store, and `file` if that is there.
// Gives the path it has there.
Result<std::string> throw_away(const std::string& path, const std::string& file = {});
// The oldest first.
Result<std::vector<Rubbish>> rubbish(const std::string& store);
// Puts it back to where it was, or to `to`.
Result<> recover(const Rubbish& rubbish, const std::string& to, const Companion& file = {});
// Destroys what was thrown away at or before that second. Gives the names.
Result<std::vector<std::string>> empty_trash(const std::string& store, int64_t before);

// --- what killed commands left ---

// The next command that changes anything in a store finishes it or takes it back. Here it is asked
// to; a directory that no tree was ever made in is left alone.
Result<> repair(const std::string& store);
// Who is told, a line for each tree, and how far a change of owners is that takes its time: until
// this is called, nobody.
using Report = std::function<void(std::string_view line)>;
void report_repairs_to(Report tell);

}  // namespace gaol::dataset
