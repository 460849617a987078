// SPDX-License-Identifier: BSD-2-Clause
#include "warden/wiring.h"

#include <netinet/in.h>

#include <algorithm>

#include "base/text.h"
#include "jail/address.h"
#include "net/epair.h"
#include "net/inet.h"

namespace gaol::warden {

namespace {

using jail::Settings;

// List elements, also those that one pair of quotes holds.
std::vector<std::string> pieces(const Settings& settings, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& value : settings.list(name))
    for (const auto piece : split(value, ',')) out.emplace_back(trim(piece));
  return out;
}

Result<> take_address(std::vector<sys::Wire>& wires, const std::string& piece, int family) {
  const auto spec = TRY(jail::parse_alias(piece, family));
  if (!spec.explicit_mask) return fail(piece, ": the netmask is missing (ADDRESS/LENGTH)");
  const auto inner = spec.interface.empty() ? std::string("eth0") : spec.interface;
  const auto wire = std::ranges::find(wires, inner, &sys::Wire::inner);
  if (wire == wires.end()) return fail(piece, ": the jail has no ", inner, " (vnet.bridge)");
  wire->addresses.push_back(spec.address);
  return {};
}

std::optional<sys::Address> any_address(const std::string& text) {
  auto address = net::parse_address(text, AF_INET);
  return address ? address : net::parse_address(text, AF_INET6);
}

// Whether the router is in a network that the wire has an address in.
bool reaches(const sys::Wire& wire, sys::Address router) {
  return std::ranges::any_of(wire.addresses, [&](const sys::Address& own) {
    router.prefix = own.prefix;
    return own.family == router.family && net::network_of(own) == net::network_of(router);
  });
}

Result<> take_router(std::vector<sys::Wire>& wires, const std::string& piece) {
  const auto router = any_address(piece);
  if (!router) return fail("not an address: ", piece);
  for (const auto& wire : wires)
    for (const auto& other : wire.routers)
      if (other.family == router->family)
        return fail(piece, ": the jail has a default router already, ", net::address_text(other));
  const auto wire =
      net::is_link_local(*router)
          ? wires.begin()
          : std::ranges::find_if(wires, [&](const auto& any) { return reaches(any, *router); });
  if (wire == wires.end()) return fail(piece, ": in no network of the jail's (vnet.ip4, vnet.ip6)");
  wire->routers.push_back(*router);
  return {};
}

// Every element of one list; errors are told with its parameter.
template <class Take>
Result<> take_all(std::vector<sys::Wire>& wires, const Settings& settings, std::string_view name,
                  Take take) {
  const auto all = pieces(settings, name);
  if (!all.empty() && wires.empty())
    return fail(Error{EINVAL, concat(name, ": the jail is wired to no bridge"),
                      "vnet.bridge = \"bridge0\" does that"});
  for (const auto& piece : all)
    if (auto taken = take(wires, piece); !taken) return fail(std::move(taken).error().in(name));
  return {};
}

Result<std::optional<uint64_t>> bits_per_second(const Settings& settings, std::string_view name) {
  struct Unit {
    char letter;
    uint64_t factor;
  };
  constexpr Unit kUnits[] = {{'k', 1'000}, {'m', 1'000'000}, {'g', 1'000'000'000}};
  constexpr uint64_t kLeast = 8'000, kMost = 400'000'000'000;
  const auto text = settings.text(name);
  if (text.empty() || text == "0") return std::nullopt;
  uint64_t factor = 1;
  std::string_view digits = text;
  for (const auto& unit : kUnits)
    if (digits.back() == unit.letter) factor = unit.factor;
  if (factor > 1) digits.remove_suffix(1);
  const auto value = number<uint64_t>(digits);
  if (!value || *value > kMost / factor || *value * factor < kLeast)
    return fail(name, ": \"", text, "\": expected bits per second, 8k to 400g");
  return *value * factor;
}

}  // namespace

size_t count_wires(const Settings& settings) { return pieces(settings, "vnet.bridge").size(); }

Result<std::vector<sys::Wire>> wires_of(const Settings& settings) {
  const auto mtu = settings.integer("vnet.mtu");
  const auto rate_in = TRY(bits_per_second(settings, "vnet.rate_in"));
  const auto rate_out = TRY(bits_per_second(settings, "vnet.rate_out"));
  std::vector<sys::Wire> wires;
  for (const auto& bridge : pieces(settings, "vnet.bridge"))
    wires.push_back({.bridge = bridge,
                     .outer = {},
                     .inner = concat("eth", wires.size()),
                     .note = {},
                     .mtu = mtu ? std::optional(static_cast<unsigned>(mtu)) : std::nullopt,
                     .addresses = {},
                     .routers = {},
                     .isolated = settings.on("vnet.isolated"),
                     .guarded = settings.on("vnet.guard"),
                     .rate_in = rate_in,
                     .rate_out = rate_out});
  const auto take = [](int family) {
    return [family](auto& all, const auto& piece) { return take_address(all, piece, family); };
  };
  TRY(take_all(wires, settings, "vnet.ip4", take(AF_INET)));
  TRY(take_all(wires, settings, "vnet.ip6", take(AF_INET6)));
  TRY(take_all(wires, settings, "vnet.router", take_router));
  return wires;
}

Result<std::optional<net::NatPlan>> nat_of(const Settings& settings) {
  const auto redirects = pieces(settings, "vnet.rdr");
  const bool outgoing = settings.on("vnet.nat");
  if (!outgoing && redirects.empty()) return std::nullopt;
  const std::string_view name = outgoing ? "vnet.nat" : "vnet.rdr";
  net::NatPlan plan{.outgoing = outgoing, .addresses = {}, .redirects = {}};
  for (const auto& wire : TRY(wires_of(settings)))
    plan.addresses.insert(plan.addresses.end(), wire.addresses.begin(), wire.addresses.end());
  if (plan.addresses.empty())
    return fail(Error{EINVAL, concat(name, ": the host knows no address of the jail"),
                      "vnet.ip4 or vnet.ip6 gives it one"});
  for (const auto& piece : redirects) {
    auto redirect = net::parse_redirect(piece);
    if (!redirect) return fail(std::move(redirect).error().in("vnet.rdr"));
    plan.redirects.push_back(std::move(*redirect));
  }
  return plan;
}

std::string outer_name(Jid jid, size_t wire) { return concat("e", wire, "a_", jid); }

void settle_wire(sys::Wire& wire, size_t number, Jid jid, const std::string& name,
                 const std::string& host) {
  const auto mac = [&](uint8_t end) {
    return net::stable_mac(host, concat(name, ".", wire.inner), end);
  };
  wire.outer = outer_name(jid, number);
  wire.note = concat(wire.inner, " of jail ", name);
  wire.outer_mac = mac(0x0a);
  wire.inner_mac = mac(0x0b);
}

}  // namespace gaol::warden
