// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The product of lists, for rules of every kind.

#include "pf/expand.h"

namespace gaol::pf {

// In memory a rule is about a kilobyte.
constexpr size_t kMostOfStatement = 1 << 16, kMostOfPolicy = 1 << 17;

template <class F>
bool Expander::product(const Lists& lists, F add) {
  double size = 1;
  for (const size_t one :
       {lists.interfaces.size(), lists.protocols.size(), lists.icmp.size(), lists.from.size(),
        lists.to.size(), lists.from_port.size(), lists.to_port.size(), lists.os.size(),
        lists.users.size(), lists.groups.size()})
    size *= static_cast<double>(one);
  if (size > kMostOfStatement) {
    error(concat("rule expands to more than ", kMostOfStatement, " rules (use a table)"));
    return false;
  }
  if (all_ + static_cast<size_t>(size) > kMostOfPolicy) {
    error(concat("more than ", kMostOfPolicy, " rules"));
    return false;
  }
  for (const auto& on : lists.interfaces)
    for (const auto protocol : lists.protocols)
      for (const auto& icmp : lists.icmp)
        for (const auto& from : lists.from)
          for (const auto& to : lists.to)
            for (const auto& from_port : lists.from_port)
              for (const auto& to_port : lists.to_port)
                for (const auto& os : lists.os)
                  for (const auto& user : lists.users)
                    for (const auto& group : lists.groups)
                      add(Choice{on, protocol, icmp, from, to, from_port, to_port, os, user,
                                 group});
  all_ += static_cast<size_t>(size);
  return true;
}

}  // namespace gaol::pf
