// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The jobs of an Order at the same time, each in a worker process of its own: what a job does
// (wait for commands, enter namespaces) it may do as if it were alone, and one that is killed
// takes none along. The last job is done here: a command with one job has one process.

#include <deque>
#include <functional>
#include <vector>

#include "base/result.h"
#include "batch/order.h"
#include "sys/kernel.h"
#include "sys/worker.h"

namespace gaol::batch {

// flawed: something went wrong, but those who waited for the job may go on.
enum class Outcome : uint8_t { done, failed, flawed };

// What a job under way has to say. Nobody hears it where nobody could wait for it.
class Post {
 public:
  Post() = default;
  explicit Post(const sys::Fd& line) : line_(&line) {}
  void half_way() const;  // see Until
  // Between these the job does nothing but wait, and another may have its place.
  void pause() const;
  void go_on() const;

 private:
  const sys::Fd* line_ = nullptr;
};

struct Duties {
  // Done here and at once, if that is possible.
  std::function<std::optional<Outcome>(JobId)> settle;
  std::function<Outcome(JobId, const Post&)> work;
  // The job will not run: for a job that failed, because it waits for itself, or because its
  // worker was killed by a signal.
  std::function<void(JobId, JobId because)> skipped;
  std::function<void(JobId)> looped;
  std::function<void(JobId, int signal)> killed;
};

class Crew {
 public:
  // `limit`: how many may be at work, besides those that pause; 0: no limit.
  Crew(sys::Kernel& kernel, Order& order, const Duties& duties, unsigned limit)
      : kernel_(kernel), order_(order), duties_(duties), limit_(limit) {}

  // Until no job is left. Whether all of them went well.
  bool run();

 private:
  struct Member {
    sys::Worker worker;
    JobId job;
    bool pauses = false;
  };
  bool has_room() const;
  void begin(JobId job);
  void start_worker(JobId job);
  void attend();
  void hear(Member& member, char word);
  void collect(size_t at);
  void ended(JobId job, Outcome outcome);

  sys::Kernel& kernel_;
  Order& order_;
  const Duties& duties_;
  const unsigned limit_;
  std::vector<Member> members_;
  std::deque<JobId> returning_;  // from a pause, first come first served
  size_t at_work_ = 0;
  bool all_well_ = true;
};

}  // namespace gaol::batch
