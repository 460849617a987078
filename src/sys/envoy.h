// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// An envoy is a child that joins the namespaces of a jail, makes a few system calls there, and
// ends. Some things the host's root cannot do, however mighty: write the id maps of a namespace
// two levels down, clone a tree of another mount namespace, give birth in a PID namespace that is
// not ours. A process that is there must do them.
//
// It shares our memory and descriptors, so that what it opens is ours. The root of the jail has
// power over it as soon as it has joined, but cannot look into memory that cannot be dumped.

#include <cstdint>

#include "sys/clone.h"

namespace gaol::sys {

struct Mission {
  int init = -1;            // pidfd of a process in the namespaces to join
  uint64_t namespaces = 0;  // CLONE_NEW*; the PID namespace is joined by being born in it
  int cgroup = -1;          // as in CloneRequest
  // Runs in the envoy: nothing but sys/raw.h. Gives 0 or more, or -errno.
  long (*errand)(void* argument) noexcept = nullptr;
  void* argument = nullptr;
};

// The errand's result, or -errno of what kept it from beginning. An envoy that the jail has
// stopped is not waited for: -ETIMEDOUT.
long send_envoy(const Mission& mission);

// --- the errands ---

struct Delivery {
  clone_args* args;
  void (*run)(void*);
  void* argument;
};
long deliver(void* delivery) noexcept;

// Writes one text into two files, opened by their absolute paths.
struct IdMaps {
  const char *uid_map, *gid_map;
  const char* text;
  unsigned long size;
};
long write_id_maps(void* maps) noexcept;

// Clones the tree at an absolute path of the jail's. No component of it may be a link: one into
// /proc/self/fd would lead to what we have open.
struct TreePath {
  const char* path;
  unsigned flags;  // of open_tree(2)
};
long clone_tree(void* tree) noexcept;

// Takes the topmost mount off each path, the last first. What none lies on is passed over.
struct MountPoints {
  const char* const* paths;
  unsigned long count;
};
long unmount_all(void* points) noexcept;

// The whole of an envoy.
struct Envoy {
  const Mission& mission;
  long result;
};
void be_envoy(void* envoy) noexcept;

}  // namespace gaol::sys
