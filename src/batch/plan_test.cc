// SPDX-License-Identifier: BSD-2-Clause
#include "batch/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"

namespace gaol::batch {
namespace {

jail::Conf conf_of(const std::string& text) {
  return jail::load_conf("test",
                         {.read = [&](const std::string&) -> Result<std::string> { return text; },
                          .glob = [](const std::string&) { return std::vector<std::string>{}; }})
      .value();
}

// Runs the jobs of a plan one at a time. `x` in front: not run, because another failed.
std::string run(Plan plan, const std::string& failing = {}) {
  const std::map<Verb, std::string> kWords = {
      {Verb::stop, "-"}, {Verb::start, "+"}, {Verb::modify, "="}, {Verb::start_or_modify, "+="}};
  std::string out;
  while (plan.order.left() > 0) {
    const auto next = plan.order.next();
    const JobId id = next ? next->job : plan.order.take_from_loop();
    const Job& job = plan.jobs[id];
    const std::string word = kWords.at(job.verb) + job.name;
    out += concat(out.empty() ? "" : " ",
                  !next           ? "loop:"
                  : next->because ? "x"
                                  : "",
                  word, job.fault.empty() ? "" : "!");
    plan.order.ended(id, next && !next->because && job.fault.empty() && word != failing);
  }
  return out;
}

std::vector<Target> targets(const jail::Conf& conf, const std::string& names) {
  std::vector<Target> out;
  for (const auto& jail : conf.jails)
    if (names == "*" || std::ranges::count(split(names, ' '), jail.name) > 0)
      out.push_back({jail.name, &jail, Asked::by_name});
  return out;
}

constexpr const char* kChain = R"(
c { depend = b; }
b { depend = a; }
other { }
a { })";
constexpr const char* kDiamond = R"(
base { }
left { depend = base; }
right { depend = base; }
top { depend = left, right; })";
constexpr const char* kDotted = "a { a { } b { depend = other; } } other { } b.c { } ";
constexpr const char* kLoop =
    "x { } a { depend = b; } b { depend = c; } c { depend = a; } d { depend = b; }";
constexpr const char* kUndefined = "a { depend = nobody, b; } b { } c { depend = a; }";

TEST(Plan, OrdersStartsByWhatTheyNeed) {
  struct {
    const char *conf, *names, *jobs;
  } const cases[] = {
      {kChain, "*", "+other +a +b +c"},
      {kChain, "b", "+a +b"},
      {kDiamond, "*", "+base +left +right +top"},
      {kDiamond, "right", "+base +right"},
      {kDotted, "*", "+a +a.a +other +a.b +b.c"},
      {kDotted, "a.a", "+a +a.a"},
      {kLoop, "*", "+x loop:+a x+c x+b x+d"},
      {kLoop, "d", "loop:+b x+d x+a x+c"},
      {kUndefined, "*", "+a! +b x+c"},
      {kUndefined, "c", "+a! x+c"},
      {"a { depend = a; }", "a", "loop:+a"},
      {"a { depend = b; nonsense; } b { }", "a", "+a"},
  };
  for (const auto& c : cases) {
    const auto conf = conf_of(c.conf);
    EXPECT_EQ(run(plan_operation(conf, targets(conf, c.names), {.create = true})), c.jobs)
        << c.conf << c.names;
  }
}

TEST(Plan, OrdersStopsTheOtherWayRound) {
  struct {
    const char *conf, *names, *jobs;
  } const cases[] = {
      {kChain, "a", "-c -b -a"},          {kChain, "a other", "-other -c -b -a"},
      {kDiamond, "left", "-top -left"},   {kDiamond, "base", "-top -right -left -base"},
      {kDotted, "a", "-a.b -a.a -a"},     {kDotted, "other", "-a.b -other"},
      {kUndefined, "b", "-c -a -b"},      {kLoop, "d", "-d"},
      {kLoop, "c", "-d loop:-c x-a x-b"},
  };
  for (const auto& c : cases) {
    const auto conf = conf_of(c.conf);
    EXPECT_EQ(run(plan_removal(conf, targets(conf, c.names))), c.jobs) << c.conf << c.names;
  }
}

TEST(Plan, ChildrenInNoFileGoBeforeTheirParents) {
  const auto conf = conf_of("a { }");
  const auto plan = [&](std::vector<Target> targets) { return run(plan_removal(conf, targets)); };
  const auto target = [](const char* name) { return Target{name, nullptr, Asked::by_wildcard}; };
  EXPECT_EQ(plan({target("p"), target("p.q"), target("p.q.r"), target("s")}), "-p.q.r -p.q -p -s");
}

TEST(Plan, RestartsTakeDependantsDown) {
  struct {
    const char* names;
    const char* restarting;  // of those that are modified
    Operation operation;
    const char* jobs;
  } const cases[] = {
      {"b", "", {.create = true, .remove = true}, "-c -b +a +b"},
      {"b c", "", {.create = true, .remove = true}, "-c -b +a +b +c"},
      {"*", "", {.create = true, .remove = true}, "-other -c -b -a +other +a +b +c"},
      {"b", "b", {.modify = true, .remove = true}, "-c -b +b"},
      {"b", "", {.modify = true, .remove = true}, "=b"},
      {"*", "b", {.modify = true, .remove = true}, "-c -b =other =a +b +c"},
      {"*", "b", {.create = true, .modify = true, .remove = true}, "-c -b +=other +=a +b +c"},
      {"b c", "a", {.modify = true, .remove = true}, "=b =c"},
      {"c b", "", {.modify = true}, "=b =c"},
      {"c b", "", {.create = true, .modify = true}, "+a +=b +=c"},
  };
  const auto conf = conf_of(kChain);
  for (const auto& c : cases) {
    Operation operation = c.operation;
    operation.needs_restart = [&](const jail::JailConf& jail) { return jail.name == c.restarting; };
    EXPECT_EQ(run(plan_operation(conf, targets(conf, c.names), operation)), c.jobs)
        << c.names << " " << c.restarting;
  }
}

TEST(Plan, KnowsWhoIsLeftStoppedForWhom) {
  const auto conf = conf_of(kChain);
  const auto plan = plan_operation(conf, targets(conf, "a"), {.create = true, .remove = true});
  std::string pulled;
  for (const auto& job : plan.jobs)
    if (job.verb == Verb::stop)
      pulled += concat(job.name, job.restarts ? " restarts" : " for ", job.pulled_by, "; ");
  EXPECT_EQ(pulled, "a restarts; b for a; c for a; ");
}

TEST(Plan, AFailedStopKeepsWhatItNeeds) {
  const auto conf = conf_of(kChain);
  EXPECT_EQ(run(plan_removal(conf, targets(conf, "a")), "-c"), "-c x-b x-a");
  EXPECT_EQ(run(plan_operation(conf, targets(conf, "b c"), {.create = true, .remove = true}), "-c"),
            "-c x-b x+c x+b +a");
}

}  // namespace
}  // namespace gaol::batch
