// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The words that stand for numbers in pf.conf(5), and back. They are FreeBSD's, whatever files this
// machine has: a ruleset reads and prints the same everywhere.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pf/ruleset.h"

namespace gaol::pf {

constexpr uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58, kSctp = 132;
constexpr bool has_ports(uint8_t protocol) {
  return protocol == kTcp || protocol == kUdp || protocol == kSctp;
}

// services(5): for TCP, or else for UDP, or else for SCTP.
std::optional<uint16_t> port_named(std::string_view name);
// Empty: it has none for that protocol, which is UDP unless it is TCP.
std::string_view port_name(uint16_t port, uint8_t protocol);

// protocols(5)
std::optional<uint8_t> protocol_named(std::string_view name);
std::string_view protocol_name(uint8_t number);  // empty: it has none

// Types and codes of ICMP and ICMPv6; of two names for one number the first is printed.
enum class Icmp : uint8_t { v4, v6 };
std::optional<uint8_t> icmp_type_named(Icmp version, std::string_view name);
std::string_view icmp_type_name(Icmp version, uint8_t number);
std::optional<uint8_t> icmp_code_named(Icmp version, uint8_t type, std::string_view name);
std::string_view icmp_code_name(Icmp version, uint8_t type, uint8_t number);

// A name, or a number of up to 255; 0x is hexadecimal.
std::optional<uint8_t> tos_value(std::string_view text);
// A number as strtoul(3) takes it: 0x is hexadecimal, 0 octal.
std::optional<uint64_t> any_base(std::string_view text);

std::optional<Timeout> timeout_named(std::string_view name);
std::string_view timeout_name(Timeout timeout);
std::optional<Limit> limit_named(std::string_view name);
std::string_view limit_name(Limit limit);
std::optional<Debug> debug_named(std::string_view name);
std::string_view debug_name(Debug level);
std::optional<Optimization> optimization_named(std::string_view name);
std::string_view optimization_name(Optimization optimization);
std::optional<RulesetOptimization> ruleset_optimization_named(std::string_view name);
std::string_view ruleset_optimization_name(RulesetOptimization optimization);

// What `set optimization` stands for.
Timeouts timeouts_of(Optimization optimization);

}  // namespace gaol::pf
