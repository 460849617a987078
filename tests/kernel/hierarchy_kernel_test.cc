// SPDX-License-Identifier: BSD-2-Clause

// Jails below jails: what is given, what is refused, who sees whom, and that all that is below a
// jail goes with it.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class HierarchyTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    for (const char* path : {"", "/bar", "/bar/baz", "/other"}) make_tree(foo_ + path);
  }
  void TearDown() override {
    run("jail -R foo");
    fs::remove_all(foo_);
    KernelTest::TearDown();
  }

  // `words` are of jail(8); names and their paths are those of SetUp().
  std::string foo(const std::string& words = "persist children.max=3") {
    return seen("jail -c name=foo path=" + foo_ + " " + words);
  }
  std::string bar(const std::string& words = "persist") {
    return seen("jail -c name=foo.bar path=" + foo_ + "/bar " + words);
  }
  std::string baz(const std::string& words = "persist") {
    return seen("jail -c name=foo.bar.baz path=" + foo_ + "/bar/baz " + words);
  }
  std::string names() { return run("jls name").out; }

  const std::string foo_ = "/run/hierarchy";
};

TEST_F(HierarchyTest, ROOT_ThreeLevelsFromTheHost) {
  EXPECT_EQ(foo(), "");
  EXPECT_EQ(bar("persist children.max=1 host.hostname=bar"), "");
  EXPECT_EQ(baz("persist host.hostname=baz"), "");
  EXPECT_EQ(seen("jls name children.cur children.max"), "foo 2 3\nfoo.bar 1 1\nfoo.bar.baz 0 0\n");
  EXPECT_EQ(seen("test $(jls -j foo.bar parent) = $(jls -j foo jid)"), "");
  EXPECT_EQ(seen("test $(jls -j foo.bar.baz parent) = $(jls -j foo.bar jid)"), "");
  EXPECT_EQ(seen("jexec foo.bar.baz hostname"), "baz\n");
  EXPECT_EQ(seen("jexec foo.bar hostname"), "bar\n");
  EXPECT_EQ(seen("jexec $(jls -j foo.bar.baz jid) id -u"), "0\n");
  EXPECT_EQ(seen("jail -m name=foo.bar.baz host.hostname=other; jexec foo.bar.baz hostname"),
            "other\n");
  EXPECT_EQ(seen("jail -r foo.bar"), "");
  EXPECT_EQ(names(), "foo\n");
  EXPECT_EQ(bar(), "");
  EXPECT_EQ(seen("jail -r foo; jls name"), "");
}

// One range of ids down the line, but a user namespace each.
TEST_F(HierarchyTest, ROOT_AParentSeesItsChildrenAndNotTheOtherWay) {
  foo();
  bar();
  EXPECT_EQ(seen("jexec foo.bar sh -c 'id -u; touch /made; stat -c %u /made'"), "0\n0\n");
  EXPECT_EQ(seen("jexec foo stat -c %u /bar/made"), "0\n");
  EXPECT_EQ(seen("stat -c %u " + foo_ + "/bar/made"), "0\n");
  EXPECT_EQ(seen("jexec foo.bar sh -c 'sleep 1000 >/dev/null 2>&1 &'"), "");
  EXPECT_EQ(seen("jexec foo sh -c 'sleep 2000 >/dev/null 2>&1 &'"), "");
  EXPECT_EQ(seen("jexec foo sh -c 'pidof sleep | wc -w'"), "2\n");
  EXPECT_EQ(seen("jexec foo.bar sh -c 'pidof sleep | wc -w'"), "1\n");
  EXPECT_EQ(seen("jexec foo sh -c 'for p in $(pidof sleep); do grep -q 1000 /proc/$p/cmdline && "
                 "kill -9 $p; done; true'"),
            "");
  EXPECT_EQ(seen("while jexec foo.bar pidof sleep >/dev/null; do sleep 0.05; done"), "");
  EXPECT_EQ(seen("jexec foo pidof sleep | wc -w"), "1\n");
}

TEST_F(HierarchyTest, ROOT_WhatIsRefused) {
  foo("persist children.max=2 ip4.addr=127.0.0.1");
  const std::string create = "jail -c persist name=foo.x path=" + foo_;
  fs::create_directory_symlink("/", foo_ + "/link");
  fs::create_directories(foo_ + "/.gaol/other");
  struct {
    std::string line, told;
  } const cases[] = {
      {"jail -c persist name=no.x path=" + foo_ + "/other", "jail \"no\" not found"},
      {"jail -c persist name=foo..x path=" + foo_ + "/other",
       "name: \"foo..x\" has an empty component"},
      {create + " mount.procfs=false",
       "path " + foo_ + ": a jail that has the whole tree of its parent cannot do without " +
           "mount.devfs and mount.procfs"},
      {create + "/other mount='" + foo_ + " " + foo_ + "/other/etc nullfs ro'",
       "mount: " + foo_ + "/other/etc: " + foo_ + ": the parent jail's root"},
      {"jail -c persist name=foo.x path=/etc",
       "path: /etc: not below the parent jail's path " + foo_},
      {create + "/../tree", "path: " + foo_ + "/../tree: has a .. in it"},
      {create + "/none", "path: /none: No such file or directory"},
      {create + "/link", "path: /link: a symbolic link, or reached through one"},
      {create + "/link/bin", "path: /link/bin: a symbolic link, or reached through one"},
      {create + "/other mount='/etc " + foo_ + "/other/etc nullfs ro'",
       "mount: " + foo_ + "/other/etc: /etc: not below the parent jail's path " + foo_},
      {create + "/other allow.mlock",
       "jail_set: Operation not permitted (allow.mlock: more than the parent jail has)"},
      {create + "/other children.max=2",
       "jail_set: Operation not permitted (children.max: more than the parent jail has)"},
      {create + "/other ip4.addr=127.0.0.2",
       "jail_set: Operation not permitted (ip4: more than the parent jail has)"},
      {"jail -m name=foo.bar allow.mlock",
       "jail_set: Operation not permitted (allow.mlock: more than the parent jail has)"},
  };
  bar("persist children.max=1");
  const auto before = footprint();
  for (const auto& c : cases) EXPECT_EQ(seen(c.line), "jail: " + c.told + "\n[exit 1]\n") << c.line;
  write_file(foo_ + "/.gaol/other/origin", "/etc\n");
  EXPECT_THAT(seen(create + "/other"), HasSubstr("a thin clone cannot be the tree"));
  fs::remove_all(foo_ + "/.gaol");
  EXPECT_EQ(changes_since(before), "");
}

TEST_F(HierarchyTest, ROOT_EveryJailAboveCountsAllThatIsBelow) {
  const std::string other = "jail -c persist name=foo.other path=" + foo_ + "/other";
  const std::string exceeded = "jail: prison limit exceeded\n[exit 1]\n";
  foo("persist");
  EXPECT_EQ(bar(), exceeded);
  seen("jail -m name=foo children.max=2");
  EXPECT_EQ(bar("persist children.max=1"), "");
  EXPECT_EQ(baz(), "");
  EXPECT_EQ(seen(other), exceeded);
  EXPECT_EQ(seen("jail -r foo.bar.baz"), "");
  EXPECT_EQ(seen(other), "");
  EXPECT_EQ(baz(), exceeded) << "room in its parent, but none further up";
}

TEST_F(HierarchyTest, ROOT_WhatIsTakenFromAParentIsTakenBelow) {
  foo("persist children.max=3 allow.mlock ip4.addr=127.0.0.1,127.0.0.2");
  bar("persist children.max=2 allow.mlock ip4=inherit");
  baz("persist allow.mlock ip4.addr=127.0.0.2");
  EXPECT_EQ(seen("jail -m name=foo allow.nomlock children.max=2 ip4.addr=127.0.0.1"), "");
  EXPECT_EQ(seen("jls name allow.mlock children.max ip4.addr"),
            "foo false 2 127.0.0.1\nfoo.bar false 1 127.0.0.1\nfoo.bar.baz false 0 -\n");
  EXPECT_THAT(seen("jexec foo.bar.baz httpd -p 127.0.0.2:80"), HasSubstr("not supported"));
  // Giving it back does not give it to those below.
  EXPECT_EQ(seen("jail -m name=foo allow.mlock; jls name allow.mlock"),
            "foo true\nfoo.bar false\nfoo.bar.baz false\n");
}

// The innermost jail's addresses hold, not those of the one it is in.
TEST_F(HierarchyTest, ROOT_BPF_AChildIsHeldToItsOwnAddresses) {
  foo("persist children.max=3 interface=lo ip4.addr=192.0.2.2,192.0.2.3");
  bar("persist children.max=1 ip4.addr=192.0.2.3");
  baz("persist");
  const auto bind = [](const std::string& jail, const std::string& address) {
    return seen("jexec " + jail + " httpd -p " + address + ":80 && jexec " + jail +
                " killall httpd");
  };
  const std::string taken;
  const std::string refused = "httpd: bind: Cannot assign requested address\n[exit 1]\n";
  EXPECT_EQ(bind("foo", "192.0.2.2"), taken);
  EXPECT_EQ(bind("foo", "192.0.2.3"), taken);
  EXPECT_EQ(bind("foo.bar", "192.0.2.3"), taken);
  EXPECT_EQ(bind("foo.bar", "192.0.2.2"), refused);
  EXPECT_THAT(bind("foo.bar.baz", "192.0.2.3"), HasSubstr("Address family not supported"));
}

TEST_F(HierarchyTest, ROOT_NET_WhoInheritsFollowsItsParentsAddresses) {
  foo("persist children.max=1 ip4.addr=127.0.0.2");
  EXPECT_EQ(bar("persist ip4=inherit"), "");
  EXPECT_EQ(seen("jail -m name=foo ip4.addr=127.0.0.2,127.0.0.3; jls -j foo.bar ip4.addr"),
            "127.0.0.2,127.0.0.3\n");
  EXPECT_EQ(seen("jail -m name=foo ip4.addr=127.0.0.4; jls -j foo.bar ip4.addr"), "127.0.0.4\n");
  EXPECT_EQ(seen("jexec foo.bar sh -c 'nc -lp 7 & until netstat -ltn | grep -q :7; do sleep 0.05; "
                 "done; netstat -ltn | grep -c 127.0.0.4:7; kill %1'"),
            "1\n");
  // A list of its own is a list of its own.
  EXPECT_EQ(seen("jail -m name=foo ip4.addr=127.0.0.4,127.0.0.5;"
                 "jail -m name=foo.bar ip4.addr=127.0.0.5;"
                 "jail -m name=foo ip4.addr=127.0.0.6,127.0.0.5; jls -j foo.bar ip4.addr"),
            "127.0.0.5\n");
}

TEST_F(HierarchyTest, ROOT_NET_AChildSharesItsParentsStack) {
  foo("persist children.max=2 vnet");
  EXPECT_THAT(bar("persist interface=lo ip4.addr=192.0.2.9"), HasSubstr("interface lo: not supp"));
  EXPECT_EQ(run("ip -o addr show to 192.0.2.9").out, "");
  EXPECT_EQ(bar("persist ip4=inherit"), "");
  EXPECT_EQ(seen("jexec foo ip link add probe type veth"), "");
  EXPECT_EQ(seen("jexec foo.bar ls /sys/class/net"), "lo\nprobe\nveth0\n");
  EXPECT_EQ(seen("jail -r foo.bar"), "");
  EXPECT_EQ(bar("persist vnet"), "");
  EXPECT_EQ(seen("jexec foo.bar ls /sys/class/net"), "lo\n");
}

TEST_F(HierarchyTest, ROOT_AKilledParentTakesAllBelowWithIt) {
  foo();
  bar("persist children.max=1");
  baz();
  run("kill -9 " + init_of("foo"));
  // Its init is the last to go: it waits for all of its PID namespace.
  EXPECT_EQ(seen("while jls -c -j foo; do sleep 0.05; done; jls name"), "");
}

// Neither asked by a signal nor by exec.stop, as on FreeBSD.
TEST_F(HierarchyTest, ROOT_RemovalAsksOnlyTheJailsOwnProcesses) {
  foo();
  bar();
  const std::string wait =
      "sh -c 'trap \"echo asked >/log; exit\" TERM; : >/up; while :; do sleep "
      "0.1; done' >/dev/null 2>&1 &";
  seen("jexec foo " + wait + " jexec foo.bar " + wait);
  seen("until test -e " + foo_ + "/up -a -e " + foo_ + "/bar/up; do sleep 0.05; done");
  EXPECT_EQ(seen("jail -r foo"), "");
  EXPECT_TRUE(fs::exists(foo_ + "/log"));
  EXPECT_FALSE(fs::exists(foo_ + "/bar/log"));
}

TEST_F(HierarchyTest, ROOT_AJailLivesAsLongAsOneBelowIt) {
  EXPECT_EQ(foo("children.max=1 exec.start='sleep 1000 >/dev/null 2>&1 &'"), "");
  bar();
  EXPECT_EQ(seen("jexec foo killall sleep; sleep 1.2; jls name"), "foo\nfoo.bar\n");
  EXPECT_EQ(seen("jail -r foo.bar; while jls -c -j foo; do sleep 0.05; done; jls name"), "");
}

}  // namespace
}  // namespace gaol::test
