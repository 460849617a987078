// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What rules with `log` tell of packets: pflog(4) on FreeBSD, an interface that tcpdump(1) reads.
// Here rules log into groups of NFLOG, with what FreeBSD's header says in words in front, and a
// reader makes that header of them.
// Source: pflog(4), FreeBSD 15; pcap-savefile(5).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pf/ruleset.h"
#include "sys/packet_log.h"

namespace gaol::pf {

// pflog0 and so on; others on this machine number theirs from 0.
constexpr uint16_t kFirstLogGroup = 0x7066;

// The number behind `pflog`; empty: pflog0. Nothing: it is none.
std::optional<uint16_t> log_group(std::string_view interface);

struct LogRecord {
  int64_t seconds = 0;  // since 1970
  uint32_t microseconds = 0;
  Verdict action = Verdict::pass;
  Direction direction = Direction::in;
  std::string interface;
  uint32_t rule = 0;                   // in the main ruleset
  std::optional<uint32_t> inner = {};  // in the anchor that rule calls
  std::string anchor;                  // up to 15 characters
  uint32_t uid = UINT32_MAX;
  std::string bytes;  // from the header of IP on
};

// `3 1 pass in web/one`: of a rule of the anchor that rule 3 calls. Without one, `-` is for the 1.
std::string log_prefix(const LogRecord& record);
// Nothing: no rule of pf has logged it.
std::optional<LogRecord> record_of(const sys::LoggedPacket& packet);

// A file of them begins with the header.
std::string pcap_header();
std::string pcap_record(const LogRecord& record);
// Takes the next one off `bytes`. Nothing: not all of it is there.
std::optional<LogRecord> take_record(std::string_view& bytes);
// What the header is long; an error if it is no header of such a file.
Result<size_t> check_pcap_header(std::string_view bytes);

// As tcpdump prints it, without the end of line:
//   12:34:56.789012 rule 2/0(match): block in on em0: 10.1.0.2.4001 > 10.1.0.1.22: Flags [S], ...
std::string print(const LogRecord& record);

}  // namespace gaol::pf
