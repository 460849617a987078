// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Interfaces and addresses of the caller's network namespace, spoken in rtnetlink. Errors
// carry errno and, where the kernel gave a reason of its own, that reason.

#include <functional>
#include <string>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

struct Address;
struct LentLink;
struct RoutingRule;

// 10.0.0.1/32
std::string address_text(const Address& address);

Result<unsigned> rtnl_link_index(const std::string& interface);
Result<> rtnl_set_link_up(const std::string& interface);

// Whether that very address, prefix length included, stands on the interface.
Result<bool> rtnl_has_address(const std::string& interface, const Address& address);
// False if the address stood there already. An IPv6 address is usable at once: nobody waits
// for duplicate detection.
Result<bool> rtnl_add_address(const std::string& interface, const Address& address);
// False if it was not there, or the interface is gone.
Result<bool> rtnl_remove_address(const std::string& interface, const Address& address);

Result<bool> rtnl_has_routes(int family, uint32_t table);
// A family that the kernel was built or booted without has no rules, and needs none.
Result<> rtnl_add_rule(const RoutingRule& rule);
Result<> rtnl_remove_rule(const RoutingRule& rule);  // nothing if it is not there

// The caller's network namespace.
Result<Fd> own_netns();
// Does something in another network namespace, and comes back.
Result<> in_netns(const Fd& netns, const std::function<Result<>()>& act);

// Moves an interface into the network namespace `netns`. The kernel drops its addresses and
// its up state on the way. The result is its index there.
Result<unsigned> rtnl_push_link(const std::string& interface, const Fd& netns);
// Moves an interface from `netns` back to the caller's, under the name that it had. False if it is
// not there any more. The calling thread is inside `netns` while it opens one socket.
Result<bool> rtnl_pull_link(const LentLink& interface, const Fd& netns);

}  // namespace gaol::sys
