// SPDX-License-Identifier: BSD-2-Clause
#include "warden/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/fake_host.h"

namespace gaol::warden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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
  Result<> on_host(const std::vector<std::string>& lines) {
    CommandContext context{.kernel = kernel_,
                           .report = report_,
                           .strays = strays_,
                           .settings = settings_,
                           .name = "web",
                           .path = "/jails/web",
                           .permissions = {}};
    return run_lines(context, lines, Where::host);
  }
  std::string failure(const std::vector<std::string>& lines) {
    const auto done = on_host(lines);
    return done ? "" : done.error().line();
  }

  FakeHost kernel_;
  jail::Settings settings_;
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

}  // namespace
}  // namespace gaol::warden
