// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A routing table for the jails of the host's stack, FreeBSD's FIB.
//
// There each process has the number of a table, which the sockets it makes take on. Here a program
// of the jail's cgroup (bpf/stack.bpf.c) marks every socket made in the jail, and two policy rules
// say what the mark means: look in that table, and nowhere else. Replies to what comes in from
// outside take the same way, because an accepted connection has the mark of its listener.
// Sources: setfib(2); ip-rule(8); rtnetlink(7).

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::net {

// What sockets of that jail are marked with. 0x6a: of ours.
constexpr uint32_t fib_mark(int jid) { return 0x6a000000U | static_cast<uint32_t>(jid); }

// FIB 0 is what everybody uses. Of the tables that Linux itself names (rt_tables), which are the
// host's, there can be no jail.
Result<> check_fib(int64_t fib);

// The rules for the jail's mark. ENOENT: neither family has a route in that table.
Result<> choose_fib(sys::Kernel& kernel, int jid, uint32_t fib);
// Also when some of the rules or none are there.
Result<> leave_fib(sys::Kernel& kernel, int jid, uint32_t fib);

}  // namespace gaol::net
