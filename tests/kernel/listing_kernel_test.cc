// SPDX-License-Identifier: BSD-2-Clause

// jls(8) on jails that come and go: the dying, the dead, who may look, and that what it prints for
// jail(8) makes the same jail again.

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;

constexpr const char* kNobody = "setpriv --reuid 65534 --regid 65534 --clear-groups ";

class ListingTest : public KernelTest {
 protected:
  void start(const std::string& parameters) {
    ASSERT_EQ(seen("jail -c path=" + tiny_tree() + " persist " + parameters), "");
  }
};

TEST_F(ListingTest, ROOT_TheDyingAreShownToWhoAsks) {
  const std::string conf = "/run/dying.conf", fifo = "/run/dying.fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  write_file(conf, "web { path = " + tiny_tree() + "; persist; exec.poststop = 'read x < " + fifo +
                       "'; }\n");
  ASSERT_EQ(seen("jail -f " + conf + " -c web"), "web: created\n");
  // Removed, and held in exec.poststop until we write.
  const std::string looks =
      "jail -f " + conf +
      " -r web > /run/dying.out & for i in $(seq 100); do [ \"$(jls -d dying)\" = true ] && break; "
      "sleep 0.05; "
      "done; "
      "jls name; jls -d name dying; jls -d -v -j web | grep -c DYING; "
      "jls -j web; jls -c -j web || echo gone; jls -c -d -j web && echo dying; "
      "setpriv --reuid 65534 --clear-groups jls -d name; jls --libxo json -d -v | grep -o DYING; "
      "echo go > " +
      fifo + "; wait; jls -d name; cat /run/dying.out; rm /run/dying.out";
  EXPECT_EQ(run(looks).out, "web true\n1\ngone\ndying\nweb\nDYING\nweb: removed\n");
  run("rm " + conf + " " + fifo);
}

TEST_F(ListingTest, ROOT_AnybodyMayLookButNotAtHooks) {
  start("name=web host.hostname=www meta.owner=ops exec.poststart='echo hook >/dev/null'");
  const std::string as_root = run("jls -n").out;
  EXPECT_THAT(as_root, HasSubstr("meta=owner=ops"));
  EXPECT_EQ(run(std::string(kNobody) + "jls -n").out, as_root);
  EXPECT_EQ(seen(std::string(kNobody) + "jls -j web name"), "web\n");
  EXPECT_EQ(run(std::string(kNobody) + "grep -r hook /run/gaol").out, "");
  // Whatever happened to the index, root sees all, and so does anybody afterwards.
  run("echo junk > /run/gaol/index");
  EXPECT_EQ(run("jls -n").out, as_root);
  EXPECT_EQ(run(std::string(kNobody) + "jls -n").out, as_root);
  seen("jail -r web");
}

TEST_F(ListingTest, ROOT_TheDeadAreNotListed) {
  start("name=web");
  run("kill -9 " + init_of("web"));
  const std::string nobody =
      "for i in $(seq 100); do [ -z \"$(" + std::string(kNobody) + "jls name)\" ] && break; done; ";
  EXPECT_EQ(run(nobody + kNobody + "jls name; " + kNobody + "jls -d name").out, "web\n")
      << "until root has swept it, the jail is there for who asks for the dying";
  EXPECT_EQ(seen("jls -d name"), "");
}

// Of so many, whether they live is seen from their inits' sockets, and who has other names too.
TEST_F(ListingTest, ROOT_ManyAreListedAsTheyAre) {
  ASSERT_EQ(seen("for i in $(seq 34); do jail -c name=j$i host.hostname=h$i path=" + tiny_tree() +
                 " persist $([ $i = 5 ] && echo vnet); done"),
            "");
  const std::string all = run("jls name").out;
  EXPECT_EQ(std::ranges::count(all, '\n'), 34);
  EXPECT_EQ(run(std::string(kNobody) + "jls name").out, all);
  // From another network stack, where the sockets are not seen, they are asked one by one.
  EXPECT_EQ(run("unshare -n jls name").out, all);

  EXPECT_EQ(seen("jexec j5 hostname self; jail -m name=j6 host.hostname=given"), "");
  run("kill -9 " + init_of("j7") +
      "; for i in $(seq 100); do jls name | grep -qx j7 || break; sleep 0.05; done");
  const std::string names =
      "jls name host.hostname | sed -n '4,8p'; jls name host.hostname | wc -l";
  EXPECT_EQ(seen(names), "j4 h4\nj5 self\nj6 given\nj8 h8\nj9 h9\n33\n");
  EXPECT_EQ(seen("unshare -n sh -c \"" + names + "\""),
            "j4 h4\nj5 self\nj6 given\nj8 h8\nj9 h9\n33\n");
  EXPECT_EQ(seen("jail -q -r '*'; jls name"), "");
}

TEST_F(ListingTest, ROOT_WhoSharesTheHostsNamesHasThemAsTheyAre) {
  EXPECT_EQ(seen("unshare -u sh -c 'hostname before; for i in $(seq 34); do jail -c name=j$i "
                 "host=inherit path=" +
                 tiny_tree() + " persist; done; hostname after; jls host.hostname | uniq -c'"),
            "     34 after\n");
  EXPECT_EQ(seen("jail -q -r '*'; jls name"), "");
}

TEST_F(ListingTest, ROOT_WhatJailIsGivenBackMakesTheSameJail) {
  start(
      "name=web host.hostname='a b' host.domainname=lan ip4.addr=127.0.0.1 allow.mlock "
      "meta='k=it s' env.TZ=UTC securelevel=-1 enforce_statfs=2");
  const std::string before = run("jls -s").out;
  EXPECT_EQ(seen("eval \"jail -m $(jls -s)\""), "");
  EXPECT_EQ(run("jls -s").out, before);
  EXPECT_EQ(seen("words=$(jls -s); jail -r web; eval \"jail -c $words\""), "");
  EXPECT_EQ(run("jls -s").out, before);
  seen("jail -r web");
}

}  // namespace
}  // namespace gaol::test
