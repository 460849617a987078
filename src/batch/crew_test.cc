// SPDX-License-Identifier: BSD-2-Clause

// Real processes, which tell what they do by writing whole lines into one file.

#include "batch/crew.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace gaol::batch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class CrewTest : public testing::Test {
 protected:
  CrewTest() {
    duties_ = {.settle = [this](JobId job) { return settle(job); },
               .work = [this](JobId job, const Post& post) { return work(job, post); },
               .skipped = [this](JobId job, JobId because) { write("skip", job, because); },
               .looped = [this](JobId job) { write("loop", job); },
               .killed = [this](JobId job, int signal) { write("killed", job, signal); }};
  }
  void TearDown() override { EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left"; }

  template <class... Parts>
  void write(const Parts&... parts) {
    std::string line;
    ((line += concat(line.empty() ? "" : " ", parts)), ...);
    line += '\n';
    // Several processes write, and the place of a memfd is not moved under a lock.
    ::fcntl(log_.get(), F_SETFL, O_APPEND);
    EXPECT_EQ(::write(log_.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  std::vector<std::string> lines() {
    std::string text(1 << 20, '\0');
    text.resize(static_cast<size_t>(::pread(log_.get(), text.data(), text.size(), 0)));
    std::vector<std::string> out;
    for (auto line : split(text, '\n'))
      if (!line.empty()) out.emplace_back(line);
    return out;
  }
  static void sleep(int milliseconds) { ::poll(nullptr, 0, milliseconds); }

  void add(size_t jobs) {
    for (size_t i = 0; i < jobs; ++i) order_.add();
  }
  bool run(unsigned limit = 0) { return Crew(sys::real_kernel(), order_, duties_, limit).run(); }
  size_t at(const std::string& line) {
    const auto all = lines();
    return static_cast<size_t>(std::ranges::find(all, line) - all.begin());
  }
  // The greatest number of jobs between their begin and end, pauses not counted.
  int busiest() {
    int now = 0, most = 0;
    for (const auto& line : lines()) {
      now += line.starts_with("begin") || line.starts_with("return");
      now -= line.starts_with("end") || line.starts_with("pause");
      most = std::max(most, now);
    }
    return most;
  }

  std::function<std::optional<Outcome>(JobId)> settle = [](JobId) { return std::nullopt; };
  std::function<Outcome(JobId, const Post&)> work = [this](JobId job, const Post&) {
    write("begin", job);
    sleep(10);
    write("end", job);
    return Outcome::done;
  };
  sys::Fd log_{::memfd_create("log", MFD_CLOEXEC)};
  Order order_;
  Duties duties_;
};

TEST_F(CrewTest, OneJobTakesNoProcess) {
  add(1);
  const pid_t here = ::getpid();
  work = [&](JobId, const Post& post) {
    EXPECT_EQ(::getpid(), here);
    post.half_way();
    post.pause();
    post.go_on();
    write("done");
    return Outcome::done;
  };
  EXPECT_TRUE(run());
  EXPECT_THAT(lines(), ElementsAre("done"));
}

TEST_F(CrewTest, JobsRunAtTheSameTime) {
  add(4);
  // None of them ends before all have begun.
  work = [this](JobId job, const Post&) {
    write("begin", job);
    for (int tries = 0; tries < 500 && lines().size() < 4; ++tries) sleep(10);
    return lines().size() >= 4 ? Outcome::done : Outcome::failed;
  };
  EXPECT_TRUE(run());
  EXPECT_THAT(lines(), UnorderedElementsAre("begin 0", "begin 1", "begin 2", "begin 3"));
}

TEST_F(CrewTest, OneAtATimeIsTheOrderItself) {
  add(4);
  order_.after(0, 2, Until::end);
  EXPECT_TRUE(run(1));
  EXPECT_THAT(lines(), ElementsAre("begin 1", "end 1", "begin 2", "end 2", "begin 0", "end 0",
                                   "begin 3", "end 3"));
}

TEST_F(CrewTest, ALimitHolds) {
  add(12);
  EXPECT_TRUE(run(3));
  EXPECT_THAT(lines(), SizeIs(24));
  EXPECT_EQ(busiest(), 3);
}

TEST_F(CrewTest, WhoPausesMakesRoom) {
  add(4);
  work = [this](JobId job, const Post& post) {
    write("begin", job);
    write("pause", job);
    post.pause();
    sleep(job == 0 ? 100 : 10);
    post.go_on();
    write("return", job);
    write("end", job);
    return Outcome::done;
  };
  EXPECT_TRUE(run(1));
  EXPECT_LT(at("begin 1"), at("return 0"));
  EXPECT_EQ(busiest(), 1);
}

TEST_F(CrewTest, HalfWayIsHeardWhileAJobGoesOn) {
  add(3);
  order_.after(1, 0, Until::half_way);
  order_.after(2, 0, Until::end);
  work = [this](JobId job, const Post& post) {
    write("begin", job);
    post.half_way();
    for (int tries = 0; job == 0 && tries < 500 && at("end 1") == lines().size(); ++tries)
      sleep(10);
    write("end", job);
    return Outcome::done;
  };
  EXPECT_TRUE(run());
  EXPECT_THAT(lines(), ElementsAre("begin 0", "begin 1", "end 1", "end 0", "begin 2", "end 2"));
}

TEST_F(CrewTest, FailuresAreHandedOnAndFlawsAreNot) {
  add(6);
  for (const JobId job : {1U, 2U}) order_.after(job, 0, Until::end);
  order_.after(4, 3, Until::end);
  work = [](JobId job, const Post&) {
    return job == 0 ? Outcome::failed : job == 3 ? Outcome::flawed : Outcome::done;
  };
  EXPECT_FALSE(run());
  EXPECT_THAT(lines(), ElementsAre("skip 1 0", "skip 2 0"));
}

TEST_F(CrewTest, AFlawAloneIsNoSuccess) {
  add(2);
  work = [](JobId, const Post&) { return Outcome::flawed; };
  EXPECT_FALSE(run());
}

TEST_F(CrewTest, WhatIsSettledTakesNoProcess) {
  add(3);
  const pid_t here = ::getpid();
  settle = [&](JobId job) -> std::optional<Outcome> {
    EXPECT_EQ(::getpid(), here);
    write("settle", job);
    return job == 1 ? std::optional<Outcome>() : Outcome::done;
  };
  EXPECT_TRUE(run());
  EXPECT_THAT(lines(),
              UnorderedElementsAre("settle 0", "settle 1", "begin 1", "settle 2", "end 1"));
}

TEST_F(CrewTest, AKilledWorkerIsAFailure) {
  add(4);
  order_.after(2, 1, Until::end);
  work = [](JobId job, const Post&) {
    if (job == 1) ::raise(SIGKILL);
    return Outcome::done;
  };
  EXPECT_FALSE(run());
  EXPECT_THAT(lines(), ElementsAre(concat("killed 1 ", SIGKILL), "skip 2 1"));
}

TEST_F(CrewTest, OneThatIsKilledWhileItPausesLosesNoPlace) {
  add(3);
  work = [this](JobId job, const Post& post) {
    post.pause();
    if (job == 0) ::raise(SIGKILL);
    post.go_on();
    write("end", job);
    return Outcome::done;
  };
  EXPECT_FALSE(run(1));
  EXPECT_THAT(lines(), UnorderedElementsAre(concat("killed 0 ", SIGKILL), "end 1", "end 2"));
}

TEST_F(CrewTest, LoopsEnd) {
  add(3);
  order_.after(1, 2, Until::end);
  order_.after(2, 1, Until::end);
  EXPECT_FALSE(run());
  EXPECT_THAT(lines(), ElementsAre("begin 0", "end 0", "loop 1", "skip 2 1"));
}

TEST_F(CrewTest, AThousandJobsInAChain) {
  add(1000);
  for (JobId job = 1; job < 1000; ++job) order_.after(job - 1, job, Until::end);
  settle = [](JobId job) -> std::optional<Outcome> {
    if (job % 100 == 0) return {};
    return Outcome::done;
  };
  EXPECT_TRUE(run());
  EXPECT_THAT(lines(), SizeIs(20));
  EXPECT_LT(at("end 900"), at("begin 800"));
}

// Its worker is the group's last process: the pipe's other end closes when it is gone.
TEST_F(CrewTest, WorkersDieWithTheirStarter) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t starter = ::fork();
  if (starter == 0) {
    add(2);
    work = [this](JobId job, const Post&) {
      write("begin", job);
      for (;;) ::pause();
      return Outcome::done;
    };
    run();
    ::_exit(0);
  }
  ::close(ends[1]);
  for (int tries = 0; tries < 500 && lines().size() < 2; ++tries) sleep(10);
  EXPECT_THAT(lines(), SizeIs(2));
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);
  ::close(ends[0]);
}

TEST_F(CrewTest, AWorkerIsSomebodyElse) {
  const auto self = sys::real_kernel().self();
  auto worker = sys::start_worker([&](const sys::Fd&) {
    const auto mine = sys::real_kernel().self();
    return mine.pid == ::getpid() && mine != self && sys::real_kernel().alive(mine) ? 7 : 8;
  });
  ASSERT_TRUE(worker);
  const auto status = sys::real_kernel().reap(worker->process, -1);
  EXPECT_EQ(WEXITSTATUS(status->value()), 7);
}

}  // namespace
}  // namespace gaol::batch
