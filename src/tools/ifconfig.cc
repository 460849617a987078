// SPDX-License-Identifier: BSD-2-Clause

// ifconfig(8) as FreeBSD has it, as far as hooks of jail.conf files use it: interfaces are made,
// wired to bridges, given addresses and lent to jails. jail(8) runs it in the place of the host's
// own, on the host and inside jails of any Linux tree; see gaol-compat(7).
// Source: ifconfig(8), FreeBSD 15.

#include <errno.h>
#include <net/if.h>

#include <algorithm>
#include <vector>

#include "net/epair.h"
#include "net/ifconfig.h"
#include "net/inet.h"
#include "tools/print.h"
#include "warden/warden.h"

namespace {

using namespace gaol;
using net::AddressWords;
using net::Ifconfig;
using tools::complain;
using tools::say;

std::unexpected<Error> said(Error error, std::string_view what) {
  return fail(std::move(error).in(what));
}

// FreeBSD's first loopback interface is lo0.
Result<sys::Link> find_interface(const std::string& name) {
  auto link = sys::find_link(name);
  if (!link && link.error().code == ENODEV && name == "lo0") link = sys::find_link("lo");
  if (!link && link.error().code == ENODEV)
    return fail(Error{ENODEV, concat("interface ", name, " does not exist"), {}});
  return link;
}

Result<warden::Record> find_jail(warden::Warden& warden, const std::string& name) {
  auto jail = warden.find(name);
  if (!jail) return fail("jail \"", name, "\" not found");
  return jail;
}

// --- creating ---

constexpr std::string_view kAtCreate = " must be given together with create on this system";

Result<> complete_vlan(const Ifconfig& asked, sys::NewLink& link) {
  const auto dot = link.name.rfind('.');
  const auto id = dot == link.name.npos ? asked.vlan : number<unsigned>(link.name.substr(dot + 1));
  const auto parent = dot == link.name.npos ? asked.parent : link.name.substr(0, dot);
  if (!id || parent.empty()) return fail("vlan and vlandev", kAtCreate);
  link.vlan = *id;
  link.lower = TRY(find_interface(parent)).index;
  return {};
}

Result<> complete_macvlan(const Ifconfig& asked, sys::NewLink& link) {
  if (asked.parent.empty()) return fail("macvlandev", kAtCreate);
  link.lower = TRY(find_interface(asked.parent)).index;
  return {};
}

// What it carries has to fit into the packets of what lies below, which nobody knows yet where no
// interface is named.
Result<> complete_vxlan(const Ifconfig& asked, sys::NewLink& link) {
  constexpr unsigned kUsualMtu = 1500, kHeaders = 50, kLongerHeaders = 70;
  if (!asked.vxlan || !asked.vxlan->id || !asked.vxlan->remote)
    return fail("vxlanid and vxlanremote (or vxlangroup)", kAtCreate);
  const auto& remote = *asked.vxlan->remote;
  if (net::is_multicast(remote) && asked.parent.empty())
    return fail("vxlangroup: ", net::address_text(remote), " needs an interface (vxlandev)");
  link.vxlan = asked.vxlan;
  unsigned below = kUsualMtu;
  if (!asked.parent.empty()) {
    const auto parent = TRY(find_interface(asked.parent));
    link.lower = parent.index;
    below = parent.mtu;
  }
  link.mtu = below - (remote.family == AF_INET ? kHeaders : kLongerHeaders);
  return {};
}

Result<> complete(const Ifconfig& asked, sys::NewLink& link) {
  if (link.kind == "vlan") return complete_vlan(asked, link);
  if (link.kind == "macvlan") return complete_macvlan(asked, link);
  if (link.kind == "vxlan") return complete_vxlan(asked, link);
  return {};
}

Result<> try_create(const Ifconfig& asked, const std::string& name, std::string& made) {
  // A jail is a machine of its own: vxlan0 here and vxlan0 there may meet on a bridge.
  auto link = net::new_link(concat(net::host_id(sys::real_kernel()), asked.jail), name);
  if (!link) return said(std::move(link).error(), concat("SIOCIFCREATE2 (", asked.interface, ")"));
  TRY(complete(asked, *link));
  if (auto done = sys::create_link(*link); !done) {
    Error error = std::move(done).error().in("SIOCIFCREATE2 (", asked.interface, ")");
    if (error.code == EOPNOTSUPP)
      error.hint = concat("this kernel has no ", link->kind, " interfaces");
    return fail(std::move(error));
  }
  made = link->name;
  return {};
}

// The name of the new interface. Without a unit it gets the lowest free one: to try is the only
// way to know, for others create interfaces meanwhile.
Result<std::string> create(const Ifconfig& asked) {
  constexpr int kUnits = 65536;
  std::string made;
  if (!net::split_unit(asked.interface).unit.empty()) {
    TRY(try_create(asked, asked.interface, made));
    return made;
  }
  for (int unit = 0; unit < kUnits; ++unit) {
    auto done = try_create(asked, concat(asked.interface, unit), made);
    if (done) return made;
    if (done.error().code != EEXIST) return std::unexpected(std::move(done).error());
  }
  return fail("SIOCIFCREATE2 (", asked.interface, "): no unit is free");
}

// --- addresses ---

// With the first address of a network the kernel takes the others of that network away. FreeBSD
// leaves them.
Result<> remove_alone(const sys::Link& link, const sys::LinkAddress& gone) {
  const auto before = TRY(sys::list_addresses(link.index));
  TRY(sys::remove_link_address(gone));
  const auto after = TRY(sys::list_addresses(link.index));
  const auto stands = [&](const sys::LinkAddress& one) {
    return std::ranges::count(after, one.address, &sys::LinkAddress::address) > 0;
  };
  for (const auto& one : before)
    if (one.address != gone.address && !stands(one)) TRY(sys::add_link_address(one));
  return {};
}

Result<> remove_address(const sys::Link& link, const AddressWords& asked) {
  const auto there = TRY(sys::list_addresses(link.index));
  const auto is_meant = [&](const sys::LinkAddress& one) {
    if (!asked.address) return one.address.family == AF_INET;
    return one.address.family == asked.address->family &&
           std::ranges::equal(one.address.bytes, asked.address->bytes) &&
           (!asked.masked || one.address.prefix == asked.address->prefix);
  };
  const auto found = std::ranges::find_if(there, is_meant);
  if (found != there.end()) return remove_alone(link, *found);
  return fail("ioctl (SIOCDIFADDR): ", errno_text(EADDRNOTAVAIL));
}

Result<> drop_first(const sys::Link& link) {
  const auto there = TRY(sys::list_addresses(link.index));
  const auto family = [](const sys::LinkAddress& one) { return one.address.family; };
  const auto first = std::ranges::find(there, AF_INET, family);
  return first == there.end() ? Result<>{} : remove_alone(link, *first);
}

Result<> change_address(const sys::Link& link, const AddressWords& asked) {
  if (asked.act == AddressWords::Act::remove) return remove_address(link, asked);
  const auto& address = *asked.address;
  if (asked.act == AddressWords::Act::replace && address.family == AF_INET) TRY(drop_first(link));
  sys::LinkAddress add{.link = link.index, .address = address, .broadcast = asked.broadcast};
  if (!add.broadcast && link.flags & IFF_BROADCAST) add.broadcast = sys::broadcast_of(address);
  if (auto added = sys::add_link_address(add); !added)
    return said(std::move(added).error(), "ioctl (SIOCAIFADDR)");
  // On FreeBSD an interface that gets an address comes up.
  return sys::change_link(link.index, {.flags = IFF_UP, .flag_mask = IFF_UP});
}

// --- bridges and jails ---

Result<> change_member(const sys::Link& bridge, const net::Member& member) {
  const std::string what = concat(member.joins ? "BRDGADD " : "BRDGDEL ", member.interface);
  auto link = sys::find_link(member.interface);
  if (!link) return fail_errno(ENOENT, what);
  if (member.joins && link->bridge == bridge.index) return fail_errno(EEXIST, what);
  if (member.joins && link->bridge) return fail_errno(EBUSY, what);
  if (!member.joins && link->bridge != bridge.index) return fail_errno(ENOENT, what);
  auto done = sys::change_link(link->index, {.bridge = member.joins ? bridge.index : 0});
  return done ? done : said(std::move(done).error(), what);
}

Result<> change_jail(const Ifconfig& asked, const std::string& name) {
  warden::Warden warden(sys::real_kernel());
  if (!asked.into_jail.empty()) {
    const auto jail = TRY(find_jail(warden, asked.into_jail));
    return warden.lend(jail, name);
  }
  const auto jail = TRY(find_jail(warden, asked.out_of_jail));
  return warden.take_back(jail, name);
}

// --- the whole ---

bool changes_link(const sys::LinkChange& change) {
  return change.flag_mask || change.mtu || change.name || change.description || change.mac;
}

Result<> change(const Ifconfig& asked) {
  std::string name = asked.interface;
  if (!asked.out_of_jail.empty()) TRY(change_jail(asked, name));
  if (asked.create) name = TRY(create(asked));
  const auto link = TRY(find_interface(name));
  if (asked.destroy) {
    auto gone = sys::delete_link(link.index);
    return gone ? gone : said(std::move(gone).error(), "SIOCIFDESTROY");
  }
  if (!asked.create && (asked.vlan || asked.vxlan || !asked.parent.empty()))
    return fail("what lies below a vlan, vxlan or macvlan", kAtCreate);
  if (changes_link(asked.change))
    if (auto done = sys::change_link(link.index, asked.change); !done)
      return said(std::move(done).error(), name);
  if (asked.change.name) name = *asked.change.name;
  for (const auto& member : asked.members) TRY(change_member(link, member));
  if (asked.address) TRY(change_address(link, *asked.address));
  if (!asked.into_jail.empty()) TRY(change_jail(asked, name));
  // A name that the user did not give is an answer.
  if (asked.create && name != asked.interface) say(name);
  return {};
}

bool shown(const Ifconfig& asked, const sys::Link& link) {
  const bool up = link.flags & IFF_UP;
  return !(asked.only_up && !up) && !(asked.only_down && up);
}

Result<> show(const Ifconfig& asked) {
  const auto links = TRY(sys::list_links());
  const auto addresses = TRY(sys::list_addresses());
  const bool one = asked.form == Ifconfig::Form::show;
  const auto wanted = one ? TRY(find_interface(asked.interface)).index : 0;
  std::string out;
  for (const auto& link : links)
    if (one ? link.index == wanted : shown(asked, link))
      out += net::show_link(link, links, addresses, asked.only_family ? asked.family : 0);
  tools::write_text(stdout, out);
  return {};
}

Result<> show_names(const Ifconfig& asked) {
  std::vector<std::string> names;
  for (const auto& link : TRY(sys::list_links()))
    if (shown(asked, link)) names.push_back(link.name);
  say(join(names, " "));
  return {};
}

Result<> run(const Ifconfig& asked) {
  if (!asked.jail.empty()) {
    warden::Warden warden(sys::real_kernel());
    const auto jail = TRY(find_jail(warden, asked.jail));
    const sys::Fd network = TRY(warden.network_of(jail));
    TRY(sys::enter_netns(network));
  }
  switch (asked.form) {
    case Ifconfig::Form::names: return show_names(asked);
    case Ifconfig::Form::change: return change(asked);
    default: return show(asked);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto asked = net::parse_ifconfig(words);
  const auto done = asked ? run(*asked) : std::unexpected(asked.error());
  if (done) return 0;
  complain("ifconfig", done.error());
  return 1;
}
