// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What is in a table, entry by entry. The kernel's sets have what follows from it: intervals, in
// which neither networks within others nor negated ones can be told any more.
// Source: pfctl(8), -T.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pf/ruleset.h"
#include "sys/address_sets.h"

namespace gaol::pf {

struct TableRow {
  TableEntry entry;
  int64_t cleared = 0;  // time(2): when it was added, or its counters were zeroed last
};
// By address, the larger network first; no network twice.
using TableRows = std::vector<TableRow>;

std::string to_text(const TableRows& rows);
Result<TableRows> rows_from(std::string_view text);

// What became of an entry: the letter that pfctl -v prints in front of it.
enum class Feedback : char {
  none = ' ',
  match = 'M',
  added = 'A',
  deleted = 'D',
  changed = 'C',
  cleared = 'Z',
  duplicate = 'X',
  conflict = 'Y',  // it is there with or without the `!`
};
struct Answered {
  TableEntry entry;
  Feedback feedback = Feedback::none;
};
using Answers = std::vector<Answered>;

Answers add(TableRows& rows, const std::vector<TableEntry>& entries, int64_t now);
Answers remove(TableRows& rows, const std::vector<TableEntry>& entries);
// Those entries and no others; what goes is answered behind them.
Answers replace(TableRows& rows, const std::vector<TableEntry>& entries, int64_t now);
Answers clear(TableRows& rows, const std::vector<TableEntry>& entries, int64_t now);

// The row that decides about an address, if there is one.
const TableRow* deciding(const TableRows& rows, const Network& address);

// What is to be done to a set of one family.
sys::SetChange difference(const TableRows& before, const TableRows& after, int family);

}  // namespace gaol::pf
