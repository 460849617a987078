/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Where the jails are, to every program: each jail is a cgroup right below one root. The root
 * is looked for among a cgroup's ancestors, because a loader inside a cgroup namespace cannot
 * know its level.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const char kLicense[] SEC("license") = "Dual BSD/GPL";

/*
 * The id of the root, in a section of its own so that the loader can set it without knowing
 * any layout.
 */
const volatile __u64 gaol_root SEC(".rodata.root") = 0;

enum { kDeepestRoot = 8 };

#define INLINE static __always_inline
