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

}  // namespace
}  // namespace gaol::test
