// SPDX-License-Identifier: BSD-2-Clause

// route(8) as FreeBSD has it, as far as jails use it: a default route inside, a network behind a
// jail outside. The answers are FreeBSD's, and like there a refusal of the kernel is one of them:
// on stdout, with exit status 1.
// Source: route(8), FreeBSD 15.

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/suggest.h"
#include "net/inet.h"
#include "sys/links.h"
#include "tools/print.h"
#include "warden/warden.h"

namespace {

using namespace gaol;
using tools::complain;
using tools::say;

struct Options {
  std::string jail;
  bool quiet = false;
  std::string command;
  int family = AF_INET;
  bool network = false, host = false;  // -net, -host
  std::string interface;
  std::optional<std::string> mask;
  std::vector<std::string> words;  // destination, gateway, netmask
};

constexpr std::string_view kCommands[] = {"add", "delete", "del", "get", "show"};

constexpr const char* kUsage = "usage: route [-j jail] [-nqv] add|delete|get [[modifiers] args]";

// --- words ---

// A modifier of FreeBSD's, with what follows it.
struct Modifier {
  std::string_view name;
  bool operand;
  void (*read)(Options&, const std::string& operand);
};
constexpr Modifier kModifiers[] = {
    {"-4", false, [](Options& o, const std::string&) { o.family = AF_INET; }},
    {"-6", false, [](Options& o, const std::string&) { o.family = AF_INET6; }},
    {"-host", false, [](Options& o, const std::string&) { o.host = true; }},
    {"-ifp", true, [](Options& o, const std::string& word) { o.interface = word; }},
    {"-inet", false, [](Options& o, const std::string&) { o.family = AF_INET; }},
    {"-inet6", false, [](Options& o, const std::string&) { o.family = AF_INET6; }},
    {"-net", false, [](Options& o, const std::string&) { o.network = true; }},
    {"-netmask", true, [](Options& o, const std::string& word) { o.mask = word; }},
    {"-prefixlen", true, [](Options& o, const std::string& word) { o.mask = word; }},
    {"-static", false, [](Options&, const std::string&) {}},  // all of ours are
};

// The interface takes the gateway's place.
constexpr std::string_view kThroughInterface[] = {"-interface", "-iface"};

Result<> read_modifiers(Options& out, std::vector<std::string> words) {
  for (size_t at = 0; at < words.size(); ++at) {
    const auto& word = words[at];
    const auto operand = [&]() -> Result<std::string> {
      if (at + 1 == words.size()) return fail(word, ": operand missing");
      return words[++at];
    };
    if (std::ranges::count(kThroughInterface, word)) {
      out.interface = TRY(operand());
      continue;
    }
    const auto* modifier = std::ranges::find(kModifiers, word, &Modifier::name);
    if (modifier != std::end(kModifiers))
      modifier->read(out, modifier->operand ? TRY(operand()) : std::string());
    else if (word.starts_with('-') && word.size() > 1)
      return fail(word, ": not supported on this system: unknown modifier");
    else
      out.words.push_back(word);
  }
  return {};
}

Result<Options> parse(std::vector<std::string> words) {
  Options out;
  size_t at = 0;
  for (; at < words.size() && words[at].starts_with('-'); ++at) {
    if (words[at] == "-j" && at + 1 < words.size())
      out.jail = words[++at];
    else if (const auto* m = std::ranges::find(kModifiers, words[at], &Modifier::name);
             m != std::end(kModifiers) && !m->operand)
      m->read(out, {});
    else if (words[at].find_first_not_of("-nqvdt") != words[at].npos)
      return fail(kUsage);
    else
      out.quiet |= words[at].contains('q');
  }
  if (at == words.size()) return fail(kUsage);
  out.command = words[at];
  if (!std::ranges::count(kCommands, out.command))
    return fail("bad keyword: ", out.command, did_you_mean(out.command, kCommands));
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  TRY(read_modifiers(out, std::move(words)));
  if (out.words.empty()) return fail("destination missing");
  return out;
}

// --- meaning ---

// An address as it is written, `%interface` behind it taken off.
Result<sys::Address> address_of(std::string_view text, const Options& o) {
  const auto address = net::parse_address(text.substr(0, text.find('%')), o.family);
  if (!address) return fail("bad address: ", text);
  return *address;
}

// `10.1` is the network 10.1.0.0/16: a number for each byte of the prefix.
std::string full_network(std::string_view text) {
  std::string out(text);
  for (auto dots = std::ranges::count(text, '.'); dots < 3; ++dots) out += ".0";
  return out;
}

Result<sys::Address> destination_of(const Options& o) {
  std::string_view text = o.words[0];
  if (text == "default") return sys::Address{.family = o.family, .bytes = {}, .prefix = 0};
  std::optional<std::string_view> mask = o.mask;
  if (o.words.size() > 2) mask = o.words[2];
  if (const auto slash = text.find('/'); slash != text.npos) {
    mask = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  const bool network = o.network || mask;
  auto out = TRY(address_of(network && o.family == AF_INET ? full_network(text) : text, o));
  if (o.network && !mask && o.family == AF_INET)
    out.prefix = 8 * static_cast<int>(std::ranges::count(text, '.') + 1);
  if (mask && !o.host) {
    const auto length = net::prefix_length(*mask, o.family);
    if (!length) return fail("bad address: ", *mask);
    out.prefix = *length;
  }
  return net::network_of(out);
}

Result<unsigned> index_of(const std::string& interface) {
  return TRY(sys::find_link(interface)).index;
}

Result<sys::Route> route_of(const Options& o) {
  sys::Route out{.destination = TRY(destination_of(o)), .gateway = {}};
  if (!o.interface.empty()) out.link = TRY(index_of(o.interface));
  if (o.words.size() < 2) return out;
  const std::string& gateway = o.words[1];
  out.gateway = TRY(address_of(gateway, o));
  if (const auto percent = gateway.find('%'); percent != gateway.npos)
    out.link = TRY(index_of(gateway.substr(percent + 1)));
  return out;
}

// --- answers ---

std::string_view reason(const Error& error) {
  switch (error.code) {
    case ESRCH: return "not in table";
    case EEXIST: return "route already in table";
    case EBUSY: return "entry in use";
    default: return error.text;
  }
}

int change(const Options& o, const sys::Route& route) {
  const bool adds = o.command == "add";
  const bool host = route.destination.prefix == (o.family == AF_INET ? 32 : 128);
  const std::string_view typed = o.words[0];
  std::string line =
      concat(adds ? "add" : "delete", host ? " host " : " net ", typed.substr(0, typed.find('/')));
  if (o.words.size() > 1 || !o.interface.empty())
    line += concat(": gateway ", o.words.size() > 1 ? o.words[1] : o.interface);
  const auto done = adds ? sys::add_route(route) : sys::delete_route(route);
  if (!done)
    say(concat(line, " fib 0: ", reason(done.error())));
  else if (!o.quiet)
    say(line);
  return done ? 0 : 1;
}

Result<> show(const Options& o) {
  const auto wanted = TRY(destination_of(o));
  const auto route = sys::route_to(wanted);
  if (!route) return fail("route has not been found");
  const auto& destination = route->destination;
  const auto links = TRY(sys::list_links());
  const auto link = std::ranges::find(links, route->link, &sys::Link::index);
  say(concat("   route to: ", wanted.prefix ? net::address_text(wanted) : "default"));
  say(concat("destination: ", destination.prefix ? net::address_text(destination) : "default"));
  say(concat("       mask: ", destination.prefix ? concat("/", destination.prefix) : "default"));
  if (route->gateway) say(concat("    gateway: ", net::address_text(*route->gateway)));
  say("        fib: 0");
  if (link != links.end()) say(concat("  interface: ", link->name));
  say(concat("      flags: <UP", route->gateway ? ",GATEWAY" : "", ",DONE>"));
  return {};
}

Result<int> run(const Options& o) {
  if (!o.jail.empty()) {
    warden::Warden warden(sys::real_kernel());
    const auto jail = warden.find(o.jail);
    if (!jail) return fail("jail \"", o.jail, "\" not found");
    const sys::Fd network = TRY(warden.network_of(*jail));
    TRY(sys::enter_netns(network));
  }
  if (o.command == "get" || o.command == "show") {
    TRY(show(o));
    return 0;
  }
  const auto route = TRY(route_of(o));
  if (o.command == "add" && !route.gateway && !route.link) return fail("gateway missing");
  return change(o, route);
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse({argv + 1, argv + argc});
  const auto status = options ? run(*options) : std::unexpected(options.error());
  if (status) return *status;
  complain("route", status.error());
  return 1;
}
