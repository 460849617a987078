// SPDX-License-Identifier: BSD-2-Clause

// gaol net: how the jails of this host are connected, and whether one reaches another.

#include <errno.h>
#include <netinet/in.h>

#include <algorithm>

#include "jail/hierarchy.h"
#include "net/map.h"
#include "net/reach.h"
#include "pool/ask.h"
#include "sys/apart.h"
#include "sys/rtnl.h"
#include "tools/gaol_net.h"
#include "tools/run.h"
#include "warden/warden.h"

namespace gaol::tools {

namespace {

bool has_own_stack(const warden::Record& jail) {
  return jail.settings.jailsys("vnet") == jail::Jailsys::fresh;
}

// The jail whose network stack it uses; empty: the host.
std::string stack_owner(const warden::Record& jail, const std::vector<warden::Record>& all) {
  for (std::string_view name = jail.name; !name.empty(); name = jail::parent_name(name)) {
    const auto record = std::ranges::find(all, name, &warden::Record::name);
    if (record != all.end() && has_own_stack(*record)) return record->name;
  }
  return {};
}

bool inherits(const warden::Record& jail) {
  return jail.settings.jailsys("ip4") == jail::Jailsys::inherit ||
         jail.settings.jailsys("ip6") == jail::Jailsys::inherit;
}

}  // namespace

Result<Networks> look_at_networks() {
  warden::Warden warden(sys::real_kernel());
  const auto records = warden.list();
  std::vector<net::MapJail> jails;
  for (const auto& record : records) {
    net::MapJail jail{.name = record.name, .jid = record.jid};
    if (has_own_stack(record)) {
      auto network = warden.network_of(record);
      if (!network && network.error().code == ESRCH) continue;  // it has just ended
      jail.netns = TRY(std::move(network));
    } else {
      jail.stack = stack_owner(record, records);
      jail.inherits = inherits(record);
      jail.addresses = warden::addresses_of(record.settings);
    }
    jails.push_back(std::move(jail));
  }
  Networks out{.map = TRY(net::look(jails)), .stacks = {}};
  out.stacks.emplace_back();
  for (auto& jail : jails)
    if (jail.netns) out.stacks.push_back(std::move(jail.netns));
  return out;
}

namespace {

Json describe(const net::Map& map, const net::MapInterface& interface) {
  return {{"name", interface.name},
          {"kind", interface.kind},
          {"up", interface.up},
          {"mtu", interface.mtu},
          {"mac", interface.mac},
          {"addresses", interface.addresses},
          {"bridge", interface.bridge},
          {"isolated", interface.isolated},
          {"lower", interface.lower},
          {"tunnel", interface.tunnel},
          {"path", net::path_of(map, interface)},
          {"far_jail", interface.far ? Json(map.stacks[interface.far->stack].jail) : Json()},
          {"far_end", interface.far ? Json(interface.far->interface) : Json()}};
}

Json describe(const net::Map& map) {
  Json stacks = Json::array(), tenants = Json::array();
  for (const auto& stack : map.stacks) {
    if (stack.interfaces.empty()) continue;
    Json interfaces = Json::array(), routes = Json::array();
    for (const auto& interface : stack.interfaces) interfaces.push_back(describe(map, interface));
    for (const auto& route : stack.routes)
      routes.push_back({{"destination", route.destination},
                        {"gateway", route.gateway},
                        {"interface", route.interface},
                        {"connected", route.connected}});
    stacks.push_back(
        {{"jail", stack.jail}, {"jid", stack.jid}, {"interfaces", interfaces}, {"routes", routes}});
  }
  for (const auto& tenant : map.tenants) {
    Json addresses = Json::array();
    for (const auto& [address, interface] : tenant.addresses)
      addresses.push_back({{"address", address}, {"interface", interface}});
    tenants.push_back({{"jail", tenant.jail},
                       {"jid", tenant.jid},
                       {"stack", map.stacks[tenant.stack].jail},
                       {"inherits", tenant.inherits},
                       {"addresses", addresses}});
  }
  return {{"stacks", stacks}, {"jails", tenants}};
}

Result<int> net_command(const Words& words) {
  net::Map map = TRY(look_at_networks()).map;
  if (!words.operands.empty()) {
    const auto record = TRY(warden::Warden(sys::real_kernel()).find(words.operands[0]));
    map = TRY(net::only(map, record.name));
  }
  if (words.has('j'))
    print_json(describe(map));
  else if (words.has('d'))
    write_text(stdout, net::map_dot(map));
  else if (words.has('s'))
    write_text(stdout, net::map_svg(map));
  else
    write_text(stdout, net::map_text(map));
  return 0;
}

// --- net test ---

constexpr int kPatience = 1500;  // milliseconds for an answer

// As a program of the jail would connect: in its cgroup, its namespaces and under its filter.
Result<sys::Attempt> try_from_jail(const std::string& jail, const net::Evidence& asked) {
  const auto said = TRY(sys::apart([&]() -> std::string {
    const auto kernel = sys::new_kernel();
    warden::Warden warden(*kernel);
    const auto record = warden.find(jail);
    auto entered = record ? warden.enter(*record) : Result<>(std::unexpected(record.error()));
    if (!entered) return entered.error().line();
    const auto [error, microseconds] = sys::try_connect(asked.address, asked.port, kPatience);
    return concat(error, " ", microseconds);
  }));
  const auto pieces = words(said);
  const auto error = pieces.size() == 2 ? number<int>(pieces[0]) : std::nullopt;
  if (!error) return fail(jail, ": ", said);
  return sys::Attempt{*error, number<uint64_t>(pieces[1]).value_or(0)};
}

bool drops(const Json& rule) {
  const auto expressions = rule.value("expr", Json::array());
  return std::ranges::any_of(
      expressions, [](const Json& one) { return one.contains("drop") || one.contains("reject"); });
}

// The chains of one stack that drop something. A host without nft(8) has none to tell.
std::vector<std::string> dropping_chains(const std::optional<sys::Fd>& stack) {
  std::string answer;
  const auto ask = [&]() -> Result<> {
    answer = TRY(pool::ask_program({"nft", "-j", "list", "ruleset"}));
    return {};
  };
  (void)(stack ? sys::in_netns(*stack, ask) : ask());
  const auto all = Json::parse(answer, nullptr, false);
  std::vector<std::string> out;
  if (!all.is_object()) return out;
  for (const auto& entry : all.value("nftables", Json::array())) {
    const bool is_chain = entry.contains("chain") && entry["chain"].value("policy", "") == "drop";
    const bool is_rule = entry.contains("rule") && drops(entry["rule"]);
    if (!is_chain && !is_rule) continue;
    const auto& of = is_chain ? entry["chain"] : entry["rule"];
    const auto name = concat(of.value("family", ""), " ", of.value("table", ""), " ",
                             of.value(is_chain ? "name" : "chain", ""));
    if (std::ranges::count(out, name) == 0) out.push_back(name);
  }
  return out;
}

std::vector<std::string> firewalls_between(const Networks& all, const net::Evidence& seen) {
  std::vector<size_t> stacks = {0};
  for (const auto& party : {seen.from, seen.to})
    if (party.stack && std::ranges::count(stacks, *party.stack) == 0)
      stacks.push_back(*party.stack);
  std::vector<std::string> out;
  for (const auto stack : stacks)
    for (const auto& chain : dropping_chains(all.stacks[stack]))
      out.push_back(stack ? concat(chain, " of ", all.map.stacks[stack].jail) : chain);
  return out;
}

bool reads_forwarding(int family) {
  const auto text =
      sys::real_kernel().read_file(family == AF_INET ? "/proc/sys/net/ipv4/ip_forward"
                                                     : "/proc/sys/net/ipv6/conf/all/forwarding");
  return text && trim(*text) == "1";
}

Result<net::Verdict> judge(const std::string& from, const net::Destination& to) {
  const auto all = TRY(look_at_networks());
  const auto not_there = [](const std::string& who) {
    return net::Verdict{.hop = "source", .text = concat(who, " is not running"), .hint = {}};
  };
  auto sender = net::find_party(all.map, from);
  auto receiver = net::find_party(all.map, to.who);
  if (!sender) return not_there(from);
  if (!receiver) return not_there(to.who);
  if (!sender->stack) return fail(from, ": nobody of this host has that address");
  const auto address = net::nearest_address(all.map, *sender, *receiver);
  if (!address)
    return net::Verdict{
        .hop = "destination", .text = concat(receiver->name, " has no address"), .hint = {}};
  net::Evidence seen{.from = std::move(*sender),
                     .to = std::move(*receiver),
                     .address = *address,
                     .port = to.port,
                     .transport = to.transport,
                     .gateway = {},
                     .interface = {},
                     .forwards = reads_forwarding(address->family),
                     .listeners = {},
                     .drops = {}};
  seen.attempt = seen.from.name == "host" ? sys::try_connect(seen.address, seen.port, kPatience)
                                          : TRY(try_from_jail(seen.from.name, seen));
  TRY(net::gather(all.stacks, seen));
  if (seen.attempt.error != 0) seen.drops = firewalls_between(all, seen);
  return net::explain(all.map, seen);
}

Result<int> test(const Words& words) {
  const auto to = TRY(net::parse_destination(words.operands[1]));
  const auto verdict = TRY(judge(words.operands[0], to));
  if (words.has('j'))
    print_json({{"from", words.operands[0]},
                {"to", to.who},
                {"port", to.port},
                {"protocol", to.transport == sys::Transport::udp ? "udp" : "tcp"},
                {"reaches", verdict.reaches},
                {"microseconds", verdict.reaches ? Json(verdict.microseconds) : Json()},
                {"hop", verdict.hop},
                {"text", verdict.text},
                {"hint", verdict.hint}});
  else
    say(verdict.hint.empty() ? verdict.text : concat(verdict.text, " (", verdict.hint, ")"));
  return verdict.reaches ? 0 : 1;
}

// pfctl(8) knows.
Result<int> explain(const Words& words) {
  std::vector<std::string> command = {"pfctl", "--explain"};
  command.insert(command.end(), words.operands.begin(), words.operands.end());
  return run_program(std::move(command));
}

constexpr Subcommand kCommands[] = {
    {"net", "[JAIL] [--json | --dot | --svg]", "jds", 0, 1, net_command},
    {"net resolver", "BRIDGE", "", 1, 1, resolver},
    {"net test", "FROM TO:PORT[/udp] [--json]", "j", 2, 2, test, 2},
    {"pf explain", "in|out on INTERFACE PACKET", "", 3, 64, explain, 2},
};

}  // namespace

std::span<const Subcommand> net_commands() { return kCommands; }

}  // namespace gaol::tools
