// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a listing shows of a jail, parameter by parameter: one table for jls(8) and for libgaol.
// Most parameters are what was given, or the registry's standard; the others are what every entry
// has at hand because it is the jail's own doing, or the host's until somebody gives the jail its
// own.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warden/index.h"

namespace gaol::warden {

// The texts of a list's elements, or one text, which may be empty. A boolean is "true" or "false";
// of an address the address alone.
using Value = std::vector<std::string>;

// The elements of Entry::ip4 or Entry::ip6.
Value addresses(const std::string& list);

// A jail as it is shown. REQUIRES: the entry stays where it is.
class View {
 public:
  explicit View(const Entry& entry) : entry_(entry) {}
  const Entry& entry() const { return entry_; }
  // Unpacked only if somebody asks.
  const jail::Settings& settings() const;

  // `key` asks for one line of a key/value buffer: empty if there is none.
  Value value(const jail::Param& param, std::string_view key = {}) const;
  // Whether value() is the host's.
  bool inherited(const jail::Param& param) const;

 private:
  const Entry& entry_;
  mutable std::optional<jail::Settings> settings_;
};

// Whether each jail has its own value. That of any other parameter is the same for all jails that
// were given neither it nor what implies it (jail::Param::implied_by).
bool is_each_jails_own(const jail::Param& param);

// Whether root of the jail may change it, so that Warden::Names matters.
bool is_roots_to_change(const jail::Param& param);

}  // namespace gaol::warden
