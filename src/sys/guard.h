// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a vnet jail may send on the wire that it was given. Root of the jail rules its own stack and
// can make any frame; the guard sits at the wire's other end, out of its reach, and drops frames
// that lie about who they are from: another MAC address, another address than the jail's in IPv4,
// IPv6, ARP and neighbour advertisements. Router advertisements and redirects, with which IPv6
// neighbours are led astray, and bridges' own protocols are dropped as well.
//
// It is a program for the kernel with the addresses as its constants: nothing is kept anywhere
// else, and it goes with the wire.

#include <linux/bpf.h>

#include <span>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

struct Guard {
  Mac mac{};
  // Whom the jail may be. Of a family with none here only the MAC address is held.
  std::vector<Address> addresses;
};

// For the ingress of an interface: answers TC_ACT_OK or TC_ACT_SHOT.
std::vector<bpf_insn> guard_program(const Guard& guard);

// The link-local IPv6 address that goes with a MAC address (RFC 4291, appendix A).
Address link_local(const Mac& mac);

// Loads a program for an interface's traffic; the descriptor holds it.
Result<Fd> load_classifier(std::span<const bpf_insn> code, const char* name);
Result<Fd> load_guard(const Guard& guard);

}  // namespace gaol::sys
