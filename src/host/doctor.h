// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the facts of a machine mean for gaol: `gaol doctor`. Pure, from Facts to text.

#include <string>
#include <vector>

#include "host/facts.h"

namespace gaol::host {

enum class Verdict : uint8_t {
  fine,
  reduced,  // jails run, but not all that gaol could do; `advice` says how to get it
  missing,  // no jail can run; `advice` says what to do
};

struct Finding {
  std::string subject;  // "cgroup v2"
  Verdict verdict = Verdict::fine;
  std::string found;   // "/sys/fs/cgroup/unified, hybrid"
  std::string use;     // what gaol does with it
  std::string advice;  // empty when fine
};

std::vector<Finding> examine(const Facts& facts);
bool can_run_jails(const std::vector<Finding>& findings);

// Aligned columns, one line a finding, its advice on a line of its own below.
std::string table(const std::vector<Finding>& findings);

std::string_view verdict_word(Verdict verdict);

}  // namespace gaol::host
