// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What can be known of the way to an address without doing anything to whoever is there. All of it
// is of the caller's network namespace and cgroup.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

// A TCP connection that is made and closed again.
struct Attempt {
  int error = 0;  // errno; ETIMEDOUT also when `patience` ran out
  uint64_t microseconds = 0;
};
Attempt try_connect(const Address& address, uint16_t port, int patience_ms);

struct Listener {
  Address address;  // of a wildcard, zeros
  uint16_t port = 0;
  bool operator==(const Listener&) const = default;
};
enum class Transport : uint8_t { tcp, udp };
// Sockets that wait for connections, or for packets of anybody, by port.
Result<std::vector<Listener>> list_listeners(Transport transport);
// The same from the text of a file of /proc/net.
std::vector<Listener> parse_listeners(std::string_view table, Transport transport);

// What has come of asking for a neighbour's MAC address.
enum class Neighbour : uint8_t { unknown, answers, silent };
Result<Neighbour> neighbour(unsigned link, const Address& address);

}  // namespace gaol::sys
