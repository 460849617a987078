// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What front ends ask about jails, whoever answers: on the host the warden itself (warden.h), in a
// jail that may have jails below it the host through a socket (remote.h). Names, jids and paths are
// those of whoever asks: a jail sees what is below it, by names relative to its own, and nothing
// else.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "warden/commands.h"
#include "warden/index.h"
#include "warden/plan.h"
#include "warden/record.h"
#include "warden/users.h"

namespace gaol::warden {

class Authority {
 public:
  virtual ~Authority() = default;

  // Creates a jail and runs its start table. Gives its jid. EEXIST in the error: a jail of
  // that name or jid is running.
  virtual Result<Jid> start(const Request& asked) = 0;

  // Changes what may be changed of a running jail, all or nothing. ENOENT: no such jail. EROFS:
  // what is asked would need a restart.
  virtual Result<> modify(const Request& request) = 0;
  // Whether that jail runs and modify() would say that it takes a restart.
  virtual bool needs_restart(const Request& request) = 0;

  // Stops a running jail with the hooks and times of `configured`; null: it is not configured
  // (any more), no hook runs and times are the standard ones.
  virtual Result<> stop(const Record& jail, const jail::Settings* configured,
                        const std::string& title) = 0;
  // Only what follows a removal, for a jail that is not running (jail -C).
  virtual Result<> cleanup(const jail::Settings& settings, const std::string& title) = 0;

  // A running jail by jid or name; `0` names none.
  virtual Result<Record> find(std::string_view jid_or_name) = 0;
  // All running jails by rising jid. Sweeps those that have died meanwhile.
  virtual std::vector<Record> list() = 0;

  // For anybody's eyes, root or not. A jail that is being taken apart, or could not be, is shown
  // only if the dying are asked for.
  enum class Dying : uint8_t { hidden, shown };
  // Host names as they are now, for the jail's root may change them, or as they were given. Whoever
  // is not root gets the latter anyway.
  enum class Names : uint8_t { given, live };
  virtual Result<std::vector<Entry>> listing(Dying dying, Names names) = 0;
  virtual Result<Entry> look_up(std::string_view jid_or_name, Dying dying, Names names) = 0;

  // Starts a program in a running jail; the Fd is its pidfd, a child of ours.
  virtual Result<sys::Fd> attach(const Record& jail, const sys::Command& command) = 0;
  // By the jail's own passwd(5).
  virtual Result<User> user_of(const Record& jail, std::string_view who) = 0;
};

// The one that answers where we run.
std::unique_ptr<Authority> authority(sys::Kernel& kernel, Report report = {});

}  // namespace gaol::warden
