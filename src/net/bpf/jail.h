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

/*
 * From the topmost jail down to the innermost, which is the one whose rules hold. A cgroup that a
 * jail was divided into for other reasons has no entry. A jail without children pays one call.
 */
INLINE __u64 innermost_jail(struct __sk_buff* packet, int level) {
  __u64 jail = ancestor(packet, level);
  for (int deeper = 1; deeper < GAOL_DEEPEST_JAIL; deeper++) {
    __u64 cgroup = ancestor(packet, level + deeper);
    if (!cgroup) break;
    if (bpf_map_lookup_elem(&jails, &cgroup)) jail = cgroup;
  }
  return jail;
}

/* The cgroup of the jail, or 0 outside of all jails. */
INLINE __u64 find_jail(struct __sk_buff* packet) {
  for (int level = 1; level <= kDeepestRoot; level++)
    if (ancestor(packet, level) == gaol_root) return innermost_jail(packet, level + 1);
  return 0;
}

static const struct stack_jail kNoEntry = {.reserved_ports_uid = STACK_NOBODY};

INLINE const struct stack_jail* entry_of(__u64 cgroup) {
  const struct stack_jail* jail = bpf_map_lookup_elem(&jails, &cgroup);
  return jail ? jail : &kNoEntry;
}
