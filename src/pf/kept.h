// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The rulesets that pfctl(8) has loaded into this network namespace.
//
// FreeBSD's kernel keeps them as they were written. Linux's has rules of nftables, from which
// nobody can tell them, so their text is kept beside it: in pfctl's own words, which mean the same
// when they are read again.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pf/compile.h"
#include "pf/lower.h"
#include "pf/table_store.h"
#include "pf/world.h"
#include "sys/kernel.h"

namespace gaol::pf {

struct Loader {
  uint32_t uid = 0, pid = 0;
  bool operator==(const Loader&) const = default;
};

struct Kept {
  bool enabled = false;
  int64_t since = 0;        // time(2) of the last change of `enabled`; 0: never
  uint64_t generation = 0;  // how often rules were loaded
  // By path: "" is the main ruleset with all that is written inline in it, the others are anchors
  // that were loaded by themselves.
  std::map<std::string, std::string, std::less<>> units;
  std::vector<TableId> tables;
  Settings before;  // what the kernel's settings were that rules have changed
  std::map<std::string, Loader, std::less<>> loaders;  // who loaded them
  Remembered remembered;                               // what connections know of them

  bool is_nothing() const;
  bool operator==(const Kept&) const = default;
};

// What a unit is kept as. Of its tables only that they are there: what they have is in the kernel.
std::string kept_text(const Policy& policy, const Unit& unit);

std::string to_text(const Kept& kept);
Result<Kept> kept_from(std::string_view text);

// What a unit was before it became text.
Result<Compiled> recompile(const std::string& path, const std::string& text, const World& world);

// All that is kept as one policy. `fresh`, if given, stands for what is kept under its units'
// paths: its positions are those that messages should name.
Result<Policy> whole(const Kept& kept, const World& world, const Policy* fresh = nullptr);

// What is kept, for one at a time: another pfctl waits until this goes.
class Keeper {
 public:
  // Finishes what was cut short: then the kernel says whether it has the newer rules. Rules that it
  // has no more are forgotten.
  static Result<Keeper> open(sys::Kernel& kernel);

  const Kept& now() const { return now_; }
  TableStore& tables() { return tables_; }
  // The kernel gets these rules in one transaction, and what is kept becomes `next`: both or
  // neither, also for who is killed on the way. Nothing is left of what is disabled and empty.
  Result<> change(Kept next, const Lowered& lowered);

 private:
  Keeper(sys::Kernel& kernel, std::string directory, sys::Fd lock);
  Result<> recover();
  Result<> settle(const std::string& next);
  Result<> set(Kept& next, const Settings& settings);
  std::string place(std::string_view name) const { return directory_ + "/" + std::string(name); }

  sys::Kernel& kernel_;
  std::string directory_;
  sys::Fd lock_;
  TableStore tables_;
  Kept now_;
};

}  // namespace gaol::pf
