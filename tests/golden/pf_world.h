// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The machine that the golden corpus and the fuzzer read a pf.conf(5) on: a router with em0 to the
// outside, em1 to the inside and jails on epair0a, in the networks that are set apart for examples.

#include <sys/socket.h>

#include <map>

#include "pf/compile.h"
#include "pf/hosts.h"
#include "pf/print.h"

namespace gaol::pf {

inline sys::Address example_address(std::string_view text, int prefix) {
  auto out = std::get<Network>(parse_numeric(text, {})->address);
  out.prefix = prefix;
  return out;
}

inline std::vector<Interface> example_interfaces() {
  const auto v4 = [](std::string_view address, int prefix, std::string_view broadcast) {
    return InterfaceAddress{example_address(address, prefix), example_address(broadcast, 32), {}};
  };
  const auto v6 = [](std::string_view address) {
    return InterfaceAddress{example_address(address, 64), {}, {}};
  };
  return {
      {"lo0",
       {},
       true,
       {{example_address("127.0.0.1", 8), {}, {}}, {example_address("::1", 128), {}, {}}}},
      {"em0", {"egress"}, false, {v4("192.0.2.1", 24, "192.0.2.255")}},
      {"em1",
       {"inside"},
       false,
       {v4("10.0.0.1", 24, "10.0.0.255"), v4("10.0.0.2", 24, "10.0.0.255"), v6("fe80::1"),
        v6("2001:db8:1::1")}},
      {"tun0",
       {},
       false,
       {{example_address("198.51.100.1", 32), {}, example_address("198.51.100.2", 32)}}},
      {"epair0a", {"jails"}, false, {v4("172.16.0.1", 24, "172.16.0.255")}},
      {"em9", {}, false, {}},
  };
}

inline World golden_world() {
  World out;
  out.interfaces = example_interfaces;
  out.routes = [] { return std::vector<Route>{{example_address("0.0.0.0", 0), "em0"}}; };
  out.resolve = [](const std::string& host) -> Result<std::vector<sys::Address>> {
    if (host == "www.example.org") return std::vector{example_address("203.0.113.80", 32)};
    if (host == "both.example.org")
      return std::vector{example_address("203.0.113.1", 32), example_address("203.0.113.2", 32),
                         example_address("2001:db8::80", 128)};
    return fail("Name does not resolve");
  };
  const auto id_of = [](const std::string& name) -> std::optional<uint32_t> {
    const std::map<std::string, uint32_t> known = {{"root", 0}, {"wheel", 0}, {"www", 80}};
    const auto found = known.find(name);
    return found == known.end() ? std::nullopt : std::optional(found->second);
  };
  out.user = out.group = id_of;
  out.read = [](const std::string& path) -> Result<std::string> {
    return fail_errno(ENOENT, path);
  };
  return out;
}

// What `pfctl -nv` shows on stdout, of one file and of all.
inline std::string printed(const Compiled& compiled, const Unit& unit) {
  std::string out;
  for (const Declared& declared : unit.declared) out += declared.line + "\n";
  for (const Rules kind : {Rules::scrub, Rules::ether, Rules::translation, Rules::filter})
    out += print_rules(compiled.policy, unit.anchor, kind);
  return out;
}
inline std::string printed(const Compiled& compiled) {
  std::string out;
  for (const Unit& unit : compiled.units) out += printed(compiled, unit);
  return out;
}

}  // namespace gaol::pf
