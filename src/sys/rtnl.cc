// SPDX-License-Identifier: BSD-2-Clause

// A small rtnetlink client. libmnl would be the usual one, but it comes as a shared library
// only and jail(8) is a static program, for which a handful of requests are all it needs.
//
// A request is answered by exactly one message, what was asked for or an acknowledgement
// (ask), or by a list of them (list); no state is kept between two requests. With
// NETLINK_EXT_ACK a refusal brings the kernel's own sentence, which is better than errno's.

#include "sys/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <concepts>
#include <span>

#include "sys/kernel.h"

namespace gaol::sys {

namespace {

constexpr size_t aligned(size_t size) {
  return (size + NLMSG_ALIGNTO - 1) & ~(NLMSG_ALIGNTO - 1ul);
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// The T at the start of `bytes`, zeros where they end early.
template <class T>
T head_of(std::string_view bytes) {
  T value{};
  memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

std::string_view behind(std::string_view bytes, size_t size) {
  return bytes.substr(std::min(bytes.size(), aligned(size)));
}

class Request {
 public:
  template <class Body>
  Request(uint16_t type, uint16_t flags, const Body& body) {
    const nlmsghdr header{0, type, static_cast<uint16_t>(flags | NLM_F_REQUEST), 0, 0};
    append(bytes_of(header));
    append(bytes_of(body));
  }

  void add(uint16_t type, std::string_view value) {
    append(bytes_of(nlattr{static_cast<uint16_t>(sizeof(nlattr) + value.size()), type}));
    append(value);
  }

  // The whole message, with its length in front.
  std::string_view seal() {
    const auto size = static_cast<uint32_t>(bytes_.size());
    memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
    return bytes_;
  }

 private:
  void append(std::string_view part) {
    bytes_.append(part);
    bytes_.resize(aligned(bytes_.size()));
  }
  std::string bytes_;
};

// What stands in an attribute of that type, or nothing.
std::string_view attribute_in(std::string_view attributes, uint16_t type) {
  while (attributes.size() > sizeof(nlattr)) {
    const auto head = head_of<nlattr>(attributes);
    if (head.nla_len < sizeof head) break;
    if (head.nla_type == type) return attributes.substr(0, head.nla_len).substr(sizeof head);
    attributes = behind(attributes, head.nla_len);
  }
  return {};
}

// The sentence in an acknowledgement, or nothing. Refused requests come back whole in front
// of it unless the kernel says that it cut them off.
std::string_view own_words(const nlmsghdr& header, std::string_view body) {
  if (!(header.nlmsg_flags & NLM_F_ACK_TLVS)) return {};
  const auto ack = head_of<nlmsgerr>(body);
  const bool capped = header.nlmsg_flags & NLM_F_CAPPED;
  body = behind(body, sizeof ack + (capped ? 0 : ack.msg.nlmsg_len - sizeof ack.msg));
  const std::string_view text = attribute_in(body, NLMSGERR_ATTR_MSG);
  return text.substr(0, text.find('\0'));
}

class RouteSocket {
 public:
  static Result<RouteSocket> open() {
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!fd) return fail_errno(errno, "netlink");
    const int on = 1;
    for (int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK})
      if (::setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on) < 0)
        return fail_errno(errno, "netlink");
    return RouteSocket(std::move(fd));
  }

  // The body of the answer; long ones are cut.
  Result<std::string> ask(Request request, std::string_view doing) const {
    TRY(send(std::move(request), doing));
    char buffer[2048];
    const std::string_view answer = TRY(receive(buffer, doing));
    const auto header = head_of<nlmsghdr>(answer);
    const std::string_view body = behind(answer, sizeof header);
    if (header.nlmsg_type == NLMSG_ERROR) TRY(acknowledged(header, body, doing));
    return std::string(body);
  }

  // Shows `visit` the body of every answer to a request for a list.
  template <std::invocable<std::string_view> Visit>
  Result<> list(Request request, std::string_view doing, Visit visit) const {
    TRY(send(std::move(request), doing));
    char buffer[32768];
    for (;;) {
      std::string_view answers = TRY(receive(buffer, doing));
      while (answers.size() >= sizeof(nlmsghdr)) {
        const auto header = head_of<nlmsghdr>(answers);
        if (header.nlmsg_type == NLMSG_DONE) return {};
        const std::string_view body = behind(answers.substr(0, header.nlmsg_len), sizeof header);
        if (header.nlmsg_type == NLMSG_ERROR) return acknowledged(header, body, doing);
        visit(body);
        answers = behind(answers, header.nlmsg_len);
      }
    }
  }

 private:
  explicit RouteSocket(Fd fd) : fd_(std::move(fd)) {}

  Result<> send(Request request, std::string_view doing) const {
    const std::string_view bytes = request.seal();
    if (::send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return fail_errno(errno, doing);
    return {};
  }

  Result<std::string_view> receive(std::span<char> buffer, std::string_view doing) const {
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got >= 0) return std::string_view(buffer.data(), static_cast<size_t>(got));
      if (errno != EINTR) return fail_errno(errno, doing);
    }
  }

  // A refusal is an Error behind the words `doing`.
  static Result<> acknowledged(const nlmsghdr& header, std::string_view body,
                               std::string_view doing) {
    const int code = -head_of<nlmsgerr>(body).error;
    if (code == 0) return {};
    const std::string_view words = own_words(header, body);
    return fail(Error{code, concat(doing, ": ", words.empty() ? errno_text(code) : words), {}});
  }

  Fd fd_;
};

// Names go over with their final zero.
std::string_view with_zero(const std::string& name) { return {name.c_str(), name.size() + 1}; }

Request about_link(uint16_t type, uint16_t flags, const std::string& interface,
                   const ifinfomsg& body = {}) {
  Request request(type, flags, body);
  request.add(IFLA_IFNAME, with_zero(interface));
  return request;
}

Result<unsigned> index_of(const RouteSocket& socket, const std::string& interface) {
  const auto answer = TRY(socket.ask(about_link(RTM_GETLINK, 0, interface), interface));
  return static_cast<unsigned>(head_of<ifinfomsg>(answer).ifi_index);
}

std::string_view raw_bytes(const Address& address) {
  return bytes_of(address.bytes).substr(0, address.family == AF_INET ? 4 : 16);
}

Request about_address(uint16_t type, uint16_t flags, unsigned link, const Address& address) {
  const bool v4 = address.family == AF_INET;
  ifaddrmsg body{};
  body.ifa_family = static_cast<uint8_t>(address.family);
  body.ifa_prefixlen = static_cast<uint8_t>(address.prefix);
  body.ifa_flags = v4 ? 0 : IFA_F_NODAD;
  body.ifa_scope = v4 && address.bytes[0] == 127 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  body.ifa_index = link;
  Request request(type, static_cast<uint16_t>(flags | NLM_F_ACK), body);
  request.add(IFA_LOCAL, raw_bytes(address));
  request.add(IFA_ADDRESS, raw_bytes(address));
  return request;
}

// Whether a list's entry is that address. IPv6 names a lone address IFA_ADDRESS, IPv4 both.
bool is_entry_of(std::string_view entry, unsigned link, const Address& address) {
  const auto head = head_of<ifaddrmsg>(entry);
  const auto attributes = behind(entry, sizeof head);
  std::string_view local = attribute_in(attributes, IFA_LOCAL);
  if (local.empty()) local = attribute_in(attributes, IFA_ADDRESS);
  return head.ifa_index == link && head.ifa_prefixlen == address.prefix &&
         local == raw_bytes(address);
}

Request move_link(const std::string& interface, const Fd& netns) {
  Request request = about_link(RTM_SETLINK, NLM_F_ACK, interface);
  request.add(IFLA_NET_NS_FD, bytes_of(netns.get()));
  return request;
}

Result<Fd> own_netns() {
  Fd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "/proc/thread-self/ns/net");
  return fd;
}

// A socket speaks to the namespace it was born in, wherever it is used later.
Result<RouteSocket> open_inside(const Fd& netns, const Fd& home) {
  if (::setns(netns.get(), CLONE_NEWNET) < 0) return fail_errno(errno, "setns");
  auto socket = RouteSocket::open();
  // A thread of the host that stays in a jail's network would do everything else there.
  if (::setns(home.get(), CLONE_NEWNET) < 0) ::abort();
  return socket;
}

}  // namespace

std::string address_text(const Address& address) {
  char text[INET6_ADDRSTRLEN]{};
  ::inet_ntop(address.family, address.bytes, text, sizeof text);
  return concat(text, '/', address.prefix);
}

Result<unsigned> rtnl_link_index(const std::string& interface) {
  const auto socket = TRY(RouteSocket::open());
  return index_of(socket, interface);
}

Result<> rtnl_set_link_up(const std::string& interface) {
  const auto socket = TRY(RouteSocket::open());
  ifinfomsg body{};
  body.ifi_flags = body.ifi_change = IFF_UP;
  TRY(socket.ask(about_link(RTM_SETLINK, NLM_F_ACK, interface, body), concat(interface, " up")));
  return {};
}

Result<bool> rtnl_has_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(RouteSocket::open());
  const unsigned link = TRY(index_of(socket, interface));
  ifaddrmsg which{};
  which.ifa_family = static_cast<uint8_t>(address.family);
  which.ifa_index = link;
  bool found = false;
  TRY(socket.list(Request(RTM_GETADDR, NLM_F_DUMP, which), concat(interface, ": addresses"),
                  [&](std::string_view entry) { found |= is_entry_of(entry, link, address); }));
  return found;
}

Result<bool> rtnl_add_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(RouteSocket::open());
  const unsigned link = TRY(index_of(socket, interface));
  auto added = socket.ask(about_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, address),
                          concat(interface, ": add ", address_text(address)));
  if (added) return true;
  if (added.error().code == EEXIST) return false;
  return std::unexpected(std::move(added).error());
}

Result<bool> rtnl_remove_address(const std::string& interface, const Address& address) {
  const auto socket = TRY(RouteSocket::open());
  const auto link = index_of(socket, interface);
  if (!link && link.error().code == ENODEV) return false;
  auto removed = socket.ask(about_address(RTM_DELADDR, 0, TRY(link), address),
                            concat(interface, ": remove ", address_text(address)));
  if (removed) return true;
  if (removed.error().code == EADDRNOTAVAIL || removed.error().code == ENODEV) return false;
  return std::unexpected(std::move(removed).error());
}

Result<> rtnl_push_link(const std::string& interface, const Fd& netns) {
  const auto socket = TRY(RouteSocket::open());
  TRY(socket.ask(move_link(interface, netns), concat(interface, ": move to netns")));
  return {};
}

Result<bool> rtnl_pull_link(const std::string& interface, const Fd& netns) {
  const Fd home = TRY(own_netns());
  const auto inside = TRY(open_inside(netns, home));
  auto moved = inside.ask(move_link(interface, home), concat(interface, ": move from netns"));
  if (moved) return true;
  if (moved.error().code == ENODEV) return false;
  return std::unexpected(std::move(moved).error());
}

}  // namespace gaol::sys
