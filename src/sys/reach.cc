// SPDX-License-Identifier: BSD-2-Clause
#include "sys/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>

#include "sys/fd.h"
#include "sys/netlink.h"

namespace gaol::sys {

namespace {

using Clock = std::chrono::steady_clock;

std::string_view raw_bytes(const Address& address) {
  return bytes_of(address.bytes).substr(0, address.family == AF_INET ? 4 : 16);
}

struct Target {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Target target_of(const Address& address, uint16_t port) {
  Target out;
  if (address.family == AF_INET) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    memcpy(&four.sin_addr, address.bytes, sizeof four.sin_addr);
    memcpy(&out.storage, &four, out.size = sizeof four);
  } else {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    memcpy(&six.sin6_addr, address.bytes, sizeof six.sin6_addr);
    memcpy(&out.storage, &six, out.size = sizeof six);
  }
  return out;
}

int connect_within(const Address& address, uint16_t port, int patience) {
  const Fd socket(
      ::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket) return errno;
  const auto target = target_of(address, port);
  const auto* name = reinterpret_cast<const sockaddr*>(&target.storage);
  if (::connect(socket.get(), name, target.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd done{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  if (::poll(&done, 1, patience) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0) return errno;
  return error;
}

// An address as /proc/net writes it: words of 32 bits in hexadecimal, each in the host's order.
Address address_from(std::string_view digits) {
  constexpr size_t kWord = 8;
  Address out{.family = digits.size() == kWord ? AF_INET : AF_INET6};
  out.prefix = out.family == AF_INET ? 32 : 128;
  for (size_t at = 0; at + kWord <= digits.size(); at += kWord) {
    uint32_t word = 0;
    std::from_chars(digits.data() + at, digits.data() + at + kWord, word, 16);
    memcpy(out.bytes + at / 2, &word, sizeof word);
  }
  return out;
}

Result<std::string> read_table(const char* path) {
  const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, path);
  std::string text;
  char buffer[8192];
  for (ssize_t got; (got = ::read(file.get(), buffer, sizeof buffer)) != 0;) {
    if (got < 0) return fail_errno(errno, path);
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

}  // namespace

Attempt try_connect(const Address& address, uint16_t port, int patience_ms) {
  const auto begin = Clock::now();
  const int error = connect_within(address, port, patience_ms);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  return {error, static_cast<uint64_t>(took.count())};
}

std::vector<Listener> parse_listeners(std::string_view table, Transport transport) {
  // TCP's states LISTEN and CLOSE; the latter is what UDP calls a socket without a peer.
  const std::string_view state = transport == Transport::tcp ? "0A" : "07";
  constexpr size_t kLocal = 1, kState = 3;
  std::vector<Listener> out;
  for (const auto line : split(table, '\n')) {
    const auto fields = words(line);
    if (fields.size() <= kState || fields[kState] != state) continue;
    const auto ends = split(fields[kLocal], ':');
    if (ends.size() != 2) continue;
    uint16_t port = 0;
    std::from_chars(ends[1].begin(), ends[1].end(), port, 16);
    const Listener listener{address_from(ends[0]), port};
    if (std::ranges::count(out, listener) == 0) out.push_back(listener);
  }
  std::ranges::stable_sort(out, {}, &Listener::port);
  return out;
}

Result<std::vector<Listener>> list_listeners(Transport transport) {
  const bool tcp = transport == Transport::tcp;
  std::string table =
      TRY(read_table(tcp ? "/proc/thread-self/net/tcp" : "/proc/thread-self/net/udp"));
  // Not there without IPv6.
  if (auto six = read_table(tcp ? "/proc/thread-self/net/tcp6" : "/proc/thread-self/net/udp6"))
    table += *six;
  return parse_listeners(table, transport);
}

Result<Neighbour> neighbour(unsigned link, const Address& address) {
  const auto socket = TRY(NetlinkSocket::open());
  ndmsg which{};
  which.ndm_family = static_cast<uint8_t>(address.family);
  which.ndm_ifindex = static_cast<int>(link);
  Request request(RTM_GETNEIGH, 0, which);
  request.add(NDA_DST, raw_bytes(address));
  const auto answer = socket.ask(std::move(request), "neighbour");
  if (!answer && answer.error().code == ENOENT) return Neighbour::unknown;
  const auto state = head_of<ndmsg>(TRY(answer)).ndm_state;
  return state & (NUD_FAILED | NUD_INCOMPLETE) ? Neighbour::silent : Neighbour::answers;
}

}  // namespace gaol::sys
