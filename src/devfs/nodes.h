// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The nodes of a jail's /dev: a ruleset run over what there is.
//
// FreeBSD's devfs is one set of nodes, of which a mount with a ruleset hides some. Here a jail has
// a /dev of its own, a tmpfs that holds exactly what its ruleset shows; nothing is hidden because
// nothing else is there. The sets run once, when the jail starts: a device that is plugged in later
// does not appear in a running jail.
//
// What there is: nodes that a jail makes for itself under names it knows (null, tty, pts ...), and
// the host's. Sets that name no others than those, as the standard ones do, never ask the host.
// Sources: devfs(8), devfs.rules(5).

#include <string>
#include <vector>

#include "base/result.h"
#include "devfs/rules.h"
#include "sys/kernel.h"

namespace gaol::devfs {

// What must be known of the host's /dev before a set can run.
struct Question {
  bool everything = false;         // all of it; the names do not matter then
  std::vector<std::string> names;  // these, a directory before what is in it
};
// Fails for a set that there is not, or that includes one, or itself.
Result<Question> question(const Rulesets& sets, int number);

// Where names of users and groups are looked up: the texts of passwd(5) and group(5).
struct Accounts {
  std::string passwd, group;
};
// Whether a set needs them.
bool names_accounts(const Rulesets& sets, int number);

// The nodes that the set shows of a jail's own and of `host`, in the order to make them: rules in
// the order of their numbers, an include in its place, a later rule over an earlier one. What lies
// in a hidden directory is hidden. REQUIRES: question() passed, and `host` answers it.
Result<std::vector<sys::Node>> evaluate(const Rulesets& sets, int number,
                                        const std::vector<sys::Node>& host,
                                        const Accounts& accounts);

// What evaluate() comes to for the standard sets 4 and 5, which ask the host for nothing. Most
// jails have one of them, and are spared the reading of rules: it would be a twentieth of a start.
// A test holds the two to each other. REQUIRES: `number` is one of the two.
constexpr int kJailSet = 4, kJailVnetSet = 5;
std::vector<sys::Node> standard_nodes(int number);

}  // namespace gaol::devfs
