// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Pools: what datasets are made in, from whole disks up. FreeBSD has zpool(8) for it; where there
// is no ZFS a btrfs of several disks is the same thing to a jail's owner. Nothing here keeps a
// record: what pools there are and how they feel, their file systems say.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pool/ask.h"
#include "pool/disks.h"

namespace gaol::pool {

enum class System : uint8_t { zfs, btrfs };
std::string_view system_word(System system);

// How disks stand together, by the word of zpool(8) or mkfs.btrfs(8).
struct Layout {
  std::string_view word;
  System system;
  size_t least;                 // disks
  size_t group;                 // that make one group; 0: all of them
  std::string_view group_word;  // zfs: how a group is called on the command line
  std::string_view promise;     // "any one disk may fail"
};
std::span<const Layout> layouts();
// The error names the layout that is nearly called so.
Result<const Layout*> find_layout(std::string_view word);

enum class Contents : uint8_t { keep, overwrite };

struct Wish {
  std::string name;
  const Layout* layout = nullptr;
  std::vector<Disk> disks;
  Contents contents = Contents::keep;  // of the disks
  bool fuse = false;                   // ZFS is a process here and knows less
};
// A pool's making: commands in their order, then a line for fstab(5), or none.
struct Plan {
  std::vector<Words> commands;
  std::string mount_line;
};
// Refuses disks that somebody has, disks with contents unless told otherwise, too few disks, and
// disks of which a good part would lie idle.
Result<Plan> plan(const Wish& wish);
Result<> carry_out(const Plan& plan, const Ask& ask);

struct Member {
  std::string name;     // what replace() knows it by
  std::string state;    // "ONLINE", "missing"
  uint64_t errors = 0;  // of reading, writing and checksums, since they were last cleared
};
struct Pool {
  std::string name, place;  // where it is mounted; empty: nowhere
  System system = System::zfs;
  std::string state;             // of the whole: "ONLINE", "DEGRADED"
  uint64_t bytes = 0, used = 0;  // that files can have; 0: not known
  std::string scan;              // how a scrub or a replacement stands, in the file system's words
  std::string fault, remedy;     // of the whole; empty: none
  std::vector<Member> members;
  bool healthy() const;
  // What to do about it; empty: nothing.
  std::string advice() const;
};
// All pools, by name: those of ZFS, and each mounted btrfs that has a label.
Result<std::vector<Pool>> pools(const Ask& ask);
Result<Pool> find_pool(std::string_view name, const std::vector<Pool>& pools);
// Refuses a new pool the name of one that is there, and a place that holds something.
Result<> check_name(const std::string& name, const std::vector<Pool>& pools);
// The devices of these.
Taken members_of(const std::vector<Pool>& pools);

// Begins to read all of it and to mend what can be mended; goes on in the background.
Result<> scrub(const Pool& pool, const Ask& ask);
// Begins to put `by` in the place of a member; goes on in the background.
struct Replacement {
  std::string_view member;  // by its name, or that of the disk it is the data partition of
  Disk by;
  Contents contents = Contents::keep;  // of the new disk
};
Result<> replace(const Pool& pool, const Replacement& what, const Ask& ask);

// What `zpool list -H -o name,health` and `zpool status` of one pool print.
std::vector<Pool> parse_zpool_list(std::string_view text);
void parse_zpool_status(std::string_view text, Pool& pool);
// What `btrfs filesystem show --raw` prints.
std::vector<Pool> parse_btrfs_show(std::string_view text);
// What `btrfs device stats` and `btrfs filesystem usage --raw` of one pool print.
void parse_btrfs_stats(std::string_view text, Pool& pool);
void parse_btrfs_usage(std::string_view text, Pool& pool);

}  // namespace gaol::pool
