// SPDX-License-Identifier: BSD-2-Clause

// Parameters, one by one, as commands set, show and change them, and what a jail notices of it.
// Where a parameter hands the jail something of the host, the host here is a shell with a
// namespace of that kind of its own.

#include <gmock/gmock.h>

#include "base/text.h"
#include "jail/params.h"
#include "tests/support/host.h"

namespace gaol::test {
namespace {

using jail::Type;
using jail::When;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ParamsTest : public KernelTest {
 protected:
  void TearDown() override {
    seen("jail -R '*' 2>/dev/null; for name in $(jls name); do jail -R $name; done");
    KernelTest::TearDown();
  }
  static std::string create(const std::string& parameters) {
    return seen("jail -c path=" + tiny_tree() + " persist " + parameters);
  }
};

// --- name ---

TEST_F(ParamsTest, ROOT_ARunningJailIsRenamed) {
  ASSERT_EQ(create("jid=5 name=a host.hostname=h"), "");
  ASSERT_EQ(create("jid=6 name=b"), "");
  struct {
    const char* command;
    const char* seen;
  } const steps[] = {
      {"jail -m jid=5 name=b", "jail: \"b\" already exists\n[exit 1]\n"},
      {"jail -m jid=5 name=6", "jail: name cannot be numeric (unless it is the jid)\n[exit 1]\n"},
      {"jail -m jid=5 name=c/d", "jail: name: c/d: a jail's name has no /\n[exit 1]\n"},
      {"jls name", "a\nb\n"},
      {"jail -m jid=5 name=c", ""},
      {"jls name", "c\nb\n"},
      {"jexec c hostname", "h\n"},
      {"jexec a hostname", "jexec: jail \"a\" not found\n[exit 1]\n"},
      {"jail -m jid=6 name=a", ""},
      {"jail -m jid=6 name=6", ""},
      {"jail -m name=c name=d persist", "jail: \"d\" not found\n[exit 1]\n"},
      {"jls name", "c\n6\n"},
      {"jail -r c", ""},
      {"jail -r 6", ""},
  };
  for (const auto& step : steps) EXPECT_EQ(seen(step.command), step.seen) << step.command;
}

// --- host ---

TEST_F(ParamsTest, ROOT_HostNamesCanBeTheParents) {
  const std::string create =
      "jail -c path=" + tiny_tree() + " persist name=web host=inherit meta.a=1\n";
  EXPECT_EQ(seen("exec unshare -u sh -c '" + create +
                 "hostname first; jexec web hostname\n"
                 "jail -m name=web meta.a=2; hostname second; jexec web hostname\n"
                 "jls -j web host; jail -m name=web host=new\n"
                 "jail -m name=web host.hostname=mine\n"
                 "jexec web hostname; jail -r web'"),
            "first\nsecond\ninherit\njail: host cannot be changed after creation\n"
            "jail: host=inherit and host.hostname exclude each other\nsecond\n");
}

// --- what the jail reads of itself ---

TEST_F(ParamsTest, ROOT_AJailReadsWhatItIsAndCannotWriteIt) {
  ASSERT_EQ(create("name=web vnet env='a=1\nb=\"2\\' meta=secret allow.mlock"), "");
  const std::string view = "/dev/gaol/sysctl";
  const std::string all = run("jexec web cat " + view).out;
  EXPECT_THAT(all, StartsWith("security.jail.jailed=1\nsecurity.jail.vnet=1\n"));
  EXPECT_THAT(all, HasSubstr("\nsecurity.jail.env=a=1\\nb=\"2\\\\\n"));
  EXPECT_THAT(all, HasSubstr("\nsecurity.jail.mlock_allowed=1\n"));
  EXPECT_THAT(all, Not(HasSubstr("secret")));
  for (const char* attempt :
       {"echo x >> /dev/gaol/sysctl", "rm -f /dev/gaol/sysctl", "touch /dev/gaol/x",
        "chmod 666 /dev/gaol/sysctl", "chown 0 /dev/gaol/sysctl", "mv /dev/gaol/sysctl /tmp/x"})
    EXPECT_NE(run(concat("jexec web sh -c '", attempt, "'")).status, 0) << attempt;
  EXPECT_EQ(run("jexec web cat " + view).out, all);

  EXPECT_EQ(seen("jail -m name=web env.a=3 allow.nomlock securelevel=1"), "");
  const std::string after = run("jexec web cat " + view).out;
  EXPECT_THAT(after, HasSubstr("\nsecurity.jail.env=a=3\\nb="));
  EXPECT_THAT(after, HasSubstr("\nsecurity.jail.mlock_allowed=0\n"));
  EXPECT_THAT(after, HasSubstr("\nkern.securelevel=1\n"));
}

// Root in the jail owns /dev: what it puts there in place of our file is not written to.
TEST_F(ParamsTest, ROOT_AJailThatMovesItsViewAwayIsNotFollowed) {
  ASSERT_EQ(create("name=web"), "");
  write_file("/run/victim", "untouched");
  EXPECT_EQ(seen("jexec web sh -c 'mv /dev/gaol /dev/away; mkdir /dev/gaol;"
                 "echo mine > /dev/gaol/sysctl'"),
            "");
  EXPECT_EQ(seen("jail -m name=web env.a=1; jexec web cat /dev/gaol/sysctl"), "mine\n");
  EXPECT_EQ(seen("jexec web sh -c 'rm /dev/gaol/sysctl; ln -s /run/victim /dev/gaol/sysctl'"), "");
  EXPECT_EQ(seen("jail -m name=web env.a=2; cat /run/victim"), "untouched");
  EXPECT_EQ(seen("jexec web sh -c 'rm /dev/gaol/sysctl; mkfifo /dev/gaol/sysctl'"), "");
  EXPECT_EQ(seen("jail -m name=web env.a=3; jls -j web env.a; rm /run/victim"), "3\n");
}

TEST_F(ParamsTest, ROOT_SysctlAnswersInAJailAndOnTheHost) {
  const std::string program = concat(GAOL_LIBEXEC, "/compat/sysctl ");
  ASSERT_EQ(create("name=web securelevel=2 env.a=1"), "");
  ASSERT_EQ(run("cp --remove-destination " + program + tiny_tree() + "/bin/sysctl").err, "");
#ifndef __SANITIZE_ADDRESS__  // makes the program dynamic, and the tree has no libraries
  EXPECT_EQ(seen("jexec web /bin/sysctl security.jail.jailed"), "security.jail.jailed: 1\n");
  EXPECT_EQ(seen("jexec web /bin/sysctl -n kern.securelevel security.jail.env"), "2\na=1\n");
  EXPECT_EQ(seen("jexec web /bin/sysctl kern.securelevel=3"),
            "sysctl: oid 'kern.securelevel' is read only (jail -m on the host changes what a jail "
            "has)\n[exit 1]\n");
  EXPECT_EQ(seen("jexec web /bin/sysctl security.nothing hw.ncpu"),
            "sysctl: unknown oid 'security.nothing'\nsysctl: unknown oid 'hw.ncpu'\n[exit 1]\n");
#endif
  EXPECT_EQ(seen(program + "-n security.jail.jailed security.jail.children.max"), "0\n999999\n");
  EXPECT_EQ(seen(program + "-n kernel.ostype"), "Linux\n") << "the system's own is asked";
  run("rm " + tiny_tree() + "/bin/sysctl && ln -s busybox " + tiny_tree() + "/bin/sysctl");
}

// --- what tells a host from others ---

TEST_F(ParamsTest, ROOT_HostIdAndHostUuidLieOverTheTreesFiles) {
  const std::string uuid = "0123ABCD-4567-89ab-cdef-0123456789ab", etc = tiny_tree() + "/etc/";
  EXPECT_EQ(create("name=web host.hostuuid=" + uuid),
            "jail: host.hostuuid: /etc/machine-id: No such file or directory\n[exit 1]\n");
  EXPECT_EQ(create("name=web host.hostid=7 mount.nodevfs"),
            "jail: host.hostid: /etc/hostid: lies in the jail's /dev, and it has none\n[exit 1]\n");
  write_file(etc + "machine-id", "the tree's\n");
  write_file(etc + "hostid", "tree");
  ASSERT_EQ(create("name=web host.hostid=67305985 host.hostuuid=" + uuid), "");
  EXPECT_EQ(seen("jexec web cat /etc/machine-id"), "0123abcd456789abcdef0123456789ab\n");
  EXPECT_EQ(seen("jexec web od -An -tx1 /etc/hostid"), " 01 02 03 04\n");
  EXPECT_NE(run("jexec web sh -c 'echo x > /etc/machine-id'").status, 0);
  EXPECT_NE(run("jexec web rm -f /etc/machine-id").status, 0);
  EXPECT_EQ(seen("jail -m name=web host.hostid=1; jexec web od -An -tx1 /etc/hostid"),
            " 01 00 00 00\n");
  EXPECT_EQ(seen("jail -m name=web host.hostid=0"),
            "jail: host.hostid or host.hostuuid cannot be changed after creation\n[exit 1]\n");
  EXPECT_EQ(seen("jail -r web; cat " + etc + "machine-id"), "the tree's\n");
  run("rm " + etc + "machine-id " + etc + "hostid");
}

// --- System V IPC ---

// The keys of the message queues that a jail made with `parameters` sees.
std::string queues(const std::string& parameters) {
  return seen(
      "exec unshare -i sh -c 'ipcmk -Q -p 0666 >/dev/null\n"
      "jail -c path=" +
      tiny_tree() + " persist name=web " + parameters +
      "\njexec web cat /proc/sysvipc/msg | wc -l\n"
      "jls -j web sysvmsg sysvsem sysvshm\njail -r web'");
}

TEST_F(ParamsTest, ROOT_SystemVObjectsCanBeTheParents) {
  EXPECT_EQ(queues("sysvmsg=inherit"), "2\ninherit disable disable\n");
  EXPECT_EQ(queues("allow.sysvipc"), "2\ninherit inherit inherit\n");
  EXPECT_EQ(queues("sysvmsg=new"), "1\nnew disable disable\n");
  EXPECT_EQ(queues(""), "1\ndisable disable disable\n");
}

TEST_F(ParamsTest, ROOT_TheIpcNamespaceStays) {
  ASSERT_EQ(create("name=web sysvmsg=new"), "");
  EXPECT_EQ(seen("jail -m name=web sysvsem=new sysvmsg=disable"), "");
  EXPECT_EQ(seen("jail -m name=web sysvmsg=disable sysvsem=inherit"),
            "jail: inherit of sysvmsg, sysvsem and sysvshm cannot be changed after creation\n"
            "[exit 1]\n");
  EXPECT_EQ(seen("jls -j web sysvmsg sysvsem sysvshm"), "disable new disable\n");
}

// --- securelevel ---

TEST_F(ParamsTest, ROOT_TheSecureLevelIsOnlyRaised) {
  ASSERT_EQ(create("name=web"), "");
  EXPECT_EQ(seen("jail -m name=web securelevel=2; jls -j web securelevel"), "2\n");
  EXPECT_EQ(seen("jail -m name=web securelevel=1"),
            "jail: securelevel 1: it is 2 and can only be raised\n[exit 1]\n");
  EXPECT_EQ(seen("jail -m name=web securelevel=2 securelevel=2"), "");
}

TEST_F(ParamsTest, ROOT_NET_SecureLevelThreeFreezesTheFirewall) {
  ASSERT_EQ(create("name=web vnet"), "");
  EXPECT_EQ(seen("jexec web ip addr add 10.0.0.1/32 dev lo"), "");
  EXPECT_EQ(seen("jail -m name=web securelevel=3"), "");
  EXPECT_EQ(run("jexec web ip addr del 10.0.0.1/32 dev lo").err,
            "ip: RTNETLINK answers: Operation not permitted\n");
}

// --- what jls -s shows, jail -m takes ---

TEST_F(ParamsTest, ROOT_WhatIsShownCanBeSetAgain) {
  for (const char* parameters :
       {"", "vnet allow.raw_sockets securelevel=2", "ip4.addr=127.0.0.1,127.0.0.2 ip6.addr=::1",
        "ip4=inherit ip6=inherit host=inherit", "allow.sysvipc", "sysvsem=new allow.mlock",
        "host.hostname='a b' meta=\"x='1 2'\" env.k=v allow.noset_hostname devfs_ruleset=4"}) {
    ASSERT_EQ(create(concat("jid=7 name=web ", parameters)), "") << parameters;
    const std::string shown = run("jls -s").out;
    EXPECT_EQ(seen("eval jail -m \"$(jls -s)\""), "") << shown;
    EXPECT_EQ(run("jls -s").out, shown) << parameters;
    EXPECT_EQ(seen("jail -r web"), "");
  }
}

// --- what is refused ---

// A value that asks for something, of whatever type.
std::string asking(const jail::Param& row) {
  switch (row.type) {
    case Type::boolean: return "true";
    case Type::integer: return std::to_string(std::min<int64_t>(row.range.high, 7));
    case Type::jailsys: return row.takes.contains("new") ? "disable" : "new";
    default: return "x";
  }
}

// `NAME: not supported on this system: REASON`, at creation and later, and nothing is changed.
TEST_F(ParamsTest, ROOT_EveryRefusedParameterIsRefusedBeforeAnythingIsDone) {
  ASSERT_EQ(create("name=web"), "");
  const auto before = footprint();
  int refused = 0;
  for (const auto& row : jail::registry()) {
    if (row.linux_means != jail::Linux::refused || row.when == When::readonly) continue;
    ++refused;
    const std::string word = concat(" ", row.name, "=", asking(row));
    const std::string line =
        concat("jail: ", row.name, ": not supported on this system: ", row.note, "\n[exit 1]\n");
    EXPECT_EQ(create("name=new exec.prepare='touch /run/prepared'" + word), line);
    if (row.when == When::any) {
      EXPECT_EQ(seen("jail -m name=web meta.touched=1" + word), line);
    }
    EXPECT_EQ(changes_since(before), "") << row.name;
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(seen("jls -j web meta; ls /run/prepared"),
            "\"\"\nls: cannot access '/run/prepared': No such file or directory\n[exit 2]\n");
}

}  // namespace
}  // namespace gaol::test
