// SPDX-License-Identifier: BSD-2-Clause

#include "net/stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <algorithm>

#include "net/bpf/stack_map.h"

namespace gaol::net {

namespace {

constexpr const char* kJails = GAOL_STACK_PINS "/jails";
constexpr const char* kAddresses = GAOL_STACK_PINS "/addresses";

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

stack_address entry_for(const sys::Address& address) {
  stack_address out{};
  if (address.family == AF_INET) {
    out.word[2] = htonl(0xffff);
    memcpy(&out.word[3], address.bytes, 4);
  } else {
    memcpy(out.word, address.bytes, sizeof out.word);
  }
  return out;
}

stack_family entry_for(const FamilyPlan& plan) {
  stack_family out{};
  if (plan.inherit) {
    out.count = STACK_UNLIMITED;
  } else if (!plan.addresses.empty()) {
    out.primary = entry_for(plan.addresses.front());
    out.count = static_cast<uint32_t>(plan.addresses.size());
  }
  return out;
}

// What the set "addresses" must hold: nothing for a family whose only address is primary.
std::vector<stack_member> members(uint64_t cgroup, const StackPlan& plan) {
  std::vector<stack_member> out;
  for (const FamilyPlan* family : {&plan.v4, &plan.v6}) {
    if (family->inherit || family->addresses.size() < 2) continue;
    for (const auto& address : family->addresses) out.push_back({cgroup, entry_for(address)});
  }
  return out;
}

// The jail's entry goes last: it makes the addresses count.
Result<> enter(sys::Kernel& kernel, uint64_t cgroup, const StackPlan& plan) {
  const uint8_t present = 1;
  for (const auto& member : members(cgroup, plan))
    TRY(kernel.map_put(kAddresses, bytes_of(member), bytes_of(present)));
  const stack_jail jail{entry_for(plan.v4), entry_for(plan.v6),
                        plan.reserved_ports_uid.value_or(STACK_NOBODY), plan.own_stack};
  return kernel.map_put(kJails, bytes_of(cgroup), bytes_of(jail));
}

}  // namespace

bool needed(const StackPlan& plan) {
  return !plan.v4.addresses.empty() || !plan.v6.addresses.empty();
}

Result<uint64_t> apply(sys::Kernel& kernel, const std::string& cgroup, const StackPlan& plan) {
  const uint64_t id = TRY(kernel.cgroup_id(cgroup));
  auto entered = enter(kernel, id, plan);
  if (entered) return id;
  (void)undo(kernel, id, plan);
  return std::unexpected(std::move(entered).error());
}

Result<> replace(sys::Kernel& kernel, const std::string& cgroup, const StackPlan& before,
                 const StackPlan& after) {
  const uint64_t id = TRY(kernel.cgroup_id(cgroup));
  auto entered = enter(kernel, id, after);
  if (!entered) return entered.error().code == ENOENT && !needed(after) ? Result<>{} : entered;
  const auto kept = members(id, after);
  for (const auto& member : members(id, before))
    if (std::ranges::none_of(kept, [&](const stack_member& other) {
          return memcmp(&member, &other, sizeof member) == 0;
        }))
      TRY(kernel.map_drop(kAddresses, bytes_of(member)));
  return {};
}

Result<> undo(sys::Kernel& kernel, uint64_t cgroup_id, const StackPlan& plan) {
  Result<> first = kernel.map_drop(kJails, bytes_of(cgroup_id));
  if (!first && first.error().code == ENOENT) return {};  // unloaded: the entries went with it
  for (const auto& member : members(cgroup_id, plan)) {
    auto dropped = kernel.map_drop(kAddresses, bytes_of(member));
    if (first && !dropped) first = std::move(dropped);
  }
  return first;
}

}  // namespace gaol::net
