// SPDX-License-Identifier: BSD-2-Clause
//
// Which devices a jail may open, whatever nodes it finds. Its own /dev holds what its ruleset shows
// and the rest of its tree is mounted nodev; should a node get past that by any way, the kernel
// asks here before it opens it.
//
// A jail below a jail has a cgroup below its parent's. What its parent may open, it may open too:
// the child's own /dev says what it is shown of that.

#include "sys/bpf_program.h"

#include "device_map.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct device_jail);
} devices SEC(".maps");

enum { kDeepestJail = 8 };

struct request {
  __u32 type, access, major, minor;
};

INLINE int covers(const struct device_range* range, const struct request* wanted) {
  return range->type == wanted->type && range->major == wanted->major &&
         range->first <= wanted->minor && wanted->minor <= range->last &&
         !(wanted->access & ~range->access);
}

INLINE int is_common(const struct request* wanted) {
  for (unsigned i = 0; i < sizeof kCommonDevices / sizeof *kCommonDevices; i++)
    if (covers(&kCommonDevices[i], wanted)) return 1;
  return 0;
}

INLINE int has(__u64 cgroup, const struct request* wanted) {
  const struct device_jail* jail = bpf_map_lookup_elem(&devices, &cgroup);
  if (!jail) return 0;
  for (unsigned i = 0; i < DEVICE_RANGES && i < jail->count; i++)
    if (covers(&jail->range[i], wanted)) return 1;
  return 0;
}

/* The level of the root among our ancestors. */
INLINE int root_level(void) {
  for (int level = 1; level <= kDeepestRoot; level++)
    if (bpf_get_current_ancestor_cgroup_id(level) == gaol_root) return level;
  return 0;
}

SEC("cgroup/dev")
int device(struct bpf_cgroup_dev_ctx* call) {
  struct request wanted = {call->access_type & 0xffff, call->access_type >> 16, call->major,
                           call->minor};
  if (is_common(&wanted)) return kAllow;
  int root = root_level();
  for (int depth = 1; depth <= kDeepestJail; depth++) {
    __u64 cgroup = bpf_get_current_ancestor_cgroup_id(root + depth);
    if (!cgroup) return kRefuse;
    if (has(cgroup, &wanted)) return kAllow;
  }
  return kRefuse;
}
