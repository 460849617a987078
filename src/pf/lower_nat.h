// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// nat, rdr and binat: chains of nftables' type nat, which the first packet of a connection meets.

#include "base/result.h"
#include "pf/commands.h"
#include "pf/lower_match.h"
#include "pf/ruleset.h"

namespace gaol::pf {

// Whether there is a rule of translation.
bool translates(const Policy& policy);

// Whether one sends packets from outside to 127.0.0.0/8, which the kernel takes if it is told to.
bool reaches_loopback(const Policy& policy);
// The chain that keeps everything else from there, and from being answered from there.
inline constexpr const char* kLoopback = "loopback";
void guard_loopback(Commands& commands);

// Their chains. `early`: filter rules of `out` are asked when a packet is forwarded or sent, and
// those whose source may be translated later get kLater first.
enum class Early : bool { no, yes };
Result<> lower_translation(const Policy& policy, const Tags& tags, Early early, Commands& commands);

}  // namespace gaol::pf
