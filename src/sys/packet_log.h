// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Packets that rules of nftables log, in the caller's network namespace (NFLOG).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/netlink.h"

namespace gaol::sys {

struct LoggedPacket {
  std::string prefix;   // what the rule says
  std::string in, out;  // interfaces; empty: none
  uint32_t uid = UINT32_MAX;
  int64_t seconds = 0;  // since 1970
  uint32_t microseconds = 0;
  std::string_view bytes;  // from the header of IP on
};

class PacketLog {
 public:
  // EPERM, of root too: somebody else reads the group, which one can.
  static Result<PacketLog> open(uint16_t group);
  // Shows it every packet; ends with an error alone. What nobody takes in time is lost.
  Result<> follow(const std::function<void(const LoggedPacket&)>& visit) const;

 private:
  PacketLog(NetlinkSocket kernel, uint16_t group) : kernel_(std::move(kernel)), group_(group) {}
  Request about() const;

  NetlinkSocket kernel_;
  uint16_t group_;
};

}  // namespace gaol::sys
