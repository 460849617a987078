// SPDX-License-Identifier: BSD-2-Clause
//
// FreeBSD's prison_priv_check() is one list of what root of a jail may do. Linux splits root into
// capabilities, some of which hold only over what the jail's user namespace owns and some over
// the whole machine. Kept is what stands on FreeBSD's list and would be safe even if the jail
// shared the host's user ids. Not kept, although the list would allow a part of it:
//   SYS_ADMIN        mount, hostname and much else; what a jail may do of it needs a broker
//   SYS_RESOURCE     raises rlimits, but above those of rctl as well
//   DAC_READ_SEARCH  DAC_OVERRIDE says the same about paths; this one also opens file handles,
//                    which know no root directory
//   SYS_NICE         FreeBSD refuses negative nice values in jails
//   MKNOD            a jail's devices are those of its ruleset

#include "mac/capabilities.h"

#include <linux/capability.h>

#include <initializer_list>

namespace gaol::mac {
namespace {

constexpr uint64_t mask(std::initializer_list<int> capabilities) {
  uint64_t bits = 0;
  for (const int capability : capabilities) bits |= uint64_t{1} << capability;
  return bits;
}

constexpr uint64_t kAlways = mask({CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL,
                                   CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_SETFCAP, CAP_SYS_CHROOT,
                                   CAP_SYS_PTRACE});  // the PID namespace holds it to the jail

}  // namespace

uint64_t kept(const Permissions& may) {
  if (!may.suser) return 0;
  uint64_t bits = kAlways;
  if (may.reserved_ports) bits |= mask({CAP_NET_BIND_SERVICE});
  if (may.mlock) bits |= mask({CAP_IPC_LOCK});
  if (may.sysvmsg || may.sysvsem || may.sysvshm) bits |= mask({CAP_IPC_OWNER});
  if (may.reboot) bits |= mask({CAP_SYS_BOOT});
  // Over a shared stack this reaches the host's interfaces.
  if (may.vnet && may.net_admin) bits |= mask({CAP_NET_ADMIN});
  // Over a shared one it opens nothing; programs that have it of their file would not start
  // without.
  if (may.raw_sockets) bits |= mask({CAP_NET_RAW});
  return bits;
}

}  // namespace gaol::mac
