// SPDX-License-Identifier: BSD-2-Clause

// The life of a jail by the commands a user types, on a host of the test's own: what each
// command says, in which order, and that nothing stays behind.

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr const char* kNoJails = "   JID  IP Address      Hostname                      Path\n";

class LifeTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    tree_ = tiny_tree();
    fs::create_directory(dir_);
  }
  void TearDown() override {
    fs::remove_all(dir_);
    KernelTest::TearDown();
  }

  // jail(8) with the test's configuration file.
  std::string jail(const std::string& words) { return seen("jail -f " + conf_ + " " + words); }
  void configure(const std::string& text) { write_file(conf_, text); }
  std::string names() { return run("jls name").out; }

  std::string tree_;
  const std::string dir_ = "/run/life", conf_ = dir_ + "/jail.conf";
};

double seconds_of(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_F(LifeTest, ROOT_CreateListEnterModifyRemove) {
  EXPECT_EQ(seen("jail -c name=web path=" + tree_ + " host.hostname=web.example.com persist"), "");
  EXPECT_EQ(seen("jls -N name host.hostname path"), "web web.example.com " + tree_ + "\n");
  EXPECT_EQ(seen("jexec web hostname"), "web.example.com\n");
  EXPECT_EQ(run("jexec web sh -c 'exit 7'").status, 7);
  EXPECT_EQ(run("jexec web sh -c 'kill -TERM $$'").status, 128 + 15);
  EXPECT_EQ(seen("jail -m name=web host.hostname=www"), "");
  EXPECT_EQ(seen("jexec web hostname"), "www\n");
  EXPECT_EQ(seen("jail -r web"), "");
  EXPECT_EQ(seen("jls"), kNoJails);
}

TEST_F(LifeTest, ROOT_FootprintSeesWhatAJailIs) {
  const auto before = footprint();
  seen("jail -c name=web path=" + tree_ + " persist ip4.addr=127.0.0.1,127.0.0.2");
  const auto with = footprint();
  for (const char* part : {"record names/web", "record jails/", "record addresses/127.0.0.2/",
                           "cgroup gaol/", "map jails ", "map addresses "})
    EXPECT_THAT(with, Contains(HasSubstr(part)));
  seen("jail -r web");
  EXPECT_EQ(changes_since(before), "");
}

// --- hooks ---

// Every hook that both jails have says its own name; `changed` comes last and so wins.
std::string hooks_conf(const std::string& changed = "") {
  return R"($tree = "/run/tree";
path = $tree;
exec.clean;
exec.prepare   = "echo prepare";
exec.prestart  = "echo prestart";
exec.created   = "echo created-hook";
exec.start     = "/bin/echo start-in-jail";
exec.poststart = "echo poststart";
exec.prestop   = "echo prestop";
exec.stop      = "/bin/echo stop-in-jail";
exec.poststop  = "echo poststop";
exec.release   = "echo release";
)" + changed +
         R"(
web { host.hostname = web.example; persist; ip4 = inherit; }
db  { persist; ip4 = inherit; depend = web; }
)";
}

std::string started(const std::string& name) {
  return "prepare\nprestart\n" + name + ": created\ncreated-hook\nstart-in-jail\npoststart\n";
}
std::string stopped(const std::string& name) {
  return "prestop\nstop-in-jail\n" + name + ": removed\npoststop\nrelease\n";
}

TEST_F(LifeTest, ROOT_HooksRunInTheManPagesOrder) {
  configure(hooks_conf());
  EXPECT_EQ(jail("-c db"), started("web") + started("db"));
  EXPECT_EQ(jail("-c db"), "jail: \"db\" already exists\n[exit 1]\n");
  EXPECT_EQ(jail("-c"), "");
  EXPECT_EQ(jail("-c '*'"), "");
  EXPECT_EQ(jail("-r web"), stopped("db") + stopped("web"));
  EXPECT_EQ(jail("-r web"), "jail: \"web\" not found\n[exit 1]\n");
  EXPECT_EQ(jail("-qr web"), "[exit 1]\n");
  EXPECT_EQ(jail("-r '*'"), "");
}

TEST_F(LifeTest, ROOT_FailingHooksAreUndone) {
  struct {
    std::string changed, command, seen;
    bool runs_on;
  } const cases[] = {
      {"exec.prepare = /bin/false;", "-c web", "jail: web: /bin/false: failed\n[exit 1]\n", false},
      {"exec.prestart = /bin/false;", "-c",
       "prepare\njail: web: /bin/false: failed\njail: db: skipped\n[exit 1]\n", false},
      {"exec.prestart = /bin/false;", "-qc", "prepare\njail: web: /bin/false: failed\n[exit 1]\n",
       false},
      {"exec.created = /bin/false;", "-c web",
       "prepare\nprestart\nweb: created\njail: web: /bin/false: failed\nweb: removed\n[exit 1]\n",
       false},
      {"exec.start = /bin/false;", "-c web",
       "prepare\nprestart\nweb: created\ncreated-hook\njail: web: /bin/false: failed\n"
       "web: removed\n[exit 1]\n",
       false},
      {"exec.start = 'kill -9 $$';", "-c web",
       "prepare\nprestart\nweb: created\ncreated-hook\n"
       "jail: web: /bin/sh -c kill -9 $$: exited on signal 9\nweb: removed\n[exit 1]\n",
       false},
      {"exec.start = /no/such;", "-c web",
       "prepare\nprestart\nweb: created\ncreated-hook\n"
       "jail: web: /no/such: exec /no/such: No such file or directory\nweb: removed\n[exit 1]\n",
       false},
      {"exec.poststart = \"\", \"echo first\", /bin/false, \"echo never\";", "-c web",
       "prepare\nprestart\nweb: created\ncreated-hook\nstart-in-jail\nfirst\n"
       "jail: web: /bin/false: failed\nweb: removed\n[exit 1]\n",
       false},
      {"exec.prestop = /bin/false;", "-r web", "jail: web: /bin/false: failed\n[exit 1]\n", true},
      {"exec.stop = /bin/false;", "-r web", "prestop\njail: web: /bin/false: failed\n[exit 1]\n",
       true},
      {"exec.poststop = /bin/false;", "-r web",
       "prestop\nstop-in-jail\nweb: removed\njail: web: /bin/false: failed\nrelease\n[exit 1]\n",
       false},
      {"exec.release = /bin/false;", "-r web",
       "prestop\nstop-in-jail\nweb: removed\npoststop\njail: web: /bin/false: failed\n[exit 1]\n",
       false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.changed + " " + c.command);
    const bool stops = c.command.contains("r web");
    if (stops) {
      configure(hooks_conf());
      EXPECT_EQ(jail("-c web"), started("web"));
    }
    configure(hooks_conf(c.changed));
    EXPECT_EQ(jail(c.command), c.seen);
    EXPECT_EQ(names(), c.runs_on ? "web\n" : "");
    if (c.runs_on) seen("jail -qR web");
  }
}

TEST_F(LifeTest, ROOT_CleanupRunsWhatFollowsARemoval) {
  configure(hooks_conf());
  EXPECT_EQ(jail("-rC web"), "poststop\nrelease\n");
  EXPECT_EQ(jail("-c web"), started("web"));
  EXPECT_EQ(jail("-rC web"), stopped("web"));
}

TEST_F(LifeTest, ROOT_RemovalOfEverything) {
  configure(hooks_conf());
  jail("-c");
  seen("jail -c name=guest path=" + tree_ + " persist");
  EXPECT_EQ(jail("-r '*'"), stopped("db") + stopped("web") + "guest: removed\n");
  jail("-c web");
  EXPECT_EQ(jail("-r nobody web"), "jail: \"nobody\" not found\n" + stopped("web") + "[exit 1]\n");
  seen("jail -c name=a path=" + tree_ + " persist; jail -c name=b path=" + tree_ + " persist");
  EXPECT_EQ(seen("jail -p1 -R '*'"), "b: removed\na: removed\n");
  EXPECT_EQ(seen("jls"), kNoJails);
}

TEST_F(LifeTest, ROOT_ModifyAndRestart) {
  configure(hooks_conf());
  EXPECT_EQ(jail("-m web"), "jail: \"web\" not found\n[exit 1]\n");
  EXPECT_EQ(jail("-cm web"), started("web"));
  EXPECT_EQ(jail("-m web"), "web: updated\n");
  EXPECT_EQ(jail("-cm"), "web: updated\n" + started("db"));
  configure(hooks_conf("$tree = \"/run/life/other\";"));
  make_tree(dir_ + "/other");
  EXPECT_EQ(jail("-m web"), "jail: web: path cannot be changed after creation\n[exit 1]\n");
  // What depends on a restarted jail goes down with it and stays down.
  EXPECT_EQ(jail("-mr web"),
            stopped("db") + stopped("web") + started("web") +
                "jail: db: left stopped: it depends on web, which was restarted\n");
  EXPECT_EQ(names(), "web\n");
  EXPECT_EQ(jail("-mr web"), "web: updated\n");
  EXPECT_EQ(jail("-rc web"), stopped("web") + started("web"));
  EXPECT_EQ(jail("-rc"), stopped("web") + started("web") + started("db"));
  // What others depend on is only asked to run.
  EXPECT_EQ(jail("-m db"), "db: updated\n");
  EXPECT_EQ(jail("-cmr"), "web: updated\ndb: updated\n");
  EXPECT_EQ(jail("-qr '*'"),
            "prestop\nstop-in-jail\npoststop\nrelease\n"
            "prestop\nstop-in-jail\npoststop\nrelease\n");
}

TEST_F(LifeTest, ROOT_ConcurrentModificationsLoseNothing) {
  seen("jail -c name=web path=" + tree_ + " persist meta=");
  run("for i in 1 2 3 4 5 6 7 8; do jail -m name=web meta.k$i=$i & done; wait");
  for (int i = 1; i <= 8; ++i)
    EXPECT_EQ(run("jls -j web meta.k" + std::to_string(i)).out, std::to_string(i) + "\n");
  seen("jail -r web");
}

// --- how long a jail lives ---

TEST_F(LifeTest, ROOT_AJailWithoutPersistLivesAsLongAsAProcess) {
  const std::string create = "jail -c name=web path=" + tree_ + " ";
  EXPECT_EQ(seen(create + "command=/bin/true"), "");
  EXPECT_EQ(names(), "");
  // A daemon that its start line leaves behind keeps the jail...
  EXPECT_EQ(seen(create + "exec.start='sleep 1000 >/dev/null 2>&1 & echo $! >/tmp/pid'"), "");
  EXPECT_EQ(names(), "web\n");
  EXPECT_EQ(seen("jls -j web persist"), "false\n");
  // ...and takes it along.
  EXPECT_EQ(seen("jexec web sh -c 'kill $(cat /tmp/pid)'"), "");
  EXPECT_EQ(seen("while jls -c -j web; do sleep 0.05; done"), "");
  EXPECT_EQ(names(), "");
}

TEST_F(LifeTest, ROOT_PersistCanComeAndGo) {
  seen("jail -c name=web path=" + tree_ + " exec.start='sleep 1000 >/dev/null 2>&1 &'");
  EXPECT_EQ(seen("jail -m name=web persist"), "");
  EXPECT_EQ(seen("jexec web kill -9 -1; sleep 1.2; jls name persist"), "web true\n");
  EXPECT_EQ(seen("jail -m name=web nopersist"), "");
  EXPECT_EQ(seen("while jls -c -j web; do sleep 0.05; done; jls name"), "");
}

TEST_F(LifeTest, ROOT_BackgroundLinesAreNotWaitedFor) {
  const std::string create = "jail -c name=web path=" + tree_ + " exec.start='/bin/sleep 1000 &' ";
  EXPECT_LT(seconds_of([&] { EXPECT_EQ(seen(create), ""); }), 5);
  EXPECT_EQ(seen("jexec web pidof sleep | wc -w"), "1\n");
  EXPECT_LT(seconds_of([&] { EXPECT_EQ(seen("jail -r web"), ""); }), 5);
  // Init cannot end before its parent collects what it did not wait for.
  EXPECT_LT(seconds_of([&] {
              EXPECT_EQ(seen(create + "exec.poststart=/bin/false"),
                        "jail: /bin/false: failed\n[exit 1]\n");
            }),
            4);
}

TEST_F(LifeTest, ROOT_StopAsksBeforeItKills) {
  const std::string create = "jail -c name=web path=" + tree_ + " ";
  // Outside its configuration a jail has ten seconds; a process that goes needs none of them.
  seen(create + "exec.start='/bin/sleep 1000 &'");
  EXPECT_THAT(seen("jail -v -r web"), MatchesRegex("web: sent SIGTERM to: [0-9]+\n"
                                                   "web: removed\n"));
  configure("web { path = " + tree_ +
            "; stop.timeout = 1;\n"
            "exec.start = 'trap \"\" TERM; sleep 1000 & sleep 0.1 &'; }");
  jail("-c web");
  EXPECT_THAT(jail("-v -r web"), MatchesRegex("web: sent SIGTERM to:( [0-9]+)+\n"
                                              "web: timed out\nweb: removed\n"));
}

TEST_F(LifeTest, ROOT_TimeoutsEndAStart) {
  EXPECT_LT(seconds_of([&] {
              EXPECT_EQ(seen("jail -c name=web path=" + tree_ +
                             " exec.timeout=1 command=/bin/sleep 1000"),
                        "jail: /bin/sleep 1000: timed out\n[exit 1]\n");
            }),
            4);
  EXPECT_EQ(names(), "");
}

TEST_F(LifeTest, ROOT_ASuspendedVisitorDoesNotKeepAJail) {
  seen("jail -c name=web path=" + tree_ + " persist");
  run("jexec web sleep 1000 >/dev/null 2>&1 & echo $! >" + dir_ + "/pid");
  run("sleep 0.2; kill -STOP $(cat " + dir_ + "/pid)");
  EXPECT_EQ(seen("jail -r web"), "");
  EXPECT_EQ(names(), "");
  run("kill -CONT $(cat " + dir_ + "/pid)");
}

// --- what commands find ---

const std::string kBare = "env -i PATH=\"$PATH\" TERM=vt100 SECRET=1 ";

TEST_F(LifeTest, ROOT_EnvironmentOfCommands) {
  const std::string create = kBare + "jail -c jid=77 name=web path=" + tree_ + " ";
  auto variables = [&](const std::string& settings) {
    return run(create + settings + " | grep -v -e ^PWD= -e ^SHLVL= | sort").out;
  };
  // On the host FreeBSD's words come first.
  const std::string path = run("echo $PATH").out;
  const std::string words = fs::path(GAOL_BIN_DIR).parent_path().string() + "/libexec/gaol/compat:";
  const std::string named = "JNAME=web\nJPATH=" + tree_ + "\nPATH=";
  const std::string rest = path + "SECRET=1\nTERM=vt100\n";
  EXPECT_EQ(variables("command=/bin/env"), "JID=77\n" + named + rest);
  EXPECT_EQ(variables("exec.poststart=/usr/bin/env command=/bin/true"),
            "JID=77\n" + named + words + rest);
  EXPECT_EQ(variables("exec.prestart=/usr/bin/env command=/bin/true"), named + words + rest);
  const std::string clean =
      "HOME=/root\nPATH=/bin:/usr/bin\nSHELL=/bin/sh\nTERM=vt100\nUSER=root\n";
  EXPECT_EQ(variables("exec.clean command=/bin/env"), clean);
  EXPECT_EQ(run(create + "exec.clean command=/bin/pwd").out, "/root\n");
  EXPECT_EQ(run(create + "command=/bin/pwd").out, "/\n");
}

TEST_F(LifeTest, ROOT_AStopsCommandsKnowTheirJail) {
  const std::string ids = "'echo $JID $JNAME $JPATH'";
  configure("web { path = " + tree_ + "; jid = 77; persist;\n  exec.prestop = " + ids +
            ";\n  exec.stop = " + ids + ";\n  exec.poststop = " + ids +
            ";\n  exec.release = " + ids + ";\n}\n");
  const std::string line = "77 web " + tree_ + "\n";
  EXPECT_EQ(jail("-c web"), "web: created\n");
  EXPECT_EQ(jail("-r web"), line + line + "web: removed\n" + line + line);
}

TEST_F(LifeTest, ROOT_ATimedOutCommandIsLeftAlone) {
  configure("web { path = " + tree_ +
            "; persist; exec.timeout = 1;\n  exec.prestart = '(sleep 3; echo late >" + dir_ +
            "/late)'; }\n");
  EXPECT_THAT(jail("-c web"), MatchesRegex("jail: web: /bin/sh -c .*: timed out\n\\[exit 1\\]\n"));
  EXPECT_EQ(settled("cat " + dir_ + "/late", "late\n"), "late\n");
}

TEST_F(LifeTest, ROOT_ABackgroundLineHasASessionOfItsOwn) {
  write_file(dir_ + "/session",
             "#!/bin/sh\ntest $(ps -o sid= -p $$) = $$ && echo leads >" + dir_ + "/session.log\n");
  configure("web { path = " + tree_ + "; persist; exec.prestart = '" + dir_ + "/session &'; }\n");
  run("chmod +x " + dir_ + "/session");
  EXPECT_EQ(jail("-c web; jail -qR web"), "web: created\n");
  EXPECT_EQ(settled("cat " + dir_ + "/session.log", "leads\n"), "leads\n");
}

TEST_F(LifeTest, ROOT_UsersOfCommands) {
  const std::string create = "jail -c name=web path=" + tree_ + " ";
  EXPECT_EQ(seen(create + "exec.jail_user=www command=/bin/id"),
            "uid=33(www) gid=33(www) groups=33(www)\n");
  EXPECT_EQ(seen(create + "exec.jail_user=33 command=/bin/sh -c 'echo $USER $HOME; pwd'"),
            "www /var\n/\n");
  EXPECT_EQ(seen(create + "exec.clean exec.jail_user=www command=/bin/pwd"), "/var\n");
  EXPECT_EQ(seen(create + "exec.jail_user=nobody command=/bin/id"),
            "jail: nobody: no such user\n[exit 1]\n");
  EXPECT_EQ(seen(create + "exec.jail_user=4711 command=/bin/id"),
            "jail: unknown uid 4711\n[exit 1]\n");
  EXPECT_EQ(seen(create + "exec.system_jail_user exec.jail_user=nobody command='/bin/id' -u"),
            "65534\n");
  EXPECT_EQ(seen(create + "exec.system_user=nobody exec.prestart='id -un' command=/bin/id -u"),
            "nobody\n0\n");
  EXPECT_EQ(seen("jail -v -c jid=70 path=" + tree_ + " exec.jail_user=www command=/bin/true"),
            "jail_set(JAIL_CREATE) jid=70 path=" + tree_ +
                " persist\ncreated\n"
                "run command in jail as www: /bin/true\n"
                "jail_set(JAIL_UPDATE) jid=70 nopersist\n");
}

TEST_F(LifeTest, ROOT_ConsoleLogHoldsWhatRunsInTheJail) {
  const std::string log = dir_ + "/console";
  const std::string create = "jail -c name=web path=" + tree_ + " exec.consolelog=" + log + " ";
  EXPECT_EQ(
      seen(create + "exec.prestart='echo outside' command=/bin/sh -c 'echo in; echo err >&2'"),
      "outside\n");
  EXPECT_EQ(seen(create + "command=/bin/echo again"), "");
  EXPECT_EQ(seen("cat " + log), "in\nerr\nagain\n");
  // Below the jail's path its root may have put a link in the way.
  make_tree(dir_ + "/other");
  fs::create_symlink("/etc/passwd", dir_ + "/other/log");
  EXPECT_THAT(seen("jail -c path=" + dir_ + "/other exec.consolelog=" + dir_ +
                   "/other/log command=/bin/true"),
              StartsWith("jail: exec.consolelog: " + dir_ + "/other/log: "));
}

// --- forms and flags ---

TEST_F(LifeTest, ROOT_OldStyleIsWordForWord) {
  EXPECT_EQ(seen("jail " + tree_ +
                 " www.example.com '' /bin/sh -c 'hostname; echo \"$@\"' "
                 "zero 'a  b' '$c' -d"),
            "www.example.com\na  b $c -d\n");
  EXPECT_EQ(seen("jail -l -n old -u www " + tree_ + " h '' /bin/id -un"),
            "jail: www: no such user\n[exit 1]\n");  // of the host
  EXPECT_EQ(seen("jail -l -n old -U www " + tree_ + " h 127.0.0.1,::1 /bin/id -un"), "www\n");
  EXPECT_THAT(seen("jail -J " + dir_ + "/jids -i -n old " + tree_ + " h 127.0.0.1 /bin/echo a b"),
              MatchesRegex("a b\n[0-9]+\n"));
  EXPECT_THAT(run("cat " + dir_ + "/jids").out,
              MatchesRegex("[0-9]+\t" + tree_ + "\th\t127.0.0.1\t/bin/echo a b\n"));
  EXPECT_EQ(seen("jail -s two " + tree_ + " h '' /bin/true"),
            "jail: securelevel: non-integer value \"two\"\n[exit 1]\n");
  EXPECT_THAT(seen("jail " + tree_ + " h ''"), HasSubstr("usage: jail"));
  EXPECT_THAT(seen("jail tree h '' /bin/true"), HasSubstr("usage: jail"));
}

// In a view of its own of /etc.
TEST_F(LifeTest, ROOT_OldStylePermissionsAreTheMachines) {
  fs::create_directory(dir_ + "/upper");
  fs::create_directory(dir_ + "/work");
  const auto with = [&](const std::string& line, const std::string& command) {
    return seen("unshare -m sh -c 'mount -t overlay overlay -o lowerdir=/etc,upperdir=" + dir_ +
                "/upper,workdir=" + dir_ + "/work /etc; echo " + line + " >/etc/gaol.conf; exec " +
                command + "'");
  };
  const std::string old = "jail -n old " + tree_ + " h \"\" /bin/echo made";
  EXPECT_EQ(with("security.jail.socket_unixiproute_only = 0", old), "made\n");
  EXPECT_THAT(with("security.jail.chflags_allowed = 1", old),
              StartsWith("jail: allow.chflags: not supported on this system: "));
  EXPECT_EQ(with("security.jail.chflags = 1", old),
            "jail: /etc/gaol.conf:1: unknown setting: security.jail.chflags\n[exit 1]\n");
  EXPECT_EQ(with("security.jail.chflags_allowed = 1",
                 "jail -c path=" + tree_ + " command=/bin/echo made"),
            "made\n")
      << "other forms do not ask it";
}

TEST_F(LifeTest, ROOT_ARestartThatCannotStartStopsNothing) {
  configure("web { path = " + tree_ + "; persist; }\n");
  EXPECT_EQ(jail("-c"), "web: created\n");
  configure("web { path = " + tree_ + "; persist; securelevel = high; }\n");
  EXPECT_EQ(jail("-rc web"),
            "jail: web: securelevel: non-integer value \"high\" (" + conf_ + ":1:34)\n[exit 1]\n");
  EXPECT_EQ(names(), "web\n");
  EXPECT_EQ(seen("jail -rc name=web path=" + tree_ + " persist=often"),
            "jail: persist: unknown boolean value \"often\"\n[exit 1]\n");
  EXPECT_EQ(names(), "web\n");
  configure("web { path = " + tree_ + "; persist; exec.poststop = /bin/false; }\n");
  EXPECT_EQ(jail("-rc web"),
            "web: removed\njail: web: /bin/false: failed\nweb: created\n[exit 1]\n")
      << "what follows a removal does not keep it down";
  configure("web { path = " + tree_ + "; persist; exec.poststop = 'echo cleaned'; }\n");
  EXPECT_EQ(jail("-r web"), "web: removed\ncleaned\n");
  EXPECT_EQ(jail("-cC web"), "cleaned\nweb: created\n");
  EXPECT_EQ(jail("-qR web"), "");
}

TEST_F(LifeTest, ROOT_FlagsOfANewJail) {
  EXPECT_EQ(seen("jail -i -c jid=40 name=web path=" + tree_ + " persist"), "40\n");
  const std::string jid = run("jail -i -J " + dir_ + "/jids -c path=" + tree_ +
                              " persist host.hostname='a b' meta.x=\"it's\" | tr -d '\n'")
                              .out;
  EXPECT_EQ(
      seen("cat " + dir_ + "/jids"),
      "jid=" + jid + "\tpath=" + tree_ + "\tpersist\thost.hostname=\"a b\"\tmeta.x=\"it's\"\n");
  EXPECT_EQ(seen("jls name host.hostname"), "web \"\"\n" + jid + " a b\n");
  EXPECT_EQ(seen("jail -p1 -r " + jid + " 40"), jid + ": removed\nweb: removed\n");
  EXPECT_EQ(seen("jail -d -c path=" + tree_ + " command=/bin/true"),
            "jail: the -d flag and allow.dying are deprecated and have no effect\n");
  EXPECT_EQ(seen("jail -J /no/such -c path=" + tree_ + " command=/bin/true"),
            "jail: open /no/such: No such file or directory\n[exit 1]\n");
}

TEST_F(LifeTest, ROOT_WhatJlsShowsCanBeSetAgain) {
  seen("jail -c name=web path=" + tree_ + " persist host.hostname='a b' allow.mlock meta.k=v");
  const std::string shown = run("jls -s -j web | tee " + dir_ + "/shown").out;
  EXPECT_THAT(shown, HasSubstr(" persist "));
  EXPECT_EQ(seen("eval \"jail -m $(cat " + dir_ + "/shown)\""), "");
  EXPECT_EQ(run("jls -s -j web").out, shown);
  seen("jail -r web");
  EXPECT_EQ(seen("eval \"jail -c $(cat " + dir_ + "/shown)\""), "");
  EXPECT_EQ(run("jls -s").out, shown);
  seen("jail -r web");
}

// --- init ---

TEST_F(LifeTest, ROOT_InitIsSmallAndOutOfReach) {
  seen("jail -c name=web path=" + tree_ + " persist");
  const std::string pss =
      run("awk '/^Pss:/ {print $2}' /proc/" + init_of("web") + "/smaps_rollup").out;
  ASSERT_FALSE(pss.empty());
  EXPECT_LT(std::stoi(pss), 60) << "KiB";
  // Root of the jail owns the namespace that init is the first process of.
  EXPECT_EQ(seen("jexec web sh -c 'kill -9 1; kill -USR1 1; sleep 0.1; echo $?'"), "0\n");
  EXPECT_EQ(names(), "web\n");
  EXPECT_THAT(seen("jexec web sh -c 'cat /proc/1/mem'"), HasSubstr("Permission denied"));
  EXPECT_THAT(seen("jexec web sh -c 'ls -l /proc/1/root/ /proc/1/exe'"),
              HasSubstr("Permission denied"));
  EXPECT_THAT(seen("jexec web sh -c 'echo 1000 >/proc/1/oom_score_adj; dd if=/dev/zero "
                   "of=/proc/1/mem count=1'"),
              HasSubstr("Permission denied"));
  seen("jail -r web");
}

// --- trees ---

TEST_F(LifeTest, ROOT_ThinClonesAreWritableAndTheReleaseIsNot) {
  const std::string releases = dir_ + "/releases", jails = dir_ + "/jails";
  EXPECT_THAT(seen("gaol release builtin --releases " + releases + " tiny"),
              Not(HasSubstr("exit")));
  configure("persist;\n");
  for (const char* name : {"a", "b"})
    EXPECT_THAT(seen("gaol create " + std::string(name) + " -r tiny --releases " + releases +
                     " --path " + jails + "/" + name + " >>" + conf_),
                Not(HasSubstr("exit")));
  EXPECT_THAT(jail("-c"), HasSubstr("a: created\n"));
  EXPECT_EQ(seen("jexec a sh -c 'echo mine >/etc/own; rm /etc/group; ls -n /etc/own | cut -c1-20'"),
            "-rw-r--r--    1 0   \n");
  EXPECT_EQ(seen("jexec b sh -c 'cat /etc/own; wc -l </etc/group'"),
            "cat: can't open '/etc/own': No such file or directory\n" +
                run("wc -l <" + releases + "/tiny/etc/group").out);
  EXPECT_EQ(run("stat -c %u " + jails + "/a/etc/own").out, "0\n");
  EXPECT_EQ(jail("-p1 -r '*'"), "b: removed\na: removed\n");
  EXPECT_EQ(jail("-q -c a"), "");
  EXPECT_EQ(seen("jexec a cat /etc/own"), "mine\n");
  EXPECT_EQ(jail("-q -r a"), "");
}

TEST_F(LifeTest, ROOT_ManyCommandsAtOnce) {
  const std::string create = "jail -c path=" + tree_ + " persist name=";
  EXPECT_EQ(seen("for i in $(seq 40); do " + create + "j$i & done; wait"), "");
  EXPECT_EQ(run("jls jid | sort -un | wc -l; jls name | sort -u | wc -l").out, "40\n40\n");
  EXPECT_EQ(seen("for i in $(seq 40); do jail -r j$i & done; wait"), "");
  EXPECT_EQ(names(), "");
  // Of those who want one name, one gets it; of those who remove it, all are content or too late.
  EXPECT_EQ(run("for i in $(seq 20); do " + create + "one & done; wait").err,
            run("for i in $(seq 19); do echo 'jail: \"one\" already exists'; done").out);
  EXPECT_THAT(seen("for i in $(seq 20); do jail -r one & done; wait"),
              MatchesRegex("(jail: \"one\" not found\n)*"));
  EXPECT_EQ(names(), "");
}

TEST_F(LifeTest, ROOT_ThreeHundredJails) {
  EXPECT_EQ(
      seen("for i in $(seq 300); do jail -c name=j$i path=" + tree_ + " persist || exit; done"),
      "");
  std::string expected;
  for (int i = 1; i <= 300; ++i) expected += "j" + std::to_string(i) + "\n";
  EXPECT_EQ(names(), expected);
  EXPECT_EQ(run("jls jid | sort -n -c; jls jid | wc -l").out, "300\n");
  EXPECT_LT(seconds_of([&] { names(); }), 1);
  EXPECT_EQ(run("jail -R '*' | wc -l").out, "300\n");
}

}  // namespace
}  // namespace gaol::test
