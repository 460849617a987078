// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What jail(8) is to do with the jails of a configuration: jobs, and which of them wait for which.
// `depend` orders starts, and stops the other way round; a name with dots does the same to its
// parent, more lightly. Jails that nobody named come in that way, and a jail that is restarted
// takes its dependants down. Only planned here; the machine is asked later, one job at a time.
// Source: jail(8), "depend" and "Hierarchical Jails"; FreeBSD 15.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "batch/order.h"
#include "jail/conf.h"

namespace gaol::batch {

enum class Verb : uint8_t { stop, start, modify, start_or_modify };

// Why there is a job, and so what it means that there is nothing to do.
enum class Asked : uint8_t { by_name, by_wildcard, for_another };

struct Job {
  Verb verb;
  std::string name;            // of the block, or of a running jail
  const jail::JailConf* conf;  // null: the jail is in no file
  Asked asked;
  bool restarts = false;       // of a stop: a start of the same jail follows
  std::string pulled_by = {};  // of a stop that nobody asked for: whose stop needs it
  std::string fault = {};      // why it cannot be, whatever the machine says
};

struct Plan {
  std::vector<Job> jobs;  // by JobId
  Order order;
};

struct Target {
  std::string name;
  const jail::JailConf* conf;  // null: the jail is in no file
  Asked asked;
};

// Stops the targets, in this order where nothing else decides, and first what depends on them.
Plan plan_removal(const jail::Conf& conf, const std::vector<Target>& targets);

struct Operation {
  bool create = false, modify = false, remove = false;
  // Of a target that is to be modified, with `remove`: whether that takes a restart.
  std::function<bool(const jail::JailConf&)> needs_restart{};
};
// REQUIRES: the targets are of `conf`, in file order; not `remove` alone.
Plan plan_operation(const jail::Conf& conf, const std::vector<Target>& targets,
                    const Operation& operation);

}  // namespace gaol::batch
