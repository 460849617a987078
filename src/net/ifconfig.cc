// SPDX-License-Identifier: BSD-2-Clause
#include "net/ifconfig.h"

// FreeBSD's ifconfig does one verb after the other. Here all verbs of a line are one description
// of the interface as it is to be, which most times is a single request to the kernel.

#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/suggest.h"
#include "net/epair.h"
#include "net/inet.h"

namespace gaol::net {

namespace {

using Act = AddressWords::Act;

std::unexpected<Error> bad_value(std::string_view word) { return fail(word, ": bad value"); }

template <unsigned kFlag, bool kOn>
Result<> set_flag(Ifconfig& out, const std::string&) {
  out.change.flag_mask |= kFlag;
  out.change.flags = (out.change.flags & ~kFlag) | (kOn ? kFlag : 0);
  return {};
}

template <Act kAct>
Result<> set_act(Ifconfig& out, const std::string&) {
  if (!out.address) out.address.emplace();
  out.address->act = kAct;
  return {};
}

template <int kFamily>
Result<> set_family(Ifconfig& out, const std::string&) {
  out.family = kFamily;
  out.only_family = true;
  return {};
}

template <bool kJoins>
Result<> add_member(Ifconfig& out, const std::string& word) {
  out.members.push_back({kJoins, word});
  return {};
}

Result<> set_mac(Ifconfig& out, const std::string& word) {
  out.change.mac = parse_mac(word);
  if (!out.change.mac) return bad_value(word);
  return {};
}

Result<> set_prefix(Ifconfig& out, const std::string& word) {
  const auto length = prefix_length(word, out.family);
  if (!length || !out.address || !out.address->address) return bad_value(word);
  out.address->address->prefix = *length;
  out.address->masked = true;
  return {};
}

Result<> set_broadcast(Ifconfig& out, const std::string& word) {
  const auto address = parse_address(word, AF_INET);
  if (!address || !out.address) return bad_value(word);
  out.address->broadcast = address;
  return {};
}

Result<> set_mtu(Ifconfig& out, const std::string& word) {
  out.change.mtu = number<unsigned>(word);
  if (!out.change.mtu) return bad_value(word);
  return {};
}

Result<> set_vlan(Ifconfig& out, const std::string& word) {
  out.vlan = number<unsigned>(word);
  if (!out.vlan || *out.vlan < 1 || *out.vlan > 4094) return bad_value(word);
  return {};
}

sys::Vxlan& vxlan_of(Ifconfig& out) { return out.vxlan ? *out.vxlan : out.vxlan.emplace(); }

Result<> set_vxlan_id(Ifconfig& out, const std::string& word) {
  constexpr unsigned kMost = (1 << 24) - 1;
  const auto id = number<unsigned>(word);
  if (!id || *id == 0 || *id > kMost) return bad_value(word);
  vxlan_of(out).id = *id;
  return {};
}

template <std::optional<sys::Address> sys::Vxlan::*kField>
Result<> set_vxlan_end(Ifconfig& out, const std::string& word) {
  const auto address = parse_address(word, word.find(':') == word.npos ? AF_INET : AF_INET6);
  if (!address) return bad_value(word);
  vxlan_of(out).*kField = address;
  return {};
}

Result<> set_vxlan_port(Ifconfig& out, const std::string& word) {
  const auto port = number<uint16_t>(word);
  if (!port || *port == 0) return bad_value(word);
  vxlan_of(out).port = *port;
  return {};
}

// The kernel counts an interface's description with the zero that ends it.
Result<> set_description(Ifconfig& out, const std::string& word) {
  out.change.description = word;
  return {};
}
Result<> clear_description(Ifconfig& out, const std::string&) {
  return set_description(out, std::string(1, '\0'));
}

template <std::string Ifconfig::*kField>
Result<> set_text(Ifconfig& out, const std::string& word) {
  out.*kField = word;
  return {};
}

Result<> set_name(Ifconfig& out, const std::string& word) {
  if (word.empty() || word.size() >= IFNAMSIZ) return fail("name: ", word, ": File name too long");
  out.change.name = word;
  return {};
}

Result<> ask_create(Ifconfig& out, const std::string&) {
  out.create = true;
  return {};
}
Result<> ask_destroy(Ifconfig& out, const std::string&) {
  out.destroy = true;
  return {};
}

struct Verb {
  std::string_view name;
  bool operand;
  Result<> (*read)(Ifconfig&, const std::string& operand);
};
constexpr Verb kVerbs[] = {
    {"-alias", false, set_act<Act::remove>},
    {"-arp", false, set_flag<IFF_NOARP, true>},
    {"-descr", false, clear_description},
    {"-description", false, clear_description},
    {"-promisc", false, set_flag<IFF_PROMISC, false>},
    {"-vnet", true, set_text<&Ifconfig::out_of_jail>},
    {"add", false, set_act<Act::add>},
    {"addm", true, add_member<true>},
    {"alias", false, set_act<Act::add>},
    {"arp", false, set_flag<IFF_NOARP, false>},
    {"broadcast", true, set_broadcast},
    {"create", false, ask_create},
    {"delete", false, set_act<Act::remove>},
    {"deletem", true, add_member<false>},
    {"descr", true, set_description},
    {"description", true, set_description},
    {"destroy", false, ask_destroy},
    {"down", false, set_flag<IFF_UP, false>},
    {"ether", true, set_mac},
    {"inet", false, set_family<AF_INET>},
    {"inet6", false, set_family<AF_INET6>},
    {"link", true, set_mac},
    {"lladdr", true, set_mac},
    {"macvlandev", true, set_text<&Ifconfig::parent>},
    {"mtu", true, set_mtu},
    {"name", true, set_name},
    {"netmask", true, set_prefix},
    {"plumb", false, ask_create},
    {"prefixlen", true, set_prefix},
    {"promisc", false, set_flag<IFF_PROMISC, true>},
    {"remove", false, set_act<Act::remove>},
    {"unplumb", false, ask_destroy},
    {"up", false, set_flag<IFF_UP, true>},
    {"vlan", true, set_vlan},
    {"vlandev", true, set_text<&Ifconfig::parent>},
    {"vnet", true, set_text<&Ifconfig::into_jail>},
    {"vxlandev", true, set_text<&Ifconfig::parent>},
    {"vxlangroup", true, set_vxlan_end<&sys::Vxlan::remote>},
    {"vxlanid", true, set_vxlan_id},
    {"vxlanlocal", true, set_vxlan_end<&sys::Vxlan::local>},
    {"vxlanlocalport", true, set_vxlan_port},
    {"vxlanremote", true, set_vxlan_end<&sys::Vxlan::remote>},
    {"vxlanremoteport", true, set_vxlan_port},
};
static_assert(std::ranges::is_sorted(kVerbs, {}, &Verb::name));

// Verbs of FreeBSD's that mean something which is not done here. To ignore one could open what its
// author wanted shut.
struct Refused {
  std::string_view name, why;
};
constexpr std::string_view kOffload = "offloads are changed with ethtool";
constexpr std::string_view kFilters = "filter between the members with nft's bridge family";
constexpr Refused kRefused[] = {
    {"-group", "interface groups have numbers here, not names"},
    {"-lro", kOffload},
    {"-rxcsum", kOffload},
    {"-tso", kOffload},
    {"-txcsum", kOffload},
    {"accept_rtadv", "router advertisements are a sysctl of the interface"},
    {"fib", "a routing table belongs to rules here, not to interfaces"},
    {"group", "interface groups have numbers here, not names"},
    {"media", "speed and duplex are changed with ethtool"},
    {"private", kFilters},
    {"span", kFilters},
    {"stp", "the spanning tree is switched for a whole bridge"},
    {"tunnel", "tunnels are made with ip-link"},
    {"vhid", "there is no CARP in the kernel"},
};
static_assert(std::ranges::is_sorted(kRefused, {}, &Refused::name));

std::vector<std::string_view> verb_names() {
  std::vector<std::string_view> out;
  for (const auto& verb : kVerbs) out.push_back(verb.name);
  return out;
}

// A word that is no verb is the address, with its netmask or without.
Result<> read_address(Ifconfig& out, std::string_view word) {
  const auto slash = std::min(word.find('/'), word.size());
  const auto address = parse_address(word.substr(0, slash), out.family);
  if (!address) return fail(word, ": bad value", did_you_mean(word, verb_names()));
  if (out.address && out.address->address)
    return fail(word,
                ": not supported on this system: an address has a netmask here, no other end");
  if (!out.address) out.address.emplace();
  out.address->address = *address;
  if (slash == word.size()) return {};
  return set_prefix(out, std::string(word.substr(slash + 1)));
}

Result<> read_verbs(Ifconfig& out, std::span<const std::string> words) {
  while (!words.empty()) {
    const std::string& word = words.front();
    words = words.subspan(1);
    if (const auto* no = std::ranges::find(kRefused, word, &Refused::name);
        no != std::end(kRefused))
      return fail(word, ": not supported on this system: ", no->why);
    const auto* verb = std::ranges::find(kVerbs, word, &Verb::name);
    if (verb == std::end(kVerbs)) {
      TRY(read_address(out, word));
    } else if (!verb->operand) {
      TRY(verb->read(out, {}));
    } else {
      if (words.empty()) return fail("'", word, "' requires argument");
      TRY(verb->read(out, words.front()));
      words = words.subspan(1);
    }
  }
  return {};
}

// Options may stand in one word. Those that only make a listing longer are taken and add nothing.
Result<std::span<const std::string>> read_options(Ifconfig& out,
                                                  std::span<const std::string> words) {
  while (!words.empty() && words.front().starts_with('-')) {
    const std::string letters = words.front().substr(1);
    words = words.subspan(1);
    for (const char letter : letters) switch (letter) {
        case 'a': out.form = Ifconfig::Form::show_all; break;
        case 'l': out.form = Ifconfig::Form::names; break;
        case 'u': out.only_up = true; break;
        case 'd': out.only_down = true; break;
        case 'k':
        case 'L':
        case 'm':
        case 'n':
        case 'v': break;
        case 'j':
          if (words.empty()) return fail("option requires an argument -- j");
          out.jail = words.front();
          words = words.subspan(1);
          break;
        default: return fail("illegal option -- ", letter);
      }
  }
  return words;
}

bool changes(const Ifconfig& asked) {
  const auto& change = asked.change;
  return asked.create || asked.destroy || change.flag_mask || change.mtu || change.name ||
         change.description || change.mac || !asked.members.empty() || asked.vlan || asked.vxlan ||
         !asked.parent.empty() || asked.address || !asked.into_jail.empty() ||
         !asked.out_of_jail.empty();
}

// A netmask that nobody gave is that of the address's class, as it was before CIDR.
int class_prefix(const sys::Address& address) {
  if (address.family == AF_INET6) return 64;
  if (address.bytes[0] < 128) return 8;
  return address.bytes[0] < 192 ? 16 : 24;
}

}  // namespace

Result<Ifconfig> parse_ifconfig(std::span<const std::string> words) {
  Ifconfig out;
  words = TRY(read_options(out, words));
  // -a and -l have no interface, but a family may follow.
  const bool family_only = words.size() == 1 && words[0].starts_with("inet");
  if (!words.empty() && !family_only) {
    out.interface = words.front();
    out.form = Ifconfig::Form::show;
    words = words.subspan(1);
  }
  TRY(read_verbs(out, words));
  if (changes(out)) out.form = Ifconfig::Form::change;
  if (out.address && !out.address->address && out.address->act != Act::remove)
    return fail("an address is missing");
  if (out.address && out.address->address && !out.address->masked)
    out.address->address->prefix = class_prefix(*out.address->address);
  return out;
}

// --- showing ---

namespace {

constexpr unsigned kLowerUp = 0x10000;  // linux/if.h cannot stand beside net/if.h

struct Flag {
  unsigned linux, freebsd;
  std::string_view name;
};
// In FreeBSD's order, with FreeBSD's bits. A broadcast medium does not hear itself: SIMPLEX.
constexpr Flag kFlags[] = {
    {IFF_UP, 0x1, "UP"},
    {IFF_BROADCAST, 0x2, "BROADCAST"},
    {IFF_DEBUG, 0x4, "DEBUG"},
    {IFF_LOOPBACK, 0x8, "LOOPBACK"},
    {IFF_POINTOPOINT, 0x10, "POINTOPOINT"},
    {IFF_RUNNING, 0x40, "RUNNING"},
    {IFF_NOARP, 0x80, "NOARP"},
    {IFF_PROMISC, 0x100, "PROMISC"},
    {IFF_ALLMULTI, 0x200, "ALLMULTI"},
    {IFF_BROADCAST, 0x800, "SIMPLEX"},
    {IFF_MULTICAST, 0x8000, "MULTICAST"},
    {kLowerUp, 0x1000000, "LOWER_UP"},
};

std::string hex(uint32_t value) {
  char digits[9];
  char* const end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return {digits, end};
}

std::string show_flags(unsigned flags) {
  uint32_t bits = 0;
  std::vector<std::string> names;
  for (const auto& flag : kFlags) {
    if (!(flags & flag.linux)) continue;
    bits |= flag.freebsd;
    names.emplace_back(flag.name);
  }
  return concat("flags=", hex(bits), "<", join(names, ","), ">");
}

std::string show_address(const sys::LinkAddress& of, const sys::Link& link) {
  const auto& address = of.address;
  if (address.family == AF_INET6) {
    const bool link_local = address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
    return concat("\tinet6 ", address_text(address), link_local ? concat("%", link.name) : "",
                  " prefixlen ", address.prefix,
                  link_local ? concat(" scopeid 0x", hex(link.index)) : "", "\n");
  }
  const uint32_t mask = address.prefix == 0 ? 0 : ~uint32_t{0} << (32 - address.prefix);
  std::string digits = hex(mask);
  digits.insert(0, 8 - digits.size(), '0');
  return concat("\tinet ", address_text(address), " netmask 0x", digits,
                of.broadcast ? concat(" broadcast ", address_text(*of.broadcast)) : "", "\n");
}

std::string name_of(unsigned index, std::span<const sys::Link> all) {
  const auto found = std::ranges::find(all, index, &sys::Link::index);
  return found == all.end() ? "<none>" : found->name;
}

std::string show_vxlan(const sys::Vxlan& vxlan) {
  const auto end = [&](std::string_view what, const std::optional<sys::Address>& address) {
    return address ? concat(what, address_text(*address), ":", vxlan.port) : "";
  };
  return concat(
      "\tvxlan vni ", vxlan.id, end(" local ", vxlan.local),
      end(vxlan.remote && is_multicast(*vxlan.remote) ? " group " : " remote ", vxlan.remote),
      "\n");
}

std::string show_kind(const sys::Link& link, std::span<const sys::Link> all) {
  std::string out;
  for (const auto& other : all)
    if (other.bridge == link.index) out += concat("\tmember: ", other.name, "\n");
  if (link.kind == "vlan")
    out += concat("\tvlan: ", link.vlan, " parent interface: ", name_of(link.lower, all), "\n");
  if (link.vxlan) out += show_vxlan(*link.vxlan);
  if (const auto group = group_of(link); !group.empty()) out += concat("\tgroups: ", group, "\n");
  if (!(link.flags & IFF_LOOPBACK))
    out += concat("\tstatus: ", link.flags & kLowerUp ? "active" : "no carrier", "\n");
  return out;
}

}  // namespace

std::string show_link(const sys::Link& link, std::span<const sys::Link> all,
                      std::span<const sys::LinkAddress> addresses, int family) {
  std::string out =
      concat(link.name, ": ", show_flags(link.flags), " metric 0 mtu ", link.mtu, "\n");
  if (family == 0) {
    if (!link.description.empty()) out += concat("\tdescription: ", link.description, "\n");
    if (link.mac && !(link.flags & IFF_LOOPBACK))
      out += concat("\tether ", mac_text(*link.mac), "\n");
  }
  for (const auto& address : addresses)
    if (address.link == link.index && (family == 0 || address.address.family == family))
      out += show_address(address, link);
  return family == 0 ? out + show_kind(link, all) : out;
}

}  // namespace gaol::net
