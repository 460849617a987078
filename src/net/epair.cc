// SPDX-License-Identifier: BSD-2-Clause
#include "net/epair.h"

#include <errno.h>
#include <net/if.h>

#include <algorithm>

namespace gaol::net {

namespace {

struct Kind {
  std::string_view stem;   // FreeBSD's
  std::string_view linux;  // the kernel's
  bool ethernet;           // has a MAC address of its own
};
// A loopback interface beyond the first carries addresses and nothing else: that is a dummy.
constexpr Kind kKinds[] = {
    {"bridge", "bridge", true}, {"epair", "veth", false},  // its ends have
    {"lo", "dummy", false},     {"macvlan", "macvlan", true}, {"tap", "tap", true},
    {"tun", "tun", false},      {"vlan", "vlan", false},      {"vxlan", "vxlan", true},
};

constexpr std::string_view kDigits = "0123456789";

// FNV-1a: nothing is kept secret here, names are only spread out.
uint64_t spread(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

UnitName split_unit(std::string_view name) {
  const auto end = name.find_last_not_of(kDigits) + 1;  // npos + 1 is 0
  return {name.substr(0, end), name.substr(end)};
}

std::string host_id(sys::Kernel& kernel) {
  for (const char* file : {"/etc/machine-id", "/proc/sys/kernel/random/boot_id"})
    if (const auto text = kernel.read_file(file); text && !trim(*text).empty())
      return std::string(trim(*text));
  return {};
}

sys::Mac stable_mac(std::string_view host, std::string_view name, uint8_t end) {
  const uint64_t hash = spread(concat(host, "/", name));
  const auto byte = [&](int at) { return static_cast<uint8_t>(hash >> 8 * at); };
  return {0x02, byte(7), byte(6), byte(5), byte(4), end};
}

Result<sys::NewLink> new_link(std::string_view host, const std::string& name) {
  const auto [stem, unit] = split_unit(name);
  const auto dotted = stem.size() > 1 && stem.ends_with('.');  // em0.10
  const auto* kind = std::ranges::find(kKinds, dotted ? "vlan" : stem, &Kind::stem);
  if (kind == std::end(kKinds)) {
    Error error{EINVAL, std::string(errno_text(EINVAL)), {}};
    return fail(std::move(error).advise(
        "bridge, epair, lo, macvlan, tap, tun, vlan and vxlan can be created"));
  }
  sys::NewLink out{
      .name = name, .kind = std::string(kind->linux), .mac = {}, .peer = {}, .peer_mac = {}};
  if (kind->ethernet) out.mac = stable_mac(host, name, 0);
  if (kind->linux == "veth") {
    out.name = concat(name, 'a');
    out.peer = concat(name, 'b');
    out.mac = stable_mac(host, name, 0x0a);
    out.peer_mac = stable_mac(host, name, 0x0b);
  }
  return out;
}

std::string mac_text(const sys::Mac& mac) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : mac) {
    if (!out.empty()) out += ':';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::optional<sys::Mac> parse_mac(std::string_view text) {
  const auto pieces = split(text, ':');
  sys::Mac out{};
  if (pieces.size() != out.size()) return {};
  for (size_t i = 0; i < out.size(); ++i) {
    const auto [end, error] = std::from_chars(pieces[i].begin(), pieces[i].end(), out[i], 16);
    if (error != std::errc{} || end != pieces[i].end()) return {};
  }
  return out;
}

std::string_view group_of(const sys::Link& link) {
  if (link.flags & IFF_LOOPBACK) return "lo";
  const auto* kind = std::ranges::find(kKinds, link.kind, &Kind::linux);
  return kind == std::end(kKinds) ? std::string_view(link.kind) : kind->stem;
}

}  // namespace gaol::net
