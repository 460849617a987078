// SPDX-License-Identifier: BSD-2-Clause
#include "sys/netlink.h"

#include <errno.h>
#include <sys/socket.h>

namespace gaol::sys {

namespace {

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

}  // namespace

std::string_view attribute_in(std::string_view attributes, uint16_t type) {
  while (attributes.size() > sizeof(nlattr)) {
    const auto head = head_of<nlattr>(attributes);
    if (head.nla_len < sizeof head) break;
    if ((head.nla_type & NLA_TYPE_MASK) == type)
      return attributes.substr(0, head.nla_len).substr(sizeof head);
    attributes = behind(attributes, head.nla_len);
  }
  return {};
}

void AttributeRow::add(uint16_t type, std::string_view value) {
  append(bytes_of(nlattr{static_cast<uint16_t>(sizeof(nlattr) + value.size()), type}));
  append(value);
}

void AttributeRow::append(std::string_view part) {
  bytes_.append(part);
  bytes_.resize(netlink_aligned(bytes_.size()));
}

std::string_view Request::seal() {
  const auto size = static_cast<uint32_t>(text().size());
  memcpy(text().data() + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
  return bytes();
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd) return fail_errno(errno, "netlink");
  const int on = 1;
  for (int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK})
    if (::setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on) < 0)
      return fail_errno(errno, "netlink");
  return NetlinkSocket(std::move(fd));
}

Result<std::string> NetlinkSocket::ask(Request request, std::string_view doing) const {
  TRY(send(std::move(request), doing));
  char buffer[4096];
  const std::string_view answer = TRY(receive(buffer, doing));
  const auto header = head_of<nlmsghdr>(answer);
  const std::string_view body = behind(answer, sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR) TRY(acknowledged(header, body, doing));
  return std::string(body);
}

// The kernel has answered by the time that it is all sent.
Result<> NetlinkSocket::together(std::vector<Request> requests, std::string_view doing) const {
  std::string bytes;
  for (auto& request : requests) bytes += request.seal();
  const int room = static_cast<int>(std::max(bytes.size(), size_t{1} << 20));
  for (const int option : {SO_SNDBUFFORCE, SO_RCVBUFFORCE})
    (void)::setsockopt(fd_.get(), SOL_SOCKET, option, &room, sizeof room);
  if (::send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return fail_errno(errno, doing);
  char buffer[32768];
  Result<> done;
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return done;
    if (got < 0 && errno != EINTR) return fail_errno(errno, doing);
    std::string_view answers(buffer, got < 0 ? 0 : static_cast<size_t>(got));
    for (; answers.size() >= sizeof(nlmsghdr);
         answers = behind(answers, head_of<nlmsghdr>(answers).nlmsg_len)) {
      const auto header = head_of<nlmsghdr>(answers);
      const auto body = behind(answers.substr(0, header.nlmsg_len), sizeof header);
      if (header.nlmsg_type == NLMSG_ERROR && done) done = acknowledged(header, body, doing);
    }
  }
}

Result<> NetlinkSocket::send(Request request, std::string_view doing) const {
  const std::string_view bytes = request.seal();
  if (::send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return fail_errno(errno, doing);
  return {};
}

Result<std::string_view> NetlinkSocket::receive(std::span<char> buffer,
                                                std::string_view doing) const {
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got >= 0) return std::string_view(buffer.data(), static_cast<size_t>(got));
    if (errno != EINTR) return fail_errno(errno, doing);
  }
}

Result<> NetlinkSocket::acknowledged(const nlmsghdr& header, std::string_view body,
                                     std::string_view doing) {
  const int code = -head_of<nlmsgerr>(body).error;
  if (code == 0) return {};
  const std::string_view words = own_words(header, body);
  return fail(Error{code, concat(doing, ": ", words.empty() ? errno_text(code) : words), {}});
}

}  // namespace gaol::sys
