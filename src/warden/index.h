// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What listings show of a jail, and the one file that all of it is read from, /run/gaol/index:
// a line for each record that was filed, appended in one write. Ten thousand jails are then one
// file to read and not ten thousand, and whoever may not read records may read this.
//
// The index is never the truth, only a copy of it: a line counts as long as the very file it was
// made from is the record, which the inode in it tells. A line that is torn, missing or old
// therefore harms nobody; the record is read in its place.

#include <optional>
#include <string>
#include <string_view>

#include "warden/record.h"

namespace gaol::warden {

// A jail as anybody on the host may see it. Hooks and what else jail(8) consumes are not in it.
struct Entry {
  Jid jid = 0;
  Jid parent = 0;      // 0: the host
  int children = 0;    // jails below it; not in the line, but counted
  uint64_t inode = 0;  // of the record's file
  sys::ProcessId init;
  uint64_t line = 0;  // see Record::line
  bool dying = false;
  std::string name, hostname, domainname, path;
  std::string ip4, ip6;  // addresses alone, with commas between
  std::string given;     // the other parameters, see settings()

  // Parameters as given, without those that only jail(8) knows.
  jail::Settings settings() const;
};

Entry entry_of(const Record& record, uint64_t inode);

// One line of the index, ended by a newline. Tabs, newlines and backslashes in values are
// written \t, \n and \\.
std::string to_line(const Entry& entry);
// Nothing if the line is not whole.
std::optional<Entry> from_line(std::string_view line);
// The record that a whole line was made from, without reading the rest of it.
struct Source {
  Jid jid;
  uint64_t inode;
};
std::optional<Source> source_of(std::string_view line);

}  // namespace gaol::warden
