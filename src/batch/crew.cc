// SPDX-License-Identifier: BSD-2-Clause
#include "batch/crew.h"

#include <sys/wait.h>

#include <algorithm>
#include <utility>

namespace gaol::batch {

namespace {

// However many jails there are. More would only wait for each other in the kernel.
constexpr size_t kMostWorkers = 256;

constexpr char kHalfWay = 'h', kPause = 'p', kReturn = 'r', kGranted = 'g';

}  // namespace

void Post::half_way() const {
  if (line_) sys::say(*line_, kHalfWay);
}

void Post::pause() const {
  if (line_) sys::say(*line_, kPause);
}

void Post::go_on() const {
  if (!line_) return;
  sys::say(*line_, kReturn);
  (void)sys::hear(*line_);
}

bool Crew::has_room() const { return limit_ == 0 || at_work_ < limit_; }

bool Crew::run() {
  while (order_.left() > 0) {
    while (!returning_.empty() && has_room()) {
      const auto member = std::ranges::find(members_, returning_.front(), &Member::job);
      returning_.pop_front();
      member->pauses = false;
      ++at_work_;
      sys::say(member->worker.line, kGranted);
    }
    if (has_room() && members_.size() < kMostWorkers) {
      if (const auto next = order_.next()) {
        if (!next->because) {
          begin(next->job);
        } else {
          duties_.skipped(next->job, *next->because);
          ended(next->job, Outcome::failed);
        }
        continue;
      }
      if (members_.empty()) {
        const JobId job = order_.take_from_loop();
        duties_.looped(job);
        ended(job, Outcome::failed);
        continue;
      }
    }
    attend();
  }
  return all_well_;
}

void Crew::begin(JobId job) {
  if (const auto outcome = duties_.settle(job)) return ended(job, *outcome);
  if (order_.left() == 1) return ended(job, duties_.work(job, {}));
  start_worker(job);
}

void Crew::start_worker(JobId job) {
  auto worker = sys::start_worker([&](const sys::Fd& line) {
    members_.clear();  // their lines are not ours
    return std::to_underlying(duties_.work(job, Post(line)));
  });
  // Without a process more, the work is still to be done.
  if (!worker) return ended(job, duties_.work(job, {}));
  members_.push_back({std::move(*worker), job});
  ++at_work_;
}

void Crew::attend() {
  std::vector<const sys::Worker*> workers;
  for (const Member& member : members_) workers.push_back(&member.worker);
  const auto [at, news] = sys::listen(workers);
  if (news.word) hear(members_[at], *news.word);
  if (news.ended) collect(at);
}

void Crew::hear(Member& member, char word) {
  switch (word) {
    case kHalfWay: return order_.half_way(member.job);
    case kReturn: return returning_.push_back(member.job);
    case kPause: member.pauses = true; --at_work_;
  }
}

void Crew::collect(size_t at) {
  const Member member = std::move(members_[at]);
  members_.erase(members_.begin() + static_cast<long>(at));
  std::erase(returning_, member.job);
  if (!member.pauses) --at_work_;
  const auto status = kernel_.reap(member.worker.process, -1);
  const int how = status && *status ? **status : SIGKILL;
  if (WIFSIGNALED(how)) {
    duties_.killed(member.job, WTERMSIG(how));
    return ended(member.job, Outcome::failed);
  }
  ended(member.job, static_cast<Outcome>(WEXITSTATUS(how)));
}

void Crew::ended(JobId job, Outcome outcome) {
  all_well_ &= outcome == Outcome::done;
  order_.ended(job, outcome != Outcome::failed);
}

}  // namespace gaol::batch
