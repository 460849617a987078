// SPDX-License-Identifier: BSD-2-Clause
#include "pf/interpreter.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace gaol::pf::reference {
namespace {

Packet udp(uint8_t from, uint8_t to, uint16_t port = 53) {
  return {.protocol = IPPROTO_UDP,
          .source = {10, 0, 0, from},
          .destination = {10, 0, 0, to},
          .source_port = 1024,
          .destination_port = port,
          .length = 100};
}

Network net(uint8_t last, int prefix) {
  Network network{AF_INET, {10, 0, 0, last}, prefix};
  return network;
}

FilterRule rule(Verdict verdict, bool quick = false) {
  FilterRule made;
  made.verdict = verdict;
  made.quick = quick;
  return made;
}

FilterRule to_port(FilterRule made, uint16_t port) {
  made.match.protocol = IPPROTO_UDP;
  made.match.destination.port = {Compare::eq, port, 0};
  return made;
}

FilterRule anchor(const std::string& path, bool quick = false, bool children = false) {
  auto made = rule(Verdict::anchor, quick);
  made.anchor.path = path;
  made.anchor.children = children;
  return made;
}

class InterpreterTest : public testing::Test {
 protected:
  void main(std::vector<FilterRule> rules) { policy_.rulesets[""].filter = std::move(rules); }
  void at(const std::string& path, std::vector<FilterRule> rules) {
    policy_.rulesets[path].filter = std::move(rules);
  }
  bool passes(Packet packet, const Crossing& crossing = {Direction::in, "em0", "em0"}) {
    return pf_.passes(packet, crossing, tag_);
  }

  Policy policy_;
  Interpreter pf_{policy_};
  std::string tag_;
};

constexpr auto kPass = Verdict::pass, kBlock = Verdict::block, kMatch = Verdict::match;

TEST_F(InterpreterTest, NothingSaidPasses) { EXPECT_TRUE(passes(udp(1, 2))); }

TEST_F(InterpreterTest, TheLastMatchDecidesUnlessOneIsQuick) {
  main({rule(kBlock), to_port(rule(kPass), 53)});
  EXPECT_TRUE(passes(udp(1, 2)));
  EXPECT_FALSE(passes(udp(1, 2, 54)));
  main({to_port(rule(kBlock, true), 53), rule(kPass)});
  EXPECT_FALSE(passes(udp(1, 2)));
}

TEST_F(InterpreterTest, AnAnchorIsOverriddenByWhatFollowsUnlessQuick) {
  at("a", {to_port(rule(kBlock), 53)});
  main({anchor("a"), rule(kPass)});
  EXPECT_TRUE(passes(udp(1, 2)));
  main({anchor("a", true), rule(kPass)});
  EXPECT_FALSE(passes(udp(1, 2)));
  EXPECT_TRUE(passes(udp(1, 2, 54)));  // nothing inside matches
  at("a", {to_port(rule(kBlock, true), 53)});
  main({anchor("a"), rule(kPass)});
  EXPECT_FALSE(passes(udp(1, 2)));
}

TEST_F(InterpreterTest, ChildrenAreEnteredByName) {
  at("a/2", {rule(kBlock)});
  at("a/1", {rule(kPass)});
  at("a/1/x", {rule(kPass, true)});
  at("b", {rule(kPass, true)});
  main({anchor("a", false, true)});
  EXPECT_FALSE(passes(udp(1, 2)));
  at("a/1", {rule(kPass, true)});
  EXPECT_TRUE(passes(udp(1, 2)));
}

TEST_F(InterpreterTest, AMatchRuleDecidesNothingAndIsCounted) {
  main({rule(kBlock), rule(kMatch)});
  EXPECT_FALSE(passes(udp(1, 2)));
  for (const auto& each : policy_.rulesets[""].filter)
    EXPECT_EQ(pf_.counts().at(&each).in, (Count{1, 100}));
}

TEST_F(InterpreterTest, TheSmallestNetworkOfATableDecides) {
  policy_.rulesets[""].tables = {
      {.name = "t", .sources = {{"", {{net(0, 24)}, {net(8, 30), true}, {net(9, 32)}}}}}};
  auto in_table = rule(kBlock);
  in_table.match.source.address = TableName{"t"};
  at("a", {in_table});
  main({anchor("a")});
  EXPECT_FALSE(passes(udp(1, 2)));
  EXPECT_TRUE(passes(udp(8, 2)));
  EXPECT_FALSE(passes(udp(9, 2)));
  policy_.rulesets["a"].tables = {{.name = "t"}};  // its own, which is empty
  EXPECT_TRUE(passes(udp(1, 2)));
}

TEST_F(InterpreterTest, AStateAdmitsBothDirectionsOfOneCrossing) {
  auto in = rule(kPass);
  in.match.direction = Direction::in;
  in.state = pf::State::keep;
  main({rule(kBlock), to_port(in, 53)});
  auto answer = udp(2, 1, 1024);
  answer.source_port = 53;
  const Crossing back{Direction::out, "em0", "em1"};
  EXPECT_FALSE(passes(answer, back));
  EXPECT_TRUE(passes(udp(1, 2)));
  EXPECT_TRUE(passes(answer, back));
  EXPECT_FALSE(passes(answer));                                     // the answer does not come in
  EXPECT_FALSE(passes(udp(1, 2), {Direction::out, "em1", "em0"}));  // and the first not go out
}

TEST_F(InterpreterTest, FlagsAreForTcpAlone) {
  auto syn = rule(kPass);
  syn.flags = {0x02, 0x12};
  main({rule(kBlock), syn});
  EXPECT_TRUE(passes(udp(1, 2)));
  auto packet = udp(1, 2);
  packet.protocol = IPPROTO_TCP;
  EXPECT_FALSE(passes(packet));
  packet.flags = 0x42;
  EXPECT_TRUE(passes(packet));
  packet.flags = 0x12;
  EXPECT_FALSE(passes(packet));
}

TEST_F(InterpreterTest, ATagOutlivesTheRuleThatSetIt) {
  auto tags = rule(kBlock), tagged = rule(kPass);
  tags.tag = "T";
  tagged.match.tagged.name = "T";
  main({tags, tagged});
  EXPECT_TRUE(passes(udp(1, 2)));
  EXPECT_EQ(tag_, "T");
  main({tagged});
  tagged.verdict = kBlock;
  main({tagged});
  EXPECT_FALSE(passes(udp(1, 2)));  // at its next crossing
}

TranslationRule translation(TranslationRule::Kind kind, const Network& to) {
  TranslationRule made;
  made.kind = kind;
  made.match.family = Family::inet;
  made.pool.members = {{.address = to}};
  return made;
}

TEST_F(InterpreterTest, AStateTranslatesBothDirections) {
  auto& ruleset = policy_.rulesets[""];
  ruleset.nat = {translation(TranslationRule::Kind::nat, net(9, 32))};
  main({to_port(rule(kBlock), 54)});
  auto packet = udp(1, 2);
  const auto seen = [] {
    auto made = udp(9, 2);
    made.source_port = 60000;
    return made;
  }();
  const Crossing out{Direction::out, "em1", "em0"}, back{Direction::in, "em1", "em1"};
  EXPECT_TRUE(pf_.passes(packet, out, tag_, &seen));
  EXPECT_TRUE(same_ends(packet, seen));
  EXPECT_EQ(pf_.states(), 1);  // although the rules have none
  packet = reversed(seen);
  EXPECT_TRUE(pf_.passes(packet, back, tag_));
  EXPECT_TRUE(same_ends(packet, reversed(udp(1, 2))));
  packet = udp(3, 2, 54);
  EXPECT_FALSE(pf_.passes(packet, out, tag_));
  EXPECT_EQ(pf_.states(), 1);
}

TEST_F(InterpreterTest, RdrIsAskedBeforeBinatAndNoEndsAList) {
  using Kind = TranslationRule::Kind;
  auto& ruleset = policy_.rulesets[""];
  auto binat = translation(Kind::binat, net(2, 32));
  binat.match.source.address = net(7, 32);
  ruleset.rdr = {translation(Kind::rdr, net(8, 32))};
  ruleset.binat = {binat};
  const Crossing in{Direction::in, "em0", "em0"};
  auto packet = udp(1, 2);
  EXPECT_TRUE(pf_.passes(packet, in, tag_));
  EXPECT_EQ(packet.destination[3], 8);
  ruleset.rdr[0].act = TranslationRule::Act::keep;
  packet = udp(3, 2);
  EXPECT_TRUE(pf_.passes(packet, in, tag_));
  EXPECT_EQ(packet.destination[3], 7);
}

TEST_F(InterpreterTest, FilterRulesSeeWhatIsTranslatedUnlessItPasses) {
  auto& ruleset = policy_.rulesets[""];
  auto redirect = translation(TranslationRule::Kind::rdr, net(8, 32));
  redirect.match.protocol = IPPROTO_UDP;
  redirect.match.destination.port = {Compare::range, 50, 59};
  redirect.pool.low = 80;
  redirect.pool.shifted = true;
  ruleset.rdr = {redirect};
  main({to_port(rule(kBlock), 83)});
  EXPECT_FALSE(passes(udp(1, 2)));
  ruleset.rdr[0].pass = true;
  EXPECT_TRUE(passes(udp(1, 2)));
}

TEST_F(InterpreterTest, WhoIsBlockedHearsOfIt) {
  struct {
    Reply::Kind reply;
    uint8_t protocol, flags;
    Answer::Kind answer;
    uint8_t code;
  } const cases[] = {
      {Reply::Kind::drop, IPPROTO_TCP, 0x02, Answer::Kind::none, 0},
      {Reply::Kind::any, IPPROTO_TCP, 0x02, Answer::Kind::rst, 0},
      {Reply::Kind::any, IPPROTO_TCP, 0x04, Answer::Kind::none, 0},
      {Reply::Kind::any, IPPROTO_UDP, 0, Answer::Kind::unreachable, 3},
      {Reply::Kind::any, IPPROTO_ICMP, 0, Answer::Kind::none, 0},
      {Reply::Kind::icmp, IPPROTO_TCP, 0x02, Answer::Kind::unreachable, 3},
  };
  for (const auto& c : cases) {
    auto answers = rule(kBlock);
    answers.reply.kind = c.reply;
    main({answers});
    auto packet = udp(1, 2);
    packet.protocol = c.protocol;
    packet.flags = c.flags;
    EXPECT_FALSE(passes(packet));
    EXPECT_EQ(pf_.answer().kind, c.answer);
    EXPECT_EQ(pf_.answer().code, c.code);
  }
  main({});
  EXPECT_TRUE(passes(udp(1, 2)));
  EXPECT_EQ(pf_.answer().kind, Answer::Kind::none);
}

TEST_F(InterpreterTest, AGroupIsTheNameOfADriver) {
  auto group = rule(kBlock);
  group.match.on = {"em", false};
  main({group});
  EXPECT_FALSE(passes(udp(1, 2)));
  EXPECT_TRUE(passes(udp(1, 2), {Direction::in, "emu0", "emu0"}));
  group.match.on = {"em1", true};
  main({group});
  EXPECT_FALSE(passes(udp(1, 2)));
  policy_.options.skip = {"em"};
  EXPECT_TRUE(passes(udp(1, 2)));
}

}  // namespace
}  // namespace gaol::pf::reference
