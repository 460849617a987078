// SPDX-License-Identifier: BSD-2-Clause

// pf gives every translated source a port by chance, of 50001 to 65535 unless the pool says
// otherwise, and so does nftables if it is told to; left alone it would keep the port. What has no
// ports is translated by its address alone.
//
// A pool is a list of addresses and a number: the next one, one by chance, or a hash of the source.
// pf remembers for `sticky-address` what a source got; here it gets the same by its hash.

#include "pf/lower_pool.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/text.h"
#include "pf/lower_match.h"

namespace gaol::pf {
namespace {

constexpr size_t kMostAddresses = 256, kMostPorts = 1024;
constexpr uint16_t kLowPort = 50001, kHighPort = 65535;

std::string_view word(Family family) { return family == Family::inet6 ? "ip6" : "ip"; }

bool is_host(const Network& network) {
  return network.prefix == (network.family == AF_INET ? 32 : 128);
}

Network last_of(const Network& network) {
  Network last = network;
  const int bits = network.family == AF_INET ? 32 : 128;
  for (int bit = network.prefix; bit < bits; ++bit)
    last.bytes[bit / 8] = static_cast<uint8_t>(last.bytes[bit / 8] | (0x80 >> bit % 8));
  return last;
}

// Nothing, once there are too many.
bool append(std::vector<std::string>& hosts, Network first, const Network& last) {
  const size_t size = first.family == AF_INET ? 4 : 16;
  while (hosts.size() < kMostAddresses) {
    hosts.push_back(host_text(first));
    if (std::equal(first.bytes, first.bytes + size, last.bytes)) return true;
    for (size_t at = size; at-- > 0 && ++first.bytes[at] == 0;) {
    }
  }
  return false;
}

// Every address of the pool in its order; none if they are too many.
std::vector<std::string> hosts_of(const Pool& pool) {
  std::vector<std::string> hosts;
  for (const auto& member : pool.members) {
    if (const auto* network = std::get_if<Network>(&*member.address)) {
      if (!append(hosts, *network, last_of(*network))) return {};
    } else if (const auto* range = std::get_if<AddressRange>(&*member.address)) {
      if (!append(hosts, range->first, range->last)) return {};
    }
  }
  return hosts;
}

const Network* prefix_of(const Pool& pool) {
  const auto* network = std::get_if<Network>(&*pool.members.front().address);
  return pool.choice == Pool::Choice::bitmask && network && !is_host(*network) ? network : nullptr;
}

// What the pool's addresses are numbered by.
std::string number_of(const Pool& pool, std::string_view ip, size_t end) {
  const auto hash = concat("jhash ", ip, " saddr mod ", end, " seed 0x");
  using enum Pool::Choice;
  if (pool.choice == source_hash) return hash + (pool.key.empty() ? "1" : pool.key.substr(0, 8));
  if (pool.sticky) return hash + "1";
  return concat("numgen ", pool.choice == random ? "random" : "inc", " mod ", end);
}

std::string text_of(const Network& network) {
  return concat(host_text(network), "/", network.prefix);
}

// The kernel counts the map of a network to itself as a translation.
void add_unchanged(std::vector<Translating>& all, const Pool& pool, std::string_view address) {
  if (const auto* network = prefix_of(pool))
    all.push_back({concat(address, " ", text_of(*network), " "), "accept"});
}

// `10.0.0.1`, or one of several.
std::string address_of(const Pool& pool, Family family, bool with_port) {
  if (const auto* network = prefix_of(pool)) return "prefix to " + text_of(*network);
  const auto hosts = hosts_of(pool);
  if (hosts.size() == 1)
    return family == Family::inet6 && with_port ? concat("to [", hosts[0], "]")
                                                : concat("to ", hosts[0]);
  std::string elements;
  for (size_t n = 0; n < hosts.size(); ++n)
    elements += concat(n == 0 ? "" : ", ", n, " : ", hosts[n]);
  return concat("to ", number_of(pool, word(family), hosts.size()), " map { ", elements, " }");
}

const DynamicAddress* dynamic_of(const Pool& pool) {
  for (const auto& member : pool.members)
    if (const auto* dynamic = std::get_if<DynamicAddress>(&*member.address)) return dynamic;
  return nullptr;
}

// What both directions refuse.
std::string refusal(const Pool& pool) {
  for (const auto& member : pool.members)
    if (std::holds_alternative<TableName>(*member.address)) return "a table to translate to";
  if (!dynamic_of(pool) && !prefix_of(pool) && hosts_of(pool).empty())
    return "more than 256 addresses to translate to";
  return "";
}

// `tcp dport map { 80 : 8080 }`; one port; or nothing, where it is kept.
std::string port_of(const Pool& pool, const Ports& ports) {
  if (pool.low == 0) return "";
  const uint32_t first = ports.op == Compare::none ? 0 : ports.low;
  const uint32_t last = ports.op == Compare::range  ? ports.high
                        : ports.op == Compare::none ? UINT16_MAX
                                                    : ports.low;
  const uint32_t asked = last - first + 1;
  const uint32_t width = pool.shifted           ? asked
                         : pool.high > pool.low ? pool.high - pool.low + 1U
                                                : 1;
  if (width <= 1) return concat(":", pool.low);
  if (pool.low == first && width >= asked) return "";
  std::string elements;
  for (uint32_t port = first; port <= last; ++port)
    elements += concat(port == first ? "" : ", ", port, " : ",
                       (pool.low + (port - first) % width) & UINT16_MAX);
  return concat(" : th dport map { ", elements, " }");
}

}  // namespace

std::string refusal_of_source(const Pool& pool, const InterfaceTest& on) {
  if (pool.endpoint_independent) return "endpoint-independent";
  if (pool.map_e) return "map-e-portset";
  if (prefix_of(pool) && !pool.static_port) return "bitmask without static-port";
  const auto* dynamic = dynamic_of(pool);
  if (!dynamic) return refusal(pool);
  const bool own = dynamic->interface == on.name && !on.negated && !dynamic->prefix &&
                   dynamic->part == DynamicAddress::Part::address;
  if (own && pool.members.size() == 1) return "";
  return concat("(", dynamic->interface, ") for what does not leave by it");
}

std::string refusal_of_destination(const Pool& pool, const Ports& ports) {
  if (const auto* dynamic = dynamic_of(pool))
    return concat("a redirection to (", dynamic->interface, ")");
  if (prefix_of(pool) && pool.low != 0) return "bitmask with a port";
  const size_t asked = ports.op == Compare::none    ? size_t{UINT16_MAX} + 1
                       : ports.op == Compare::range ? size_t{ports.high} - ports.low + 1
                                                    : 1;
  const bool moves = (pool.shifted || pool.high > pool.low) && pool.low != ports.low;
  if (moves && asked > kMostPorts) return "more than 1024 ports that become others";
  return refusal(pool);
}

std::vector<Translating> translate_source(const Pool& pool, Family family, uint8_t protocol) {
  const bool masquerade = dynamic_of(pool) != nullptr;
  const auto snat = [&](bool with_port) {
    if (masquerade) return with_port ? std::string("masquerade to ") : std::string("masquerade");
    return concat("snat ", word(family), " ", address_of(pool, family, with_port));
  };
  std::vector<Translating> all;
  add_unchanged(all, pool, concat(word(family), " saddr"));
  const bool has_ports = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
  if (!pool.static_port && (has_ports || protocol == 0)) {
    const auto low = pool.low ? pool.low : kLowPort, high = pool.low ? pool.high : kHighPort;
    all.push_back({has_ports ? "" : "meta l4proto { 6, 17 } ",
                   concat(snat(true), ":", low, "-", high < low ? low : high, " fully-random")});
  }
  if (pool.static_port || !has_ports) all.push_back({"", snat(false)});
  return all;
}

std::vector<Translating> translate_destination(const Pool& pool, Family family,
                                               const Ports& ports) {
  std::vector<Translating> all;
  add_unchanged(all, pool, concat(word(family), " daddr"));
  const auto port = port_of(pool, ports);
  const auto address = address_of(pool, family, port.starts_with(':'));
  all.push_back({"", concat("dnat ", word(family), " ", address, port)});
  return all;
}

}  // namespace gaol::pf
