// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Starting and stopping a jail, one table each, in the man page's order (jail(8), "Jail
// Parameters" and what startcommands[] and stopcommands[] in its source run). A step that
// fails is undone from the one above it to the first; so is a start that a kill -9 cut short,
// by whoever finds the record, because undoing asks for nothing but the record.

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "warden/commands.h"
#include "warden/plan.h"
#include "warden/store.h"

namespace gaol::warden {

// What every step works on.
struct Machine {
  sys::Kernel& kernel;
  Store& store;
  const Report& report;
  const RunParameter& hooks;
  std::vector<Stray>& strays;
  bool locked = false;  // the store's lock is ours already
};

// The cgroup that all jails are in.
Result<std::string> cgroup_root(sys::Kernel& kernel);

// A jail on its way up.
struct Start {
  Machine machine;
  const Request& request;
  StartPlan plan;
  Record record;
  const Record* parent = nullptr;  // of the jail this one is below; null: the host
  sys::Fd parent_init;             // its pidfd
  sys::Fd cgroup;                  // from the step "cgroup" on
  jail::Prison prison;             // from the step "create" on
};

// Runs the start table. REQUIRES: the record is reserved. On failure everything is undone, the
// record forgotten, and what failed is returned.
Result<> run_start(Start& start);

// Whether removal hooks come along, and what the record knows of a running jail.
struct Stop {
  Machine machine;
  const jail::Settings& settings;  // hooks and times: of the current file, or of the record
  bool hooks = true;
  std::string title;
  Record record;
  std::string path;
  bool gone = true;  // whether all that the start had made could be undone
};

// Runs the stop table on a running jail. Failures up to the removal leave the jail running;
// later ones are reported (the first is returned) and the rest goes on.
Result<> run_stop(Stop& stop);
// What follows the removal: exec.poststop, aliases, exec.release (jail -C).
Result<> run_cleanup(Stop& stop);

// Where the init system of its userland has ended and the jail has not: takes away what was mounted
// for it, and knows no more of it.
Result<> forget_first(const Machine& machine, Record& record);

// Keeps the network namespace of a jail that interfaces are lent to, however the jail ends. With
// the namespace, virtual interfaces die and physical ones fall to the first of the machine.
Result<> keep_network(const Machine& machine, Jid jid, const sys::Fd& netns);

// Undoes whatever of a jail still stands, from its record alone, and forgets it. REQUIRES: lock.
void sweep(const Machine& machine, Record record);

// `start`'s table as a person would read it (jail -n style dry runs).
std::vector<std::string_view> start_step_names();

// Rewrites what the jail can read of itself. One that has no /dev, or has moved the files there
// away, goes without.
void tell_jail(const Machine& machine, const Record& record);

CommandContext command_context(const Machine& machine, const jail::Settings& settings,
                               const Record& record, const std::string& path);

}  // namespace gaol::warden
