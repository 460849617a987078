// SPDX-License-Identifier: BSD-2-Clause

// A connection's first state is shown as one that a rule for `in` made, its second as one of a rule
// for `out`. Connection tracking has one word for where both ends of TCP are, pf one for each.

#include "pf/states.h"

#include <linux/netfilter/nf_conntrack_tcp.h>
#include <netinet/in.h>

#include "pf/names.h"

namespace gaol::pf {
namespace {

struct Stage {
  std::string_view began, answered;
};

Stage tcp_stage(uint8_t state) {
  switch (state) {
    case TCP_CONNTRACK_SYN_SENT: return {"SYN_SENT", "CLOSED"};
    case TCP_CONNTRACK_SYN_SENT2: return {"SYN_SENT", "SYN_SENT"};
    case TCP_CONNTRACK_SYN_RECV: return {"ESTABLISHED", "SYN_SENT"};
    case TCP_CONNTRACK_ESTABLISHED: return {"ESTABLISHED", "ESTABLISHED"};
    case TCP_CONNTRACK_FIN_WAIT:
    case TCP_CONNTRACK_CLOSE_WAIT: return {"FIN_WAIT_2", "ESTABLISHED"};
    case TCP_CONNTRACK_LAST_ACK: return {"FIN_WAIT_2", "CLOSING"};
    case TCP_CONNTRACK_TIME_WAIT: return {"FIN_WAIT_2", "FIN_WAIT_2"};
    default: return {"CLOSED", "CLOSED"};
  }
}

bool is_icmp(uint8_t protocol) { return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6; }

Stage stage(const sys::Connection& connection) {
  if (connection.protocol == IPPROTO_TCP) return tcp_stage(connection.tcp_state);
  if (is_icmp(connection.protocol)) return {"0", "0"};
  if (connection.assured) return {"MULTIPLE", "MULTIPLE"};
  if (connection.replied) return {"MULTIPLE", "SINGLE"};
  return {"SINGLE", "NO_TRAFFIC"};
}

// What the kernel knows of one direction, seen from who sends in it.
sys::Ends reversed(const sys::Ends& ends) {
  return {ends.destination, ends.source, ends.destination_port, ends.source_port};
}

std::string host(const sys::Address& address, uint16_t port) {
  auto text = host_text(address);
  if (port == 0) return text;
  return address.family == AF_INET6 ? concat(text, "[", port, "]") : concat(text, ":", port);
}

std::string both(const sys::Address& wire, uint16_t wire_port, const sys::Address& stack,
                 uint16_t stack_port) {
  const auto first = host(wire, wire_port), second = host(stack, stack_port);
  return first == second ? first : concat(first, " (", second, ")");
}

}  // namespace

std::vector<ShownState> states_of(const sys::Connection& connection) {
  // From who began; the reply tells how it looks behind the translation.
  const auto& before = connection.original;
  auto behind = reversed(connection.reply);
  auto between = before;  // the destination is translated on the way in, the source on the way out
  between.destination = behind.destination;
  between.destination_port = behind.destination_port;
  if (is_icmp(connection.protocol)) {
    behind.source_port = connection.reply.source_port;
    behind.destination_port = between.destination_port = before.destination_port;
  }
  const auto [began, answered] = stage(connection);
  std::vector<ShownState> all;
  for (const auto& half : {kFirst, kSecond}) {
    if ((connection.mark & half.bit) == 0) continue;
    const bool in = half.bit == kFirst.bit;
    all.push_back({.half = half,
                   .rule = connection.mark >> half.rule & kMaxId,
                   .id = uint64_t{connection.id} << 2 | half.bit,
                   .protocol = connection.protocol,
                   .direction = in ? Direction::in : Direction::out,
                   .wire = in ? before : behind,
                   .stack = between,
                   .ours = std::string(in ? answered : began),
                   .theirs = std::string(in ? began : answered)});
  }
  return all;
}

std::string print(const ShownState& state) {
  const auto& [protocol, wire, stack] = std::tie(state.protocol, state.wire, state.stack);
  const auto name = protocol_name(protocol);
  const auto source = [&](const sys::Ends& first, const sys::Ends& second) {
    return both(first.source, first.source_port, second.source, second.source_port);
  };
  const auto destination = [&](const sys::Ends& first, const sys::Ends& second) {
    return both(first.destination, first.destination_port, second.destination,
                second.destination_port);
  };
  const bool in = state.direction == Direction::in;
  return concat("all ", name.empty() ? std::to_string(protocol) : std::string(name), " ",
                in ? destination(stack, wire) : source(wire, stack), in ? " <- " : " -> ",
                in ? source(stack, wire) : destination(wire, stack), "       ", state.ours, ":",
                state.theirs);
}

Result<> kill(const sys::Connection& connection, const std::vector<ShownState>& states) {
  uint32_t mark = 0, label = 0;
  for (const auto& state : states) {
    mark |= state.half.bit;
    label |= 0xffU << state.half.tag;
  }
  const bool some_stay = (connection.mark & (kFirst.bit | kSecond.bit) & ~mark) != 0;
  (void)TRY(some_stay ? sys::clear(connection, mark, label) : sys::forget(connection));
  return {};
}

}  // namespace gaol::pf
