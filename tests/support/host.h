// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A machine for tests that need a kernel: the test program runs in a mount, network and cgroup
// namespace of its own, with a tmpfs on /run and a cgroup v2 root that holds nothing else, and
// takes that for the host. Nothing it does reaches the real one; what it leaves in its own is
// a failure of the test that left it.
//
// Link with tests/support/host.cc instead of gtest_main. Tests are named after what they need:
// ROOT_ (euid 0), NET_ (interfaces), BPF_ (cgroup programs). Without it they are skipped with
// the reason, unless GAOL_MUST_RUN is set.

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gaol::test {

struct Outcome {
  int status = 0;   // exit status, or 128 + signal
  std::string out;  // stdout
  std::string err;  // stderr
};
// Runs a shell line with the built commands in front of PATH; stops after `seconds`.
Outcome run(const std::string& line, int seconds = 60);

// What a terminal would show of a shell line: stdout and stderr as they come, and a last line
// `[exit N]` unless N is 0.
std::string seen(const std::string& line);
// The same once it is `right`, or after ten seconds: for what nobody waits for, the end of what was
// killed for one.
std::string settled(const std::string& line, const std::string& right);

// Connection tracking knows none of this network namespace any more.
void forget_connections();

void write_file(const std::string& path, const std::string& text);

// A tree that can be a jail's root, made once per test program: a static busybox with its
// applets, /etc/passwd, empty /dev, /proc, /sys, /tmp. Writable; owned by uid 0.
std::string tiny_tree();
// A fresh copy of it at `path`.
void make_tree(const std::string& path);

// The pid of a running jail's init, as text.
std::string init_of(const std::string& jail);

// Whether jail, jls and jexec are static, and so run in every tree.
bool commands_run_anywhere();

// What a jail could leave behind, one line each: mounts, interfaces with their addresses,
// cgroups, files of /run/gaol, pinned BPF map entries, open descriptors, child processes.
std::vector<std::string> footprint();
// What is different now, a line each: `+` has appeared, `-` is gone. Empty: nothing.
std::string changes_since(const std::vector<std::string>& before);

// Skips the test (or fails it under GAOL_MUST_RUN) with the reason.
#define GAOL_NEEDS(condition, reason)                                       \
  if (!(condition)) {                                                       \
    if (::getenv("GAOL_MUST_RUN")) FAIL() << "must run here: " << (reason); \
    GTEST_SKIP() << (reason);                                               \
  }

// Every kernel test: euid 0, and the same footprint after as before.
class KernelTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

 private:
  std::vector<std::string> before_;
};

}  // namespace gaol::test
