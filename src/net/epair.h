// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Names and addresses of what `ifconfig ... create` makes.
//
// An epair is FreeBSD's patch cable; Linux spells it veth. FreeBSD numbers interfaces by unit and
// calls the ends of epair7 epair7a and epair7b. Since FreeBSD 15 their MAC addresses are a function
// of the name and the host, so that neighbours' caches and DHCP leases outlive a restart of the
// jail; bridges had that before.

#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/kernel.h"
#include "sys/links.h"

namespace gaol::net {

// `bridge12`: the stem "bridge" and the unit "12", which may be empty.
struct UnitName {
  std::string_view stem, unit;
};
UnitName split_unit(std::string_view name);

// What tells this machine from others. A jail has a machine-id of its own or none.
std::string host_id(sys::Kernel& kernel);

// A locally administered address: the same for the same host, name and end.
sys::Mac stable_mac(std::string_view host, std::string_view name, uint8_t end);

// What is to be made under a name of FreeBSD's with its unit, `epair0` or `em0.10`; what
// else a vlan, vxlan or macvlan needs is left to the caller. EINVAL: no such kind of interface.
Result<sys::NewLink> new_link(std::string_view host, const std::string& name);

// "02:1a:..", and back; nothing for anything else.
std::string mac_text(const sys::Mac& mac);
std::optional<sys::Mac> parse_mac(std::string_view text);

// FreeBSD's word for a kind of Linux: "veth" is "epair". The kind itself when it has none.
std::string_view group_of(const sys::Link& link);

}  // namespace gaol::net
