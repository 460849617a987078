// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A vnet jail's network in five words instead of a recipe of hooks:
//
//   vnet;
//   vnet.bridge = "bridge0";
//   vnet.ip4 = "192.168.10.2/24";
//   vnet.router = "192.168.10.1";
//
// Every bridge is wired to an interface of the jail's by an epair, the first to eth0, the next to
// eth1. Addresses are `[IF|]ADDR/MASK` as in ip4.addr, eth0 where none is named; a router serves
// the interface whose network it is in.

//
// With vnet.nat what it sends elsewhere comes from the host, and vnet.rdr = "tcp 8080 -> 80" brings
// what is sent to a port of the host to the jail's.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "jail/params.h"
#include "net/nat.h"
#include "sys/kernel.h"
#include "warden/record.h"

namespace gaol::warden {

// The wires that the parameters ask for, without what depends on the jid. Errors begin with the
// parameter's name.
Result<std::vector<sys::Wire>> wires_of(const jail::Settings& settings);

// What the host does for the jail besides: vnet.nat and vnet.rdr. Nothing where neither is given.
Result<std::optional<net::NatPlan>> nat_of(const jail::Settings& settings);

// How many wires a jail has.
size_t count_wires(const jail::Settings& settings);

// On the host a wire is called after the jail's number, because a name may be too long: e0a_7 and
// its number stand for `eth0 of jail 7`.
std::string outer_name(Jid jid, size_t wire);

// Gives a wire its name and its MAC addresses, which are the same whenever that jail starts on that
// host.
void settle_wire(sys::Wire& wire, size_t number, Jid jid, const std::string& name,
                 const std::string& host);

}  // namespace gaol::warden
