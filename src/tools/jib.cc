// SPDX-License-Identifier: BSD-2-Clause

// jib(8), which FreeBSD has among its examples: for every interface given a bridge that it is a
// member of, and an epair from there into a jail. Hooks of circulating jail.conf files call it in
// exec.prestart and exec.poststop; vnet.interface then names e0b_NAME, e1b_NAME, ...
//
// The MAC addresses follow from the interface's and the jail's name, so they are the same after a
// restart and differ from host to host.
// Source: share/examples/jails/jib, FreeBSD 15.

#include <errno.h>
#include <net/if.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "net/epair.h"
#include "sys/links.h"
#include "tools/print.h"

namespace {

using namespace gaol;
using tools::complain;
using tools::say;

using Words = std::span<const std::string>;

struct Action {
  std::string_view name, usage, about;
  Result<> (*run)(Words words);
};

bool is_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// The NAME in `e12a_NAME`; empty for other interfaces.
std::string_view name_behind(std::string_view interface) {
  constexpr std::string_view kMark = "a_";
  if (!interface.starts_with('e')) return {};
  const size_t digits = std::min(interface.find_first_not_of("0123456789", 1), interface.size());
  if (digits == 1 || !interface.substr(digits).starts_with(kMark)) return {};
  return interface.substr(digits + kMark.size());
}

Result<sys::Link> find(const std::string& interface) {
  auto link = sys::find_link(interface);
  if (!link && link.error().code == ENODEV)
    return fail(Error{ENODEV, concat("interface ", interface, " does not exist"), {}});
  return link;
}

// --- addm ---

Result<sys::Link> bridge_of(const sys::Link& link, const std::string& name) {
  if (auto there = sys::find_link(name)) return there;
  if (auto made =
          sys::create_link({.name = name, .kind = "bridge", .mac = {}, .peer = {}, .peer_mac = {}});
      !made)
    return fail(std::move(made).error().in(name));
  const auto bridge = TRY(sys::find_link(name));
  TRY(sys::change_link(bridge.index, {.flags = IFF_UP, .flag_mask = IFF_UP, .mtu = link.mtu}));
  if (auto joined = sys::change_link(link.index, {.bridge = bridge.index}); !joined)
    return fail(std::move(joined).error().in(name, ": ", link.name));
  return bridge;
}

Result<> add_pair(const sys::Link& link, const sys::Link& bridge, const std::string& jail,
                  size_t number) {
  const auto end = [&](char which) { return concat('e', number, which, '_', jail); };
  const std::string parent = link.mac ? net::mac_text(*link.mac) : link.name;
  auto made = sys::create_link({.name = end('a'),
                                .kind = "veth",
                                .mac = net::stable_mac(parent, jail, 0x0a),
                                .peer = end('b'),
                                .peer_mac = net::stable_mac(parent, jail, 0x0b)});
  if (!made) return fail(std::move(made).error().in(end('a')));
  for (const char which : {'a', 'b'}) {
    const auto one = TRY(sys::find_link(end(which)));
    TRY(sys::change_link(one.index, {.mtu = link.mtu}));
  }
  const auto ours = TRY(sys::find_link(end('a')));
  return sys::change_link(ours.index,
                          {.flags = IFF_UP, .flag_mask = IFF_UP, .bridge = bridge.index});
}

Result<> add_members(const std::string& suffix, const std::string& jail, Words interfaces) {
  for (size_t number = 0; number < interfaces.size(); ++number) {
    if (sys::find_link(concat('e', number, "a_", jail))) continue;
    const auto link = TRY(find(interfaces[number]));
    TRY(sys::change_link(link.index, {.flags = IFF_UP, .flag_mask = IFF_UP}));
    const auto bridge = TRY(bridge_of(link, concat(link.name, suffix)));
    TRY(add_pair(link, bridge, jail, number));
  }
  return {};
}

constexpr std::string_view kAddm = "addm [-b BRIDGE_NAME] NAME interface0 [interface1 ...]";
constexpr std::string_view kShow = "show [NAME]";
constexpr std::string_view kDestroy = "destroy NAME";

std::unexpected<Error> misused(std::string_view usage) { return fail("usage: jib ", usage); }

Result<> addm(Words words) {
  std::string suffix = "bridge";
  if (words.size() > 1 && words[0] == "-b") {
    suffix = words[1];
    words = words.subspan(2);
  }
  if (words.size() < 2 || !is_name(words[0])) return misused(kAddm);
  return add_members(suffix, words[0], words.subspan(1));
}

// --- show, destroy ---

Result<std::set<std::string>> ends_of(const std::string& jail) {
  std::set<std::string> out;
  for (const auto& link : TRY(sys::list_links()))
    if (name_behind(link.name) == jail) out.insert(link.name);
  return out;
}

Result<std::set<std::string>> jails() {
  std::set<std::string> out;
  for (const auto& link : TRY(sys::list_links()))
    if (link.bridge && !name_behind(link.name).empty()) out.emplace(name_behind(link.name));
  return out;
}

Result<> show(Words words) {
  if (words.size() > 1) return misused(kShow);
  const auto lines = words.empty() ? TRY(jails()) : TRY(ends_of(words[0]));
  for (const auto& line : lines) say(line);
  return {};
}

Result<> destroy(Words words) {
  if (words.size() != 1 || !is_name(words[0])) return misused(kDestroy);
  for (const auto& end : TRY(ends_of(words[0]))) {
    const auto link = TRY(sys::find_link(end));
    TRY(sys::delete_link(link.index));
  }
  return {};
}

constexpr Action kActions[] = {
    {"addm", kAddm, "Creates e0b_NAME [e1b_NAME ...]", addm},
    {"show", kShow, "Lists names, or e0a_NAME [e1a_NAME ...]", show},
    {"destroy", kDestroy, "Destroys e0b_NAME [e1b_NAME ...]", destroy},
};

int usage() {
  std::string out = "Usage: jib action [arguments]\nActions:";
  for (const auto& action : kActions) out += concat("\n\t", action.usage, "\n\t\t", action.about);
  tools::write_line(stderr, out);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return usage();
  const auto* action = std::ranges::find(kActions, words[0], &Action::name);
  if (action == std::end(kActions)) return usage();
  const auto done = action->run(Words(words).subspan(1));
  if (done) return 0;
  complain("jib", done.error());
  return 1;
}
