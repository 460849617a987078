// SPDX-License-Identifier: BSD-2-Clause
#include "batch/plan.h"

#include <map>
#include <ranges>
#include <string_view>

#include "base/text.h"

namespace gaol::batch {

namespace {

using jail::JailConf;

// `a.b` for `a.b.c`; nothing for a name without a dot.
std::string_view parent_name(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == name.npos ? std::string_view() : name.substr(0, dot);
}

class Planner {
 public:
  explicit Planner(const jail::Conf& conf) : conf_(conf) {}

  void stop(const Target& target) { add(stops_, Verb::stop, target); }
  JobId start(const Target& target, Verb verb);
  // Brings in those that have to go before a jail goes. The stops are complete then.
  void add_dependants();
  // Brings in those that a jail needs, or only orders the jobs that are there.
  enum class Missing : bool { ignored, added };
  void add_dependencies(Missing missing);
  bool stops(const JailConf& jail) const { return stops_.contains(jail.name); }

  Plan take() && { return std::move(plan_); }

 private:
  struct Dependant {
    const JailConf* jail;
    Until until;
  };
  using Jobs = std::map<std::string, JobId, std::less<>>;  // by name of the jail

  JobId add(Jobs& jobs, Verb verb, const Target& target);
  std::multimap<std::string, Dependant, std::less<>> dependants() const;
  void add_children_of_none();
  void add_dependencies_of(JobId job, Missing missing);

  const jail::Conf& conf_;
  Plan plan_;
  Jobs stops_, starts_;
};

JobId Planner::add(Jobs& jobs, Verb verb, const Target& target) {
  const auto [at, added] = jobs.try_emplace(target.name, 0);
  if (!added) return at->second;
  plan_.jobs.push_back(
      {.verb = verb, .name = target.name, .conf = target.conf, .asked = target.asked});
  return at->second = plan_.order.add();
}

JobId Planner::start(const Target& target, Verb verb) {
  if (const auto there = starts_.find(target.name); there != starts_.end()) return there->second;
  const JobId job = add(starts_, verb, target);
  if (const auto before = stops_.find(target.name); before != stops_.end()) {
    plan_.jobs[before->second].restarts = true;
    plan_.order.after(job, before->second, Until::end);
  }
  return job;
}

std::multimap<std::string, Planner::Dependant, std::less<>> Planner::dependants() const {
  std::multimap<std::string, Dependant, std::less<>> out;
  for (const auto& jail : std::views::reverse(conf_.jails)) {
    for (auto& name : jail.settings.list("depend"))
      out.emplace(std::move(name), Dependant{&jail, Until::end});
    if (const auto parent = parent_name(jail.name); !parent.empty())
      out.emplace(parent, Dependant{&jail, Until::half_way});
  }
  return out;
}

void Planner::add_dependants() {
  const auto dependants = this->dependants();
  for (JobId job = 0; job < plan_.jobs.size(); ++job) {
    const std::string name = plan_.jobs[job].name;
    const std::string& pulled_by = plan_.jobs[job].pulled_by;
    const std::string first_cause = pulled_by.empty() ? name : pulled_by;
    const auto [first, last] = dependants.equal_range(name);
    for (const auto& [_, dependant] : std::ranges::subrange(first, last)) {
      const bool asked = stops_.contains(dependant.jail->name);
      const JobId other =
          add(stops_, Verb::stop, {dependant.jail->name, dependant.jail, Asked::for_another});
      if (!asked) plan_.jobs[other].pulled_by = first_cause;
      plan_.order.after(job, other, dependant.until);
    }
  }
  add_children_of_none();
}

// Children that are in no file depend on their parent by name alone.
void Planner::add_children_of_none() {
  for (const auto& [name, job] : stops_) {
    if (plan_.jobs[job].conf) continue;
    if (const auto parent = stops_.find(parent_name(name)); parent != stops_.end())
      plan_.order.after(parent->second, job, Until::half_way);
  }
}

void Planner::add_dependencies(Missing missing) {
  for (JobId job = 0; job < plan_.jobs.size(); ++job)
    if (plan_.jobs[job].verb != Verb::stop) add_dependencies_of(job, missing);
}

void Planner::add_dependencies_of(JobId job, Missing missing) {
  const JailConf& jail = *plan_.jobs[job].conf;
  if (!jail.errors.empty()) return;  // it will not be started
  const auto wait_for = [&](std::string_view name, Until until) {
    if (missing == Missing::ignored && !starts_.contains(name)) return;
    const JailConf* other = conf_.find(name);
    plan_.order.after(job, start({other->name, other, Asked::for_another}, Verb::start), until);
  };
  const auto depend = jail.settings.list("depend");
  for (const auto& name : depend)
    if (!conf_.find(name)) {
      plan_.jobs[job].fault = concat("depends on undefined jail \"", name, "\"");
      return;
    }
  for (const auto& name : depend) wait_for(name, Until::end);
  if (const auto parent = parent_name(jail.name); conf_.find(parent))
    wait_for(parent, Until::half_way);
}

}  // namespace

Plan plan_removal(const jail::Conf& conf, const std::vector<Target>& targets) {
  Planner planner(conf);
  for (const auto& target : targets) planner.stop(target);
  planner.add_dependants();
  return std::move(planner).take();
}

Plan plan_operation(const jail::Conf& conf, const std::vector<Target>& targets,
                    const Operation& operation) {
  Planner planner(conf);
  if (operation.remove) {
    for (const auto& target : std::views::reverse(targets))
      if (!operation.modify || operation.needs_restart(*target.conf))
        planner.stop({target.name, target.conf, Asked::for_another});
    planner.add_dependants();
  }
  const Verb verb = !operation.modify  ? Verb::start
                    : operation.create ? Verb::start_or_modify
                                       : Verb::modify;
  for (const auto& target : targets)
    planner.start(target, planner.stops(*target.conf) ? Verb::start : verb);
  planner.add_dependencies(operation.create ? Planner::Missing::added : Planner::Missing::ignored);
  return std::move(planner).take();
}

}  // namespace gaol::batch
