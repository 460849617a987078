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
#include "warden/authority.h"
#include "warden/plan.h"
#include "warden/record.h"
#include "warden/steps.h"
#include "warden/store.h"
#include "warden/way_in.h"

namespace gaol::warden {

constexpr const char* kStateRoot = "/run/gaol";

class Warden final : public Authority {
 public:
  // `hooks` runs the commands of jails' parameters.
  explicit Warden(sys::Kernel& kernel, Report report = {}, std::string root = kStateRoot,
                  RunParameter hooks = run_parameter);

  Result<Jid> start(const Request& asked) override;
  Result<> modify(const Request& request) override;
  bool needs_restart(const Request& request) override;
  Result<> stop(const Record& jail, const jail::Settings* configured,
                const std::string& title) override;
  Result<> cleanup(const jail::Settings& settings, const std::string& title) override;
  Result<Record> find(std::string_view jid_or_name) override;
  std::vector<Record> list() override;
  Result<std::vector<Entry>> listing(Dying dying, Names names) override;
  Result<Entry> look_up(std::string_view jid_or_name, Dying dying, Names names) override;
  void read_names(Record& jail) const;
  Result<sys::Fd> attach(const Record& jail, const sys::Command& command) override;
  Result<User> user_of(const Record& jail, std::string_view who) override;

  // Moves the calling process into a running jail, for good; see jail::move_into_prison().
  Result<> enter(const Record& jail);

  // Moves an interface of the caller's network into a vnet jail, to be brought back when the jail
  // ends like those of vnet.interface; and brings one back before.
  Result<> lend(const Record& jail, const std::string& interface);
  Result<> take_back(const Record& jail, const std::string& interface);
  // Where its interfaces are: an nsfs descriptor.
  Result<sys::Fd> network_of(const Record& jail);

 private:
  Machine machine() { return {kernel_, store_, report_, hooks_, strays_}; }
  // Marks those that have died as dying, and gives them.
  std::vector<Jid> look_at(std::vector<Entry>& jails, Names names);
  // As way_in(), after what an init system that has ended left is taken away.
  Result<WayIn> open_way(const Record& jail);
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
  // That no other jail has one of the host's ports.
  Result<> refuse_ports(const StartPlan& plan);
  // The jail whose network stack that of the name uses; empty: the host's.
  std::string_view stack_owner(std::string_view name) const;
  // The ids of the host that a jail on the host will have. REQUIRES the lock.
  Result<uint32_t> take_ids(const StartPlan& plan, Jid jid);
  // Gives the jails below `record` the names that follow from its new one.
  Result<> rename_descendants(const Record& record, const std::string& old_name);
  // Takes from the jails below what `record` does not have any more.
  Result<> tighten_descendants(const Record& record);
  Result<> tighten(Record& child, const Record& parent);

  Result<> give_names(const sys::Fd& init, const jail::Settings& wanted);
  Result<> give_orders(const sys::Fd& init, const jail::Settings& before,
                       const jail::Settings& after);
  bool running(const Record& record) { return kernel_.alive(record.init); }

  sys::Kernel& kernel_;
  Report report_;
  RunParameter hooks_;
  Store store_;
  std::vector<Stray> strays_;
};

}  // namespace gaol::warden
