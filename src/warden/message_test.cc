// SPDX-License-Identifier: BSD-2-Clause
#include "warden/message.h"

#include <gtest/gtest.h>

#include "tests/fake_host.h"

namespace gaol::warden {
namespace {

TEST(Message, QuestionsComeThrough) {
  const Question asked{.verb = "attach",
                       .who = "bar",
                       .settings = settings({"name=bar", "persist", "meta.k=v"}),
                       .runs = {"exec.start"},
                       .flag = true,
                       .number = 15,
                       .text = "who\n\"ever\"",
                       .command = {.argv = {"sh", "-c", "true"},
                                   .environment = {"A=b"},
                                   .directory = "/",
                                   .new_session = true,
                                   .uid = 7,
                                   .gid = 8,
                                   .groups = {8, 9}},
                       .failure = "exec"};
  const auto heard = Question::from_text(asked.to_text());
  ASSERT_TRUE(heard) << heard.error().line();
  EXPECT_EQ(heard->to_text(), asked.to_text());
  EXPECT_EQ(heard->settings, asked.settings);
  EXPECT_EQ(heard->command.uid, 7u);
}

TEST(Message, AnswersComeThrough) {
  Record record{.jid = 3, .name = "bar", .settings = settings({"persist"})};
  Entry entry = entry_of(record, 0);
  entry.children = 2;
  const Answer answers[] = {
      {.kind = Answer::Kind::done, .told = {{Report::What::created, "x"}}, .number = 9},
      {.kind = Answer::Kind::error, .error = {EPERM, "text", "hint"}},
      {.kind = Answer::Kind::run, .number = 3, .text = "exec.start", .in_jail = true},
      {.kind = Answer::Kind::jail, .jail = record},
      {.kind = Answer::Kind::entry, .entry = entry},
      {.kind = Answer::Kind::user, .user = {.name = "u", .home = "/h", .shell = "/s", .uid = 1}},
  };
  for (const auto& answer : answers) {
    const auto heard = Answer::from_text(answer.to_text());
    ASSERT_TRUE(heard) << heard.error().line();
    EXPECT_EQ(heard->to_text(), answer.to_text());
  }
}

TEST(Message, DamagedQuestionsAreErrors) {
  const std::string whole = Question{.verb = "list"}.to_text();
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(Question::from_text(std::string_view(whole).substr(0, length))) << length;
  const auto with = [&](std::string_view what, std::string_view by) {
    std::string text = whole;
    return Question::from_text(text.replace(text.find(what), what.size(), by));
  };
  EXPECT_TRUE(with("\"who\":\"\"", "\"who\":\"x\""));
  EXPECT_FALSE(with("\"who\":\"\"", "\"who\":\"a\\u0000b\"")) << "a NUL";
  EXPECT_FALSE(with("\"who\":\"\"", "\"who\":7"));
  EXPECT_FALSE(with("\"settings\":[]", "\"settings\":[[\"no such\",\"\",[],false]]"));
  EXPECT_FALSE(with("\"settings\":[]", "\"settings\":[[[[[[[[[[[[]]]]]]]]]]]]")) << "too deep";
  EXPECT_FALSE(Question::from_text(std::string(100'000, '[')));
}

}  // namespace
}  // namespace gaol::warden
