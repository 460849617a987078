// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The states that pf's rules have made, out of the connections that the kernel tracks.
// Source: pfctl(8), -s states and -k.

#include <cstdint>
#include <string>
#include <vector>

#include "pf/lower_state.h"
#include "sys/connections.h"

namespace gaol::pf {

struct ShownState {
  Half half = kFirst;
  uint32_t rule = 0;  // its id (Lowered::ids), 0: nobody knows
  uint64_t id = 0;
  uint8_t protocol = 0;
  Direction direction = Direction::in;
  // Of who began: as the packets are on the wire, and as this machine has them.
  sys::Ends wire, stack;
  std::string ours, theirs;  // what the two ends have come to; theirs is who began
};

// None of a connection that no rule has let begin.
std::vector<ShownState> states_of(const sys::Connection& connection);

// `all tcp 10.0.0.1:22 <- 10.0.0.2:40001       ESTABLISHED:ESTABLISHED`
std::string print(const ShownState& state);

// Ends it; with the last one of a connection goes what the kernel knows of that.
Result<> kill(const sys::Connection& connection, const std::vector<ShownState>& states);

}  // namespace gaol::pf
