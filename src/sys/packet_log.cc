// SPDX-License-Identifier: BSD-2-Clause

// Source: linux/netfilter/nfnetlink_log.h; numbers are in network order.
#include "sys/packet_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <net/if.h>
#include <sys/socket.h>

#include <bit>
#include <ctime>

namespace gaol::sys {
namespace {

uint32_t number_in(std::string_view attributes, uint16_t type, uint32_t standard) {
  const auto value = attribute_in(attributes, type);
  return value.empty() ? standard : ntohl(head_of<uint32_t>(value));
}

std::string interface_in(std::string_view attributes, uint16_t type) {
  char name[IF_NAMESIZE];
  const auto index = number_in(attributes, type, 0);
  return index != 0 && ::if_indextoname(index, name) ? name : "";
}

LoggedPacket packet_in(std::string_view answer) {
  const auto all = behind(answer, sizeof(nfgenmsg));
  const auto prefix = attribute_in(all, NFULA_PREFIX);
  LoggedPacket packet{.prefix = std::string(prefix.substr(0, prefix.find('\0'))),
                      .in = interface_in(all, NFULA_IFINDEX_INDEV),
                      .out = interface_in(all, NFULA_IFINDEX_OUTDEV),
                      .uid = number_in(all, NFULA_UID, UINT32_MAX),
                      .bytes = attribute_in(all, NFULA_PAYLOAD)};
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  packet.seconds = now.tv_sec;
  packet.microseconds = static_cast<uint32_t>(now.tv_nsec / 1000);
  if (const auto stamp = attribute_in(all, NFULA_TIMESTAMP); !stamp.empty()) {
    const auto time = head_of<nfulnl_msg_packet_timestamp>(stamp);
    packet.seconds = static_cast<int64_t>(std::byteswap(uint64_t{time.sec}));
    packet.microseconds = static_cast<uint32_t>(std::byteswap(uint64_t{time.usec}));
  }
  return packet;
}

}  // namespace

Request PacketLog::about() const {
  return {NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, 0,
          nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(group_)}};
}

Result<PacketLog> PacketLog::open(uint16_t group) {
  PacketLog log(TRY(NetlinkSocket::open(NETLINK_NETFILTER)), group);
  Request bind(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK,
               nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(group)});
  bind.add(NFULA_CFG_CMD, bytes_of(nfulnl_msg_config_cmd{NFULNL_CFG_CMD_BIND}));
  TRY(log.kernel_.ask(std::move(bind), "packet log"));
  return log;
}

// Every packet is sent at once and whole. After a list of them, what is wanted is said again.
Result<> PacketLog::follow(const std::function<void(const LoggedPacket&)>& visit) const {
  for (;;) {
    Request request = about();
    request.add(NFULA_CFG_MODE,
                bytes_of(nfulnl_msg_config_mode{htonl(UINT16_MAX), NFULNL_COPY_PACKET, 0}));
    request.add_number(NFULA_CFG_QTHRESH, htonl(1));
    const auto done = kernel_.list(std::move(request), "packet log",
                                   [&](std::string_view answer) { visit(packet_in(answer)); });
    if (!done && done.error().code != ENOBUFS) return done;
  }
}

}  // namespace gaol::sys
