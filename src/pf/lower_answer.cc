// SPDX-License-Identifier: BSD-2-Clause

// pf answers TCP with RST and everything else with an error of ICMP, but for ICMP. It never answers
// a segment of a connection that it knows: one that does not fit into it is dropped. conntrack
// calls that one invalid, and with it all that begins no connection, so neither hears anything.

#include "pf/lower_answer.h"

#include "base/text.h"

namespace gaol::pf {

bool is_answered(const FilterRule& rule) {
  return rule.verdict == Verdict::block && rule.reply.kind != Reply::Kind::drop;
}

std::string answer_chain(const Reply& reply) {
  if (reply.kind == Reply::Kind::rst) return "answer/rst";
  const auto* kind = reply.kind == Reply::Kind::any ? "any" : "icmp";
  return concat("answer/", kind, "/", int{reply.icmp_code}, "/", int{reply.icmp6_code});
}

std::vector<std::string> answer_rules(const Reply& reply) {
  std::vector<std::string> rules{"ct state invalid meta l4proto 6 drop"};
  if (reply.kind != Reply::Kind::icmp) rules.emplace_back("meta l4proto 6 reject with tcp reset");
  if (reply.kind != Reply::Kind::rst) {
    rules.emplace_back("meta l4proto { 1, 58 } drop");
    rules.push_back(concat("reject with icmp ", int{reply.icmp_code}));
    rules.push_back(concat("reject with icmpv6 ", int{reply.icmp6_code}));
  }
  rules.emplace_back("drop");
  return rules;
}

}  // namespace gaol::pf
