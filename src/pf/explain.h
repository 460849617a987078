// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Which rule decides about a packet, and how pf comes to it: the interpreter that tests hold the
// kernel's rules against, watched at work. It asks no kernel, so states that are there do not
// count: the packet is the first of its connection.

#include <string>
#include <vector>

#include "base/result.h"
#include "pf/interpreter.h"
#include "pf/world.h"

namespace gaol::pf {

struct AskedPacket {
  reference::Packet packet;
  reference::Crossing crossing;
  std::string tag;
};

// From the words of a rule: `in on em0 proto tcp from 10.0.0.1 to 10.0.0.2 port 443`, with one
// value for everything. Of TCP it is the first packet, and ports that are not said are 49152.
Result<AskedPacket> asked_packet(const std::string& words, const World& world);

struct Explanation {
  std::vector<reference::Step> steps;
  bool passes = false;
  reference::Packet before, after;  // translation
};
Explanation explain(const Policy& policy, const AskedPacket& asked, const World& world);

// In lines. `all`: also what does not match, and at which test.
std::string print(const Explanation& explanation, const Policy& policy, bool all);

}  // namespace gaol::pf
