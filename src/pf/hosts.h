// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Names to addresses. A name is an address, an interface or a group of them, or a host, in this
// order; and one name may be several addresses, each of which makes a rule.
// Source: pf.conf(5), PACKET FILTERING: from ... to.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "pf/syntax.h"
#include "pf/world.h"

namespace gaol::pf {

// One of the alternatives that a host is.
struct Host {
  Position at;
  bool negated = false;
  Address address = Special::any;
  std::string scope;  // the link of a link-local address: the rule holds on it alone
};

// The interface of that name, or those of that group; "self" is all.
std::vector<const Interface*> matching(const std::vector<Interface>& all, std::string_view name);

// What is meant by the name of this interface with its modifiers, or by one in brackets; a
// link-local address with its scope.
std::vector<Host> addresses_of(const Interface& interface, const DynamicAddress& asked);

Family family_of(const Address& address);  // any: it has none, or both
Family family_of(const Network& network);

// The address with the bits behind its prefix cleared.
Network network_of(Network address);

// Why a host has no address: a line with a place, and perhaps one without before it.
struct Unresolved {
  std::string note, text;
};

class Hosts {
 public:
  explicit Hosts(const World& world) : world_(world) {}

  std::expected<std::vector<Host>, Unresolved> resolve(const HostWord& word);
  const std::vector<Interface>& interfaces();
  // The interface of that name, or those of that group; "self" is all.
  std::vector<const Interface*> matching(std::string_view name);

 private:
  using Found = std::expected<std::vector<Host>, Unresolved>;
  Found named(const HostWord& word);
  Found on_interface(const HostWord& word, std::string_view name, bool& known);
  Found by_resolver(const HostWord& word);
  static Found range(const HostWord& word);

  const World& world_;
  std::optional<std::vector<Interface>> interfaces_;
};

// `em0:network:0`, taken apart. Nothing: a modifier is none, or stands twice.
std::optional<DynamicAddress> parse_dynamic(std::string_view text);
// A numeric address as pf.conf(5) writes it: 10 and 10.1 are networks.
std::optional<Host> parse_numeric(std::string_view text, std::optional<int> bits);

}  // namespace gaol::pf
