// SPDX-License-Identifier: BSD-2-Clause

#include "net/alias.h"

#include <ranges>

namespace gaol::net {

Result<std::vector<Alias>> add_aliases(sys::Kernel& kernel, std::span<const Alias> plan) {
  std::vector<Alias> added;
  for (const auto& alias : plan) {
    auto done = kernel.add_address(alias.interface, alias.address);
    if (!done) {
      (void)remove_aliases(kernel, added);
      return std::unexpected(std::move(done).error());
    }
    if (*done) added.push_back(alias);
  }
  return added;
}

Result<> remove_aliases(sys::Kernel& kernel, std::span<const Alias> added) {
  Result<> first;
  for (const auto& alias : added | std::views::reverse) {
    auto removed = kernel.remove_address(alias.interface, alias.address);
    if (first && !removed) first = std::unexpected(std::move(removed).error());
  }
  return first;
}

}  // namespace gaol::net
