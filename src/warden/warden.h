// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The one authority over the jails of this machine. Front ends parse words, ask the warden,
// and print; nothing else writes state. It has no process of its own: every command is the
// warden while it runs, and what a killed one left is finished by the next.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "warden/plan.h"
#include "warden/record.h"
#include "warden/steps.h"
#include "warden/store.h"

namespace gaol::warden {

constexpr const char* kStateRoot = "/run/gaol";

class Warden {
 public:
  explicit Warden(sys::Kernel& kernel, Report report = {}, std::string root = kStateRoot);

  // Creates a jail and runs its start table. Gives its jid. EEXIST in the error: a jail of
  // that name or jid is running.
  Result<Jid> start(const Request& asked);

  // Changes what may be changed of a running jail, all or nothing. ENOENT: no such jail. EROFS:
  // what is asked would need a restart.
  Result<> modify(const Request& request);
  // Whether that jail runs and modify() would say that it takes a restart.
  bool needs_restart(const Request& request);

  // Stops a running jail with the hooks and times of `configured`; null: it is not configured
  // (any more), no hook runs and times are the standard ones.
  Result<> stop(const Record& jail, const jail::Settings* configured, const std::string& title);
  // Only what follows a removal, for a jail that is not running (jail -C).
  Result<> cleanup(const jail::Settings& settings, const std::string& title);

  // A running jail by jid or name; `0` names none.
  Result<Record> find(std::string_view jid_or_name);
  // All running jails by rising jid. Sweeps those that have died meanwhile.
  std::vector<Record> list();

  // For anybody's eyes, root or not. A jail that is being taken apart, or could not be, is shown
  // only if the dying are asked for.
  enum class Dying : uint8_t { hidden, shown };
  Result<std::vector<Entry>> listing(Dying dying);
  Result<Entry> look_up(std::string_view jid_or_name, Dying dying);
  // Puts the host names as they are now, for the jail's root may change them, in the place of those
  // that the jails were given. REQUIRES: root.
  void read_names(std::span<Entry> jails);
  void read_names(Record& jail);

  // Starts a program in a running jail; the Fd is its pidfd, a child of ours.
  Result<sys::Fd> attach(const Record& jail, const sys::Command& command);
  // Moves the calling process into a running jail, for good; see jail::move_into_prison().
  Result<> enter(const Record& jail);

  // Moves an interface of the caller's network into a vnet jail, to be brought back when the jail
  // ends like those of vnet.interface; and brings one back before.
  Result<> lend(const Record& jail, const std::string& interface);
  Result<> take_back(const Record& jail, const std::string& interface);
  // Where its interfaces are: an nsfs descriptor.
  Result<sys::Fd> network_of(const Record& jail);

 private:
  Machine machine() { return {kernel_, store_, report_, strays_}; }
  // The record of a jail that was being made or unmade by somebody who is gone.
  std::optional<Record> abandoned(Jid jid);
  // The jail that one of this name would be below; null: the host.
  Result<std::unique_ptr<Record>> parent_of(std::string_view name);
  // The rest REQUIRES: lock.
  void finish_the_dead();
  // Sweeps these and what else was left by somebody who is gone. False: there was nothing to do,
  // or it is not ours to do.
  bool sweep_the_dead(const std::vector<Jid>& dead);
  // The record of a jail that runs, or that somebody is making or unmaking. A dead one is swept.
  std::optional<Record> living(Jid jid);
  // The jail of that name, as living() has it.
  std::optional<Record> named(const std::string& name);
  Result<> refuse_taken(const StartPlan& plan);
  Result<> change(Record& record, const Request& request);
  // That a parent is there, has room below, and gives what is asked for.
  Result<> refuse_child(const Record& parent, jail::Settings& settings);
  // That a running child's parent has what the child is to have.
  Result<> refuse_more(const Record& child, jail::Settings& settings);
  // By what the jail named `self` would be with these settings.
  Result<> refuse_clash(const jail::Settings& settings, std::string_view self);
  // The jail whose network stack that of the name uses; empty: the host's.
  std::string_view stack_owner(std::string_view name) const;
  // Gives the jails below `record` the names that follow from its new one.
  Result<> rename_descendants(const Record& record, const std::string& old_name);
  // Takes from the jails below what `record` does not have any more.
  Result<> tighten_descendants(const Record& record);
  Result<> tighten(Record& child, const Record& parent);

  // Rewrites what the jail can read of itself. `init` is a process of it.
  void tell_jail(const jail::Settings& settings, int init);
  Result<> give_names(const sys::Fd& init, const jail::Settings& wanted);
  Result<> give_orders(const sys::Fd& init, const jail::Settings& before,
                       const jail::Settings& after);
  bool running(const Record& record) { return kernel_.alive(record.init); }

  sys::Kernel& kernel_;
  Report report_;
  Store store_;
  std::vector<Stray> strays_;
};

}  // namespace gaol::warden
