// SPDX-License-Identifier: BSD-2-Clause

// Source: linux/netfilter/nfnetlink_conntrack.h; numbers are in network order.
#include "sys/connections.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <ctime>

#include "sys/netlink.h"

namespace gaol::sys {
namespace {

constexpr uint16_t type_of(int message) {
  return static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

template <class N>
N number_in(std::string_view attributes, uint16_t type) {
  return std::byteswap(head_of<N>(attribute_in(attributes, type)));
}
template <>
uint8_t number_in(std::string_view attributes, uint16_t type) {
  return head_of<uint8_t>(attribute_in(attributes, type));
}

Address address_in(std::string_view ip, uint16_t type4, uint16_t type6) {
  Address address;
  auto bytes = attribute_in(ip, type4);
  address.family = bytes.empty() ? AF_INET6 : AF_INET;
  if (bytes.empty()) bytes = attribute_in(ip, type6);
  address.prefix = address.family == AF_INET ? 32 : 128;
  std::ranges::copy(bytes.substr(0, sizeof address.bytes), address.bytes);
  return address;
}

Ends ends_in(std::string_view tuple) {
  const auto ip = attribute_in(tuple, CTA_TUPLE_IP), proto = attribute_in(tuple, CTA_TUPLE_PROTO);
  Ends ends{.source = address_in(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC),
            .destination = address_in(ip, CTA_IP_V4_DST, CTA_IP_V6_DST),
            .source_port = number_in<uint16_t>(proto, CTA_PROTO_SRC_PORT),
            .destination_port = number_in<uint16_t>(proto, CTA_PROTO_DST_PORT)};
  for (const auto& [id, type] : {std::pair{CTA_PROTO_ICMP_ID, CTA_PROTO_ICMP_TYPE},
                                 {CTA_PROTO_ICMPV6_ID, CTA_PROTO_ICMPV6_TYPE}}) {
    if (attribute_in(proto, static_cast<uint16_t>(id)).empty()) continue;
    ends.source_port = number_in<uint16_t>(proto, static_cast<uint16_t>(id));
    ends.destination_port = number_in<uint8_t>(proto, static_cast<uint16_t>(type));
  }
  return ends;
}

Traffic traffic_in(std::string_view counters) {
  return {.packets = number_in<uint64_t>(counters, CTA_COUNTERS_PACKETS),
          .bytes = number_in<uint64_t>(counters, CTA_COUNTERS_BYTES)};
}

Connection connection_in(std::string_view answer) {
  const auto all = behind(answer, sizeof(nfgenmsg));
  const auto tuple = attribute_in(all, CTA_TUPLE_ORIG);
  const auto status = number_in<uint32_t>(all, CTA_STATUS);
  const auto tcp = attribute_in(attribute_in(all, CTA_PROTOINFO), CTA_PROTOINFO_TCP);
  const auto start = attribute_in(all, CTA_TIMESTAMP);
  Connection made{
      .key = std::string(tuple),
      .id = number_in<uint32_t>(all, CTA_ID),
      .protocol = number_in<uint8_t>(attribute_in(tuple, CTA_TUPLE_PROTO), CTA_PROTO_NUM),
      .original = ends_in(tuple),
      .reply = ends_in(attribute_in(all, CTA_TUPLE_REPLY)),
      .replied = (status & IPS_SEEN_REPLY) != 0,
      .assured = (status & IPS_ASSURED) != 0,
      .tcp_state = number_in<uint8_t>(tcp, CTA_PROTOINFO_TCP_STATE),
      .mark = number_in<uint32_t>(all, CTA_MARK),
      .labelled = !attribute_in(all, CTA_LABELS).empty(),
      .expires = number_in<uint32_t>(all, CTA_TIMEOUT),
      .there = traffic_in(attribute_in(all, CTA_COUNTERS_ORIG)),
      .back = traffic_in(attribute_in(all, CTA_COUNTERS_REPLY)),
      .age = {}};
  if (!start.empty())
    made.age =
        std::time(nullptr) -
        static_cast<int64_t>(number_in<uint64_t>(start, CTA_TIMESTAMP_START) / 1'000'000'000);
  return made;
}

Request about(const Connection& connection, int message) {
  const auto family = static_cast<uint8_t>(connection.original.source.family);
  Request request(type_of(message), NLM_F_ACK, nfgenmsg{family, NFNETLINK_V0, 0});
  request.add(CTA_TUPLE_ORIG | NLA_F_NESTED, connection.key);
  return request;
}

// It may have ended, and another begun in its place.
Result<bool> ask(Request request, const Connection& connection, std::string_view doing) {
  request.add_number(CTA_ID, std::byteswap(connection.id));
  auto done = TRY(NetlinkSocket::open(NETLINK_NETFILTER)).ask(std::move(request), doing);
  if (done) return true;
  if (done.error().code == ENOENT) return false;
  return fail(std::move(done).error());
}

}  // namespace

Result<> each_connection(const std::function<void(const Connection&)>& visit) {
  const auto kernel = TRY(NetlinkSocket::open(NETLINK_NETFILTER));
  return kernel.list(
      Request(type_of(IPCTNL_MSG_CT_GET), NLM_F_DUMP, nfgenmsg{AF_UNSPEC, NFNETLINK_V0, 0}),
      "connections", [&](std::string_view answer) { visit(connection_in(answer)); });
}

Result<bool> clear(const Connection& connection, uint32_t mark, uint32_t label) {
  auto request = about(connection, IPCTNL_MSG_CT_NEW);
  request.add_number<uint32_t>(CTA_MARK, 0);
  request.add_number(CTA_MARK_MASK, std::byteswap(mark));
  if (connection.labelled) {
    request.add_number<uint32_t>(CTA_LABELS, 0);
    request.add_number(CTA_LABELS_MASK, label);
  }
  return ask(std::move(request), connection, "mark of a connection");
}

Result<bool> forget(const Connection& connection) {
  return ask(about(connection, IPCTNL_MSG_CT_DELETE), connection, "end of a connection");
}

}  // namespace gaol::sys
