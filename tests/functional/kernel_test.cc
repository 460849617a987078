// SPDX-License-Identifier: BSD-2-Clause

// What FreeBSD's kernel does for a jail: its root, its handles, its addresses, its end.

#include <gaol/jail.h>
#include <poll.h>
#include <sys/stat.h>

#include <gaol/jail.hpp>

#include "tests/functional/functional.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;

// A process sits deep in a directory that is then moved out of the tree that the jail was lent.
TEST_F(FunctionalTest, F29_jail_lookup_root) {
  fs::create_directories(dir_ + "/lent/a/b/c");
  write_file(dir_ + "/secret", "secret\n");
  ASSERT_EQ(::mkfifo((tree_ + "/tmp/go").c_str(), 0666), 0);
  ASSERT_EQ(create("name=j mount='" + dir_ + "/lent " + tree_ + "/var nullfs rw 0 0'"), "");
  const std::string climb =
      "echo ready >/tmp/go; read go </tmp/go; p=; for i in 1 2 3 4 5 6 7 8; do p=../$p; "
      "cat ${p}secret; ls $p; done 2>&1 | sed \"s/.*: //\" | sort | uniq -c";
  EXPECT_EQ(
      seen("jexec -d /var/a/b/c j sh -c '" + climb + "' & read ready <" + tree_ + "/tmp/go; mv " +
           dir_ + "/lent/a/b " + dir_ + "/out; echo go >" + tree_ + "/tmp/go; wait"),
      "     16 No such file or directory\n");
  fs::remove(tree_ + "/tmp/go");
  // And while it is moved back and forth, from wherever the process was last.
  EXPECT_EQ(seen("jexec j sh -c 'for i in $(seq 200); do cd /var/a/b/c; cat ../../secret "
                 "../../../../secret; done 2>/dev/null; pwd' & for i in $(seq 200); do mv " +
                 dir_ + "/out " + dir_ + "/lent/a/b; mv " + dir_ + "/lent/a/b " + dir_ +
                 "/out; done; wait"),
            "/var/a/b/c\n");
}

// FreeBSD's descriptor of a jail is not there, nor is it taken for something else. What comes near
// it is the descriptor of a process in the jail, which is told of the jail's end.
TEST_F(FunctionalTest, F30_descriptors) {
  constexpr int kUseDesc = 0x10, kAtDesc = 0x20, kGetDesc = 0x40, kOwnDesc = 0x80;
  for (const int flag : {kUseDesc, kAtDesc, kGetDesc, kOwnDesc}) {
    EXPECT_EQ(jail_setv(JAIL_CREATE | flag, "name", "j", "path", tree_.c_str(), "persist", nullptr,
                        nullptr),
              -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(jail_getv(flag, "lastjid", "0", nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
  }
  EXPECT_EQ(names(), "");

  auto jail = Jail::create({{"name", "j"}, {"path", tree_}, {"persist"}});
  ASSERT_TRUE(jail) << jail.error().text;
  auto process = jail->run({"sleep", "1000"});
  ASSERT_TRUE(process) << process.error().text;
  pollfd end{process->pidfd(), POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 0), 0);
  EXPECT_EQ(seen("jail -r j"), "");
  EXPECT_EQ(::poll(&end, 1, 5000), 1);
  EXPECT_EQ(process->wait().value(), 128 + SIGTERM);
  EXPECT_EQ(jail->get("name").error().code, ENOENT);
}

TEST_F(FunctionalTest, F33_in_jail) {
  ASSERT_EQ(run("ip addr add 10.0.0.1/32 dev lo; ip addr add 10.0.0.2/32 dev lo").err, "");
  const std::string refused = "httpd: bind: Cannot assign requested address\n[exit 1]\n";
  struct {
    std::string addresses, at, shown;
  } const cases[] = {
      {"10.0.0.1", "10.0.0.2:80", refused},           // another's
      {"10.0.0.1", "192.0.2.1:80", refused},          // nobody's
      {"10.0.0.1", "80", "10.0.0.1:80\n"},            // any is the only one
      {"10.0.0.1", "127.0.0.1:80", "10.0.0.1:80\n"},  // loopback is the first
      {"10.0.0.2,10.0.0.1", "80", "0.0.0.0:80\n"},    // any of them
      {"10.0.0.2,10.0.0.1", "127.0.0.1:80", "10.0.0.2:80\n"},
      {"10.0.0.1,127.0.0.1", "127.0.0.1:80", "127.0.0.1:80\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.addresses + " " + c.at);
    ASSERT_EQ(create("name=j ip4.addr=" + c.addresses), "");
    EXPECT_EQ(seen("jexec j httpd -h /etc -p " + c.at + " && ss -Hltn | awk '{print $4}'"),
              c.shown);
    EXPECT_EQ(seen("jail -r j"), "");
  }
  // The host's own loopback is out of reach.
  ASSERT_EQ(create("name=j ip4.addr=10.0.0.1"), "");
  write_file(dir_ + "/page", "the host's\n");
  EXPECT_EQ(seen("busybox httpd -f -h " + dir_ +
                 " -p 127.0.0.1:80 & server=$!\n"
                 "until busybox wget -qO - http://127.0.0.1/page 2>/dev/null; do sleep 0.05; done\n"
                 "jexec j wget -qO - http://127.0.0.1/page; kill $server"),
            "the host's\nwget: can't connect to remote host (127.0.0.1): Connection refused\n");
  run("ip addr del 10.0.0.1/32 dev lo; ip addr del 10.0.0.2/32 dev lo");
}

TEST_F(FunctionalTest, F34_blocked_process) {
  const std::string fifo = "/tmp/fifo";
  ASSERT_EQ(::mkfifo((tree_ + fifo).c_str(), 0666), 0);
  // One opens what nobody writes to, one waits for its child, one sleeps; none hears SIGTERM.
  configure("j { path = " + tree_ + "; stop.timeout = 1;\n  exec.start = 'trap \"\" TERM; (cat " +
            fifo + "; true) >/dev/null 2>&1 & sleep 1000 >/dev/null 2>&1 &'; }\n");
  EXPECT_EQ(jail("-c"), "j: created\n");
  EXPECT_EQ(seen("until [ $(jexec j pidof cat sleep | wc -w) = 2 ]; do sleep 0.05; done"), "");
  EXPECT_EQ(jail("-r j"), "j: removed\n");
  EXPECT_EQ(names(), "");
  fs::remove(tree_ + fifo);
}

}  // namespace
}  // namespace gaol::test
