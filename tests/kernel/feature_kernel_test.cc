// SPDX-License-Identifier: BSD-2-Clause

// Kernels without what a jail needs: one clear line, and nothing changed. Older kernels are
// played by tests/support/deny_syscall.c.

#include <algorithm>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using FeatureTest = KernelTest;

TEST_F(FeatureTest, ROOT_AMissingCallIsOneLineThatSaysWhatToDo) {
  const char* const calls[] = {"clone3", "open_tree", "mount_setattr", "move_mount",
                               "fsopen", "fsmount",   "pivot_root",    "setns"};
  for (const std::string call : calls) {
    const auto outcome = run(GAOL_TEST_DIR "/deny_syscall " + call +
                             " jail -c name=web path=" + tiny_tree() + " command=true");
    EXPECT_EQ(outcome.status, 1) << call;
    EXPECT_EQ(outcome.out, "") << call;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << call << ": " << outcome.err;
    EXPECT_TRUE(outcome.err.contains("Function not implemented")) << call << ": " << outcome.err;
    EXPECT_TRUE(outcome.err.contains("gaol doctor")) << call << ": " << outcome.err;
  }
}

// Whether a call that init has taken up can be broken off by a signal is all that the flag settles.
TEST_F(FeatureTest, ROOT_InitAnswersWithoutTheFlagOfLinux519) {
  const std::string older = GAOL_TEST_DIR "/deny_syscall seccomp:1:0x20 ";
  EXPECT_EQ(seen(older + "jail -c name=web path=" + tiny_tree() + " persist osrelease=9"), "");
  EXPECT_EQ(seen(older + "jexec web sh -c 'hostname second; hostname; uname -r'"), "second\n9\n");
  EXPECT_EQ(seen("jail -r web"), "");
}

TEST_F(FeatureTest, ROOT_NothingEntersWhereInitCannotBeAsked) {
  const std::string older = GAOL_TEST_DIR "/deny_syscall seccomp:1:0x8 ";
  EXPECT_EQ(seen("jail -c name=web path=" + tiny_tree() + " persist allow.noset_hostname"), "");
  EXPECT_EQ(seen(older + "jexec web echo runs"), "runs\n");
  EXPECT_EQ(seen("jail -r web; jail -c name=web path=" + tiny_tree() + " persist"), "");
  EXPECT_EQ(seen(older + "jexec web true"), "jexec: seccomp: Invalid argument\n[exit 1]\n");
  EXPECT_EQ(seen("jail -r web"), "");
}

TEST_F(FeatureTest, ROOT_ManyAreSeenToLiveWithoutAskingEach) {
  EXPECT_EQ(seen("for i in $(seq 34); do jail -c name=j$i path=" + tiny_tree() + " persist; done"),
            "");
  const std::string all = run("jls name").out;
  EXPECT_EQ(std::ranges::count(all, '\n'), 34);
  EXPECT_EQ(run(GAOL_TEST_DIR "/deny_syscall pidfd_open jls name").out, all);
  EXPECT_EQ(seen("jail -q -r '*'"), "");
}

// As when jail(8) is killed in between.
TEST_F(FeatureTest, ROOT_AnOrderWithoutItsRecordIsNotTheLastWord) {
  const std::string no_rename = GAOL_TEST_DIR "/deny_syscall rename ";
  EXPECT_EQ(seen("jail -c name=web path=" + tiny_tree() + " persist"), "");
  EXPECT_NE(run(no_rename + "jail -m name=web allow.noset_hostname").status, 0);
  EXPECT_EQ(run("jls -n allow.set_hostname").out, "allow.set_hostname\n");
  EXPECT_EQ(seen("jail -m name=web allow.set_hostname; jexec web hostname h"), "");
  EXPECT_EQ(seen("jail -r web"), "");
}

}  // namespace
}  // namespace gaol::test
