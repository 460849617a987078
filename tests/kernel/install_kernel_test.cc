// SPDX-License-Identifier: BSD-2-Clause

// What `cmake --install` leaves: everything in its place, and working from there, wherever that
// is.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInstall = "'" GAOL_CMAKE "' --install '" GAOL_BIN_DIR "/..' ";

class InstallTest : public KernelTest {
 protected:
  void TearDown() override {
    fs::remove_all(dir_);
    KernelTest::TearDown();
  }
  const std::string dir_ = "/run/installed";
};

TEST_F(InstallTest, ROOT_CommandsWorkFromWhereTheyWerePut) {
  ASSERT_EQ(run(kInstall + ("--prefix " + dir_)).status, 0);
  const std::string there = "PATH=" + dir_ + "/sbin:$PATH; command -v jail; ";
  EXPECT_EQ(seen(there + "jail -c name=web path=" + tiny_tree() + " persist ip4.addr=127.0.0.1"),
            dir_ + "/sbin/jail\n");
  EXPECT_EQ(seen(there + "jexec web pwd; jls name"), dir_ + "/sbin/jail\n/\nweb\n");
  // The jail's first process is the one that was installed with the command.
  EXPECT_EQ(fs::read_symlink("/proc/" + init_of("web") + "/exe"), dir_ + "/libexec/gaol/gaol-init");
  EXPECT_EQ(seen(there + "jail -r web"), dir_ + "/sbin/jail\n");
}

TEST_F(InstallTest, ROOT_InitStaysUnreadable) {
  ASSERT_EQ(run(kInstall + ("--prefix " + dir_)).status, 0);
  EXPECT_EQ(fs::status(dir_ + "/libexec/gaol/gaol-init").permissions(), fs::perms(0111));
}

TEST_F(InstallTest, ROOT_StagesBelowDestdir) {
  ASSERT_EQ(run("DESTDIR=" + dir_ + " " + kInstall).status, 0);
  for (const char* file :
       {"sbin/jail", "sbin/jls", "sbin/jexec", "sbin/gaol", "libexec/gaol/gaol-init",
        "libexec/gaol/gaol-stack", "share/man/man8/jail.8", "share/man/man5/jail.conf.5"})
    EXPECT_TRUE(fs::exists(dir_ + GAOL_INSTALL_PREFIX "/" + file)) << file;
}

}  // namespace
}  // namespace gaol::test
