// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What FreeBSD's own tests of jails assert, asserted here by the commands that a user types.
//
// Every test is called F, its number, and what it is about. docs/functional-tests.md lists the
// numbers, those included that are tested elsewhere or cannot be; page_test.cc writes that page
// and holds it to the tests that there are. All of them need root, and a host of their own.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {

class FunctionalTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    tree_ = tiny_tree();
    std::filesystem::create_directory(dir_);
  }
  void TearDown() override {
    run("jail -R '*'");
    std::filesystem::remove_all(dir_);
    KernelTest::TearDown();
  }

  // jail(8) with the test's configuration file.
  std::string jail(const std::string& words) { return seen("jail -f " + conf_ + " " + words); }
  void configure(const std::string& text) { write_file(conf_, text); }
  // A jail on the small tree, from the command line.
  std::string create(const std::string& parameters) {
    return seen("jail -c path=" + tree_ + " persist " + parameters);
  }
  std::string names() { return run("jls name").out; }

  std::string tree_;
  const std::string dir_ = "/run/functional", conf_ = dir_ + "/jail.conf";
};

// A command, and what the terminal shows of it.
struct Step {
  std::string command, shown;
};
inline void follow(const std::vector<Step>& steps) {
  for (const auto& step : steps) EXPECT_EQ(seen(step.command), step.shown) << step.command;
}

}  // namespace gaol::test
