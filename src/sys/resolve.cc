// SPDX-License-Identifier: BSD-2-Clause
#include "sys/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <memory>

namespace gaol::sys {

// glibc's resolver loads shared libraries of the very version it was built with.
#if defined(__GLIBC__) && defined(GAOL_STATIC)

Result<std::vector<Address>> resolve(const std::string&) { return fail_errno(ENOSYS, "glibc"); }

#else

namespace {

template <class Socket>
Address address_of(const sockaddr* socket, const auto Socket::*bytes) {
  Address out{.family = socket->sa_family};
  const auto& from = reinterpret_cast<const Socket*>(socket)->*bytes;
  static_assert(sizeof from <= sizeof out.bytes);
  memcpy(out.bytes, &from, sizeof from);
  out.prefix = 8 * sizeof from;
  return out;
}

}  // namespace

Result<std::vector<Address>> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;  // one answer an address, not one for each kind of socket
  addrinfo* first = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &first); code != 0)
    return fail(::gai_strerror(code));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> answers(first, ::freeaddrinfo);
  std::vector<Address> out;
  for (const auto* answer = first; answer; answer = answer->ai_next) {
    if (answer->ai_family == AF_INET)
      out.push_back(address_of(answer->ai_addr, &sockaddr_in::sin_addr));
    if (answer->ai_family == AF_INET6)
      out.push_back(address_of(answer->ai_addr, &sockaddr_in6::sin6_addr));
  }
  return out;
}

#endif

}  // namespace gaol::sys
