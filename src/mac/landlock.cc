// SPDX-License-Identifier: BSD-2-Clause
//
// Names of abstract unix sockets belong to the network namespace, so a jail in the shared stack
// would see those of the host's daemons, some of which trust whoever connects (CVE-2020-15257).
// FreeBSD has no such sockets. Landlock can scope them since its ABI 6.

#include "mac/landlock.h"

#include <utility>

#include "sys/landlock.h"

namespace gaol::mac {
namespace {

constexpr int kFirstAbiWithScopes = 6;
constexpr uint64_t kScopeAbstractUnixSocket = 1;  // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET

}  // namespace

Result<std::optional<sys::Fd>> abstract_socket_scope() {
  const int abi = TRY(sys::landlock_abi());
  if (abi < kFirstAbiWithScopes) return std::nullopt;
  return TRY(sys::landlock_scope(kScopeAbstractUnixSocket));
}

}  // namespace gaol::mac
