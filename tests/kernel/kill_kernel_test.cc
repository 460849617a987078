// SPDX-License-Identifier: BSD-2-Clause

// kill -9 at any instant: of jail(8) on its way up or down, and of a jail's init. Whatever was
// standing, the next command finishes the job, and then nothing of the jail is left.
//
// Instants are random over the time that the whole command takes; GAOL_SEED repeats a run.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

unsigned seed() {
  static const unsigned chosen = [] {
    const char* given = ::getenv("GAOL_SEED");
    const unsigned value = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    std::printf("GAOL_SEED=%u\n", value);
    return value;
  }();
  return chosen;
}

pid_t start(const std::string& line) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const std::string script = "exec " GAOL_BIN_DIR "/" + line + " >/dev/null 2>&1";
  ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
  std::_Exit(127);
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

class KillTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    ASSERT_EQ(run("ip link add ep0a type veth peer name ep0b").err, "");
    seen("jail -c path=" + tiny_tree() + " ip4.addr=127.0.0.1 command=/bin/true");
    standing_ = footprint();
  }
  void TearDown() override {
    run("ip link del ep0a");
    KernelTest::TearDown();
  }

  // Runs the line and kills it after a random part of `whole`. True if it had ended by then.
  bool cut_short(const std::string& line, microseconds whole) {
    std::uniform_int_distribution<microseconds::rep> instant(0, whole.count());
    const pid_t pid = start(line);
    std::this_thread::sleep_for(microseconds(instant(random_)));
    ::kill(pid, SIGKILL);
    return WIFEXITED(wait_for(pid));
  }
  // What creating the jail takes where nothing else comes in between: the least of a few times.
  static microseconds time_of(const std::string& create) {
    auto least = microseconds::max();
    for (int i = 0; i < 5; ++i) {
      const auto begin = Clock::now();
      EXPECT_EQ(wait_for(start(create)), 0) << create;
      least = std::min(least, std::chrono::duration_cast<microseconds>(Clock::now() - begin));
      EXPECT_EQ(seen("jail -r cut"), "");
    }
    return least;
  }

  // Either the jail is there, whole and to be removed, or nothing of it is.
  void expect_whole_or_nothing(const std::string& trace) {
    SCOPED_TRACE(trace);
    const std::string names = run("jls name").out;
    if (names == "cut\n") {
      EXPECT_EQ(seen("jexec cut true"), "");
      EXPECT_EQ(seen("jail -r cut"), "");
    } else {
      EXPECT_EQ(names, "");
    }
    EXPECT_EQ(changes_since(standing_), "");
  }

  std::vector<std::string> standing_;
  std::mt19937 random_{seed()};
};

const std::string kCreate = "jail -c name=cut path=/run/tree persist ";

struct Variant {
  std::string name, parameters;
};
const Variant kVariants[] = {
    {"plain", ""},
    {"hooks",
     "exec.prestart='sleep 0.001' exec.created='sleep 0.001' exec.start='/bin/sleep 1000 &' "
     "exec.start='sleep 0.001; sleep 1000 & true' exec.poststart='sleep 0.001'"},
    {"alias", "interface=ep0a ip4.addr=10.1.0.1,10.1.0.2 ip6.addr=2001:db8::1"},
    {"vnet", "vnet vnet.interface=ep0b exec.start='ip link set ep0b up'"},
};

TEST_F(KillTest, ROOT_NET_BPF_StartsThatWereCutShort) {
  int cut = 0;
  for (const auto& variant : kVariants) {
    const std::string create = kCreate + variant.parameters;
    const auto whole = time_of(create);
    for (int i = 0; i < 50; ++i) {
      cut += !cut_short(create, whole);
      const std::string trace = variant.name + " " + std::to_string(i);
      if (i % 2 != 0) {
        const auto again = run(create);
        EXPECT_TRUE(again.status == 0 || again.err == "jail: \"cut\" already exists\n")
            << trace << ": " << again.err;
      }
      expect_whole_or_nothing(trace);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(cut, 50) << "the instants were too late to be a test";
}

TEST_F(KillTest, ROOT_NET_BPF_StopsThatWereCutShort) {
  int cut = 0;
  for (int i = 0; i < 50; ++i) {
    const auto& variant = kVariants[static_cast<size_t>(i) % std::size(kVariants)];
    ASSERT_EQ(seen(kCreate + variant.parameters), "");
    cut += !cut_short("jail -r cut", microseconds(8000));
    expect_whole_or_nothing(variant.name + " " + std::to_string(i));
    if (HasFailure()) return;
  }
  EXPECT_GT(cut, 10) << "the instants were too late to be a test";
}

void end(const std::string& pid) {
  EXPECT_EQ(seen("kill -9 " + pid + "; while kill -0 " + pid + " 2>/dev/null; do :; done"), "");
}

TEST_F(KillTest, ROOT_NET_BPF_AJailWhoseInitIsKilledIsSwept) {
  for (const auto& variant : kVariants) {
    SCOPED_TRACE(variant.name);
    if (variant.name == "vnet") continue;  // its virtual interfaces die with the namespace
    ASSERT_EQ(seen(kCreate + variant.parameters), "");
    end(init_of("cut"));
    EXPECT_EQ(run("jls name").out, "");
    EXPECT_EQ(changes_since(standing_), "");
    // The next start of that name does it as well.
    ASSERT_EQ(seen(kCreate + variant.parameters), "");
    end(init_of("cut"));
    EXPECT_EQ(seen(kCreate + variant.parameters), "");
    EXPECT_EQ(seen("jail -r cut"), "");
    EXPECT_EQ(changes_since(standing_), "");
  }
}

}  // namespace
}  // namespace gaol::test
