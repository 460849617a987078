// SPDX-License-Identifier: BSD-2-Clause
//
// The workload of bench/start: nothing. It skips even libc's start-up code. That asks the
// processor some forty times what it is, and on a virtual machine each answer is a trip to the
// hypervisor: 0.2 ms that would be added to everybody's figure and blur the ratios.
#include <unistd.h>

// NOLINTNEXTLINE(bugprone-reserved-identifier): where the linker starts a program
void _start(void) __attribute__((noreturn));
void _start(void) { _exit(0); }
