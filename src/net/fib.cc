// SPDX-License-Identifier: BSD-2-Clause
#include "net/fib.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

namespace gaol::net {

namespace {

// Before the rule for the main table (32766), and with room for the host's own in between.
constexpr uint32_t kLookUp = 30000, kNothingElse = 30001;
constexpr int kFamilies[] = {AF_INET, AF_INET6};

std::array<sys::RoutingRule, 2> rules_of(int family, int jid, uint32_t fib) {
  return {{{.family = family, .mark = fib_mark(jid), .priority = kLookUp, .table = fib},
           {.family = family, .mark = fib_mark(jid), .priority = kNothingElse, .table = 0}}};
}

}  // namespace

Result<> check_fib(int64_t fib) {
  if (fib < RT_TABLE_DEFAULT || fib > RT_TABLE_LOCAL) return {};
  return fail(fib, ": 253 to 255 are the host's own tables (default, main, local)");
}

Result<> choose_fib(sys::Kernel& kernel, int jid, uint32_t fib) {
  bool routes = false;
  for (const int family : kFamilies) routes |= TRY(kernel.has_routes(family, fib));
  if (!routes)
    return fail(Error{ENOENT, concat("routing table ", fib, " has no routes"),
                      concat("`ip route add default via GATEWAY table ", fib, "` makes one")});
  for (const int family : kFamilies)
    for (const auto& rule : rules_of(family, jid, fib)) TRY(kernel.add_rule(rule));
  return {};
}

Result<> leave_fib(sys::Kernel& kernel, int jid, uint32_t fib) {
  Result<> first;
  for (const int family : kFamilies)
    for (const auto& rule : rules_of(family, jid, fib))
      if (auto removed = kernel.remove_rule(rule); !removed && first) first = std::move(removed);
  return first;
}

}  // namespace gaol::net
