// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// From what a user asked to what will be done: the start plan. Making it changes nothing and
// refuses what cannot work, so that a start either begins well or does not begin.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "jail/prison.h"
#include "mac/permissions.h"
#include "net/nat.h"
#include "net/stack.h"
#include "warden/record.h"

namespace gaol::warden {

// One jail as asked for, by a configuration file or by a command line.
struct Request {
  std::string title;  // the configuration block's name; empty: command line
  jail::Settings settings;
  // `command=` of a command line is one program with its arguments; elsewhere each value is a
  // line.
  std::vector<std::string> command_argv;
  bool runs_something = false;  // though the settings do not say what
};

// The jid or, where none is given, the name of the jail that is meant; maybe empty.
std::string identity(const jail::Settings& settings);

// What jail_set(2) would be given, as words: every parameter that is not jail(8)'s own.
enum class Words : uint8_t { all, changeable };
std::string jail_set_words(const jail::Settings& settings, Words which);

struct StartPlan {
  std::string name;         // empty: the jid's digits
  std::optional<Jid> jid;   // asked for, not given out
  std::string path;         // absolute
  std::string inner_path;   // the same as the parent jail has it
  jail::PrisonPlan prison;  // tree, first_id and empty_dir are filled in later
  mac::Permissions permissions;
  net::StackPlan stack;
  std::vector<net::Alias> aliases;
  std::vector<std::string> interfaces;
  std::vector<sys::Wire> wires;
  std::vector<std::string> datasets;  // delegated to it
  std::optional<net::NatPlan> nat;
  std::vector<std::string> claims;  // see claims_of()
  bool persist = false;
  bool runs_something = false;  // exec.start, command or exec.poststart
};

// The jail's path as records have it. Relative ones are for the command line only.
Result<std::string> absolute_path(sys::Kernel& kernel, const Request& request);

// Whether a jail may have that name; whose it is already is another question.
Result<> check_name(std::string_view name);

// `parent` is the jail that this one is to be below; null: the host. Paths are written as the host
// has them, and must lie below the parent's.
Result<StartPlan> make_plan(sys::Kernel& kernel, const Request& request,
                            const Record* parent = nullptr);

// What stands at a jail's path. Not part of the plan, because exec.prepare and exec.prestart may
// be what makes it.
Result<dataset::Tree> find_tree(sys::Kernel& kernel, const StartPlan& plan, const Record* parent);

// The parts that a running jail's record gives again. `children`: how many jails are below it.
std::vector<jail::PrisonPlan::File> files_of(const jail::Settings& settings, size_t children);
mac::Permissions permissions_of(const jail::Settings& settings);
// CLONE_NEW* of what the jail inherits.
uint64_t shared_namespaces(const jail::Settings& settings);
jail::Orders orders_of(const jail::Settings& settings);
// As the jail of that jid and those ids has it; what is asked beforehand has neither.
net::StackPlan stack_of(const jail::Settings& settings, uint32_t first_id = 0, Jid jid = 0);
std::vector<std::string> addresses_of(const jail::Settings& settings);
// What others have to keep off, or may share on conditions: addresses, and ports of the host's.
std::vector<std::string> claims_of(const jail::Settings& settings);
// The programs that vnet.nat and vnet.rdr are done with: nft(8)'s path.
Result<std::string> find_nft(sys::Kernel& kernel);

// What the jail's /dev holds: by its ruleset, and by permissions that come to a device.
Result<std::vector<sys::Node>> devices_of(sys::Kernel& kernel, const jail::Settings& settings);
// Whether any of the parameters that decide it is given.
bool asks_for_devices(const jail::Settings& settings);

}  // namespace gaol::warden
