/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * What the device program and the warden say to each other. Plain C, because both sides read it.
 */

#include <linux/bpf.h>

/* Map "devices": cgroup id -> device_jail. A jail without an entry has the common devices only. */
#define GAOL_DEVICE_MAP "/sys/fs/bpf/gaol/devices"

/* Devices of one kind with minor numbers in a row, and what may be done with them. */
struct device_range {
  __u32 type; /* BPF_DEVCG_DEV_BLOCK or BPF_DEVCG_DEV_CHAR */
  __u32 major;
  __u32 first, last; /* minor numbers */
  __u32 access;      /* BPF_DEVCG_ACC_READ, BPF_DEVCG_ACC_WRITE */
};

enum { DEVICE_RANGES = 128 };
struct device_jail {
  __u32 count;
  struct device_range range[DEVICE_RANGES];
};

enum { DEVICE_ACCESS = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

/* What every jail may open: memory that is nobody's, and terminals of its own. */
static const struct device_range kCommonDevices[] = {
    {BPF_DEVCG_DEV_CHAR, 1, 3, 3, DEVICE_ACCESS},    /* null */
    {BPF_DEVCG_DEV_CHAR, 1, 5, 5, DEVICE_ACCESS},    /* zero */
    {BPF_DEVCG_DEV_CHAR, 1, 7, 9, DEVICE_ACCESS},    /* full, random, urandom */
    {BPF_DEVCG_DEV_CHAR, 5, 0, 0, DEVICE_ACCESS},    /* tty */
    {BPF_DEVCG_DEV_CHAR, 5, 2, 2, DEVICE_ACCESS},    /* ptmx */
    {BPF_DEVCG_DEV_CHAR, 136, 0, ~0u, DEVICE_ACCESS} /* pts */
};
