// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The records of all jails of this machine, in /run/gaol:
//   lock                 orders writers; holds the last jid given out and the highest ever
//   jails/JID            one record, replaced whole: readers take no lock
//   busy/JID             its record while the jail is being made or unmade, by Record::owner
//   names/NAME           symbolic link to the JID
//   addresses/ADDR/JID   who uses an address
//   children/JID/JID     who is right below a jail
//   users/JID            its user namespace, while datasets are delegated to it
//   networks/JID         its network namespace, while interfaces are lent to it
//   empty/               what masked directories show
//   index                what listings show of all of them: see index.h
// What is asked often (a name, an address, who is busy) is a directory entry, so that a start
// costs the same with ten jails and with ten thousand.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "warden/index.h"
#include "warden/record.h"

namespace gaol::warden {

class Store {
 public:
  Store(sys::Kernel& kernel, std::string root) : kernel_(kernel), root_(std::move(root)) {}

  // Makes the directories; nothing if they stand. Where /run is on disk, a tmpfs is mounted
  // there first: records must not outlive the boot that made the jails.
  Result<> prepare();
  std::string empty_dir() const { return root_ + "/empty"; }
  // Where that jail's user namespace is kept by name, and the same with the directory made.
  std::string users(Jid jid) const { return path("users", jid); }
  Result<std::string> make_users(Jid jid) { return make_place("users", jid); }
  // The same of its network namespace.
  std::string network(Jid jid) const { return path("networks", jid); }
  Result<std::string> make_network(Jid jid) { return make_place("networks", jid); }

  // Held while records come and go; never while commands of a jail run.
  Result<sys::Fd> lock() { return kernel_.lock(root_ + "/lock"); }

  // The next jid, or `wanted` if it is free. REQUIRES: lock.
  Result<Jid> allocate(std::optional<Jid> wanted);
  // Files the record as busy and takes its name and addresses. REQUIRES: lock; none of them
  // taken.
  Result<> reserve(const Record& record, const std::vector<std::string>& addresses);
  // Files a running jail under another name. A kill in between leaves it with either, and a link
  // that stands in nobody's way. REQUIRES: lock; nobody else has that name.
  Result<> rename(Record& record, const std::string& name);
  // Enters the jail as a user of addresses, or strikes it out. REQUIRES: lock.
  Result<> take_addresses(Jid jid, const std::vector<std::string>& addresses);
  void return_addresses(Jid jid, const std::vector<std::string>& addresses);
  // Rewrites a busy record.
  Result<> note(const Record& record);
  // The jail is running: as last noted, it shows in listings from now on.
  Result<> enter(const Record& record);
  // Replaces the record of a running jail.
  Result<> publish(const Record& record);
  // Nobody works on it any more.
  void settle(Jid jid);
  // The jail is being removed by Record::owner; if it ever ran it is dying from now on. REQUIRES:
  // lock, unless it is busy.
  Result<> unpublish(Record record);
  // Nothing of it is left. REQUIRES: lock.
  void forget(const Record& record, const std::vector<std::string>& addresses);

  // What the files say, alive or not.
  std::optional<Record> read(Jid jid) const;
  std::optional<Jid> jid_of_name(const std::string& name) const;
  // Every jail below that one, each before the one it is below.
  std::vector<Jid> descendants(Jid jid) const;
  // Whether it shows in listings: a jail that is being removed does not.
  bool listed(Jid jid) const;
  std::vector<Jid> users_of(const std::string& address) const;
  std::vector<Jid> jids() const;  // published, in rising order
  // What listings show of those that are published and those that are dying, in rising order.
  // EACCES: we may not look at all. Mends the index if it may.
  Result<std::vector<Entry>> entries();
  // What is being made or unmade, by somebody or by nobody any more.
  struct Busy {
    std::vector<Jid> jids;
    // Files of records that were never filed: of whoever holds the lock now, or was killed.
    std::vector<std::string> torn;
  };
  Busy busy() const;
  std::optional<Record> read_busy(Jid jid) const;

 private:
  Result<> take_name(Jid jid, const std::string& name);
  void return_name(Jid jid, const std::string& name);
  std::string path(std::string_view kind, Jid jid) const;
  Result<std::string> make_place(const char* kind, Jid jid);
  bool taken(Jid jid) const;
  std::string index() const { return root_ + "/index"; }
  // The jail's line, made from the record that is filed under `kind`. Without it, listings read
  // the record.
  void add_line(std::string_view kind, const Record& record);
  struct Sight;
  Result<Sight> look() const;
  void mend();

  sys::Kernel& kernel_;
  std::string root_;
};

}  // namespace gaol::warden
