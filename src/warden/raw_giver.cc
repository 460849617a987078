// SPDX-License-Identifier: BSD-2-Clause
#include "warden/raw_giver.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "jail/raw_sockets.h"
#include "warden/plan.h"
#include "warden/warden.h"

namespace gaol::warden {

namespace {

constexpr int kPatience = 1000;  // milliseconds for a question to come

Result<jail::RawSocket> hear_question(const sys::Fd& line) {
  const auto message = TRY(sys::receive_message(line, kPatience));
  jail::RawSocket asked;
  if (!message || message->text.size() != sizeof asked) return fail_errno(EINVAL, "socket");
  ::memcpy(&asked, message->text.data(), sizeof asked);
  return asked;
}

// Raw sockets and those of ping: nothing else needs us.
bool is_raw(const jail::RawSocket& asked) {
  const int kind = asked.type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (asked.family != AF_INET && asked.family != AF_INET6) return false;
  return kind == SOCK_RAW ||
         (kind == SOCK_DGRAM &&
          asked.protocol == (asked.family == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6}));
}

Result<sys::Fd> make(sys::Kernel& kernel, const sys::Fd& line, Jid jid,
                     const sys::ProcessId& init) {
  const auto asked = TRY(hear_question(line));
  const auto jail = TRY(Warden(kernel).find(concat(jid)));
  const auto may = permissions_of(jail.settings);
  if (jail.init != init || !may.raw_sockets || may.vnet || !is_raw(asked))
    return fail_errno(EPERM, "socket");
  const auto stack = stack_of(jail.settings);
  const auto& addresses = (asked.family == AF_INET ? stack.v4 : stack.v6).addresses;
  // It may share its stack with a jail above that has its own.
  const sys::Fd process = TRY(kernel.pidfd(init));
  const sys::Fd netns = TRY(kernel.namespace_of(process, init.pid, "net"));
  return kernel.socket_in(netns, jail.cgroup, asked.family, asked.type | SOCK_CLOEXEC,
                          asked.protocol, addresses.empty() ? nullptr : addresses.data());
}

}  // namespace

void give_raw_socket(sys::Kernel& kernel, const sys::Fd& line, Jid jid,
                     const sys::ProcessId& init) {
  const auto socket = make(kernel, line, jid, init);
  const int answer = socket ? 0 : socket.error().code;
  const std::string_view text(reinterpret_cast<const char*>(&answer), sizeof answer);
  const int descriptor = socket ? socket->get() : -1;
  (void)sys::send_message(line, text, std::span(&descriptor, socket ? 1 : 0));
}

}  // namespace gaol::warden
