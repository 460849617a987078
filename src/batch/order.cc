// SPDX-License-Identifier: BSD-2-Clause
#include "batch/order.h"

#include <algorithm>
#include <utility>

namespace gaol::batch {

JobId Order::add() {
  const auto job = static_cast<JobId>(jobs_.size());
  jobs_.emplace_back();
  ready_.insert(job);
  return job;
}

void Order::after(JobId later, JobId earlier, Until until) {
  jobs_[earlier].followers.push_back({later, until});
  jobs_[later].leaders.push_back(earlier);
  ++jobs_[later].waits_for;
  ready_.erase(later);
}

void Order::take(JobId job) {
  ready_.erase(job);
  jobs_[job].taken = true;
}

std::optional<Order::Next> Order::next() {
  if (ready_.empty()) return {};
  const JobId job = *ready_.begin();
  take(job);
  return Next{job, jobs_[job].because};
}

void Order::release(JobId job, Until until) {
  for (const Edge& edge : jobs_[job].followers)
    if (edge.until == until && --jobs_[edge.later].waits_for == 0 && !jobs_[edge.later].taken)
      ready_.insert(edge.later);
}

void Order::half_way(JobId job) {
  if (std::exchange(jobs_[job].half_way, true)) return;
  release(job, Until::half_way);
}

void Order::ended(JobId job, bool well) {
  Job& self = jobs_[job];
  self.ended = true;
  ++ended_;
  if (well) {
    half_way(job);
    return release(job, Until::end);
  }
  for (const Edge& edge : self.followers) {
    Job& follower = jobs_[edge.later];
    if (follower.taken || (edge.until == Until::half_way && self.half_way)) continue;
    if (!follower.because) follower.because = job;
    ready_.insert(edge.later);
  }
}

// Whoever waits has somebody to wait for who waits as well: going from one to the next must come
// back to where it was.
JobId Order::take_from_loop() {
  const auto waiting = [&](JobId job) { return !jobs_[job].taken; };
  std::vector<bool> met(jobs_.size());
  JobId at = 0;
  while (!waiting(at)) ++at;
  while (!met[at]) {
    met[at] = true;
    at = *std::ranges::find_if(jobs_[at].leaders, waiting);
  }
  JobId first = at;
  for (JobId job = *std::ranges::find_if(jobs_[at].leaders, waiting); job != at;
       job = *std::ranges::find_if(jobs_[job].leaders, waiting))
    first = std::min(first, job);
  take(first);
  return first;
}

}  // namespace gaol::batch
