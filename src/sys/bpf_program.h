/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * What every program for the kernel begins with. All of them are attached to one cgroup, below
 * which the jails have theirs.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define INLINE static __always_inline

const char kLicense[] SEC("license") = "Dual BSD/GPL";

/*
 * The id of the cgroup the programs are attached to, in a section of its own so that the
 * loader can set it without knowing any layout.
 */
const volatile __u64 gaol_root SEC(".rodata.root") = 0;

/* The root is looked for, because its level cannot be known to a loader in a cgroup namespace. */
enum { kDeepestRoot = 8 };

/* What a hook answers. */
enum { kRefuse = 0, kAllow = 1 };

/*
 * The answer that a truth stands for, in a way that the verifiers of Linux 6.1 can follow: they
 * lose sight of a value's range where the compiler keeps it in two registers.
 */
INLINE int allow_if(int truth) {
  __asm__ volatile("" : "+r"(truth));
  return truth & kAllow;
}
