// SPDX-License-Identifier: BSD-2-Clause

// What root of a jail may do by way of the jail's init: its names, the release it is told, what it
// may debug.

#include <gmock/gmock.h>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;

class BrokerTest : public KernelTest {
 protected:
  void TearDown() override {
    run("jail -r web");
    KernelTest::TearDown();
  }
  void start(const std::string& parameters) {
    ASSERT_EQ(seen("jail -c name=web path=" + tiny_tree() + " persist " + parameters), "");
  }
  const std::string refused_ = "hostname: sethostname: Operation not permitted\n[exit 1]\n";
};

TEST_F(BrokerTest, ROOT_RootNamesItsJailAndEverybodySeesIt) {
  start("host.hostname=first");
  EXPECT_EQ(seen("jexec web hostname second"), "");
  EXPECT_EQ(seen("jexec web hostname"), "second\n");
  EXPECT_EQ(seen("jls host.hostname"), "second\n");
  EXPECT_THAT(seen("jls"), HasSubstr(" second "));
  EXPECT_EQ(seen("hostname"), seen("cat /proc/sys/kernel/hostname"));
  EXPECT_EQ(seen("jexec web sh -c 'hostname third; hostname'"), "third\n");
}

TEST_F(BrokerTest, ROOT_NamesOutliveChangesOfOtherParameters) {
  start("host.hostname=first");
  EXPECT_EQ(seen("jexec web hostname second"), "");
  EXPECT_EQ(seen("jail -m name=web meta=x; jexec web hostname"), "second\n");
  EXPECT_EQ(seen("jail -m name=web host.domainname=nis; jexec web hostname"), "second\n");
  EXPECT_EQ(seen("jls host.domainname"), "nis\n");
  EXPECT_EQ(seen("jail -m name=web host.hostname=fourth; jexec web hostname"), "fourth\n");
}

TEST_F(BrokerTest, ROOT_OnlyRootNamesTheJail) {
  start("host.hostname=first");
  EXPECT_EQ(seen("jexec -U www web hostname second"), refused_);
  EXPECT_EQ(seen("jexec web hostname"), "first\n");
}

TEST_F(BrokerTest, ROOT_KernelsOwnRefusalsComeThrough) {
  start("");
  EXPECT_EQ(seen("jexec web hostname " + std::string(64, 'x')), "");
  EXPECT_EQ(seen("jexec web hostname " + std::string(65, 'x')),
            "hostname: sethostname: Invalid argument\n[exit 1]\n");
}

TEST_F(BrokerTest, ROOT_WithoutThePermissionNobodyDoes) {
  start("host.hostname=first allow.noset_hostname");
  EXPECT_EQ(seen("jexec web hostname second"), refused_);
  EXPECT_EQ(seen("jail -m name=web allow.set_hostname"),
            "jail: allow: a jail that began with nothing to be granted by its init cannot be given "
            "it while it runs (restart the jail with it)\n[exit 1]\n");
  EXPECT_EQ(seen("jls -n allow.set_hostname"), "allow.noset_hostname\n");
}

TEST_F(BrokerTest, ROOT_ProgramsThatRunFeelAChangeOfThePermission) {
  start("");
  ASSERT_EQ(run("cd " + tiny_tree() + "; mkfifo go done").status, 0);
  // Either side waits for the other: the shell is there before the first change, and has tried
  // before the second.
  const std::string inside =
      "jexec web sh -c 'for name in one two; do echo >/done; read x </go; hostname $name; done'";
  EXPECT_EQ(seen("cd " + tiny_tree() + "; { " + inside +
                 "; } 2>&1 & read x <done; jail -m name=web allow.noset_hostname; echo >go; "
                 "read x <done; jail -m name=web allow.set_hostname; echo >go; wait"),
            "hostname: sethostname: Operation not permitted\n");
  EXPECT_EQ(seen("jexec web hostname"), "two\n");
  run("cd " + tiny_tree() + "; rm go done");
}

TEST_F(BrokerTest, ROOT_AJailIsToldTheReleaseItWasGiven) {
  start("osrelease=14.2-RELEASE osreldate=1402000");
  EXPECT_EQ(seen("jexec web uname -r"), "14.2-RELEASE\n");
  EXPECT_EQ(seen("jexec -U www web uname -r"), "14.2-RELEASE\n");
  EXPECT_EQ(seen("jexec web uname -sm"), seen("uname -sm"));
  EXPECT_EQ(seen("jls osrelease osreldate"), "14.2-RELEASE 1402000\n");
}

TEST_F(BrokerTest, ROOT_TheReleaseIsTheHostsOtherwise) {
  start("");
  EXPECT_EQ(seen("jexec web uname -r"), seen("uname -r"));
  EXPECT_EQ(seen("jls osrelease"), seen("uname -r"));
}

TEST_F(BrokerTest, ROOT_RootDebugsWhereUsersMayNot) {
  run("cp " GAOL_TEST_DIR "/debug_child " + tiny_tree() + "/bin");
  const std::string done = "ptrace: done\nprocess_vm_readv: done\n",
                    refused =
                        "ptrace: Operation not permitted\n"
                        "process_vm_readv: Operation not permitted\n";
  start("");
  EXPECT_EQ(seen("jexec -U www web debug_child; jexec web debug_child"), done + done);
  EXPECT_EQ(seen("jail -m name=web allow.nounprivileged_proc_debug"), "");
  EXPECT_EQ(seen("jexec -U www web debug_child; jexec web debug_child"), refused + done);
  EXPECT_EQ(seen("jail -r web"), "");
  // Nor does init need anything for it.
  start("allow.noset_hostname allow.nounprivileged_proc_debug");
  EXPECT_EQ(seen("jexec -U www web debug_child; jexec web debug_child"), refused + done);
  EXPECT_EQ(seen("jexec web hostname second"), refused_);
  run("rm " + tiny_tree() + "/bin/debug_child");
}

// Two callers at once, each many times: no answer goes to the wrong one or to nobody.
TEST_F(BrokerTest, ROOT_AnswersManyAtOnce) {
  start("osrelease=9");
  EXPECT_EQ(seen("for i in 1 2 3; do jexec web sh -c 'for j in $(seq 50); do uname -r; hostname "
                 "h$j; done' & done | sort | uniq -c | tr -s ' '; wait"),
            " 150 9\n");
  EXPECT_EQ(seen("jexec web hostname"), "h50\n");
}

// Without mounts or programs of its own, and with the descriptors of its callers collected.
TEST_F(BrokerTest, ROOT_InitKeepsNothingOfCallersThatAreGone) {
  start("");
  const std::string count = "ls /proc/" + init_of("web") + "/fd | wc -l";
  const std::string before = seen(count);
  EXPECT_EQ(seen("for i in $(seq 20); do jexec web hostname h$i; done"), "");
  EXPECT_EQ(settled(count, before), before);
}

}  // namespace
}  // namespace gaol::test
