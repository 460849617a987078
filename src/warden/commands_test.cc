// SPDX-License-Identifier: BSD-2-Clause
#include "warden/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "tests/fake_host.h"
#include "warden/users.h"

namespace gaol::warden {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(ParseCommand, DecidesBetweenProgramAndShell) {
  struct {
    std::string_view line;
    std::vector<std::string> argv;
    bool background = false;
  } const cases[] = {
      {"", {}},
      {" \t\f\v\r\n", {}},
      {"/bin/echo a  b\tc\n", {"/bin/echo", "a", "b", "c"}},
      {"service nginx start", {"service", "nginx", "start"}},
      // Not for the shell, though a shell knows them.
      {"a #b =c d% e,f", {"a", "#b", "=c", "d%", "e,f"}},
      {"first\nsecond", {"first", "second"}},
      {"a\xc3\xa4", {"a\xc3\xa4"}},
      // A lone & at the end.
      {"daemon -f &", {"daemon", "-f"}, true},
      {"daemon&", {"daemon"}, true},
      {"&", {}, true},
      // The first special character is another one, or the & is not the last of all.
      {"foo $X &", {"/bin/sh", "-c", "foo $X &"}},
      {"daemon & ", {"/bin/sh", "-c", "daemon & "}},
      {"a && b", {"/bin/sh", "-c", "a && b"}},
      {"a&&", {"/bin/sh", "-c", "a&&"}},
      {" echo 'x'", {"/bin/sh", "-c", " echo 'x'"}},
  };
  for (const auto& c : cases)
    EXPECT_EQ(parse_command(c.line), (CommandLine{c.argv, c.background})) << c.line;
}

TEST(ParseCommand, EachShellCharacterAlone) {
  for (const char c : std::string_view("!\"$'()*;<>?[\\]`{|}~")) {
    const std::string line = concat("echo ", c);
    EXPECT_THAT(parse_command(line).argv, ElementsAre("/bin/sh", "-c", line)) << c;
  }
}

class CommandTest : public testing::Test {
 protected:
  Result<> run(const std::vector<std::string>& lines, Where where) {
    CommandContext context{.kernel = kernel_,
                           .report = report_,
                           .strays = strays_,
                           .settings = settings_,
                           .jid = jid_,
                           .name = "web",
                           .path = "/jails/web",
                           .tenancy = "/jails/web"};
    return run_lines(context, lines, where);
  }
  Result<> on_host(const std::vector<std::string>& lines) { return run(lines, Where::host); }
  std::string failure(const std::vector<std::string>& lines) {
    const auto done = on_host(lines);
    return done ? "" : done.error().line();
  }

  FakeHost kernel_;
  jail::Settings settings_;
  Jid jid_ = 0;
  std::vector<Stray> strays_;
  std::vector<std::string> told_;
  Report report_{[this](Report::What, std::string_view text) { told_.emplace_back(text); }};
};

TEST_F(CommandTest, RunOneAfterTheOther) {
  EXPECT_EQ(failure({"", "first a", "  ", "second &", "third"}), "");
  EXPECT_THAT(kernel_.diary, ElementsAre("spawn first a", "spawn second", "spawn third"));
  EXPECT_THAT(told_,
              ElementsAre("run command: first a", "run command: second", "run command: third"));
  EXPECT_THAT(strays_, IsEmpty()) << "only a jail waits for its children";
}

TEST_F(CommandTest, TheFirstFailureEndsIt) {
  struct {
    std::optional<int> status;
    const char* text;
  } const cases[] = {
      {W_EXITCODE(1, 0), "second a: failed"},
      {W_EXITCODE(255, 0), "second a: failed"},
      {W_EXITCODE(0, 9), "second a: exited on signal 9"},
      {std::nullopt, "second a: timed out"},
  };
  for (const auto& c : cases) {
    kernel_.diary.clear();
    kernel_.exits = {0, c.status};
    EXPECT_EQ(failure({"first", "second a", "third"}), c.text);
    EXPECT_THAT(kernel_.diary, ElementsAre("spawn first", "spawn second a"));
  }
  kernel_.fail_on("spawn nowhere", ENOENT);
  EXPECT_EQ(failure({"nowhere"}), "nowhere: spawn nowhere: No such file or directory");
}

TEST_F(CommandTest, ShellLinesAreCalledByTheirWholeCommand) {
  kernel_.exits = {W_EXITCODE(1, 0)};
  EXPECT_EQ(failure({"a; b"}), "/bin/sh -c a; b: failed");
}

TEST_F(CommandTest, AnUnknownUserIsFoundBeforeAnythingRuns) {
  kernel_.files["/etc/passwd"] = "root:x:0:0::/root:/bin/sh\n";
  settings_ = settings({"exec.system_user=nobody"});
  EXPECT_EQ(failure({"first"}), "nobody: no such user");
  EXPECT_THAT(kernel_.diary, IsEmpty());
  settings_ = settings({"exec.system_user=root"});
  EXPECT_EQ(failure({"first"}), "");
  EXPECT_EQ(told_.back(), "run command as root: first");
}

// What is in our own environment, or in a command's, under that name.
std::string value(const std::vector<std::string>& environment, std::string_view name) {
  const char* found = variable(environment, name);
  return found ? found : "(none)";
}

TEST_F(CommandTest, AreToldWhichJailTheyAreFor) {
  EXPECT_EQ(failure({"before it is created"}), "");
  jid_ = 7;
  EXPECT_EQ(failure({"after"}), "");
  ASSERT_EQ(kernel_.spawned.size(), 2u);
  for (const auto& command : kernel_.spawned) {
    EXPECT_EQ(value(command.environment, "JNAME"), "web");
    EXPECT_EQ(value(command.environment, "JPATH"), "/jails/web");
    EXPECT_EQ(value(command.environment, "PATH"),
              concat("/usr/libexec/gaol/compat:", value(own_environment(), "PATH")));
    EXPECT_EQ(command.directory, "") << "unchanged";
    EXPECT_FALSE(command.uid);
  }
  EXPECT_EQ(value(kernel_.spawned[0].environment, "JID"), "(none)");
  EXPECT_EQ(value(kernel_.spawned[1].environment, "JID"), "7");
}

TEST_F(CommandTest, StartCleanAtHomeIfAsked) {
  ::setenv("TERM", "vt100", 1);
  kernel_.files["/etc/passwd"] =
      "root:x:0:0::/root:/bin/bash\nwww:x:33:34::/var/www:\nother:x:44:44::/:/bin/sh\n";
  kernel_.files["/etc/group"] = "www:x:34:\nadm:x:4:www,other\n";
  settings_ = settings({"exec.clean"});
  jid_ = 7;
  EXPECT_EQ(failure({"as ourselves"}), "");
  const auto& ours = kernel_.spawned.back();
  EXPECT_THAT(ours.environment, UnorderedElementsAre("TERM=vt100", EndsWith(":/bin:/usr/bin"),
                                                     "USER=root", "HOME=/root", "SHELL=/bin/bash"));
  EXPECT_EQ(ours.directory, "/root");
  EXPECT_FALSE(ours.uid);
  settings_ = settings({"exec.clean", "exec.system_user=www"});
  EXPECT_EQ(failure({"as somebody"}), "");
  const auto& theirs = kernel_.spawned.back();
  EXPECT_THAT(theirs.environment,
              UnorderedElementsAre("TERM=vt100", EndsWith(":/bin:/usr/bin"), "USER=www",
                                   "HOME=/var/www", "SHELL=/bin/sh"));
  EXPECT_EQ(theirs.directory, "/var/www");
  EXPECT_EQ(theirs.uid, 33u);
  EXPECT_EQ(theirs.gid, 34u);
  EXPECT_THAT(theirs.groups, ElementsAre(34, 4));
}

TEST_F(CommandTest, AUserAloneDoesNotMoveHome) {
  kernel_.files["/etc/passwd"] = "www:x:33:33::/var/www:/bin/sh\n";
  settings_ = settings({"exec.system_user=www"});
  EXPECT_EQ(failure({"one"}), "");
  EXPECT_EQ(value(kernel_.spawned.back().environment, "HOME"), "/var/www");
  EXPECT_EQ(value(kernel_.spawned.back().environment, "JNAME"), "web");
  EXPECT_EQ(kernel_.spawned.back().directory, "");
}

TEST_F(CommandTest, OnlyALoneAmpersandMakesASession) {
  EXPECT_EQ(failure({"daemon -f &", "plain"}), "");
  EXPECT_TRUE(kernel_.spawned[0].new_session);
  EXPECT_FALSE(kernel_.spawned[1].new_session);
}

TEST_F(CommandTest, WhatRunsOnTheHostIsNotLogged) {
  settings_ = settings({"exec.consolelog=/var/log/web"});
  EXPECT_EQ(failure({"one"}), "");
  EXPECT_EQ(kernel_.spawned.back().output, -1);
  EXPECT_THAT(kernel_.diary, ElementsAre("spawn one"));
}

TEST_F(CommandTest, AConsoleLogIsAnAbsolutePath) {
  settings_ = settings({"exec.consolelog=log"});
  EXPECT_EQ(run({"one"}, Where::jail).error().text,
            "exec.consolelog: log: not an absolute pathname");
  EXPECT_THAT(kernel_.diary, IsEmpty());
}

}  // namespace
}  // namespace gaol::warden
