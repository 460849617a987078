// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The first moments of a jail's init: from clone3() to execve() of gaol-init, in the jail's
// own namespaces and in jail(8)'s memory. Two sides work at once on the two halves of the
// job: the parent does what needs power over the host (id maps, idmapped clones of the tree,
// device nodes), the child what must belong to the jail (proc, sysfs, devpts, masks, overlay).
// They meet at a gate, and part when the child stands in its tree: its exec is nobody's wait.

#include <cstdint>
#include <string>
#include <vector>

#include "sys/exec.h"

namespace gaol::jail {

struct MountOption {
  const char* key;
  const char* value;  // null: a flag
};

// A mount below the jail's root, attached after the root and before /dev, /proc and /sys.
struct Attachment {
  enum class Kind : uint8_t { tree, tmpfs };
  Kind kind = Kind::tree;
  int tree = -1;                     // Kind::tree: a detached mount made by the parent
  std::string target;                // relative to the jail's root; empty: the root itself
  uint64_t attributes = 0;           // MOUNT_ATTR_*, for what the child mounts itself
  std::vector<MountOption> options;  // Kind::tmpfs
  const char* subject = nullptr;     // what a failure is called
};

// What covers which file or directory of /proc or /sys.
struct Mask {
  const char* path;
  int tree;
};

enum class Place : uint8_t { no, if_present, required };

struct Birth {
  // Set before the clone.
  int parent = -1;    // pidfd of the parent: the child goes when it goes
  int init = -1;      // O_PATH descriptor of gaol-init
  int null = -1;      // the host's /dev/null, for init's standard error
  int sys_tree = -1;  // sysfs, for a jail without a network stack of its own; -1: none
  std::string hostname, domainname;
  Place dev = Place::if_present, proc = Place::if_present;
  bool vnet = false;
  bool own_names = true;   // false: host names are the parent's
  bool terminals = false;  // /dev has a pts
  bool broker = false;     // init keeps the power to answer for root of the jail

  // Set before the gate opens at `masked`.
  std::vector<Mask> masks;

  // Set before the gate opens at `ready`.
  int root = -1;               // the tree as one detached mount, or -1 for an overlay of
  int lower = -1, store = -1;  // these two, both idmapped
  std::string lower_dir, upper_dir, work_dir;  // as the overlay is told of them
  int dev_tree = -1;                           // a tmpfs with the jail's nodes
  int words = -1;                              // a directory for its gaol/bin; -1: none
  std::vector<Attachment> attachments;

  // A file of dev_tree that lies, read-only, over one of the jail's tree.
  struct Cover {
    std::string file;
    const char* target;   // relative to the jail's root
    const char* subject;  // what a failure is called
  };
  std::vector<Cover> covers;

  // Programs of the host's that lie, read-only, over files of dev_tree.
  struct Program {
    int tree;
    std::string target;  // relative to the jail's root
  };
  std::vector<Program> programs;

  // Set before the gate opens at `connected`.
  int orders_in = -1, orders_out = -1;  // see jail/orders.h

  // Moved on by the parent alone, with open_gate().
  enum Gate : uint32_t { closed, mapped, masked, ready, connected };
  uint32_t gate = closed;

  // Moved on by the child alone. Once it stands, its descriptors are its own and every process
  // may enter; its memory is still ours until the exec (sys::Child::wait_exec).
  enum Progress : uint32_t { growing, standing, failed };
  uint32_t progress = growing;
  sys::ChildFailure failure;  // when `failed`
};

// Lets the child go on to where `gate` is enough.
void open_gate(Birth& birth, Birth::Gate gate) noexcept;

// Waits until the child stands or has failed. False when `milliseconds` ran out first, as when
// it was killed.
bool wait_for_child(Birth& birth, int milliseconds) noexcept;

// The child. `birth` points to a Birth.
void be_born(void* birth) noexcept;

}  // namespace gaol::jail
