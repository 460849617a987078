// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The connections that the kernel tracks in the caller's network namespace (conntrack).

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

// One direction of it. Of a query of ICMP the ports are its identifier and its type.
struct Ends {
  Address source, destination;
  uint16_t source_port = 0, destination_port = 0;
};
struct Traffic {
  uint64_t packets = 0, bytes = 0;
};

struct Connection {
  std::string key;  // by which the kernel finds it again
  uint32_t id = 0;
  uint8_t protocol = 0;
  Ends original, reply;  // they differ by more than the direction where it is translated
  bool replied = false, assured = false;
  uint8_t tcp_state = 0;  // of enum tcp_conntrack
  uint32_t mark = 0;
  bool labelled = false;
  uint32_t expires = 0;        // seconds
  Traffic there, back;         // what has passed, where that is counted
  std::optional<int64_t> age;  // seconds, where it is known
};

// Shows it every connection. ENOENT: the kernel tracks none.
Result<> each_connection(const std::function<void(const Connection&)>& visit);

// Takes these bits out of its mark, and out of the first 32 of its label. False: it has ended.
Result<bool> clear(const Connection& connection, uint32_t mark, uint32_t label);
Result<bool> forget(const Connection& connection);

}  // namespace gaol::sys
