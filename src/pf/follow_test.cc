// SPDX-License-Identifier: BSD-2-Clause
#include "pf/follow.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "pf/compile.h"
#include "tests/golden/pf_world.h"

namespace gaol::pf {
namespace {

// The commands behind the rules, without those that empty a set.
std::string filled(const std::string& rule) {
  const auto compiled = compile({.name = "pf.conf", .text = rule}, golden_world());
  const auto lowered = lower(compiled.policy);
  if (!lowered) return lowered.error().line();
  std::string commands;
  const auto all = fill(lowered->follows, golden_world());
  for (const auto line : split(all, '\n'))
    if (!line.starts_with("flush") && !line.empty()) commands += concat(line.substr(20), ";");
  return commands;
}

TEST(Follow, WhatAnInterfaceHasIsInItsSet) {
  struct {
    std::string address, set;
  } const cases[] = {
      {"(em0)", "follow/inet/em0 { 192.0.2.1 };"},
      {"(em1)",
       "follow/inet/em1 { 10.0.0.1-10.0.0.2 };"
       "follow/inet6/em1 { 2001:db8:1::1, fe80::1 };"},
      {"(em1:0)", "follow/inet/em1_3a0 { 10.0.0.1 };follow/inet6/em1_3a0 { 2001:db8:1::1 };"},
      {"(em0:network)", "follow/inet/em0_3anetwork { 192.0.2.0-192.0.2.255 };"},
      {"(em0:broadcast)", "follow/inet/em0_3abroadcast { 192.0.2.255 };"},
      {"(tun0:peer)", "follow/inet/tun0_3apeer { 198.51.100.2 };"},
      {"(em0)/28", "follow/inet/em0/28 { 192.0.2.0-192.0.2.15 };"},
      {"(em)",
       "follow/inet/em { 10.0.0.1-10.0.0.2, 192.0.2.1 };"
       "follow/inet6/em { 2001:db8:1::1, fe80::1 };"},
      {"(egress)", "follow/inet/egress { 192.0.2.1 };"},
      {"(none0)", ""},
  };
  for (const auto& [address, set] : cases)
    EXPECT_EQ(filled(concat("pass from ", address, "\n")), set) << address;
}

TEST(Follow, TheGroupEgressIsASetOfNames) {
  EXPECT_EQ(filled("pass on egress\n"), "follow/egress { \"em0\" };");
  EXPECT_EQ(filled("set skip on egress\n"), "follow/egress { \"em0\" };");
  EXPECT_EQ(filled("pass on em0\n"), "");
}

}  // namespace
}  // namespace gaol::pf
