// SPDX-License-Identifier: BSD-2-Clause

// Attacks on the door of a jail that may have jails (warden/door.h): what its root, and the root of
// a jail below it, may say to the host, and that nothing comes of it but what is allowed. The
// questions are forged here and sent by tests/escape/attack.cc, which knows no rules.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/host.h"
#include "warden/message.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using warden::Question;

const std::string kDoor = "/dev/gaol/control";

jail::Settings settings(const std::vector<std::pair<std::string, std::string>>& values) {
  jail::Settings out;
  for (const auto& [name, value] : values)
    out.set({.id = *jail::find(name), .key = {}, .values = {value}});
  return out;
}

Question create(const std::string& name, const std::string& path,
                const std::vector<std::pair<std::string, std::string>>& more = {}) {
  Question question{.verb = "start", .settings = settings(more)};
  for (const auto& [parameter, value] :
       {std::pair("name", name), std::pair("path", path), std::pair("persist", std::string("1"))})
    question.settings.set({.id = *jail::find(parameter), .key = {}, .values = {value}});
  return question;
}

Question program(const std::string& who, std::vector<std::string> argv) {
  return {.verb = "attach", .who = who, .command = {.argv = std::move(argv), .directory = "/"}};
}

class DoorTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    GAOL_NEEDS(commands_run_anywhere(), "needs static commands");
    for (const char* path : {"", "/tree"}) {
      make_tree(foo_ + path);
      fs::copy_file(GAOL_BIN_DIR "/../tests/gaol-attack", foo_ + path + "/bin/attack");
    }
    make_tree(other_);
    EXPECT_EQ(seen("jail -c name=other persist path=" + other_), "");
    EXPECT_EQ(seen("jail -c name=foo persist children.max=2 path=" + foo_), "");
    EXPECT_TRUE(made(create("bar", "/tree")));
  }
  void TearDown() override {
    if (!IsSkipped()) {
      EXPECT_EQ(run("jail -R foo other").err, "");
    }
    fs::remove_all(foo_);
    fs::remove_all(other_);
    KernelTest::TearDown();
  }

  // What comes back of any bytes, said in `jail` with files brought along.
  std::string answers(const std::string& bytes, const std::string& files = {},
                      const std::string& jail = "foo", const std::string& door = kDoor) {
    std::ofstream("/run/question", std::ios::binary) << bytes;
    const auto out = run("jexec " + jail + " attack ask " + door + " " + files + " </run/question");
    fs::remove("/run/question");
    return out.out;
  }
  // The last of the answers, in short.
  std::string said(const Question& question, const std::string& files = {}) {
    const auto lines = answers(question.to_text(), files);
    const auto before = lines.rfind('\n', lines.size() - 2);
    const auto answer = warden::Answer::from_text(
        std::string_view(lines).substr(before == lines.npos ? 0 : before + 1));
    if (!answer) return lines;
    return answer->kind == warden::Answer::Kind::done ? done(answer->number) : answer->error.line();
  }
  static std::string done(int number) { return concat("done ", number); }
  bool made(const Question& question) { return said(question).starts_with("done "); }

  const std::string foo_ = "/run/door", other_ = "/run/other";
};

TEST_F(DoorTest, ROOT_OtherJailsAreNotThere) {
  const std::string jids[] = {"1",      "2",          "other", "foo",         "0",  "-1",
                              "999999", "4294967297", "",      ".",           "..", "../other",
                              "foo.",   "bar.",       ".bar",  "bar/../other"};
  for (const auto& who : jids) {
    const std::string missing = concat("\"", who, "\" not found");
    for (const char* verb : {"find", "look_up", "stop", "attach", "user"}) {
      EXPECT_EQ(said({.verb = verb, .who = who}), missing) << verb;
    }
    EXPECT_EQ(said({.verb = "modify", .settings = settings({{"jid", who}})}), missing);
    EXPECT_EQ(said({.verb = "needs_restart", .settings = settings({{"name", who}})}), missing);
  }
  for (const char* verb : {"list", "listing"})
    EXPECT_THAT(answers(Question{.verb = verb, .flag = true}.to_text()),
                AllOf(HasSubstr("bar"), Not(HasSubstr("other")), Not(HasSubstr("/run/"))));
  EXPECT_EQ(seen("jls name"), "other\nfoo\nfoo.bar\n");
}

TEST_F(DoorTest, ROOT_NothingOfTheHostIsReached) {
  fs::create_directory_symlink("/run/other", foo_ + "/link");
  fs::create_directory_symlink("/proc/1/root", foo_ + "/proclink");
  fs::create_directories(foo_ + "/a");
  const auto before = footprint();
  const Question questions[] = {
      create("x", "/../other"),
      create("x", "/a/../../other"),
      create("x", "../other"),
      create("x", "/link"),
      create("x", "/link/bin"),
      create("x", "/proclink"),
      create("x", "/proc/1/root"),
      create("x", "/proc/self/root"),
      create("x", "/proc/self/cwd"),
      create("x", "/run/other"),
      create("x", "other"),
      create("x", ""),
      create("../x", "/tree"),
      create("x/y", "/tree"),
      create("", "/tree"),
      create("a\nb", "/tree"),
      create(std::string(300, 'x'), "/tree"),
      create("other.x", "/tree"),
      create("x", "/tree", {{"mount", "/etc/../../other /tree/etc nullfs"}}),
      create("x", "/tree", {{"mount", "/link /tree/etc nullfs"}}),
      create("x", "/tree", {{"mount", "/proc/1/root /tree/etc nullfs"}}),
      create("x", "/tree", {{"mount", "/etc /etc nullfs"}}),
      create("x", "/tree", {{"mount", "/dev/sda /tree/etc ext4"}}),
      create("x", "/tree", {{"mount.fstab", "/etc/passwd"}}),
      create("x", "/tree", {{"exec.consolelog", "/etc/passwd"}}),
      create("x", "/tree", {{"exec.prestart", "touch /run/escaped"}}),
      create("x", "/tree", {{"exec.poststop", "touch /run/escaped"}}),
      create("x", "/tree", {{"interface", "lo"}}),
      create("x", "/tree", {{"ip4.addr", "lo|192.0.2.1"}}),
      create("x", "/tree", {{"vnet.interface", "lo"}}),
      create("x", "/tree", {{"vnet", "new"}}),
      create("x", "/tree", {{"jid", "2"}}),
      create("x", "/tree", {{"parent", "0"}}),
      create("x", "/tree", {{"devfs_ruleset", "0x0"}}),
      create("x", "/tree", {{"children.max", "2"}}),
      create("x", "/tree", {{"allow.raw_sockets", "1"}}),
      create("x", "/tree", {{"ip4", "inherit"}, {"ip4.addr", "127.0.0.1"}}),
      create("x", "/tree", {{"securelevel", "-2"}}),
      {.verb = "start"},
      {.verb = "no such"},
      {.verb = "ran"},
      {.verb = "signal", .number = 9},
  };
  for (const auto& question : questions)
    EXPECT_THAT(said(question), Not(HasSubstr("done"))) << question.to_text();
  EXPECT_EQ(changes_since(before), "");
  EXPECT_FALSE(fs::exists("/run/escaped"));
}

// A child of a child counts for all.
TEST_F(DoorTest, ROOT_NobodyComesOverTheLimit) {
  EXPECT_TRUE(made(create("one", "/tree")));
  EXPECT_EQ(said(create("two", "/tree")), "prison limit exceeded");
  EXPECT_EQ(said(create("bar.two", "/tree/bin")), "prison limit exceeded");
  EXPECT_EQ(
      said({.verb = "modify", .settings = settings({{"name", "bar"}, {"children.max", "9"}})}),
      "jail_set: Operation not permitted (children.max: more than the parent jail has)");
  // Many at once.
  seen("jail -m name=foo children.max=3");
  run("for i in $(seq 12); do jexec foo /dev/gaol/sbin/jail -c name=n$i path=/tree persist & done; "
      "wait");
  EXPECT_EQ(seen("jls -j foo children.cur"), "3\n");
}

TEST_F(DoorTest, ROOT_GarbageIsAnsweredAndForgotten) {
  const std::string whole = Question{.verb = "list"}.to_text();
  const std::string garbage[] = {
      "x",
      "{",
      "[]",
      "null",
      "0",
      "\"\"",
      std::string(1, '\0'),
      std::string(1000, '\xff'),
      std::string(60'000, '['),
      std::string(140'000, ' ') + whole,
      "{\"verb\":" + std::string(100'000, '9') + "}",
      whole.substr(0, whole.size() / 2),
      whole + whole,
  };
  for (const auto& bytes : garbage)
    EXPECT_THAT(answers(bytes), HasSubstr("\"error\"")) << bytes.substr(0, 40);
  EXPECT_THAT(answers(std::string(150'000, 'x')), HasSubstr("\"error\"")) << "too long";
  EXPECT_EQ(answers("").find("done"), std::string::npos) << "an empty message";
  EXPECT_EQ(said({.verb = "find", .who = "bar"}), done(0)) << "and the next one is heard";
}

TEST_F(DoorTest, ROOT_ACrowdHoldsUpNobodyElse) {
  EXPECT_EQ(seen("jexec foo attack crowd /dev/gaol/control 60 >/run/crowd & "
                 "until grep -qs inside /run/crowd; do sleep 0.02; done; timeout 5 jexec foo "
                 "/dev/gaol/sbin/jls name; touch " +
                 foo_ +
                 "/tmp/stop; wait; "
                 "cat /run/crowd; rm /run/crowd " +
                 foo_ + "/tmp/stop"),
            "bar\ninside 60\n");
  // More than are let in: the host serves the others, and goes on when they are gone.
  EXPECT_EQ(seen("jexec foo attack crowd /dev/gaol/control 1000 >/dev/null & sleep 0.5; "
                 "jls -j foo name; test $(pgrep -cf 'gaol-control control [0-9]* " +
                 init_of("foo") +
                 " ') -le 65 || "
                 "echo too many; "
                 "touch " +
                 foo_ + "/tmp/stop; wait; rm " + foo_ +
                 "/tmp/stop; "
                 "jexec foo /dev/gaol/sbin/jls name"),
            "foo\nbar\n");
}

TEST_F(DoorTest, ROOT_ProgramsHaveTheCallersDescriptorsAndNoOthers) {
  const auto three = " /etc/passwd /etc/passwd /etc/passwd";
  EXPECT_EQ(said(program("bar", {"true"}), three), done(0));
  EXPECT_EQ(said(program("bar", {"true"})), "attach: takes standard input, output and error");
  EXPECT_EQ(said(program("bar", {"true"}), "/etc/passwd /etc/passwd"),
            "attach: takes standard input, output and error");
  EXPECT_THAT(said(program("bar", {"true"}), std::string(three) + three), HasSubstr("too large"));
  EXPECT_EQ(said(program("bar", {}), three), "attach: no command");
  // 3 is the directory that ls reads; nothing of the process behind the door is open.
  EXPECT_EQ(said(program("bar", {"sh", "-c", "ls /proc/self/fd > /tmp/fds"}), three), done(0));
  EXPECT_EQ(seen("cat " + foo_ + "/tree/tmp/fds"), "0\n1\n2\n3\n");
  // Directories of the jail's own are his to give; they lead nowhere that he has not been.
  for (int fd = 3; fd < 12; ++fd) {
    auto question = program("bar", {"pwd"});
    question.command.directory = concat("/proc/self/fd/", fd);
    EXPECT_THAT(said(question, three), HasSubstr("chdir")) << fd;
  }
  auto id = program("bar", {"true"});
  id.command.uid = 70'000;
  EXPECT_THAT(said(id, three), HasSubstr("setuid"));
}

// The root of a jail below has the same numbers; the kernel knows it from the other.
TEST_F(DoorTest, ROOT_TheRootOfAnotherUserNamespaceIsNobody) {
  EXPECT_EQ(said({.verb = "stop", .who = "bar"}), done(0));
  EXPECT_TRUE(made(create("bar", "/tree", {{"mount", "/dev/gaol /tree/tmp nullfs"}})));
  EXPECT_EQ(seen("jexec foo.bar ls /tmp"), "control\nsbin\nsysctl\n");
  EXPECT_THAT(answers(Question{.verb = "list"}.to_text(), "", "foo.bar", "/tmp/control"),
              HasSubstr("Operation not permitted"));
  // Nor is another user of the jail, or root of the host.
  EXPECT_THAT(run("jexec -U www foo attack ask /dev/gaol/control </dev/null").out,
              HasSubstr("knock: EACCES"));
  const auto door = "/proc/" + init_of("foo") + "/root/dev/gaol/control";
  EXPECT_THAT(run("echo x | " GAOL_BIN_DIR "/../tests/gaol-attack ask " + door).out,
              HasSubstr("Operation not permitted"));
}

// The number is another jail's by then.
TEST_F(DoorTest, ROOT_ADoorOutlivesNoJail) {
  const auto find = "pgrep -f 'gaol-control control [0-9]* " + init_of("foo") + " '";
  EXPECT_NE(run(find).out, "");
  EXPECT_EQ(seen("jid=$(jls -j foo jid); jail -r foo; jail -c name=foo jid=$jid persist "
                 "children.max=2 path=" +
                 foo_),
            "");
  EXPECT_EQ(run(find).out, "");
  EXPECT_EQ(said({.verb = "find", .who = "bar"}), "\"bar\" not found");
}

}  // namespace
}  // namespace gaol::test
