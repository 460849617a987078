// SPDX-License-Identifier: BSD-2-Clause
//
// What the printed form does not show: the data of the rules, and where they lie.
#include <gtest/gtest.h>

#include "pf/compile.h"
#include "pf/names.h"

namespace gaol::pf {
namespace {

Compiled read(const std::string& text, const std::string& anchor = {}) {
  World world;
  world.interfaces = [] { return std::vector<Interface>(); };
  world.resolve = [](const std::string&) -> Result<std::vector<sys::Address>> {
    return fail("no names here");
  };
  world.user = world.group = [](const std::string&) { return std::optional<uint32_t>(); };
  world.read = [](const std::string& path) -> Result<std::string> {
    return path == "inner" ? Result<std::string>("block\n") : fail_errno(ENOENT, path);
  };
  auto out = compile({.name = "f", .text = text, .anchor = anchor}, world);
  for (const auto& line : out.errors) ADD_FAILURE() << line;
  return out;
}

std::vector<std::string> paths(const Policy& policy) {
  std::vector<std::string> out;
  for (const auto& [path, rules] : policy.rulesets) out.push_back(path);
  return out;
}

TEST(PfExpand, TheFirstListChangesSlowest) {
  const auto rules =
      read("pass on { a b } proto { tcp udp } from { 10.0.0.1 10.0.0.2 } to any port { 1 2 }\n")
          .policy.rulesets.at("")
          .filter;
  ASSERT_EQ(rules.size(), 16U);
  EXPECT_EQ(rules[7].match.on.name, "a");
  EXPECT_EQ(rules[8].match.on.name, "b");
  EXPECT_EQ(rules[3].match.protocol, 6);
  EXPECT_EQ(rules[4].match.protocol, 17);
  EXPECT_EQ(std::get<Network>(rules[1].match.source.address).bytes[3], 1);
  EXPECT_EQ(std::get<Network>(rules[2].match.source.address).bytes[3], 2);
  EXPECT_EQ(rules[0].match.destination.port.low, 1);
  EXPECT_EQ(rules[1].match.destination.port.low, 2);
}

TEST(PfExpand, ServicesArePrintedAsWhatIsReadAgain) {
  for (const uint8_t protocol : {kTcp, kUdp}) {
    std::string text;
    std::vector<uint16_t> ports;
    for (unsigned port = 1; port <= UINT16_MAX; ++port)
      if (const auto name = port_name(static_cast<uint16_t>(port), protocol); !name.empty()) {
        text += concat("pass proto ", protocol_name(protocol), " to port ", name, "\n");
        ports.push_back(static_cast<uint16_t>(port));
      }
    const auto policy = read(text).policy;
    const auto& rules = policy.rulesets.at("").filter;
    ASSERT_EQ(rules.size(), ports.size());
    for (size_t i = 0; i < ports.size(); ++i)
      EXPECT_EQ(rules[i].match.destination.port.low, ports[i]);
  }
}

TEST(PfExpand, AnchorsLieByTheirPaths) {
  const auto policy =
      read(
          "anchor \"a\" {\n anchor {\n pass\n }\n anchor \"x/*\"\n anchor \"/y\"\n}\n"
          "anchor {\n block\n}\nload anchor \"z\" from \"inner\"\n")
          .policy;
  EXPECT_EQ(paths(policy), (std::vector<std::string>{"", "_1", "a", "a/_1", "z"}));
  const auto& inner = policy.rulesets.at("a").filter;
  ASSERT_EQ(inner.size(), 3U);
  EXPECT_TRUE(inner[0].anchor.is_inline);
  EXPECT_EQ(inner[0].anchor.path, "a/_1");
  EXPECT_EQ(inner[1].anchor.path, "a/x");
  EXPECT_TRUE(inner[1].anchor.children);
  EXPECT_EQ(inner[2].anchor.path, "y");
  EXPECT_EQ(policy.rulesets.at("z").filter.size(), 1U);
}

TEST(PfExpand, AnAnchorOfTheCommandLineIsWhereRulesGo) {
  const auto policy = read("pass\nanchor \"b\"\n", "jail/web").policy;
  EXPECT_EQ(paths(policy), (std::vector<std::string>{"jail/web"}));
  EXPECT_EQ(policy.rulesets.at("jail/web").filter[1].anchor.path, "jail/web/b");
}

TEST(PfExpand, LaterTimeoutsWinOverAnOptimization) {
  const auto options =
      read("set optimization aggressive\nset timeout tcp.first 99\n").policy.options;
  EXPECT_EQ(options.timeouts.at(Timeout::tcp_first), 99U);
  EXPECT_EQ(options.timeouts.at(Timeout::tcp_closed), 30U);
  const auto other = read("set timeout tcp.first 99\nset optimization aggressive\n").policy.options;
  EXPECT_EQ(other.timeouts.at(Timeout::tcp_first), 30U);
}

TEST(PfExpand, PoliciesAreInEveryRule) {
  const auto rules =
      read(
          "set block-policy return\nset fail-policy return\nset state-policy if-bound\n"
          "block\npass\nblock drop\npass no state\n")
          .policy.rulesets.at("")
          .filter;
  EXPECT_EQ(rules[0].reply.kind, Reply::Kind::any);
  EXPECT_EQ(rules[1].reply.kind, Reply::Kind::any);
  EXPECT_TRUE(rules[1].state_options.if_bound);
  EXPECT_EQ(rules[2].reply.kind, Reply::Kind::drop);
  EXPECT_EQ(rules[3].state, State::none);
}

TEST(PfExpand, WhatABinatToIsMadeOf) {
  const auto rules = read("match inet from 10.0.0.9 to 172.16.0.0/12 binat-to 192.0.2.9\n")
                         .policy.rulesets.at("")
                         .filter;
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].match.direction, Direction::out);
  EXPECT_TRUE(rules[0].translation.source->static_port);
  EXPECT_FALSE(rules[0].translation.destination);
  EXPECT_EQ(std::get<Network>(rules[1].match.source.address).prefix, 12);
  EXPECT_EQ(std::get<Network>(rules[1].match.destination.address).bytes[0], 192);
  EXPECT_EQ(std::get<Network>(*rules[1].translation.destination->members[0].address).bytes[0], 10);
}

TEST(PfExpand, ATableIsTheOneDefinedLast) {
  const auto tables = read("table <t> { 10.0.0.1 }\ntable <u>\ntable <t> { 10/8 !10.9/16 }\n")
                          .policy.rulesets.at("")
                          .tables;
  ASSERT_EQ(tables.size(), 2U);
  const auto& entries = tables[0].sources[0].entries;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].network.prefix, 16);
  EXPECT_TRUE(entries[1].negated);
  EXPECT_TRUE(tables[1].sources.empty());
}

TEST(PfExpand, FilesThatIncludeThemselvesTwiceComeToAnEnd) {
  World world;
  world.read = [](const std::string&) -> Result<std::string> {
    return std::string("include \"x\"\ninclude \"x\"\n");
  };
  const auto out = compile({.name = "f", .text = "include \"x\"\n"}, world);
  EXPECT_FALSE(out.errors.empty());
  EXPECT_LE(out.errors.size(), 1000U);
  EXPECT_LE(out.policy.files.size(), 1024U);
}

TEST(PfExpand, EveryRuleKnowsItsPlace) {
  const auto rules = read("\n  pass on a\nblock \\\n  on b\n").policy.rulesets.at("").filter;
  EXPECT_EQ(rules[0].at.line, 2U);
  EXPECT_EQ(rules[0].at.column, 3U);
  EXPECT_EQ(rules[1].at.line, 3U);
}

}  // namespace
}  // namespace gaol::pf
