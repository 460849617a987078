// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A jail on the host's own network stack, held to its addresses.
//
// FreeBSD's kernel checks every socket of such a jail against the prison's address list. Here
// BPF programs attached once to gaol's cgroup do (bpf/stack.bpf.c; `gaol-stack load` puts them
// there), and this file only tells them about one jail: an entry under its cgroup's id. Where
// the kernel can (Linux 6.7), bpf/unix.bpf.c also hides the host's abstract unix sockets.
//
// Where a jail has several addresses, a hook cannot ask routing which of them a connection leaves
// from. It goes by the networks that the addresses are in (FamilyPlan::by_network), which is what
// routing would say of neighbours, and takes the first for whatever lies behind a gateway.
// Source: jail(8), "ip4.addr" and what follows; prison_check_ip4 and its relatives.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::net {

// Where the loaded programs are; nothing is there before the first jail on the host's stack.
inline constexpr const char* kPrograms = "/sys/fs/bpf/gaol";

// How many jails may lie in each other: so far down the programs look for the innermost.
inline constexpr int kDeepestJail = 8;

// How a jail may use one family. Neither set: not at all, socket(2) fails EAFNOSUPPORT.
struct FamilyPlan {
  bool inherit = false;                 // the host's addresses, without limits
  std::vector<sys::Address> addresses;  // or these; the first is the primary one
  // Sockets that were not bound leave from the address whose network holds the destination, the
  // longest one first, else from the primary one. Prefixes say what the networks are; an address
  // with a full one has none.
  bool by_network = false;
};

struct StackPlan {
  FamilyPlan v4, v6;
  // The host's number of the jail's root, who may then bind ports below 1024 without a
  // capability in the host's user namespace.
  std::optional<uint32_t> reserved_ports_uid;
  // vnet. Such a jail inherits both families, because nothing it sees is the host's; others find
  // nobody at an abstract unix socket's name.
  bool own_stack = false;
  uint32_t mark = 0;  // of every socket (fib.h); 0: none
};

// False when the plan gives no addresses to hold the jail to (a disabled family is held by the
// system call filter as well): then the jail may also start where the programs cannot be
// loaded, and only abstract unix sockets are not held.
bool needed(const StackPlan& plan);

// Makes the plan hold for the jail in the cgroup directory `cgroup`, before its first process
// is in it, and gives back the cgroup's id for undo(). Every jail needs this, also one that
// is limited in nothing: a cgroup without an entry has no network.
// ENOENT: the programs are not loaded. Nothing is left behind by a failure.
Result<uint64_t> apply(sys::Kernel& kernel, const std::string& cgroup, const StackPlan& plan);

// Puts `after` in the place of `before` while the jail runs; there is no moment without rules.
Result<> replace(sys::Kernel& kernel, const std::string& cgroup, const StackPlan& before,
                 const StackPlan& after);

// The cgroup itself may be gone; a process that is left in it has no network from here on.
Result<> undo(sys::Kernel& kernel, uint64_t cgroup_id, const StackPlan& plan);

}  // namespace gaol::net
