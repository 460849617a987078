// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What is in the tables that are loaded, in a file each, and the same in the kernel's sets.
//
// A load brings rules and tables: what tables are to have is staged beside the files until the
// kernel has the rules. A change of a single table leaves a mark first: whoever finds it gives the
// kernel what the file says.

#include <string>
#include <vector>

#include "base/result.h"
#include "pf/table_rows.h"
#include "sys/kernel.h"

namespace gaol::pf {

// A table by the name that its sets have behind that of the family (table_set in lower_match.h).
using TableId = std::string;

class TableStore {
 public:
  TableStore(sys::Kernel& kernel, std::string directory);

  // Finishes the change of a table that was cut short.
  Result<> open();
  Result<TableRows> read(const TableId& id) const;
  // In the kernel and in the file, or in neither.
  Result<> change(const TableId& id, const TableRows& before, const TableRows& after);
  Result<> zero(const TableId& id, const TableRows& rows);  // other times alone

  Result<> stage(const TableId& id, const TableRows& rows);
  Result<> settle(const std::vector<TableId>& all);  // what is staged holds; others are gone
  Result<> abandon();                                // nothing was staged

 private:
  std::string place(const TableId& id) const;
  Result<std::vector<std::string>> files() const;

  sys::Kernel& kernel_;
  std::string directory_;
};

}  // namespace gaol::pf
