// SPDX-License-Identifier: BSD-2-Clause

// Jails that are made, entered, changed and removed from inside a jail: who does what where, and
// that the process behind the door comes and goes with it.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class InsideTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    GAOL_NEEDS(commands_run_anywhere(), "needs static commands");
    make_tree(foo_);
    make_tree(foo_ + "/tree");
  }
  void TearDown() override {
    if (!IsSkipped()) run("jail -R foo");
    fs::remove_all(foo_);
    KernelTest::TearDown();
  }

  std::string foo(const std::string& words = "children.max=3") {
    return seen("jail -c name=foo persist path=" + foo_ + " " + words);
  }
  // A command about jails, in foo.
  std::string in(const std::string& line) { return seen("jexec foo /dev/gaol/sbin/" + line); }
  // Lists the processes behind the door of the jail with that init: the one that keeps it, and one
  // for each connection. Other hosts of tests have their own.
  static std::string behind(const std::string& init) {
    return "pgrep -f 'gaol-control control [0-9]* " + init + " ' || true";
  }
  static std::string control(const std::string& init) { return run(behind(init)).out; }
  std::string in_foo(const std::string& file) { return run("cat " + foo_ + file).out; }

  const std::string foo_ = "/run/inside";
};

TEST_F(InsideTest, ROOT_BothSidesSeeTheSameJail) {
  EXPECT_EQ(foo(), "");
  EXPECT_EQ(in("jail -c name=bar path=/tree persist children.max=1 host.hostname=bar"), "");
  EXPECT_EQ(seen("jls name path children.cur"),
            "foo " + foo_ + " 1\nfoo.bar " + foo_ + "/tree 0\n");
  EXPECT_EQ(in("jls name path parent children.max"), "bar /tree 0 1\n");
  EXPECT_THAT(in("jls"), HasSubstr("                  bar                           /tree\n"));
  EXPECT_EQ(in("jls -j $(jls -j foo.bar jid) name"), "bar\n");
  EXPECT_EQ(in("jls -c -j $(jls -j foo jid)"), "[exit 1]\n") << "itself it does not see";
  EXPECT_EQ(seen("jexec foo.bar hostname"), "bar\n");
  EXPECT_EQ(seen("jexec foo.bar /dev/gaol/sbin/jail -c name=baz path=/ persist"), "");
  EXPECT_EQ(in("jls name parent"), "bar 0\nbar.baz " + run("jls -j foo.bar jid").out);
  EXPECT_EQ(in("jail -m jid=$(jls -j foo.bar.baz jid) name=bar.qux host.hostname=deep"), "");
  EXPECT_EQ(seen("jexec foo.bar.qux hostname"), "deep\n");
  EXPECT_EQ(in("jail -r bar"), "");
  EXPECT_EQ(seen("jls name"), "foo\n");
}

// Those of the host's side run in the jail that makes another; the rest in that.
TEST_F(InsideTest, ROOT_CommandsRunWhereTheyAreAsked) {
  foo();
  write_file(
      foo_ + "/etc/jail.conf",
      "bar {\n  path = /tree; persist; host.hostname = bar;\n"
      "  exec.prepare = 'echo prepare $JNAME $JPATH'; exec.prestart = 'touch /prestart';\n"
      "  exec.created = 'test $JID -gt 0 && echo created'; exec.start = 'hostname; echo out >&2';\n"
      "  exec.poststart = 'echo poststart $JNAME'; exec.prestop = 'echo prestop';\n"
      "  exec.stop = 'echo stop on $(hostname)'; exec.poststop = 'touch /poststop';\n"
      "  exec.release = 'echo release'; exec.consolelog = /log;\n"
      "  mount = '/etc /tree/mnt nullfs ro 0 0'; mount += 'tmpfs /tree/tmp tmpfs';\n}\n");
  fs::create_directory(foo_ + "/tree/mnt");
  EXPECT_EQ(in("jail -c bar"), "prepare bar /tree\nbar: created\ncreated\npoststart bar\n");
  EXPECT_EQ(in_foo("/log"), "bar\nout\n");
  EXPECT_TRUE(fs::exists(foo_ + "/prestart"));
  EXPECT_FALSE(fs::exists("/prestart"));
  EXPECT_EQ(seen("jexec foo.bar grep -c prestart /mnt/jail.conf"), "1\n");
  EXPECT_EQ(in("jail -r bar"), "prestop\nbar: removed\nrelease\n");
  EXPECT_THAT(in_foo("/log"), HasSubstr("stop on bar\n"));
  EXPECT_TRUE(fs::exists(foo_ + "/poststop"));
}

TEST_F(InsideTest, ROOT_AFailingCommandUndoesTheStart) {
  foo();
  const auto before = footprint();
  EXPECT_EQ(in("jail -c name=bar path=/tree persist exec.prestart=false"),
            "jail: false: failed\n[exit 1]\n");
  EXPECT_EQ(in("jail -c name=bar path=/tree persist exec.start='! true'"),
            "jail: /bin/sh -c ! true: failed\n[exit 1]\n");
  EXPECT_EQ(in("jail -c name=bar path=/tree persist exec.poststart=false"),
            "jail: false: failed\n[exit 1]\n");
  EXPECT_EQ(seen("jls name"), "foo\n");
  EXPECT_EQ(changes_since(before), "");
}

TEST_F(InsideTest, ROOT_WhoeverAsksMayBeKilled) {
  foo();
  const auto before = footprint();
  const std::string here = foo_ + "/tmp/here", below = foo_ + "/tree/tmp/here";
  for (const char* hook : {"exec.prestart", "exec.created", "exec.start", "exec.poststart"}) {
    seen("jexec foo /dev/gaol/sbin/jail -c name=bar path=/tree persist " + std::string(hook) +
         "='touch /tmp/here; sleep 1000' & until test -e " + here + " -o -e " + below +
         "; do sleep 0.02; done; jexec foo killall -9 jail sh sleep; wait; rm -f " + here + " " +
         below);
    EXPECT_EQ(settled("jls -d name", "foo\n"), "foo\n") << hook;
  }
  EXPECT_EQ(changes_since(before), "");
}

TEST_F(InsideTest, ROOT_AProgramIsTheCallers) {
  foo();
  EXPECT_EQ(in("jail -c name=bar path=/tree persist"), "");
  write_file(foo_ + "/tree/etc/passwd", "root:x:0:0::/root:/bin/sh\nwho:x:7:8::/tmp:/bin/sh\n");
  EXPECT_EQ(in("jexec bar sh -c 'exit 7'"), "[exit 7]\n");
  EXPECT_EQ(in("jexec bar sh -c 'kill -9 $$'"), "Killed\n[exit 137]\n");
  EXPECT_EQ(seen("echo words | jexec foo /dev/gaol/sbin/jexec bar cat"), "words\n");
  EXPECT_EQ(in("jexec -U who bar sh -c 'id -u; id -g; pwd; echo $HOME'"), "7\n8\n/\n/tmp\n");
  EXPECT_EQ(in("jexec -d /tmp bar pwd"), "/tmp\n");
  EXPECT_EQ(in("jexec -U nobody-there bar true"), "jexec: nobody-there: no such user\n[exit 1]\n");
  EXPECT_EQ(in("jexec bar no-such-program"),
            "jexec: execvp(): no-such-program: No such file or directory\n[exit 1]\n");
  EXPECT_EQ(in("jexec nobody true"), "jexec: jail \"nobody\" not found\n[exit 1]\n");
  EXPECT_EQ(in("jexec foo true"), "jexec: jail \"foo\" not found\n[exit 1]\n");
  EXPECT_THAT(in("jexec $(jls -j foo jid) true"), HasSubstr("not found\n[exit 1]\n"));
  EXPECT_EQ(in("jail -c name=once path=/tree command=/bin/echo one two"), "one two\n");
  EXPECT_EQ(in("jls name"), "bar\n");
}

TEST_F(InsideTest, ROOT_SignalsArePassedOn) {
  foo();
  in("jail -c name=bar path=/tree persist");
  EXPECT_EQ(seen("jexec foo /dev/gaol/sbin/jexec bar sh -c 'trap \"echo asked; exit 4\" TERM; "
                 "touch /tmp/up; while :; do sleep 0.05; done' & inner=$!; "
                 "until test -e " +
                 foo_ +
                 "/tree/tmp/up; do sleep 0.02; done; "
                 "kill -TERM $inner; wait $inner"),
            "asked\n[exit 4]\n");
}

TEST_F(InsideTest, ROOT_WhatIsRefused) {
  foo("children.max=2 ip4.addr=127.0.0.1");
  in("jail -c name=bar path=/tree persist children.max=0");
  fs::create_directory_symlink("/", foo_ + "/link");
  const auto before = footprint();
  const std::string create = "jail -c persist name=x path=";
  struct {
    std::string line, told;
  } const cases[] = {
      {"jail -c persist name=bar path=/tree", "\"bar\" already exists"},
      {"jail -c persist path=/tree", "name: a jail below a jail needs one"},
      {"jail -c persist name=no.x path=/tree", "jail \"no\" not found"},
      {create + "/none", "path: /none: No such file or directory"},
      {create + "/link", "path: /link: a symbolic link, or reached through one"},
      {create + "/tree/../..", "path: /tree/../..: has a .. in it"},
      {create + "/tree allow.mlock",
       "jail_set: Operation not permitted (allow.mlock: more than the parent jail has)"},
      {create + "/tree children.max=2",
       "jail_set: Operation not permitted (children.max: more than the parent jail has)"},
      {create + "/tree ip4.addr=127.0.0.2",
       "jail_set: Operation not permitted (ip4: more than the parent jail has)"},
      {create + "/tree vnet",
       "vnet: not supported from inside a jail: the jail has no network stack of its own"},
      {create + "/tree devfs_ruleset=1",
       "devfs_ruleset: not supported from inside a jail: it is that of the jail"},
      {create + "/tree interface=lo",
       "interface: not supported from inside a jail: the address must be there already"},
      {create + "/tree mount='/link/etc /tree/etc nullfs ro'",
       "mount: /tree/etc: /link/etc: a symbolic link, or reached through one"},
      {create + "/tree mount='/ /tree/mnt nullfs ro'",
       "mount: /tree/mnt: /: the parent jail's root"},
      {create + "/tree no.such=1", "unknown parameter: no.such"},
      {"jail -r nobody", "\"nobody\" not found"},
      {"jail -r foo", "\"foo\" not found"},
      {"jail -m name=bar allow.mlock",
       "jail_set: Operation not permitted (allow.mlock: more than the parent jail has)"},
  };
  for (const auto& c : cases) EXPECT_EQ(in(c.line), "jail: " + c.told + "\n[exit 1]\n") << c.line;
  EXPECT_EQ(changes_since(before), "");
}

TEST_F(InsideTest, ROOT_TheDoorIsThereWithChildrenMaxOnly) {
  foo("children.max=0");
  auto init = init_of("foo");
  EXPECT_EQ(control(init), "");
  EXPECT_EQ(seen("jexec foo ls /dev/gaol"), "sysctl\n");
  EXPECT_EQ(seen("jail -m name=foo children.max=1; jexec foo ls /dev/gaol"), "control\nsysctl\n");
  EXPECT_NE(control(init), "");
  EXPECT_EQ(seen("jail -m name=foo children.max=0"), "");
  EXPECT_EQ(control(init), "");
  EXPECT_EQ(seen("jail -r foo"), "");
}

TEST_F(InsideTest, ROOT_WhoKillsTheHostsProcessOpensNothing) {
  foo("children.max=1");
  auto init = init_of("foo");
  EXPECT_EQ(seen("jexec foo ls /dev/gaol /dev/gaol/sbin"),
            "/dev/gaol:\ncontrol\nsbin\nsysctl\n\n/dev/gaol/sbin:\njail\njexec\njls\n");
  run("kill -9 " + control(init));
  EXPECT_EQ(settled(behind(init), ""), "");
  EXPECT_EQ(in("jail -c name=bar path=/tree persist"),
            "jail: jail_set: Operation not permitted\n[exit 1]\n");
  EXPECT_EQ(seen("jail -m name=foo children.max=1"), "");
  EXPECT_EQ(in("jail -c name=bar path=/tree persist"), "");
  EXPECT_EQ(seen("jail -r foo"), "");
  EXPECT_EQ(settled(behind(init), ""), "");

  foo("children.max=1");
  init = init_of("foo");
  run("kill -9 " + init);
  EXPECT_EQ(settled(behind(init), ""), "");
  EXPECT_EQ(seen("jls name"), "");
}

TEST_F(InsideTest, ROOT_RemovalTakesWhatIsBeingMadeAlong) {
  foo();
  const auto before = footprint();
  EXPECT_EQ(seen("jexec foo /dev/gaol/sbin/jail -c name=bar path=/tree persist "
                 "exec.poststart='touch /tmp/here; sleep 1000' >/dev/null 2>&1 & "
                 "until test -e " +
                 foo_ +
                 "/tmp/here; do sleep 0.02; done; "
                 "jail -r foo; wait; jls -d name"),
            "");
  foo();
  EXPECT_EQ(changes_since(before).find("/run/gaol/busy"), std::string::npos);
}

TEST_F(InsideTest, ROOT_NET_AVnetJailMakesVnetJails) {
  foo("children.max=2 vnet");
  EXPECT_EQ(in("jail -c name=bar path=/tree persist vnet"), "");
  EXPECT_EQ(in("jexec bar ls /sys/class/net"), "lo\n");
  EXPECT_EQ(in("jail -c name=baz path=/tree persist ip4=inherit"), "");
  EXPECT_EQ(seen("jexec foo ip link add probe type veth; jexec foo.baz ls /sys/class/net"),
            "lo\nprobe\nveth0\n");
}

}  // namespace
}  // namespace gaol::test
