// SPDX-License-Identifier: BSD-2-Clause

// Many jails by one command, on a host of the test's own: they come and go at the same time and
// yet in the order that `depend` and dotted names ask for. Hooks write down what happens, each
// line in one write(2), so that the log tells which came first.

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Not;
using testing::SizeIs;

class ParallelTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    tree_ = tiny_tree();
    fs::create_directory(dir_);
  }
  void TearDown() override {
    fs::remove_all(dir_);
    KernelTest::TearDown();
  }

  // Every jail logs the begin and the end of its start and of its stop.
  void configure(const std::string& text) {
    const auto line = [&](const std::string& what) {
      return "\"echo " + what + " $name >>" + log_ + "\";\n";
    };
    write_file(conf_, "path = " + tree_ + "; persist; stop.timeout = 0;\n" +  //
                          "exec.prepare = " + line("prepare") +               //
                          "exec.poststart = \"sleep 0.02\", " + line("up") +  //
                          "exec.prestop = " + line("prestop") +               //
                          "exec.release = \"sleep 0.02\", " + line("down") + text);
  }
  std::string jail(const std::string& words) { return seen("jail -q -f " + conf_ + " " + words); }

  std::vector<std::string> events() {
    std::ifstream in(log_);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }
  void forget_events() { fs::remove(log_); }
  // Whether the log has both, and in this order.
  bool in_order(const std::string& first, const std::string& second) {
    const auto all = events();
    const auto at = std::ranges::find(all, first);
    return std::find(at, all.end(), second) != all.end();
  }
  std::string names() { return run("jls name | sort").out; }

  std::string tree_;
  const std::string dir_ = "/run/parallel", conf_ = dir_ + "/jail.conf", log_ = dir_ + "/log";
};

double seconds_of(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A hundred jails: ten chains of ten.
std::string chains() {
  std::string text;
  for (int chain = 0; chain < 10; ++chain)
    for (int link = 9; link >= 0; --link) {
      const std::string name = "j" + std::to_string(10 * chain + link);
      const std::string before = "j" + std::to_string(10 * chain + link - 1);
      text += name + " { " + (link > 0 ? "depend = " + before + "; " : "") + "}\n";
    }
  return text;
}

TEST_F(ParallelTest, ROOT_AHundredJailsInTenChains) {
  configure(chains());
  EXPECT_EQ(jail("-c '*'"), "");
  EXPECT_EQ(run("jls name | wc -l").out, "100\n");
  EXPECT_THAT(events(), SizeIs(200));
  for (int i = 0; i < 100; ++i) {
    if (i % 10 == 0) continue;
    EXPECT_TRUE(in_order("up j" + std::to_string(i - 1), "prepare j" + std::to_string(i))) << i;
  }
  // Not one chain after the other.
  EXPECT_TRUE(in_order("prepare j90", "up j9"));
  EXPECT_TRUE(in_order("prepare j0", "up j99"));

  const auto before = events();
  EXPECT_EQ(jail("-c '*'"), "");
  EXPECT_EQ(seen("jail -f " + conf_ + " -c"), "") << "silent, though it was not asked to be";
  EXPECT_EQ(events(), before);

  forget_events();
  EXPECT_EQ(jail("-r '*'"), "");
  EXPECT_EQ(names(), "");
  EXPECT_THAT(events(), SizeIs(200));
  for (int i = 0; i < 100; ++i) {
    if (i % 10 == 0) continue;
    EXPECT_TRUE(in_order("down j" + std::to_string(i), "prestop j" + std::to_string(i - 1))) << i;
  }
  EXPECT_EQ(jail("-r '*'"), "");
}

constexpr const char* kDiamond =
    "base { }\n"
    "left { depend = base; }\n"
    "right { depend = base; }\n"
    "top { depend = left, right; }\n";

TEST_F(ParallelTest, ROOT_ADiamond) {
  // Both sides are on their way at the same time: either waits for the other.
  const auto meet = [&](const std::string& other) {
    return "exec.prestart = 'until grep -q \"prepare " + other + "\" " + log_ +
           "; do sleep 0.02; done'; ";
  };
  configure("exec.timeout = 20; base { }\nleft { depend = base; " + meet("right") +
            "}\nright { depend = base; " + meet("left") + "}\ntop { depend = left, right; }\n");
  EXPECT_EQ(jail("-c top"), "");
  EXPECT_THAT(events(), SizeIs(8));
  for (const char* side : {"left", "right"}) {
    EXPECT_TRUE(in_order("up base", std::string("prepare ") + side));
    EXPECT_TRUE(in_order(std::string("up ") + side, "prepare top"));
  }
  forget_events();
  EXPECT_EQ(jail("-r base"), "");
  EXPECT_TRUE(in_order("down top", "prestop left"));
  EXPECT_TRUE(in_order("down top", "prestop right"));
  EXPECT_TRUE(in_order("down left", "prestop base"));
  EXPECT_TRUE(in_order("down right", "prestop base"));
}

TEST_F(ParallelTest, ROOT_AFailingMemberStopsWhatNeedsItAndNothingElse) {
  configure(
      "base { }\nleft { depend = base; }\nother { }\n"
      "right { depend = base; exec.prestart = /bin/false; }\n"
      "top { depend = left, right; }\nroof { depend = top; }\n");
  const auto outcome = run("jail -f " + conf_ + " -c");
  EXPECT_EQ(outcome.err,
            "jail: right: /bin/false: failed\njail: top: skipped\njail: roof: skipped\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(names(), "base\nleft\nother\n");
  EXPECT_THAT(events(), Not(Contains("prepare top")));
  EXPECT_EQ(jail("-c"), "jail: right: /bin/false: failed\n[exit 1]\n");
  EXPECT_EQ(jail("-r '*'"), "");
}

TEST_F(ParallelTest, ROOT_WhatExistsNeedsNothing) {
  configure("db { }\nweb { depend = db; }\n");
  EXPECT_EQ(jail("-c web"), "");
  EXPECT_EQ(jail("-qR db"), "");
  forget_events();
  EXPECT_EQ(jail("-c web"), "jail: \"web\" already exists\n[exit 1]\n");
  EXPECT_THAT(events(), SizeIs(0));
  EXPECT_EQ(jail("-m web"), "") << "what it depends on is no matter of a change";
  EXPECT_EQ(jail("-cm"), "");
  EXPECT_TRUE(in_order("prepare db", "up db"));
  EXPECT_EQ(jail("-r '*'"), "");
}

TEST_F(ParallelTest, ROOT_AFailedStopKeepsWhatItNeeds) {
  configure(kDiamond);
  jail("-c");
  configure(
      "base { }\nleft { depend = base; }\n"
      "right { depend = base; exec.stop = /bin/false; }\n"
      "top { depend = left, right; exec.poststop = /bin/false; }\n");
  EXPECT_EQ(run("jail -f " + conf_ + " -p1 -r base").err,
            "jail: top: /bin/false: failed\njail: right: /bin/false: failed\n"
            "jail: base: skipped\n");
  EXPECT_EQ(names(), "base\nright\n") << "top is gone, so that its flaw does not keep the others";
  EXPECT_EQ(jail("-R '*'"), "");
}

TEST_F(ParallelTest, ROOT_LoopsAndUnknownNames) {
  configure(
      "a { depend = b; }\nb { depend = c; }\nc { depend = a; }\n"
      "lone { }\nlost { depend = lnoe; }\nself { depend = self; }\n");
  EXPECT_EQ(run("jail -f " + conf_ + " -p1 -c").err,
            "jail: lost: depends on undefined jail \"lnoe\"\n"
            "jail: a: dependency loop\njail: c: skipped\njail: b: skipped\n"
            "jail: self: dependency loop\n");
  EXPECT_EQ(names(), "lone\n");
  EXPECT_EQ(jail("-c b"), "jail: b: dependency loop\n[exit 1]\n");
  EXPECT_EQ(jail("-r lone"), "");
}

TEST_F(ParallelTest, ROOT_OneAtATimeGoesByTheFile) {
  configure("c { }\na { }\nb { }\n");
  const std::string one = "jail -p1 -f " + conf_;
  EXPECT_EQ(seen(one + " -c"), "c: created\na: created\nb: created\n");
  EXPECT_EQ(seen(one + " -rc"),
            "b: removed\na: removed\nc: removed\nc: created\na: created\nb: created\n");
  EXPECT_EQ(seen(one + " -r '*'"), "b: removed\na: removed\nc: removed\n");
  std::vector<std::string> expected;
  for (const char* name : {"c", "a", "b"})
    for (const char* what : {"prepare ", "up "}) expected.push_back(std::string(what) + name);
  forget_events();
  jail("-p1 -c");
  EXPECT_EQ(events(), expected);
  jail("-r '*'");
}

TEST_F(ParallelTest, ROOT_ALimitIsOneOfCommands) {
  const std::string eight = "';\na { } b { } c { } d { } e { } f { } g { } h { }\n";
  // Each of eight waits for all.
  configure("exec.timeout = 20; exec.prestart = 'until [ $(grep -c prepare " + log_ +
            ") = 8 ]; do sleep 0.02; done" + eight);
  EXPECT_EQ(jail("-c"), "");
  EXPECT_EQ(jail("-r '*'"), "");
  forget_events();
  configure("exec.prestart = 'echo in >>" + log_ + "; sleep 0.05; echo out >>" + log_ + eight);
  EXPECT_EQ(jail("-p 2 -c"), "");
  EXPECT_EQ(jail("-p junk -r '*'"), "");
  int running = 0, most = 0;
  for (const auto& event : events()) {
    running += event == "in" ? 1 : event == "out" ? -1 : 0;
    most = std::max(most, running);
  }
  EXPECT_THAT(most, testing::AnyOf(1, 2));
  // Waiting for processes to end is no command.
  configure(
      "stop.timeout = 3; exec.start = 'trap \"\" TERM; sleep 1000 & sleep 0.1';\n"
      "a { } b { } c { }\n");
  EXPECT_EQ(jail("-c"), "");
  EXPECT_LT(seconds_of([&] { EXPECT_EQ(jail("-p1 -r '*'"), ""); }), 3 * 3);
}

TEST_F(ParallelTest, ROOT_AKilledWorkerHangsNobody) {
  configure("a { exec.prestart = 'kill -9 $PPID'; }\nb { depend = a; }\nc { }\nd { }\n");
  const auto outcome = run("jail -f " + conf_ + " -c");
  EXPECT_EQ(outcome.err, "jail: a: its worker was killed by signal 9\njail: b: skipped\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(run("ls /run/gaol/busy").out, "") << "what it had begun is undone";
  EXPECT_EQ(names(), "c\nd\n");
  EXPECT_EQ(jail("-r '*'"), "");
}

// The terminal sends ^C to all that is in the foreground.
TEST_F(ParallelTest, ROOT_AnInterruptEndsAllOfIt) {
  configure("exec.prestart = 'sleep 1000';\na { } b { } c { }\n");
  const pid_t group = ::fork();
  if (group == 0) {
    ::setpgid(0, 0);
    ::execl(GAOL_BIN_DIR "/jail", "jail", "-f", conf_.c_str(), "-c", nullptr);
    std::_Exit(127);
  }
  for (int tries = 0; tries < 500 && events().size() < 3; ++tries) ::poll(nullptr, 0, 10);
  EXPECT_THAT(events(), SizeIs(3));
  ::poll(nullptr, 0, 100);
  ::kill(-group, SIGINT);
  int status = 0;
  ::waitpid(group, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
  for (int tries = 0; tries < 500 && ::kill(-group, 0) == 0; ++tries) ::poll(nullptr, 0, 10);
  EXPECT_EQ(::kill(-group, 0), -1) << "something of it is left";
  EXPECT_EQ(names(), "");
}

TEST_F(ParallelTest, ROOT_LinesAreWhole) {
  std::string text, expected;
  for (int i = 10; i < 60; ++i) {
    text += "j" + std::to_string(i) + " { }\n";
    expected += "j" + std::to_string(i) + ": created\n";
  }
  configure(text);
  EXPECT_EQ(run("jail -J " + dir_ + "/jids -f " + conf_ + " -c | sort").out, expected);
  EXPECT_EQ(run("cut -f 2 " + dir_ + "/jids | sort | sed 's/name=\\(.*\\)/\\1: created/'").out,
            expected);
  EXPECT_EQ(jail("-r '*'"), "");
}

}  // namespace
}  // namespace gaol::test
