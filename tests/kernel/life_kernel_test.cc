// SPDX-License-Identifier: BSD-2-Clause

// The life of a jail by the commands a user types, on a host of the test's own.

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using LifeTest = KernelTest;

TEST_F(LifeTest, ROOT_CreateListEnterModifyRemove) {
  const std::string tree = tiny_tree();
  auto made = run("jail -c name=web path=" + tree + " host.hostname=web.example.com persist");
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out + made.err, "");
  EXPECT_EQ(run("jls -N name host.hostname path").out, "web web.example.com " + tree + "\n");
  EXPECT_EQ(run("jexec web hostname").out, "web.example.com\n");
  EXPECT_EQ(run("jexec web sh -c 'exit 7'").status, 7);
  EXPECT_EQ(run("jexec web sh -c 'kill -TERM $$'").status, 128 + 15);
  EXPECT_EQ(run("jail -m name=web host.hostname=www").status, 0);
  EXPECT_EQ(run("jexec web hostname").out, "www\n");
  EXPECT_EQ(run("jail -r web").status, 0);
  EXPECT_EQ(run("jls").out, "   JID  IP Address      Hostname                      Path\n");
}

}  // namespace
}  // namespace gaol::test
