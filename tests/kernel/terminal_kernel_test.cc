// SPDX-License-Identifier: BSD-2-Clause

// jexec(8) on a terminal: what a person at the keyboard expects of a program, whether it runs in a
// jail or not. Each test has a terminal of its own and types at it; what is looked for has ten
// seconds to come. A key that sends a signal means whoever has the terminal when it is typed, so
// it is typed once the program is seen there.

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

constexpr std::string_view kInterrupt = "\x03", kEnd = "\x04", kStop = "\x1a";

class TerminalTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(seen("jail -c name=w path=" + tiny_tree() + " persist"), "");
  }
  void TearDown() override {
    if (master_ >= 0) {
      ::close(master_);  // hangs up: nothing that was started here outlives it
      ::waitpid(program_, nullptr, 0);
    }
    (void)seen("jail -r w");
    KernelTest::TearDown();
  }

  void start(const char* line) {
    program_ = ::forkpty(&master_, nullptr, nullptr, nullptr);
    ASSERT_GE(program_, 0);
    if (program_ == 0) {
      ::setenv("PATH", GAOL_BIN_DIR ":/usr/sbin:/usr/bin:/sbin:/bin", 1);
      ::setenv("PS1", "host> ", 1);
      ::setenv("TERM", "dumb", 1);
      ::execl("/bin/sh", "sh", "-c", line, nullptr);
      ::_exit(127);
    }
  }
  // A shell with job control, as one that a person logged in to.
  void start_shell() { start("exec bash --norc --noediting -i"); }

  void type(std::string_view keys) {
    EXPECT_EQ(::write(master_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // Reads on to the end of `text`; what comes after it is kept for the next time.
  void expect(std::string_view text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      if (const auto at = shown_.find(text); at != shown_.npos) {
        shown_.erase(0, at + text.size());
        return;
      }
      if (std::chrono::steady_clock::now() > end || !read()) break;
    }
    ADD_FAILURE() << "not shown: " << text << "\nbut: " << shown_;
  }
  // Waits until the terminal is with a program of that name.
  void expect_foreground(const std::string& name) {
    expect_true("in the foreground: " + name, [&] {
      const std::string leader = std::to_string(::tcgetpgrp(master_));
      return run("cat /proc/" + leader + "/comm").out == name + "\n";
    });
  }
  // Waits until a child of what start() ran is stopped.
  void expect_stopped_child() {
    expect_true("a stopped child", [&] {
      return run("ps -o stat= --ppid " + std::to_string(program_)).out.starts_with('T');
    });
  }
  // The wait status of what start() ran.
  int ended() {
    int status = -1;
    while (read()) continue;
    ::waitpid(program_, &status, 0);
    ::close(master_);
    master_ = -1;
    return status;
  }

 private:
  template <class Condition>
  static void expect_true(const std::string& what, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) {
        ADD_FAILURE() << "not seen: " << what;
        return;
      }
      ::usleep(10'000);
    }
  }

  bool read() {
    pollfd ready{master_, POLLIN, 0};
    if (::poll(&ready, 1, 10000) <= 0) return false;
    char bytes[4096];
    const auto got = ::read(master_, bytes, sizeof bytes);
    if (got <= 0) return false;  // EIO: nobody has the terminal any more
    shown_.append(bytes, static_cast<size_t>(got));
    return true;
  }

 protected:
  int master_ = -1;

 private:
  pid_t program_ = -1;
  std::string shown_;
};

TEST_F(TerminalTest, ROOT_AShellInAJailControlsItsJobs) {
  start("exec jexec w sh -i");
  expect("host> ");
  type("sleep 100; echo after $?\n");
  expect("after $?\r\n");
  expect_foreground("sleep");
  type(kStop);
  expect("Stopped");
  type("jobs; echo listed\n");
  expect("sleep 100");
  expect("listed\r\n");
  type("fg\n");
  expect("fg\r\n");
  expect_foreground("sleep");
  type(kInterrupt);
  expect("host> ");
  type("echo $((6 * 7))\n");
  expect("42");
  type("exit 7\n");
  EXPECT_EQ(WEXITSTATUS(ended()), 7);
}

TEST_F(TerminalTest, ROOT_IsAJobLikeAnyOther) {
  start_shell();
  expect("host> ");
  type("jexec w sleep 100\n");
  expect("100\r\n");
  expect_foreground("sleep");
  type(kStop);
  expect("Stopped");
  expect("host> ");
  type("fg; echo ended $?\n");
  expect("jexec w sleep 100\r\n");
  expect_foreground("sleep");
  type(kInterrupt);
  type("\necho status $?\n");
  expect("status 130\r\n");

  type("jexec w cat\n");
  expect("jexec w cat\r\n");
  expect_foreground("cat");
  type("one\n");
  expect("one\r\none\r\n");
  type(kStop);
  expect("Stopped");
  type("bg\n");
  expect("jexec w cat &");
  expect_stopped_child();  // in the background it may not read
  type("\n");
  expect("Stopped");
  type("fg\n");
  expect("fg\r\n");
  expect("jexec w cat\r\n");
  type("two\n");
  expect("two\r\ntwo\r\n");
  type(kEnd);
  type("echo status $?\n");
  expect("status 0\r\n");
  type("exit\n");
  EXPECT_EQ(WEXITSTATUS(ended()), 0);
}

TEST_F(TerminalTest, ROOT_PartOfAPipeStaysInItsGroup) {
  start_shell();
  expect("host> ");
  type("jexec w cat | tr a-z A-Z\n");
  type("hello\n");
  expect("hello\r\n");
  type(kEnd);
  expect("HELLO\r\n");
  type("jexec w sleep 100 | cat; echo status ${PIPESTATUS[0]}\n");
  expect("[0]}\r\n");
  expect_foreground("jexec");
  type(kInterrupt);
  type("\necho alive $((6 * 7))\n");
  expect("alive 42");
  type("exit\n");
  EXPECT_EQ(WEXITSTATUS(ended()), 0);
}

TEST_F(TerminalTest, ROOT_AScriptGetsItsTerminalBack) {
  start("jexec w sh -ic 'echo in the jail'; read line; echo got $line");
  expect("in the jail\r\n");
  type("words\n");
  expect("got words\r\n");
  EXPECT_EQ(WEXITSTATUS(ended()), 0);
}

TEST_F(TerminalTest, ROOT_AChangeOfSizeArrives) {
  start(
      "exec jexec w sh -c 'trap \"stty size; exit 3\" WINCH; echo ready; while :; do sleep 0.1; "
      "done'");
  expect("ready\r\n");
  const winsize size{.ws_row = 33, .ws_col = 77, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::ioctl(master_, TIOCSWINSZ, &size), 0);
  expect("33 77\r\n");
  EXPECT_EQ(WEXITSTATUS(ended()), 3);
}

TEST_F(TerminalTest, ROOT_TheSignalThatEndsTheProgramEndsJexec) {
  start("exec jexec w sleep 100");
  expect_foreground("sleep");
  type(kInterrupt);
  const int status = ended();
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

}  // namespace
}  // namespace gaol::test
