// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Messages to netlink and the answers to them, for the rest of this folder. libmnl would be the
// usual library, but it comes as a shared one only and the commands are static programs, for which
// a handful of requests are all they need.
//
// A request is answered by exactly one message, what was asked for or an acknowledgement (ask), or
// by a list of them (list); no state is kept between two requests. With NETLINK_EXT_ACK a refusal
// brings the kernel's own sentence, which is better than errno's.

#include <linux/netlink.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

constexpr size_t netlink_aligned(size_t size) {
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
  if (!bytes.empty()) memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

inline std::string_view behind(std::string_view bytes, size_t size) {
  return bytes.substr(std::min(bytes.size(), netlink_aligned(size)));
}

// Names go over with their final zero.
inline std::string_view with_zero(const std::string& name) {
  return {name.c_str(), name.size() + 1};
}

// What stands in an attribute of that type, or nothing.
std::string_view attribute_in(std::string_view attributes, uint16_t type);

// A row of attributes; one may hold another row.
class AttributeRow {
 public:
  void add(uint16_t type, std::string_view value);
  template <std::integral T>
  void add_number(uint16_t type, T value) {
    add(type, bytes_of(value));
  }
  std::string_view bytes() const { return bytes_; }

 protected:
  void append(std::string_view part);
  std::string& text() { return bytes_; }

 private:
  std::string bytes_;
};

class Request : public AttributeRow {
 public:
  template <class Body>
  Request(uint16_t type, uint16_t flags, const Body& body) {
    const nlmsghdr header{0, type, static_cast<uint16_t>(flags | NLM_F_REQUEST), 0, 0};
    append(bytes_of(header));
    append(bytes_of(body));
  }

  // The whole message, with its length in front.
  std::string_view seal();
};

class NetlinkSocket {
 public:
  // Speaks to the caller's network namespace, wherever it is used later.
  static Result<NetlinkSocket> open(int protocol = NETLINK_ROUTE);

  // The body of the answer; long ones are cut.
  Result<std::string> ask(Request request, std::string_view doing) const;

  // Sends them in one piece, of which the kernel does all or nothing. Those that carry NLM_F_ACK
  // are answered; what is said of the first one that was refused is the error.
  Result<> together(std::vector<Request> requests, std::string_view doing) const;

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
  explicit NetlinkSocket(Fd fd) : fd_(std::move(fd)) {}

  Result<> send(Request request, std::string_view doing) const;
  Result<std::string_view> receive(std::span<char> buffer, std::string_view doing) const;
  // A refusal is an Error behind the words `doing`.
  static Result<> acknowledged(const nlmsghdr& header, std::string_view body,
                               std::string_view doing);

  Fd fd_;
};

}  // namespace gaol::sys
