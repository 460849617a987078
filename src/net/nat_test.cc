// SPDX-License-Identifier: BSD-2-Clause
#include "net/nat.h"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include "net/inet.h"

namespace gaol::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Redirect, IsReadAsItIsWritten) {
  struct {
    const char* text;
    const char* claim;
    int to;
  } const cases[] = {
      {"tcp 8080 -> 80", "tcp 8080", 80},
      {"udp 53", "udp 53", 53},
      {"tcp 192.0.2.1:80 -> 8080", "tcp 192.0.2.1:80", 8080},
      {" tcp  [2001:db8::1]:443 ", "tcp [2001:db8::1]:443", 443},
  };
  for (const auto& c : cases) {
    const auto redirect = parse_redirect(c.text);
    ASSERT_TRUE(redirect) << c.text;
    EXPECT_EQ(redirect->claim(), c.claim);
    EXPECT_EQ(redirect->to, c.to) << c.text;
  }
  for (const char* bad : {"", "tcp", "80", "tcp 0", "tcp 65536", "sctp 80", "tcp 80 80",
                          "tcp 80 ->", "tcp 80 -> x", "tcp em0:80", "tcp 80 -> 80 x", "tcp http"})
    EXPECT_EQ(parse_redirect(bad).error().text,
              concat("\"", bad,
                     "\": expected `tcp PORT`, `tcp PORT -> PORT` or `tcp "
                     "ADDRESS:PORT`, or udp"));
}

sys::Address address(const char* text, int family, int prefix) {
  auto out = *parse_address(text, family);
  out.prefix = prefix;
  return out;
}

TEST(Nat, AJailIsAFewElements) {
  const NatPlan plan{
      .outgoing = true,
      .addresses = {address("10.1.0.3", AF_INET, 24), address("10.1.0.4", AF_INET, 24),
                    address("2001:db8::3", AF_INET6, 64)},
      .redirects = {*parse_redirect("tcp 8080 -> 80"), *parse_redirect("udp 192.0.2.1:53")}};
  EXPECT_THAT(lay_nat(plan),
              EndsWith("add element inet gaol nat4 { 10.1.0.3 };"
                       "add element inet gaol nat4 { 10.1.0.4 };"
                       "add element inet gaol rdr4 { tcp . 8080 : 10.1.0.3 . 80 };"
                       "add element inet gaol at4 { 192.0.2.1 . udp . 53 : 10.1.0.3 . 53 };"
                       "add element inet gaol near4 { 10.1.0.0/24 . 10.1.0.3 };"
                       "add element inet gaol nat6 { 2001:db8::3 };"
                       "add element inet gaol rdr6 { tcp . 8080 : 2001:db8::3 . 80 };"
                       "add element inet gaol near6 { 2001:db8::/64 . 2001:db8::3 };"));
  const auto cut = cut_nat(plan);
  EXPECT_THAT(cut, HasSubstr("add element inet gaol rdr4 { tcp . 8080 : 10.1.0.3 . 80 };"
                             "delete element inet gaol rdr4 { tcp . 8080 };"));
  EXPECT_THAT(cut, Not(HasSubstr("add chain")));
}

}  // namespace
}  // namespace gaol::net
