// SPDX-License-Identifier: BSD-2-Clause

// Wrong input, one row each: exit status 1, nothing on stdout, one line on stderr that is the
// whole text here, and nothing left behind. A fault in a configuration file has two lines more,
// the line it is in and a caret below the place.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;

struct Row {
  std::string command;
  std::string line;  // without `PROGRAM: `
};

class RefusalTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    make_tree(tree_);
    fs::create_directories(tree_ + "/mnt");
    fs::create_directories(dir_ + "/src");
    fs::create_symlink("mnt", tree_ + "/link");
    fs::create_symlink(tree_, dir_ + "/link");
    write_file(tree_ + "/file", "");
    ASSERT_EQ(seen("jail -c jid=7 name=web path=" + tree_ + " persist ip4.addr=10.1.0.1,10.1.0.2"),
              "");
    running_ = footprint();
  }
  void TearDown() override {
    seen("jail -r web");
    fs::remove_all(dir_);
    KernelTest::TearDown();
  }

  void refuses(const std::vector<Row>& rows, const std::string& front = "") {
    for (const auto& row : rows) {
      const auto command = front + row.command;
      const auto outcome = run(command);
      const auto program = command.substr(0, command.find(' '));
      EXPECT_EQ(outcome.status, 1) << command;
      EXPECT_EQ(outcome.out, "") << command;
      EXPECT_EQ(outcome.err, program + ": " + row.line + "\n") << command;
      EXPECT_EQ(changes_since(running_), "") << command;
    }
  }
  std::string create_ = "jail -c path=/run/refusal/tree ";

  const std::string dir_ = "/run/refusal", tree_ = dir_ + "/tree";
  std::vector<std::string> running_;
};

TEST_F(RefusalTest, ROOT_Parameters) {
  refuses(
      {
          {"persist hots.hostname=x",
           "unknown parameter: hots.hostname, did you mean "
           "\"host.hostname\"?"},
          {"persist allow.nosuch", "unknown parameter: allow.nosuch"},
          {"name=a persist=maybe", "persist: unknown boolean value \"maybe\""},
          {"persist ip4=sometimes", "ip4: unknown jailsys value \"sometimes\""},
          {"persist exec.timeout=soon", "exec.timeout: non-integer value \"soon\""},
          {"persist enforce_statfs=5", "enforce_statfs: 5 is not between 0 and 2"},
          {"persist jid=0", "jid: 0 is not between 1 and 999999"},
          {"persist dying", "dying: read-only parameter"},
          {"persist linux.osname=x",
           "linux.osname: not supported on this system: the ABI is the "
           "host's own and cannot be dressed up"},
          {"persist name=5", "name cannot be numeric (unless it is the jid)"},
          {"persist name=a.b", "jail \"a\" not found"},
          {"persist name=../5", "name: \"../5\" has an empty component"},
          {"persist name=a/b", "name: a/b: a jail's name has no /"},
          {"persist devfs_ruleset=99", "devfs_ruleset 99: no such ruleset"},
          {"persist depend=nobody", "depends on nonexistent jail \"nobody\""},
          {"name=new", "new jail must persist or attach (add persist, or a command to run in it)"},
      },
      create_);
}

TEST_F(RefusalTest, ROOT_WhatIsTaken) {
  refuses(
      {
          {"persist name=web", "\"web\" already exists"},
          {"persist name=other jid=7", "\"7\" already exists"},
          {"persist jid=32758", "jid 32758: its range of ids is in use, take another"},
          {"persist ip4.addr=10.1.0.2",
           "ip4.addr: IPv4 addresses clash: 10.1.0.2 belongs to jail \"web\" (jails may share an "
           "address only if it is the single one of each)"},
      },
      create_);
}

TEST_F(RefusalTest, ROOT_Paths) {
  refuses({
      {"jail -c name=new path=/run/nothing persist",
       "path /run/nothing: No such file or directory (create it, for example with `gaol create`)"},
      {"jail -c name=new path= persist", "path: empty"},
      {"jail -c name=new path=" + dir_ + "/link persist",
       "path " + dir_ + "/link: is a symbolic link to " + tree_ + " (give the directory itself)"},
      {"jail -c name=new path=" + tree_ + "/file persist",
       "path " + tree_ + "/file: Not a directory"},
  });
}

TEST_F(RefusalTest, ROOT_Addresses) {
  refuses(
      {
          {"persist ip4.addr=10.0.0.256", "ip4.addr: not an IPv4 address: 10.0.0.256"},
          {"persist ip6.addr=fe80::zz", "ip6.addr: not an IPv6 address: fe80::zz"},
          {"persist ip4.addr='nope0|10.0.0.1'", "interface: nope0: No such device"},
          {"persist vnet ip4.addr=10.0.0.1", "vnet jails cannot have IP address restrictions"},
          {"persist vnet vnet.interface=nope0",
           "vnet.interface: nope0: move to netns: No such device (exec.prestart can make it; "
           "several need commas)"},
          {"persist vnet.interface=ep0b",
           "vnet.interface: the jail has no network stack of its own "
           "(is `vnet;` missing?)"},
      },
      create_);
}

TEST_F(RefusalTest, ROOT_Mounts) {
  const std::string mount = "persist mount='" + dir_ + "/";
  refuses(
      {
          {mount + "nosrc " + tree_ + "/mnt nullfs ro'",
           "mount: " + tree_ + "/mnt: " + dir_ + "/nosrc: No such file or directory"},
          {mount + "src " + dir_ + "/src nullfs ro'",
           "mount: " + dir_ + "/src: not below the jail's path " + tree_},
          {mount + "src " + tree_ + "/../src nullfs ro'",
           "mount: " + tree_ + "/../src: No such file or directory"},
          {mount + "src " + tree_ + "/nothing nullfs ro'",
           "mount: " + tree_ + "/nothing: No such file or directory"},
          {mount + "src " + tree_ + "/link nullfs ro'",
           "mount: " + tree_ + "/link is a symbolic link"},
          {mount + "src mnt nullfs ro'", "mount: mnt: not an absolute pathname"},
          {mount + "src " + tree_ + "/mnt unionfs rw'",
           "mount: " + tree_ + "/mnt: unknown filesystem type \"unionfs\""},
          {mount + "src " + tree_ + "/mnt nullfs ro,nosudi'",
           "mount: " + tree_ + "/mnt: unknown option \"nosudi\", did you mean \"nosuid\"?"},
          {mount + "src " + tree_ + "/mnt'",
           "mount: " + dir_ + "/src " + tree_ + "/mnt: missing information"},
          {"persist mount.fstab=/run/nothing",
           "mount.fstab: /run/nothing: No such file or directory"},
      },
      create_);
}

TEST_F(RefusalTest, ROOT_ConfigurationFiles) {
  const std::string conf = dir_ + "/jail.conf";
  refuses({{"jail -f /run/nothing -c new", "/run/nothing: No such file or directory"},
           {"jail -c new", "/etc/jail.conf: No such file or directory"}});
  write_file(conf, "web {\n  path = /x\n  persist;\n}\n");
  refuses({{"jail -f " + conf + " -c web", conf + ":3:3: persist: syntax error (is a \";\" missing "
                                                  "before it?)\n  persist;\n  ^"}});
  write_file(conf,
             "new {\n  path = $base;\n}\nrel { path = tree; persist; }\n"
             "a { depend = b; persist; }\nb { depend = a; persist; }\n"
             "c { depend = nobody; }\n");
  refuses({{"jail -f " + conf + " -c new", "new: " + conf +
                                               ":2:10: path: variable \"base\" not found"
                                               "\n  path = $base;\n         ^"},
           {"jail -f " + conf + " -c rel", "rel: path tree: not an absolute pathname"},
           {"jail -f " + conf + " -c c", "c: depends on undefined jail \"nobody\""},
           {"jail -f " + conf + " -qc a", "a: dependency loop"},
           {"jail -f " + conf + " -c other", "\"other\" not found"}});
}

TEST_F(RefusalTest, ROOT_CommandsInJails) {
  refuses({
      {"jexec nobody true", "jail \"nobody\" not found"},
      {"jexec web nothing", "execvp(): nothing: No such file or directory"},
      {"jexec web /etc/passwd", "execvp(): /etc/passwd: Permission denied"},
      {"jexec -U nobody web true", "nobody: no such user"},
      {"jexec -u nothere web true", "nothere: no such user"},
      {"jexec -d /nothing web true", "chdir /nothing: No such file or directory"},
  });
}

TEST_F(RefusalTest, ROOT_ListingModifyingRemoving) {
  refuses({
      {"jls -j nobody", "jail \"nobody\" not found"},
      {"jls host.hostnam", "unknown parameter: host.hostnam, did you mean \"host.hostname\"?"},
      {"jail -m name=nobody persist", "\"nobody\" not found"},
      {"jail -m persist host.hostname=x", "no jail specified"},
      {"jail -m name=web path=/", "path cannot be changed after creation"},
      {"jail -m name=web vnet", "vnet cannot be changed after creation"},
      {"jail -m name=web jid=8 persist", "\"8\" not found"},
      {"jail -r nobody", "\"nobody\" not found"},
      {"jail -R 8", "\"8\" not found"},
  });
}

TEST_F(RefusalTest, ROOT_OnlyRoot) {
  const std::string nobody = "setpriv --reuid 65534 --clear-groups ";
  EXPECT_EQ(seen(nobody + create_ + "persist"),
            "jail: only root may create, modify or remove jails (run it with sudo)\n[exit 1]\n");
  EXPECT_EQ(seen(nobody + "jexec web true"),
            "jexec: only root may enter a jail (run it with sudo)\n[exit 1]\n");
}

}  // namespace
}  // namespace gaol::test
