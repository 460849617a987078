// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// In which order jobs may run that wait for each other. Nothing runs here and nothing is known of
// jails: jobs are numbers. Loops are not looked for beforehand: where nothing runs and nothing
// may run, those that are left wait for each other.

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace gaol::batch {

using JobId = uint32_t;

// What a job waits for: that another one has ended, or has come half-way. (A jail's child waits
// until its parent is created, a parent until its children are removed.)
enum class Until : uint8_t { half_way, end };

class Order {
 public:
  // Of jobs that may run, the one that was added first comes first.
  JobId add();
  void after(JobId later, JobId earlier, Until until);

  // Takes a job out. With `because` it must not run: what it waited for has failed.
  struct Next {
    JobId job;
    std::optional<JobId> because;
  };
  std::optional<Next> next();

  // What has become of a job that was taken out. Half-way is passed once at most.
  void half_way(JobId job);
  void ended(JobId job, bool well);

  size_t left() const { return jobs_.size() - ended_; }  // jobs that have not ended
  // Takes out one of a circle of jobs that wait for each other: of these the first.
  // REQUIRES: jobs are left, all that were taken out have ended, next() gives none.
  JobId take_from_loop();

 private:
  struct Edge {
    JobId later;
    Until until;
  };
  struct Job {
    std::vector<Edge> followers;
    std::vector<JobId> leaders;
    size_t waits_for = 0;  // edges
    std::optional<JobId> because{};
    bool taken = false, half_way = false, ended = false;
  };
  void release(JobId job, Until until);
  void take(JobId job);

  std::vector<Job> jobs_;
  std::set<JobId> ready_;
  size_t ended_ = 0;
};

}  // namespace gaol::batch
