// SPDX-License-Identifier: BSD-2-Clause
#include "pf/pflog.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace gaol::pf {
namespace {

// From 10.1.0.2, port 4001, to 10.1.0.1, port 22.
std::string segment() {
  std::string bytes(40, '\0');
  bytes[0] = 0x45;
  bytes[9] = 6;
  bytes.replace(12, 8, std::string("\x0a\x01\x00\x02\x0a\x01\x00\x01", 8));
  bytes.replace(20, 4, std::string("\x0f\xa1\x00\x16", 4));
  bytes[32] = 0x50;
  bytes[33] = 0x12;
  return bytes;
}

LogRecord record() {
  return {.seconds = 1'700'000'000,
          .microseconds = 42,
          .action = Verdict::block,
          .direction = Direction::in,
          .interface = "em0",
          .rule = 3,
          .bytes = segment()};
}

std::string without_time(const std::string& line) { return line.substr(line.find(' ')); }

TEST(Pflog, SaysWhatTcpdumpSays) {
  auto one = record();
  EXPECT_EQ(without_time(print(one)),
            " rule 3/0(match): block in on em0: 10.1.0.2.4001 > 10.1.0.1.22: Flags [S.], length 0");
  one.inner = 1;
  one.anchor = "web";
  one.action = Verdict::pass;
  one.direction = Direction::out;
  one.bytes = "\x60" + std::string(55, '\0');
  one.bytes[6] = 0;  // options, then ICMPv6
  one.bytes[40] = 58;
  one.bytes[48] = '\x80';
  EXPECT_EQ(without_time(print(one)),
            " rule 3.web.1/0(match): pass out on em0: :: > ::: ipv6-icmp, type 128, length 8");
}

TEST(Pflog, PrefixesTellTheRule) {
  auto one = record();
  EXPECT_EQ(log_prefix(one), "3 - block in");
  one.inner = 1;
  one.anchor = "web";
  sys::LoggedPacket packet{.prefix = log_prefix(one), .in = "em0", .out = "em1", .bytes = {}};
  EXPECT_EQ(packet.prefix, "3 1 block in web");
  const auto again = record_of(packet);
  ASSERT_TRUE(again);
  EXPECT_EQ(log_prefix(*again), packet.prefix);
  EXPECT_EQ(again->interface, "em0");
  packet.prefix = "3 - match out";
  EXPECT_EQ(record_of(packet)->interface, "em1");
  for (const char* prefix : {"", "hello there", "x - pass in", "1 - drop in"}) {
    packet.prefix = prefix;
    EXPECT_FALSE(record_of(packet)) << prefix;
  }
}

TEST(Pflog, CapturesAreReadAgain) {
  auto second = record();
  second.inner = 7;
  second.anchor = "web";
  second.action = Verdict::match;
  const auto file = pcap_header() + pcap_record(record()) + pcap_record(second);
  std::string_view rest = file;
  rest.remove_prefix(*check_pcap_header(rest));
  for (const auto& right : {record(), second}) {
    const auto one = take_record(rest);
    ASSERT_TRUE(one);
    EXPECT_EQ(print(*one), print(right));
  }
  EXPECT_TRUE(rest.empty());
  std::string_view cut = std::string_view(file).substr(24, 50);
  EXPECT_FALSE(take_record(cut));
  EXPECT_EQ(check_pcap_header("no").error().line(), "not a capture of pflog");
}

TEST(Pflog, InterfacesAreGroups) {
  EXPECT_EQ(log_group(""), kFirstLogGroup);
  EXPECT_EQ(log_group("pflog0"), kFirstLogGroup);
  EXPECT_EQ(log_group("pflog7"), kFirstLogGroup + 7);
  for (const char* other : {"pflog", "pflog256", "em0", "pflogx"}) EXPECT_FALSE(log_group(other));
}

}  // namespace
}  // namespace gaol::pf
