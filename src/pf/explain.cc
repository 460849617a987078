// SPDX-License-Identifier: BSD-2-Clause
#include "pf/explain.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "pf/compile.h"
#include "pf/names.h"
#include "pf/print.h"

namespace gaol::pf {
namespace {

using reference::Packet;
using reference::Step;

constexpr uint16_t kSomePort = 49152;
constexpr uint32_t kSomeLength = 60;

Result<Network> host_of(const Side& side, std::string_view word) {
  const auto* host = std::get_if<Network>(&side.address);
  const bool one = host && host->prefix == (host->family == AF_INET ? 32 : 128);
  if (!one || side.negated)
    return fail("--explain: say `", word, "` and the one address that the packet has");
  return *host;
}

Result<uint16_t> port_of(const Side& side) {
  if (side.port.op == Compare::none) return kSomePort;
  if (side.port.op == Compare::eq) return side.port.low;
  return fail("--explain: a packet has one port");
}

std::string ends_text(const Packet& packet) {
  const auto end = [&](const std::array<uint8_t, 16>& address, uint16_t port) {
    Network host{};
    host.family = packet.family == Family::inet ? AF_INET : AF_INET6;
    host.prefix = packet.family == Family::inet ? 32 : 128;
    std::ranges::copy(address, host.bytes);
    return has_ports(packet.protocol) ? concat(print(host), " port ", port) : print(host);
  };
  return concat(end(packet.source, packet.source_port), " to ",
                end(packet.destination, packet.destination_port));
}

// Its number and text, with the anchor that it lies in.
template <class Rule>
std::string rule_text(const std::string& path, const std::vector<Rule>& rules, const Rule& rule) {
  return concat(path.empty() ? "" : path + " ", "@", &rule - rules.data(), " ", print(rule));
}

std::string rule_text(const Step& step, const Policy& policy) {
  const auto& ruleset = policy.rulesets.at(step.path);
  if (step.filter) return rule_text(step.path, ruleset.filter, *step.filter);
  using Kind = TranslationRule::Kind;
  const auto kind = step.translation->kind;
  const auto& rules = kind == Kind::nat   ? ruleset.nat
                      : kind == Kind::rdr ? ruleset.rdr
                                          : ruleset.binat;
  return rule_text(step.path, rules, *step.translation);
}

// The last that has a verdict of its own.
const Step* decisive(const Explanation& explanation) {
  const Step* last = nullptr;
  for (const auto& step : explanation.steps) {
    const bool decides = step.filter && (step.filter->verdict == Verdict::pass ||
                                         step.filter->verdict == Verdict::block);
    if (step.failed.empty() && (decides || (step.translation && step.translation->pass)))
      last = &step;
  }
  return last;
}

std::string verdict_text(const Explanation& explanation, const Policy& policy) {
  const auto* step = decisive(explanation);
  const std::string_view verdict = explanation.passes ? "passed" : "blocked";
  if (!step) return concat(verdict, ", as no rule matches\n");
  const bool keeps = step->filter ? step->filter->state != State::none : true;
  return concat(verdict, explanation.passes && keeps ? " with a state" : "", " by ",
                rule_text(*step, policy), "\n");
}

}  // namespace

Result<AskedPacket> asked_packet(const std::string& words, const World& world) {
  const auto compiled = compile({.name = "--explain", .text = concat("pass ", words, "\n")}, world);
  if (!compiled.errors.empty()) return fail(compiled.errors.front());
  const auto main = compiled.policy.rulesets.find("");
  if (main == compiled.policy.rulesets.end() || main->second.filter.size() != 1)
    return fail("--explain: one packet is asked about, with one value for everything");
  const auto& rule = main->second.filter.front();
  const auto& match = rule.match;
  if (match.direction == Direction::any || match.on.name.empty() || match.on.negated)
    return fail("--explain: say `in on` or `out on` and the name of the interface");
  AskedPacket asked;
  asked.crossing = {match.direction, match.on.name, rule.received_on.name};
  auto& packet = asked.packet;
  const auto source = TRY(host_of(match.source, "from"));
  const auto destination = TRY(host_of(match.destination, "to"));
  packet.family = source.family == AF_INET ? Family::inet : Family::inet6;
  std::ranges::copy(source.bytes, packet.source.begin());
  std::ranges::copy(destination.bytes, packet.destination.begin());
  packet.protocol = match.protocol;
  if (has_ports(packet.protocol)) {
    packet.source_port = TRY(port_of(match.source));
    packet.destination_port = TRY(port_of(match.destination));
  }
  if (packet.protocol == kTcp) packet.flags = rule.flags.set;
  packet.icmp_type = rule.icmp.type.value_or(packet.protocol == kIcmp6 ? 128 : 8);
  packet.icmp_code = rule.icmp.code.value_or(0);
  packet.tos = rule.tos.value_or(0);
  packet.length = rule.max_packet_size != 0 ? rule.max_packet_size : kSomeLength;
  asked.tag = match.tagged.name;
  return asked;
}

Explanation explain(const Policy& policy, const AskedPacket& asked, const World& world) {
  Explanation explanation{.before = asked.packet, .after = asked.packet};
  reference::Interpreter interpreter(policy, {world.interfaces(), world.routes()});
  interpreter.watch(explanation.steps);
  auto tag = asked.tag;
  explanation.passes = interpreter.passes(explanation.after, asked.crossing, tag);
  return explanation;
}

std::string print(const Explanation& explanation, const Policy& policy, bool all) {
  std::string text;
  const Step* translates = nullptr;
  for (const auto& step : explanation.steps) {
    if (step.failed.empty()) {
      text += concat("  matches  ", rule_text(step, policy), "\n");
      if (step.translation) translates = &step;
    } else if (all) {
      text += concat("  not by `", step.failed, "`  ", rule_text(step, policy), "\n");
    }
  }
  if (!same_ends(explanation.before, explanation.after) && translates)
    text += concat("translated: ", ends_text(explanation.before), " is ",
                   ends_text(explanation.after), "\n");
  return text + verdict_text(explanation, policy);
}

}  // namespace gaol::pf
