// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lower.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>

#include "base/text.h"

namespace gaol::pf {
namespace {

FilterRule rule(Verdict verdict, Direction direction = Direction::in, bool quick = false) {
  FilterRule made;
  made.at.line = 7;
  made.verdict = verdict;
  made.match.direction = direction;
  made.quick = quick;
  return made;
}

FilterRule anchor(const std::string& path, bool quick = false, bool children = false) {
  auto made = rule(Verdict::anchor, Direction::in, quick);
  made.anchor.path = path;
  made.anchor.children = children;
  return made;
}

Network net(std::initializer_list<uint8_t> bytes, int prefix) {
  Network made{AF_INET, {}, prefix};
  std::copy(bytes.begin(), bytes.end(), made.bytes);
  return made;
}

Policy policy(std::vector<FilterRule> rules) {
  Policy made;
  made.files = {"pf.conf"};
  made.rulesets[""].filter = std::move(rules);
  return made;
}

// The rules for packets that come in, without those of the hook and of what passes.
std::string incoming(const Policy& policy) {
  const auto lowered = lower(policy);
  if (!lowered) return lowered.error().line();
  constexpr std::string_view kRule = "add rule inet pf in/";
  std::string rules;
  for (const auto line : split(lowered->text, '\n'))
    if (line.starts_with(kRule) && !line.starts_with("add rule inet pf in/keep") &&
        !line.starts_with("add rule inet pf in/pass") &&
        !line.starts_with("add rule inet pf in/any") &&
        !line.starts_with("add rule inet pf in/known"))
      rules += concat(line.substr(kRule.size()), "\n");
  return rules;
}

TEST(Lower, WhatEveryPolicyHas) {
  Policy policy;
  policy.options.skip = {"em1"};
  EXPECT_EQ(lower(policy)->text,
            "add chain inet pf options\n"
            "add chain inet pf in { type filter hook prerouting priority -50; policy accept; "
            "}\n"
            "add chain inet pf in/known/first\n"
            "add chain inet pf in/known/second\n"
            "add chain inet pf in/pass\n"
            "add chain inet pf in/any\n"
            "add chain inet pf in/keep\n"
            "add chain inet pf in/stop\n"
            "add chain inet pf in/last\n"
            "add chain inet pf out { type filter hook postrouting priority 300; policy "
            "accept; }\n"
            "add chain inet pf out/known/second\n"
            "add chain inet pf out/known/first\n"
            "add chain inet pf out/pass\n"
            "add chain inet pf out/any\n"
            "add chain inet pf out/keep\n"
            "add chain inet pf out/stop\n"
            "add chain inet pf out/last\n"
            "add chain inet pf own\n"
            "add rule inet pf options ip hdrlength > 5 drop\n"
            "add rule inet pf options exthdr hbh exists drop\n"
            "add rule inet pf options exthdr dst exists drop\n"
            "add rule inet pf options exthdr rt exists drop\n"
            "add rule inet pf in/known/first ip hdrlength != 5 jump options\n"
            "add rule inet pf in/known/first ip6 nexthdr != { 6, 17, 58 } jump options\n"
            "add rule inet pf in/known/first accept\n"
            "add rule inet pf in/known/second ip hdrlength != 5 jump options\n"
            "add rule inet pf in/known/second ip6 nexthdr != { 6, 17, 58 } jump options\n"
            "add rule inet pf in/known/second accept\n"
            "add rule inet pf in iifname \"em1\" accept\n"
            "add rule inet pf in iifname \"lo\" ct state { invalid, related } jump own\n"
            "add rule inet pf in ct direction . ct mark & 0x3 vmap { original . 0x1 : goto "
            "in/known/first, original . 0x3 : goto in/known/first, reply . 0x2 : goto "
            "in/known/second, reply . 0x3 : goto in/known/second }\n"
            "add rule inet pf in jump in/stop\n"
            "add rule inet pf in jump in/last\n"
            "add rule inet pf in goto in/pass\n"
            "add rule inet pf in/pass jump options\n"
            "add rule inet pf in/pass goto in/any\n"
            "add rule inet pf in/any accept\n"
            "add rule inet pf in/keep meta l4proto { 1, 58 } ct state related accept\n"
            "add rule inet pf in/keep ct direction original ct mark set ct mark | 0x1\n"
            "add rule inet pf in/keep ct direction reply ct mark set ct mark | 0x2\n"
            "add rule inet pf in/keep accept\n"
            "add rule inet pf out/known/second ip hdrlength != 5 jump options\n"
            "add rule inet pf out/known/second ip6 nexthdr != { 6, 17, 58 } jump options\n"
            "add rule inet pf out/known/second accept\n"
            "add rule inet pf out/known/first ip hdrlength != 5 jump options\n"
            "add rule inet pf out/known/first ip6 nexthdr != { 6, 17, 58 } jump options\n"
            "add rule inet pf out/known/first accept\n"
            "add rule inet pf out oifname \"em1\" accept\n"
            "add rule inet pf out meta iif 0 ct state { invalid, related } jump own\n"
            "add rule inet pf out ct direction . ct mark & 0x3 vmap { original . 0x2 : goto "
            "out/known/second, original . 0x3 : goto out/known/second, reply . 0x1 : goto "
            "out/known/first, reply . 0x3 : goto out/known/first }\n"
            "add rule inet pf out jump out/stop\n"
            "add rule inet pf out jump out/last\n"
            "add rule inet pf out goto out/pass\n"
            "add rule inet pf out/pass jump options\n"
            "add rule inet pf out/pass goto out/any\n"
            "add rule inet pf out/any accept\n"
            "add rule inet pf out/keep meta l4proto { 1, 58 } ct state related accept\n"
            "add rule inet pf out/keep ct direction original ct mark set ct mark | 0x2\n"
            "add rule inet pf out/keep ct direction reply ct mark set ct mark | 0x1\n"
            "add rule inet pf out/keep accept\n"
            "add rule inet pf own meta skuid >= 0 return\n"
            "add rule inet pf own icmp type { 3, 11, 12 } accept\n"
            "add rule inet pf own icmpv6 type { 1-4 } accept\n"
            "add rule inet pf own ct state related tcp flags & 0x4 == 0x4 accept\n");
}

// Every packet of a state is counted to the rule that made it, whose number connections keep.
TEST(Lower, ConnectionsKnowTheirRules) {
  auto one = rule(Verdict::pass), other = rule(Verdict::pass);
  one.state = other.state = State::keep;
  one.labels = {"one"};
  const auto first = lower(policy({one, other, other}));
  EXPECT_EQ(first->ids, (std::vector<uint32_t>{1, 2, 3}));
  const auto second = lower(policy({other, rule(Verdict::block)}), first->remembered);
  EXPECT_EQ(second->ids, (std::vector<uint32_t>{2, 0}));
  for (const char* line :
       {"in/known/first counter name (ct mark & 0xfffc) >> 2 map @count/in\n",
        "in/known/second counter name (ct mark & 0x3fff0000) >> 16 map @count/in\n",
        "in/keep ct direction original counter name (ct mark & 0xfffc) >> 2 map @count/made\n",
        "add element inet pf count/in { 0x2 : \"in/0\" }\n"})
    EXPECT_NE(second->text.find(line), std::string::npos) << line;
}

// Of a state only the packet that makes it, unless all of them are asked for.
TEST(Lower, RulesLogInTheirName) {
  auto blocked = rule(Verdict::block, Direction::in, true), kept = rule(Verdict::pass), all = kept;
  blocked.match.protocol = IPPROTO_TCP;
  blocked.log = {.to = "pflog1"};
  kept.log.emplace();
  all.log = {.all = true, .to = {}};
  kept.state = all.state = State::keep;
  auto anchored = policy({blocked, kept, anchor("a/b")});
  anchored.rulesets["a/b"].filter = {kept, all};
  const auto text = lower(anchored)->text;
  for (const char* line :
       {"in/stop meta l4proto 6 counter name in/0 log prefix \"0 - block in\" group 28775 drop\n",
        "in/rule/1 log prefix \"1 - pass in\" group 28774\n",
        "in/rule/3 log prefix \"2 1 pass in b\" group 28774\n",
        "out/known/first ct mark & 0xfffc vmap { 0xc : jump out/log/3 }\n",
        "out/log/3 log prefix \"2 1 pass out b\" group 28774\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(Lower, ConnectionsKeepTheirTagsInLabels) {
  auto tags = rule(Verdict::pass);
  tags.state = State::keep;
  tags.tag = "A";
  auto before = Remembered{.rules = {}, .tags = {.of = {{"A", 5}}, .last = 9}};
  const auto text = lower(policy({tags}), before)->text;
  for (const char* line :
       {"tag/first/5 ct label set 0|2\n", "tag/second/5 ct label set 8|10\n",
        "in/known/second ct label 8 goto in/known/second/tagged\n",
        "in/known/second/tagged ct label 15 meta mark set meta mark | 0x800000\n",
        "in/keep ct direction reply meta mark & 0xff0000 vmap { 0x50000 : jump tag/second/5 }\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(Lower, QuickRulesStopAndTheOthersAreAskedFromTheLast) {
  auto kept = rule(Verdict::pass);
  kept.state = State::keep;
  kept.match.protocol = IPPROTO_TCP;
  EXPECT_EQ(incoming(policy({rule(Verdict::block), rule(Verdict::block, Direction::out), kept,
                             rule(Verdict::pass, Direction::any, true), rule(Verdict::match)})),
            "stop goto in/rule/3\n"
            "stop counter name in/4\n"
            "last meta l4proto 6 goto in/rule/2\n"
            "last counter name in/0 drop\n"
            "rule/2 jump options\n"
            "rule/2 ct direction original counter name in/2 ct mark set ct mark & 0xffff0003 | 0x4 "
            "goto in/keep\n"
            "rule/2 counter name in/2 ct mark set ct mark & 0xc000ffff | 0x10000 goto in/keep\n"
            "rule/3 jump options\n"
            "rule/3 counter name in/3 accept\n");
}

TEST(Lower, AnchorsAreJumpsFromListToList) {
  auto anchors = policy({anchor("a"), anchor("a", true), anchor("b", false, true),
                         anchor("b", true, true), anchor("empty")});
  anchors.rulesets["a"].filter = {rule(Verdict::block)};
  anchors.rulesets["b/1"];
  anchors.rulesets["b/2_x"];
  EXPECT_EQ(incoming(anchors),
            "stop jump in/stop/a\n"
            "stop jump in/stop/a\n"
            "stop jump in/last/a\n"
            "stop jump in/stop/b/1\n"
            "stop jump in/stop/b/2_5fx\n"
            "stop jump in/stop/b/1\n"
            "stop jump in/stop/b/2_5fx\n"
            "stop jump in/last/b/2_5fx\n"
            "stop jump in/last/b/1\n"
            "stop jump in/stop/empty\n"
            "last jump in/last/empty\n"
            "last jump in/last/b/2_5fx\n"
            "last jump in/last/b/1\n"
            "last jump in/last/a\n"
            "last/a counter name in/0 drop\n");
}

TEST(Lower, AGroupIsTheNameOfADriver) {
  auto group = rule(Verdict::block);
  group.match.on = {"em", false};
  EXPECT_EQ(incoming(policy({group})),
            "last iifname { \"em\", \"em0*\", \"em1*\", \"em2*\", \"em3*\", \"em4*\", \"em5*\", "
            "\"em6*\", \"em7*\", \"em8*\", \"em9*\" } counter name in/0 drop\n");
}

TEST(Lower, EveryTest) {
  struct {
    std::function<void(FilterRule&)> change;
    std::string rules;
  } const cases[] = {
      {[](FilterRule& r) {
         r.match.on = {"em0", true};
       },
       "last iifname != \"em0\" "},
      {[](FilterRule& r) {
         r.received_on = {"em0", false};
       },
       "last iifname \"em0\" "},
      {[](FilterRule& r) { r.match.family = Family::inet6; }, "last meta nfproto ipv6 "},
      {[](FilterRule& r) { r.match.protocol = 47; }, "last meta l4proto 47 "},
      {[](FilterRule& r) {
         r.match.source.address = net({10, 1}, 16);
       },
       "last meta nfproto ipv4 ip saddr 10.1.0.0/16 "},
      {[](FilterRule& r) {
         r.match.destination = {true, net({10, 1}, 32), {}};
       },
       "last meta nfproto ipv4 ip daddr != 10.1.0.0/32 "},
      {[](FilterRule& r) {
         r.match.source.address = AddressRange{net({10, 1}, 32), net({10, 2}, 32)};
       },
       "last meta nfproto ipv4 ip saddr 10.1.0.0-10.2.0.0 "},
      {[](FilterRule& r) { r.match.source.address = net({}, 0); }, "last meta nfproto ipv4 "},
      {[](FilterRule& r) {
         r.match.source = {true, net({}, 0), {}};
       },
       ""},
      {[](FilterRule& r) {
         r.match.source = {true, Special::any, {}};
       },
       ""},
      {[](FilterRule& r) { r.tos = 0x10; },
       "last meta nfproto ipv4 ip dscp 4 ;last meta nfproto ipv6 ip6 dscp 4 "},
      {[](FilterRule& r) { r.tos = 1; }, ""},
      {[](FilterRule& r) { r.max_packet_size = 100; }, "last meta length <= 100 "},
      {[](FilterRule& r) {
         r.flags = {2, 18};
       },
       "last tcp flags & 0x12 == 0x2 ;last meta l4proto != 6 "},
      {[](FilterRule& r) {
         r.flags = {2, 18};
         r.match.protocol = IPPROTO_TCP;
       },
       "last meta l4proto 6 tcp flags & 0x12 == 0x2 "},
      {[](FilterRule& r) {
         r.match.protocol = IPPROTO_ICMP;
         r.icmp = {8, 0};
       },
       "last meta l4proto 1 icmp type 8 icmp code 0 "},
  };
  for (const auto& [change, rules] : cases) {
    auto changed = rule(Verdict::block);
    change(changed);
    std::string expected;
    for (const auto each : split(rules, ';'))
      if (!each.empty()) expected += concat(each, "counter name in/0 drop\n");
    EXPECT_EQ(incoming(policy({changed})), expected);
  }
}

TEST(Lower, EveryComparisonOfPorts) {
  struct {
    Ports ports;
    std::string test;
  } const cases[] = {
      {{Compare::eq, 5}, "th dport 5 "},
      {{Compare::ne, 5}, "th dport != 5-5 "},
      {{Compare::lt, 5}, "th dport != 5-65535 "},
      {{Compare::le, 5}, "th dport 0-5 "},
      {{Compare::gt, 5}, "th dport != 0-5 "},
      {{Compare::ge, 5}, "th dport 5-65535 "},
      {{Compare::range, 5, 9}, "th dport 5-9 "},
      {{Compare::inside, 5, 9}, "th dport 6-8 "},
      {{Compare::outside, 5, 9}, "th dport != 5-9 "},
      {{Compare::ge, 0}, ""},
      {{Compare::lt, 0}, "never"},
      {{Compare::gt, 65535}, "never"},
      {{Compare::inside, 5, 6}, "never"},
      {{Compare::inside, 0, 0}, "never"},
  };
  for (const auto& [ports, test] : cases) {
    auto changed = rule(Verdict::block);
    changed.match.protocol = IPPROTO_UDP;
    changed.match.destination.port = ports;
    EXPECT_EQ(
        incoming(policy({changed})),
        test == "never" ? "" : concat("last meta l4proto 17 ", test, "counter name in/0 drop\n"));
  }
}

TEST(Lower, TablesAreASetForEachFamily) {
  auto tables = policy({anchor("a")});
  auto own = rule(Verdict::block), other = rule(Verdict::block);
  own.match.source = {true, TableName{"t"}, {}};
  other.match.family = Family::inet;
  other.match.destination.address = TableName{"u"};
  tables.rulesets["a"].filter = {own, other};
  tables.rulesets["a"].tables = {{.name = "t", .sources = {{"", {{net({10}, 8)}}}}}};
  EXPECT_EQ(incoming(tables),
            "stop jump in/stop/a\n"
            "last jump in/last/a\n"
            "last/a meta nfproto ipv4 ip daddr @inet/u counter name in/1 drop\n"
            "last/a meta nfproto ipv4 ip saddr != @inet/a/t counter name in/0 drop\n"
            "last/a meta nfproto ipv6 ip6 saddr != @inet6/a/t counter name in/0 drop\n");
  const auto lowered = lower(tables);
  EXPECT_EQ(lowered->sets,
            (std::vector<std::string>{"inet/a/t", "inet/u", "inet6/a/t", "inet6/u"}));
  EXPECT_NE(lowered->text.find("add set inet pf inet/a/t { type ipv4_addr; flags interval; }\n"
                               "flush set inet pf inet/a/t\n"
                               "add element inet pf inet/a/t { 10.0.0.0-10.255.255.255 }\n"),
            std::string::npos);
}

TEST(Lower, WithTagsTheOrderIsThatOfTheFile) {
  auto tags = rule(Verdict::block), tagged = rule(Verdict::pass, Direction::in, true);
  tags.tag = "A";
  tagged.match.tagged.name = "A";
  auto inside = anchor("a", true);
  auto ordered =
      policy({tags, inside, tagged, rule(Verdict::match), rule(Verdict::pass, Direction::out)});
  EXPECT_EQ(incoming(ordered),
            "all meta mark set meta mark & 0xfe000000 | 0x1010001 \n"
            "call/0 meta mark & 0x1000000 == 0 goto in/call/0/inside\n"
            "call/0 meta mark set meta mark & 0xfeffffff\n"
            "call/0 jump in/call/0/inside\n"
            "call/0 meta mark set meta mark & 0xfeffffff | 0x1000000\n"
            "call/0/inside jump in/all/a\n"
            "call/0/inside meta mark & 0x1000000 != 0 goto in/decide\n"
            "all jump in/call/0\n"
            "all meta mark & 0xff0000 == 0x10000 meta mark set meta mark & 0xfeff0000 | 0x1000002 "
            "goto in/decide\n"
            "all counter name in/2 \n"
            "decide meta mark & 0xffff vmap { 1 : goto in/rule/0, 2 : goto in/rule/1 }\n"
            "decide meta mark set meta mark & 0xfeff0000\n"
            "decide goto in/pass\n"
            "rule/0 meta mark set meta mark & 0xfeff0000\n"
            "rule/0 counter name in/0 drop\n"
            "rule/1 meta mark set meta mark & 0xfeff0000\n"
            "rule/1 jump options\n"
            "rule/1 counter name in/1 accept\n");
  // Only where they are set.
  EXPECT_NE(lower(ordered)->text.find("add rule inet pf out jump out/stop\n"), std::string::npos);
}

TEST(Lower, AnswersAreGivenWhereTheKernelStillSendsThem) {
  auto in = rule(Verdict::block), out = rule(Verdict::block, Direction::out);
  in.reply.kind = Reply::Kind::any;
  out.reply.kind = Reply::Kind::rst;
  out.match.protocol = IPPROTO_TCP;
  auto kept = rule(Verdict::pass, Direction::out);
  kept.state = State::keep;
  const auto answered = policy({in, kept, out});
  EXPECT_EQ(incoming(answered), "last counter name in/0 goto answer/any/3/4\n");
  std::string outgoing;
  const auto lowered = lower(answered);
  for (const auto line : split(lowered->text, '\n'))
    if ((line.contains(" pf out") || line.contains(" pf answer")) && !line.contains("/pass ") &&
        !line.contains("/any ") && !line.contains("/keep ") && !line.contains("/known/") &&
        !line.contains(" vmap { o") && !line.starts_with("add counter") &&
        !line.starts_with("add chain inet pf out/"))
      outgoing += concat(line.substr(line.find("pf ") + 3), "\n");
  EXPECT_EQ(outgoing,
            "answer/any/3/4\n"
            "out { type filter hook postrouting priority 300; policy accept; }\n"
            "answer/rst\n"
            "answer/any/3/4 ct state invalid meta l4proto 6 drop\n"
            "answer/any/3/4 meta l4proto 6 reject with tcp reset\n"
            "answer/any/3/4 meta l4proto { 1, 58 } drop\n"
            "answer/any/3/4 reject with icmp 3\n"
            "answer/any/3/4 reject with icmpv6 4\n"
            "answer/any/3/4 drop\n"
            "out meta iif 0 ct state { invalid, related } jump own\n"
            "out meta mark & 0xffff != 0 accept\n"
            "out jump out/stop\n"
            "out jump out/last\n"
            "out goto out/asked\n"
            "out/last meta l4proto 6 meta mark set meta mark & 0xffff0000 | 0x3 accept\n"
            "out/last meta mark set meta mark & 0xffff0000 | 0x2 accept\n"
            "out/decide meta mark & 0xffff vmap { 2 : goto out/rule/1, 3 : goto out/rule/2 }\n"
            "out/decide meta mark set meta mark & 0xfeff0000\n"
            "out/decide goto out/pass\n"
            "out/rule/1 meta mark set meta mark & 0xfeff0000\n"
            "out/rule/1 jump options\n"
            "out/rule/1 ct direction original counter name out/1 ct mark set ct mark & 0xc000ffff "
            "| 0x10000 goto out/keep\n"
            "out/rule/1 counter name out/1 ct mark set ct mark & 0xffff0003 | 0x4 goto out/keep\n"
            "out/rule/2 meta mark set meta mark & 0xfeff0000\n"
            "out/rule/2 counter name out/2 drop\n"
            "answer/rst ct state invalid meta l4proto 6 drop\n"
            "answer/rst meta l4proto 6 reject with tcp reset\n"
            "answer/rst drop\n"
            "out/answer/2 meta mark set meta mark & 0xfeff0000 counter name out/2 goto answer/rst\n"
            "out/forward meta mark set meta mark & 0xfeff0000\n"
            "out/forward meta iif 0 ct state { invalid, related } jump own\n"
            "out/forward jump out/stop\n"
            "out/forward jump out/last\n"
            "out/forward goto out/asked\n"
            "out/forward/answer meta mark & 0xffff vmap { 3 : goto out/answer/2 }\n"
            "out/output meta mark set meta mark & 0xfeff0000\n"
            "out/output meta iif 0 ct state { invalid, related } jump own\n"
            "out/output jump out/stop\n"
            "out/output jump out/last\n"
            "out/output goto out/asked\n"
            "out/output/answer meta mark & 0xffff vmap { 3 : goto out/answer/2 }\n"
            "out/asked meta mark & 0xffff == 0 meta mark set meta mark & 0xffff0000 | 0xffff\n"
            "out/asked accept\n"
            "out/end meta mark & 0xffff == 0 accept\n"
            "out/end goto out/decide\n");
}

using Kind = TranslationRule::Kind;
TranslationRule translation(Kind kind, const std::vector<Address>& to) {
  TranslationRule made;
  made.at.line = 7;
  made.kind = kind;
  made.match.family = Family::inet;
  for (const auto& address : to) made.pool.members.push_back({.address = address});
  return made;
}

// The rules of both hooks that translate.
std::string translating(const Policy& policy) {
  const auto lowered = lower(policy);
  if (!lowered) return lowered.error().line();
  constexpr std::string_view kRule = "add rule inet pf nat/";
  std::string rules;
  for (const auto line : split(lowered->text, '\n'))
    if (line.starts_with(kRule)) rules += concat(line.substr(kRule.size()), "\n");
  return rules;
}

TEST(Lower, TwoListsOfTranslationAreAskedInEachDirection) {
  auto made = policy({});
  auto& main = made.rulesets[""];
  auto none = translation(Kind::nat, {}), call = translation(Kind::rdr, {});
  none.act = TranslationRule::Act::keep;
  none.match.destination.address = net({10}, 8);
  call.act = TranslationRule::Act::anchor;
  call.anchor.path = "a";
  auto nat = translation(Kind::nat, {net({192, 0, 2, 1}, 32)});
  nat.match.on = {"em0", false};
  nat.pass = true;
  auto binat = translation(Kind::binat, {net({192, 0, 2, 8}, 29)});
  binat.match.source.address = net({10, 0, 0, 8}, 29);
  auto redirect = translation(Kind::rdr, {net({10, 0, 0, 3}, 32)});
  redirect.match.protocol = IPPROTO_TCP;
  redirect.match.destination.port = {Compare::range, 80, 82};
  redirect.pool.low = 8080;
  redirect.pool.high = 8081;
  redirect.tag = "WEB";
  main.nat = {none, nat};
  main.rdr = {call};
  main.binat = {binat};
  made.rulesets["a"].rdr = {redirect};
  EXPECT_EQ(translating(made),
            "in/rdr/a meta nfproto ipv4 meta l4proto 6 th dport 80-82 meta mark set meta mark & "
            "0xff00ffff | 0x10000 dnat ip to 10.0.0.3 : th dport map { 80 : 8080, 81 : 8081, 82 : "
            "8080 }\n"
            "in/rdr meta nfproto ipv4 jump nat/in/rdr/a\n"
            "in/binat meta nfproto ipv4 ip daddr 192.0.2.8/29 ip daddr 10.0.0.8/29 accept\n"
            "in/binat meta nfproto ipv4 ip daddr 192.0.2.8/29 dnat ip prefix to 10.0.0.8/29\n"
            "in/then jump nat/in/binat\n"
            "in/then accept\n"
            "in jump nat/in/rdr\n"
            "in goto nat/in/then\n"
            "out/binat meta nfproto ipv4 ip saddr 10.0.0.8/29 ip saddr 192.0.2.8/29 accept\n"
            "out/binat meta nfproto ipv4 ip saddr 10.0.0.8/29 snat ip prefix to 192.0.2.8/29\n"
            "out/nat meta nfproto ipv4 ip daddr 10.0.0.0/8 accept\n"
            "out/nat oifname \"em0\" meta nfproto ipv4 meta l4proto { 6, 17 } meta mark set meta "
            "mark & 0xffff0000 | 0xfffe snat ip to 192.0.2.1:50001-65535 fully-random\n"
            "out/nat oifname \"em0\" meta nfproto ipv4 meta mark set meta mark & 0xffff0000 | "
            "0xfffe snat ip to 192.0.2.1\n"
            "out/then jump nat/out/nat\n"
            "out/then accept\n"
            "out jump nat/out/binat\n"
            "out goto nat/out/then\n");
}

TEST(Lower, EveryWayOfChoosing) {
  const auto hosts = std::vector<Address>{net({10, 0, 0, 4}, 31)};
  const std::string both = " map { 0 : 10.0.0.4, 1 : 10.0.0.5 }";
  struct {
    std::function<void(Pool&)> change;
    std::string statement;
  } const cases[] = {
      {[](Pool& p) { p.choice = Pool::Choice::round_robin; }, "to numgen inc mod 2" + both},
      {[](Pool& p) { p.choice = Pool::Choice::random; }, "to numgen random mod 2" + both},
      {[](Pool& p) {
         p.choice = Pool::Choice::source_hash;
         p.key = "0123456789abcdef0123456789abcdef";
       },
       "to jhash ip saddr mod 2 seed 0x01234567" + both},
      {[](Pool& p) {
         p.choice = Pool::Choice::round_robin;
         p.sticky = true;
       },
       "to jhash ip saddr mod 2 seed 0x1" + both},
      {[](Pool& p) { p.choice = Pool::Choice::bitmask; }, "prefix to 10.0.0.4/31"},
  };
  for (const auto& [change, statement] : cases) {
    auto rule = translation(Kind::nat, hosts);
    rule.pool.static_port = true;
    change(rule.pool);
    auto made = policy({});
    made.rulesets[""].nat = {rule};
    EXPECT_THAT(translating(made), testing::HasSubstr(concat(" snat ip ", statement, "\n")));
  }
}

TEST(Lower, RefusesAndSaysWhere) {
  auto nested = policy({anchor("a")});
  nested.rulesets["a"].filter = {anchor("a")};
  auto logged = rule(Verdict::block), once = rule(Verdict::block);
  logged.log = {.matches = true, .to = {}};
  auto routed = rule(Verdict::block, Direction::any), no_stray = rule(Verdict::block);
  routed.match.source.address = Special::no_route;
  no_stray.match.source = {true, Special::urpf_failed, {}};
  auto ttl = rule(Verdict::block);
  ttl.reply = {.kind = Reply::Kind::rst, .ttl = 64};
  once.once = true;
  std::vector<FilterRule> tags(256, rule(Verdict::pass));
  for (size_t n = 0; n < tags.size(); ++n) tags[n].tag = concat("T", n);
  auto timeouts = policy({});
  timeouts.options.timeouts[Timeout::interval] = 1;
  auto scrub = policy({});
  scrub.rulesets[""].scrub.push_back({.at = {0, 3, 1}, .reassemble = false});
  const auto host = net({10, 0, 0, 1}, 32);
  const auto translates = [&](Kind kind, const Address& to,
                              const std::function<void(TranslationRule&)>& change = {}) {
    auto rule = translation(kind, {to});
    if (change) change(rule);
    auto made = policy({});
    auto& ruleset = made.rulesets[""];
    (kind == Kind::nat ? ruleset.nat : kind == Kind::rdr ? ruleset.rdr : ruleset.binat) = {rule};
    return made;
  };
  struct {
    Policy policy;
    const char* reason;
  } const cases[] = {
      {translates(Kind::nat, TableName{"t"}),
       "pf.conf:7: not supported on this system: a table to translate to"},
      {translates(Kind::nat, DynamicAddress{.interface = "em0"}),
       "pf.conf:7: not supported on this system: (em0) for what does not leave by it"},
      {translates(Kind::nat, net({10}, 23)),
       "pf.conf:7: not supported on this system: more than 256 addresses to translate to"},
      {translates(Kind::nat, host, [](TranslationRule& r) { r.pool.endpoint_independent = true; }),
       "pf.conf:7: not supported on this system: endpoint-independent"},
      {translates(Kind::nat, net({10}, 24),
                  [](TranslationRule& r) { r.pool.choice = Pool::Choice::bitmask; }),
       "pf.conf:7: not supported on this system: bitmask without static-port"},
      {translates(Kind::rdr, host,
                  [](TranslationRule& r) {
                    r.pool.low = 1;
                    r.pool.shifted = true;
                  }),
       "pf.conf:7: not supported on this system: more than 1024 ports that become others"},
      {translates(Kind::rdr, DynamicAddress{.interface = "em0"}),
       "pf.conf:7: not supported on this system: a redirection to (em0)"},
      {translates(Kind::rdr, host,
                  [](TranslationRule& r) {
                    r.match.on = {"lo0", false};
                  }),
       "pf.conf:7: not supported on this system: rdr on lo0: what goes there was translated when "
       "it was sent"},
      {translates(Kind::rdr,
                  Network{AF_INET6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128}),
       "pf.conf:7: not supported on this system: a redirection to ::1: the kernel takes nothing "
       "from outside for it"},
      {translates(Kind::binat, host, [](TranslationRule& r) { r.match.source.negated = true; }),
       "pf.conf:7: not supported on this system: binat from all but an address"},
      {nested, "pf.conf:7: not supported on this system: anchors nested deeper than 10 levels"},
      {policy(tags), "pf.conf:7: not supported on this system: more than 255 tags"},
      {policy({logged}), "pf.conf:7: not supported on this system: log (matches)"},
      {policy({routed}),
       "pf.conf:7: not supported on this system: no-route and urpf-failed but for in: a packet "
       "that leaves is routed"},
      {policy({no_stray}),
       "pf.conf:7: not supported on this system: all but no-route or urpf-failed"},
      {policy({ttl}),
       "pf.conf:7: not supported on this system: return-rst with a ttl: the kernel chooses it"},
      {policy({once}), "pf.conf:7: not supported on this system: once"},
      {timeouts,
       "pf.conf: not supported on this system: set timeout interval: connection tracking has none "
       "such"},
      {scrub,
       "pf.conf:3: not supported on this system: fragment no reassemble: connections are tracked "
       "reassembled"},
  };
  for (const auto& c : cases) {
    const auto lowered = lower(c.policy);
    ASSERT_FALSE(lowered) << c.reason;
    EXPECT_EQ(lowered.error().line(), c.reason);
  }
}

}  // namespace
}  // namespace gaol::pf
