// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The words of FreeBSD's ifconfig(8) as far as jail.conf files use them, and what it shows.
// Reading them asks nothing of the machine; tools/ifconfig.cc does what they say.
// Source: ifconfig(8), FreeBSD 15.

#include <sys/socket.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/links.h"

namespace gaol::net {

// An address to set, add or remove. FreeBSD's `inet ADDR` without `alias` replaces the interface's
// first IPv4 address; an IPv6 address always comes beside the others.
struct AddressWords {
  enum class Act : uint8_t { replace, add, remove };
  Act act = Act::replace;
  std::optional<sys::Address> address;  // none: the first one, to be removed
  bool masked = false;                  // a prefix length was given
  std::optional<sys::Address> broadcast;
};

struct Member {
  bool joins;  // addm, or deletem
  std::string interface;
};

struct Ifconfig {
  enum class Form : uint8_t { show_all, show, names, change };
  Form form = Form::show_all;
  std::string jail;          // -j
  bool only_up = false;      // -u
  bool only_down = false;    // -d
  int family = AF_INET;      // of addresses to come
  bool only_family = false;  // a listing of that family's addresses alone
  std::string interface;

  bool create = false, destroy = false;
  sys::LinkChange change;  // of its members `bridge` is not used
  std::vector<Member> members;
  std::optional<unsigned> vlan;
  std::optional<sys::Vxlan> vxlan;
  std::string parent;  // vlandev, vxlandev, macvlandev
  std::optional<AddressWords> address;
  std::string into_jail, out_of_jail;  // vnet, -vnet
};

// Reads the words of a command line behind its name. The error is what ifconfig would say.
Result<Ifconfig> parse_ifconfig(std::span<const std::string> words);

// An interface in FreeBSD's layout, of many lines. `all` are the interfaces it may refer to;
// `family` 0 is everything.
std::string show_link(const sys::Link& link, std::span<const sys::Link> all,
                      std::span<const sys::LinkAddress> addresses, int family);

}  // namespace gaol::net
