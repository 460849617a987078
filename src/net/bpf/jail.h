/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Which jail a hook is asked for, and what is known of it: the beginning of every program.
 * Each jail is a cgroup right below the one that the programs are attached to.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "stack_map.h"

#define INLINE static __always_inline

const char kLicense[] SEC("license") = "Dual BSD/GPL";

/*
 * The id of the cgroup the programs are attached to, in a section of its own so that the
 * loader can set it without knowing any layout.
 */
const volatile __u64 gaol_root SEC(".rodata.root") = 0;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct stack_jail);
} jails SEC(".maps");

enum { kDeepestRoot = 8 };

/* What a hook answers. The last one is known to bind hooks only: the port may be below 1024. */
enum { kRefuse = 0, kAllow = 1, kAllowReservedPort = 3 };

INLINE int refuse(int code) {
  bpf_set_retval(-code);
  return kRefuse;
}

/* The ancestor of a packet's socket, or of the current process where there is no packet. */
INLINE __u64 ancestor(struct __sk_buff* packet, int level) {
  return packet ? bpf_skb_ancestor_cgroup_id(packet, level)
                : bpf_get_current_ancestor_cgroup_id(level);
}

/*
 * The cgroup of the jail, or 0 outside of all jails. The root is looked for because its level
 * cannot be known to a loader inside a cgroup namespace.
 */
INLINE __u64 find_jail(struct __sk_buff* packet) {
  for (int level = 1; level <= kDeepestRoot; level++)
    if (ancestor(packet, level) == gaol_root) return ancestor(packet, level + 1);
  return 0;
}

static const struct stack_jail kNoEntry = {.reserved_ports_uid = STACK_NOBODY};

INLINE const struct stack_jail* entry_of(__u64 cgroup) {
  const struct stack_jail* jail = bpf_map_lookup_elem(&jails, &cgroup);
  return jail ? jail : &kNoEntry;
}
