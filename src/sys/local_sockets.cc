// SPDX-License-Identifier: BSD-2-Clause
#include "sys/local_sockets.h"

#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>

#include "sys/netlink.h"

namespace gaol::sys {

namespace {

constexpr uint32_t kConnected = 1U << 1;  // TCP_ESTABLISHED

LocalSocket socket_in(std::string_view answer) {
  const auto socket = head_of<unix_diag_msg>(answer);
  const auto [low, high] = socket.udiag_cookie;
  return {.cookie = uint64_t{high} << 32 | low,
          .named = !attribute_in(behind(answer, sizeof socket), UNIX_DIAG_NAME).empty()};
}

}  // namespace

Result<std::vector<LocalSocket>> connected_local_sockets() {
  unix_diag_req wanted{};
  wanted.sdiag_family = AF_UNIX;
  wanted.udiag_states = kConnected;
  wanted.udiag_show = UDIAG_SHOW_NAME;
  const auto kernel = TRY(NetlinkSocket::open(NETLINK_SOCK_DIAG));
  std::vector<LocalSocket> out;
  TRY(kernel.list(Request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, wanted), "sockets",
                  [&](std::string_view answer) { out.push_back(socket_in(answer)); }));
  std::ranges::sort(out, {}, &LocalSocket::cookie);
  return out;
}

}  // namespace gaol::sys
