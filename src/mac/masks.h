// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a jail does not see, or not write, of /proc and /sys: the union of what Docker, Podman
// and systemd-nspawn keep from theirs, but for the directories there is one of for each CPU. The
// user namespace keeps most of it away already; this is a second fence.
//
// A path that does not exist is passed over; one that exists and cannot be masked must fail the
// start. sysfs as a whole is mounted read-only, so the last list names nothing below /sys.

#include <string_view>

namespace gaol::mac {

// Each is covered by the null device.
inline constexpr std::string_view kMaskedFiles[] = {
    "/proc/interrupts",  // the rhythm of the host's keyboard and network
    "/proc/kallsyms",    // addresses of the kernel, where kptr_restrict is 0
    "/proc/kcore",       // physical memory
    "/proc/keys",        // keyrings of everyone with the same user id
    "/proc/kmsg",        // the host's log
    "/proc/latency_stats",
    "/proc/sched_debug",    // all processes of the host
    "/proc/sysrq-trigger",  // reboots the machine
    "/proc/timer_list",     // processes of the host and addresses of the kernel
    "/proc/timer_stats",
};

// Each is covered by an empty read-only tmpfs, the same for all.
inline constexpr std::string_view kMaskedDirs[] = {
    "/proc/acpi",  // sleep and wake-up of the machine
    "/proc/asound",
    "/proc/scsi",                     // adds and removes disks by a write
    "/sys/dev/block",                 // the host's disks
    "/sys/devices/virtual/dmi",       // serial numbers of the machine, which tell it from others
    "/sys/devices/virtual/powercap",  // energy meters: a side channel into cryptography
    "/sys/firmware",                  // ACPI tables, UEFI variables
    "/sys/fs/selinux",                // the host's policy; programs would take it for theirs
};

// Each is bound onto itself, read-only.
inline constexpr std::string_view kReadOnlyPaths[] = {
    "/proc/apm",
    "/proc/bus",       // configuration space of PCI devices
    "/proc/fs",        // knobs of the host's mounted filesystems
    "/proc/irq",       // which CPU serves which interrupt
    "/proc/pressure",  // a write sets up a watch that runs at the host's expense
    "/proc/sys",       // core_pattern, modprobe: programs the kernel starts as the host's root
};

}  // namespace gaol::mac
