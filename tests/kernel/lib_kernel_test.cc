// SPDX-License-Identifier: BSD-2-Clause

// The library against real jails: what jail(8) makes, a program sees, and the other way round.

#include <fcntl.h>
#include <gaol/jail.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <gaol/jail.hpp>
#include <thread>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;

class LibTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    tree_ = tiny_tree();
  }
  // A jail of the test's own, by jail_setv.
  int make(const char* name) {
    return jail_setv(JAIL_CREATE, "name", name, "path", tree_.c_str(), "persist", nullptr, nullptr);
  }
  std::string tree_;
};

std::string got(const char* jail, const char* parameter) {
  std::string name(jail);
  char value[8192] = "";
  if (jail_getv(0, "name", name.data(), parameter, value, nullptr) < 0) return jail_errmsg;
  return value;
}

// In a child of its own: attaching is for good.
int in_a_child(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) std::_Exit(act());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F(LibTest, ROOT_MakesChangesFindsRemoves) {
  const int jid = make("web");
  ASSERT_GT(jid, 0) << jail_errmsg;
  EXPECT_EQ(run("jls jid name path persist").out,
            std::to_string(jid) + " web " + tree_ + " true\n");
  EXPECT_EQ(jail_getid("web"), jid);
  EXPECT_EQ(jail_getid(std::to_string(jid).c_str()), jid);
  char* name = jail_getname(jid);
  EXPECT_STREQ(name, "web");
  std::free(name);

  EXPECT_EQ(jail_setv(JAIL_UPDATE, "name", "web", "host.hostname", "www", nullptr), jid);
  EXPECT_EQ(seen("jexec web hostname"), "www\n");
  EXPECT_EQ(got("web", "host.hostname"), "www");
  EXPECT_EQ(got("web", "persist"), "true");
  EXPECT_EQ(got("web", "nopersist"), "false");

  EXPECT_EQ(jail_remove(jid), 0);
  EXPECT_EQ(jail_getid("web"), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_STREQ(jail_errmsg, "jail \"web\" not found");
}

TEST_F(LibTest, ROOT_SaysWhatIsWrong) {
  const int jid = make("web");
  ASSERT_GT(jid, 0) << jail_errmsg;
  EXPECT_EQ(make("web"), -1);
  EXPECT_EQ(errno, EEXIST);
  EXPECT_STREQ(jail_errmsg, "\"web\" already exists");
  EXPECT_EQ(jail_setv(JAIL_UPDATE, "name", "db", nullptr), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(jail_setv(JAIL_UPDATE, "name", "web", "path", "/", nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_STREQ(jail_errmsg, "path cannot be changed after creation");
  EXPECT_EQ(jail_setv(JAIL_CREATE | JAIL_UPDATE, "name", "web", "host.hostname", "x", nullptr),
            jid);
  EXPECT_EQ(jail_remove(jid), 0);
  for (const int result : {jail_remove(jid), jail_attach(jid)}) {
    EXPECT_EQ(result, -1);
    EXPECT_EQ(errno, EINVAL);
  }
}

TEST_F(LibTest, ROOT_RefusesToSetWhatIsOnlyShown) {
  const int jid = make("web");
  for (const std::string name : {"dying", "parent", "children.cur", "cpuset.id"}) {
    const auto refusal = name + ": read-only parameter";
    EXPECT_EQ(jail_setv(JAIL_UPDATE, "name", "web", name.c_str(), "1", nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(jail_errmsg, refusal);
    EXPECT_EQ(seen("jail -m name=web " + name + "=1"), "jail: " + refusal + "\n[exit 1]\n");
  }
  EXPECT_EQ(jail_remove(jid), 0);
}

TEST_F(LibTest, ROOT_TellsWhatIsTheJailsOwnDoing) {
  const int jid = make("web");
  jail_setv(JAIL_UPDATE, "name", "web", "children.max", "1", nullptr);
  EXPECT_EQ(got("web", "children.cur"), "0");
  make_tree(tree_ + "/cgi");
  EXPECT_GT(jail_setv(JAIL_CREATE, "name", "web.cgi", "path", (tree_ + "/cgi").c_str(), "persist",
                      nullptr, nullptr),
            0)
      << jail_errmsg;
  seen("jexec web hostname renamed");
  for (const char* name : {"children.cur", "parent", "dying", "osrelease", "host.hostname"})
    EXPECT_EQ(got("web", name) + "\n", seen(std::string("jls -j web ") + name)) << name;
  EXPECT_EQ(got("web", "children.cur"), "1");
  EXPECT_EQ(got("web", "host.hostname"), "renamed");
  EXPECT_EQ(got("web.cgi", "parent"), std::to_string(jid));
  EXPECT_EQ(jail_remove(jid), 0);
  run("rm -rf " + tree_ + "/cgi");
}

TEST_F(LibTest, ROOT_FindsTheDyingForWhoAsks) {
  const int jid = make("web");
  ASSERT_GT(jid, 0) << jail_errmsg;
  const std::string init = init_of("web");
  run("kill -9 " + init + "; while kill -0 " + init + "; do :; done");
  const std::string number = std::to_string(jid);
  char name[64] = "", dying[8] = "";
  EXPECT_EQ(jail_getv(0, "jid", number.c_str(), "name", name, nullptr), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(jail_getv(JAIL_DYING, "jid", number.c_str(), "name", name, "dying", dying, nullptr),
            jid)
      << jail_errmsg;
  EXPECT_STREQ(name, "web");
  EXPECT_STREQ(dying, "true");
  EXPECT_EQ(seen("jls -d name"), "");
}

TEST_F(LibTest, ROOT_GoesFromJailToJail) {
  const int a = make("a"), b = make("b");
  char name[64] = "anything", lists[256] = "";
  EXPECT_EQ(jail_getv(0, "lastjid", "0", "name", name, "ip4.addr", lists, nullptr), a);
  EXPECT_STREQ(name, "a");
  EXPECT_STREQ(lists, "");
  EXPECT_EQ(jail_getv(0, "lastjid", std::to_string(a).c_str(), "name", name, nullptr), b);
  EXPECT_STREQ(name, "b");
  EXPECT_EQ(jail_getv(0, "lastjid", std::to_string(b).c_str(), nullptr), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(jail_remove(a) + jail_remove(b), 0);
}

TEST_F(LibTest, ROOT_EveryParameterCanBeRead) {
  const int jid = make("web");
  jailparam* all = nullptr;
  const auto count = static_cast<unsigned>(jailparam_all(&all));
  for (unsigned at = 0; at < count; ++at)
    if (std::string_view(all[at].jp_name) == "jid") {
      EXPECT_EQ(jailparam_import(&all[at], std::to_string(jid).c_str()), 0);
    }
  EXPECT_EQ(jailparam_get(all, count, 0), jid) << jail_errmsg;
  for (unsigned at = 0; at < count; ++at) {
    char* text = jailparam_export(&all[at]);
    EXPECT_TRUE(text) << all[at].jp_name << ": " << jail_errmsg;
    std::free(text);
  }
  jailparam_free(all, count);
  std::free(all);
  EXPECT_EQ(jail_remove(jid), 0);
}

TEST_F(LibTest, ROOT_RawValuesAreWrittenInPlace) {
  const int jid = make("web");
  jailparam asked[2];
  int number = jid, persist = 0;
  jailparam_init(&asked[0], "jid");
  jailparam_import_raw(&asked[0], &number, sizeof number);
  jailparam_init(&asked[1], "persist");
  jailparam_import_raw(&asked[1], &persist, sizeof persist);
  EXPECT_EQ(jailparam_get(asked, 2, 0), jid);
  EXPECT_EQ(persist, 1);
  char small[2];
  jailparam_free(asked + 1, 1);
  jailparam_init(&asked[1], "path");
  jailparam_import_raw(&asked[1], small, sizeof small);
  EXPECT_EQ(jailparam_get(asked, 2, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  jailparam_free(asked, 2);
  EXPECT_EQ(jail_remove(jid), 0);
}

// FreeBSD's tests of a language binding: what it sets, jls reads, and the other way round.
TEST_F(LibTest, ROOT_BuffersAreSetAndReadAlike) {
  const int jid = jail_setv(JAIL_CREATE, "name", "web", "path", tree_.c_str(), "persist", nullptr,
                            "meta", "a=1\nb=two words", "env", "LANG=C", nullptr);
  ASSERT_GT(jid, 0) << jail_errmsg;
  EXPECT_EQ(seen("jls -j web meta.a meta.b env"), "1 two words LANG=C\n");
  EXPECT_EQ(got("web", "meta"), "a=1\nb=two words");

  EXPECT_EQ(jail_setv(JAIL_UPDATE, "name", "web", "meta.a", "10", "meta.c", "", nullptr), jid);
  EXPECT_EQ(got("web", "meta"), "c=\na=10\nb=two words");
  EXPECT_EQ(got("web", "meta.a"), "10");
  EXPECT_EQ(got("web", "meta.missing"), "");
  EXPECT_EQ(jail_setv(JAIL_UPDATE, "name", "web", "meta.b", nullptr, nullptr), jid);
  EXPECT_EQ(seen("jail -m name=web meta.d='said \"so\"'; jls -j web meta.b meta.d"),
            "\"\" said \"so\"\n");
  EXPECT_EQ(got("web", "meta.d"), "said \"so\"");
  EXPECT_EQ(jail_remove(jid), 0);
}

TEST_F(LibTest, ROOT_ThreadsDoNotDisturbEachOther) {
  const auto live = [&](const std::string& name) {
    for (int round = 0; round < 3; ++round) {
      const int jid = make(name.c_str());
      EXPECT_GT(jid, 0) << jail_errmsg;
      EXPECT_EQ(make(name.c_str()), -1);
      EXPECT_EQ(jail_errmsg, "\"" + name + "\" already exists");
      EXPECT_EQ(got(name.c_str(), "jid"), std::to_string(jid));
      EXPECT_EQ(jail_remove(jid), 0) << jail_errmsg;
    }
  };
  std::vector<std::jthread> threads;
  for (const char* name : {"a", "b", "c", "d"}) threads.emplace_back(live, name);
}

// --- attaching ---

TEST_F(LibTest, ROOT_AttachMovesTheProcessItself) {
  const int jid = make("web");
  const int status = in_a_child([&] {
    if (jail_attach(jid) < 0) return 1;
    char cwd[64];
    if (!::getcwd(cwd, sizeof cwd) || std::string_view(cwd) != "/") return 2;
    if (::access("/run/gaol", F_OK) == 0) return 3;  // the host's
    if (::getuid() != 0 || ::access("/bin/busybox", X_OK) != 0) return 4;
    if (::sethostname("mine", 4) == 0) return 5;  // no CAP_SYS_ADMIN is left
    return std::system("test $$ != 1 && test -e /proc/1/stat && grep -q gaol-init /proc/1/comm");
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(jail_remove(jid), 0);
}

// What `file` says of the rights of a process.
std::string rights(const std::string& file) { return run("grep -e ^Cap -e ^Seccomp " + file).out; }

// Its own rights, before any exec: those that the jail's root has.
TEST_F(LibTest, ROOT_AttachedProcessHasNoMoreThanTheJailsRoot) {
  const int jid = make("web");
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (jail_attach(jid) < 0 || ::write(ready[1], "", 1) != 1) std::_Exit(1);
    for (;;) ::pause();
  }
  char byte;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  const auto mine = rights("/proc/" + std::to_string(child) + "/status");
  EXPECT_THAT(mine, HasSubstr("CapEff"));
  EXPECT_EQ(mine, run("jexec web grep -e ^Cap -e ^Seccomp /proc/self/status").out);
  EXPECT_EQ(jail_remove(jid), 0);
  // Killed with the jail, for it is in its cgroup.
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(LibTest, ROOT_AttachRefusesThreadsAndDirectories) {
  const int jid = make("web");
  EXPECT_EQ(in_a_child([&] {
              std::jthread other([](const std::stop_token& stop) {
                while (!stop.stop_requested()) std::this_thread::yield();
              });
              return jail_attach(jid) == -1 && errno == EINVAL ? 0 : 1;
            }),
            0);
  EXPECT_EQ(in_a_child([&] {
              const int dir = ::open("/", O_RDONLY | O_DIRECTORY);
              if (jail_attach(jid) != -1 || errno != EPERM) return 1;
              ::close(dir);
              return jail_attach(jid) == 0 ? 0 : 2;
            }),
            0);
  EXPECT_EQ(jail_remove(jid), 0);
}

TEST_F(LibTest, ROOT_CreateAndAttachInOneCall) {
  EXPECT_EQ(in_a_child([&] {
              return jail_setv(JAIL_CREATE | JAIL_ATTACH, "name", "web", "path", tree_.c_str(),
                               "host.hostname", "inside", "persist", nullptr, nullptr) > 0
                         ? std::system("test $(hostname) = inside")
                         : 1;
            }),
            0);
  EXPECT_EQ(jail_remove(jail_getid("web")), 0);
}

// --- C++ ---

TEST_F(LibTest, ROOT_CppJailLivesItsLife) {
  auto jail = Jail::create({{"name", "web"}, {"path", tree_}, {"persist"}});
  ASSERT_TRUE(jail) << jail.error().text;
  EXPECT_EQ(jail->name().value(), "web");
  EXPECT_EQ(Jail::open("web").value().jid(), jail->jid());
  EXPECT_TRUE(jail->set({{"host.hostname", "www"}}));
  EXPECT_EQ(jail->get("host.hostname").value(), "www");
  EXPECT_EQ(jail->run({"sh", "-c", "test $(hostname) = www && exit 7"}).value().wait().value(), 7);
  EXPECT_EQ(jail->run({"sh", "-c", "kill -TERM $$"}).value().wait().value(), 128 + SIGTERM);
  EXPECT_EQ(Jail::list().value().size(), 1U);
  EXPECT_TRUE(jail->remove());
  EXPECT_EQ(Jail::list().value().size(), 0U);
}

TEST_F(LibTest, ROOT_CppErrorsHaveNumberAndText) {
  const auto missing = Jail::open("nobody");
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_EQ(missing.error().text, "jail \"nobody\" not found");
  const auto wrong = Jail::create({{"path", tree_}, {"persistent"}});
  EXPECT_EQ(wrong.error().code, ENOENT);
  auto jail = Jail::create({{"path", tree_}, {"persist"}}).value();
  EXPECT_EQ(jail.run({"no-such-program"}).error().code, ENOENT);
  EXPECT_EQ(jail.get("no.such").error().code, ENOENT);
  EXPECT_TRUE(jail.remove());
  EXPECT_EQ(jail.remove().error().code, EINVAL);
}

}  // namespace
}  // namespace gaol::test
