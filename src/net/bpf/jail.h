/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Which jail a hook is asked for, and what is known of it: the beginning of every program.
 * Each jail is a cgroup below the one that the programs are attached to, and a child jail's lies in
 * its parent's.
 */

#include "sys/bpf_program.h"

#include "stack_map.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct stack_jail);
} jails SEC(".maps");

/* What bind hooks may answer as well: the port may be below 1024. */
enum { kAllowReservedPort = 3 };

INLINE int refuse(int code) {
  bpf_set_retval(-code);
  return kRefuse;
}

/*
 * The ancestor of a packet's socket, or of the current process where there is no packet. Which it
 * is must be settled when this is compiled: older kernels' verifiers refuse a packet's program that
 * has so much as a dead call for the current process. So hooks with a packet are WITH_PACKET.
 */
#define WITH_PACKET __attribute__((nonnull))
INLINE __u64 ancestor(struct __sk_buff* packet, int level) {
  return packet ? bpf_skb_ancestor_cgroup_id(packet, level)
                : bpf_get_current_ancestor_cgroup_id(level);
}

/* A jail and what is known of it; `rules` is null outside of all jails. */
struct found_jail {
  __u64 cgroup;
  const struct stack_jail* rules;
};

/* Where the root lies, once somebody found it: it stays there for as long as it is. */
__u32 root_level = 0;

INLINE int level_of_root(struct __sk_buff* packet) {
  if (root_level) return root_level;
  for (int level = 1; level <= kDeepestRoot; level++)
    if (ancestor(packet, level) == gaol_root) return root_level = level;
  return 0;
}

static const struct stack_jail kNoEntry = {.reserved_ports_uid = STACK_NOBODY};

/*
 * From the topmost jail down to the innermost, which is the one whose rules hold. A cgroup that a
 * jail was divided into for other reasons has no entry. A jail without children pays two calls and
 * a lookup: every call of the kernel's costs more than what it does.
 */
INLINE struct found_jail find_jail(struct __sk_buff* packet) {
  struct found_jail found = {0, NULL};
  int level = level_of_root(packet);
  if (!level) return found;
  found.cgroup = ancestor(packet, level + 1);
  found.rules = bpf_map_lookup_elem(&jails, &found.cgroup);
  if (!found.rules) {
    if (!found.cgroup || ancestor(packet, level) != gaol_root) return found;
    found.rules = &kNoEntry;
  }
  for (int deeper = 2; deeper <= GAOL_DEEPEST_JAIL; deeper++) {
    __u64 cgroup = ancestor(packet, level + deeper);
    if (!cgroup) break;
    const struct stack_jail* rules = bpf_map_lookup_elem(&jails, &cgroup);
    if (rules) found = (struct found_jail){cgroup, rules};
  }
  return found;
}
