// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Raw sockets of a jail on the host's network stack (allow.raw_sockets). The kernel asks a power
// over that stack for one, which nobody in a jail has. So the jail's filter leaves such socket(2)
// calls to gaol-init, which asks a process of the host at a socket in the jail's /dev/gaol; the
// answer brings the new one, born in the jail's cgroup and bound to its primary address. What is
// sent and received by it is held by the cgroup's programs as all else is (net/bpf/stack.bpf.c).

namespace gaol::jail {

inline constexpr const char* kRawDoor = "/dev/gaol/raw";

// The arguments of socket(2). The answer is an int, 0 or an errno, and with 0 comes a descriptor.
struct RawSocket {
  int family, type, protocol;
};

}  // namespace gaol::jail
