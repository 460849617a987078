// SPDX-License-Identifier: BSD-2-Clause

#include "net/stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <algorithm>

#include "net/bpf/stack_map.h"

namespace gaol::net {

namespace {

static_assert(kDeepestJail == GAOL_DEEPEST_JAIL);
constexpr const char* kJails = GAOL_STACK_PINS "/jails";
constexpr const char* kAddresses = GAOL_STACK_PINS "/addresses";
constexpr const char* kNetworks = GAOL_STACK_PINS "/networks";

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

// The mask of a prefix, as addresses are written here: IPv4's begins behind 96 bits that match.
stack_address mask_of(const sys::Address& address) {
  uint8_t bytes[16]{};
  int ones = address.prefix + (address.family == AF_INET ? 96 : 0);
  for (auto& byte : bytes) {
    byte = static_cast<uint8_t>(0xff00 >> std::clamp(ones, 0, 8));
    ones -= 8;
  }
  stack_address out;
  memcpy(&out, bytes, sizeof out);
  return out;
}

bool in_network(const sys::Address& address) {
  return address.prefix < (address.family == AF_INET ? 32 : 128);
}

stack_networks networks_of(const FamilyPlan& plan) {
  auto addresses = plan.addresses;
  // Of several in one network the first one given wins.
  std::ranges::stable_sort(addresses, std::ranges::greater{}, &sys::Address::prefix);
  stack_networks out{};
  for (const auto& address : addresses)
    if (in_network(address) && out.count < STACK_NETWORKS)
      out.network[out.count++] = {mask_of(address), entry_for(address)};
  return out;
}

// Otherwise the primary address is the only choice, and there is no entry.
bool chooses(const FamilyPlan& plan) {
  return plan.by_network && plan.addresses.size() > 1 &&
         std::ranges::any_of(plan.addresses, in_network);
}

// The entries that `plan` has and `other` has not.
std::vector<stack_key> choices(uint64_t cgroup, const StackPlan& plan, const StackPlan& other) {
  std::vector<stack_key> out;
  if (chooses(plan.v4) && !chooses(other.v4)) out.push_back({cgroup, 1});
  if (chooses(plan.v6) && !chooses(other.v6)) out.push_back({cgroup, 0});
  return out;
}

// The jail's entry goes last: it makes the addresses count.
Result<> enter(sys::Kernel& kernel, uint64_t cgroup, const StackPlan& plan) {
  const uint8_t present = 1;
  for (const auto& member : members(cgroup, plan))
    TRY(kernel.map_put(kAddresses, bytes_of(member), bytes_of(present)));
  for (const auto& key : choices(cgroup, plan, {}))
    TRY(kernel.map_put(kNetworks, bytes_of(key),
                       bytes_of(networks_of(key.v4 ? plan.v4 : plan.v6))));
  const stack_jail jail{entry_for(plan.v4), entry_for(plan.v6),
                        plan.reserved_ports_uid.value_or(STACK_NOBODY), plan.own_stack, plan.mark};
  return kernel.map_put(kJails, bytes_of(cgroup), bytes_of(jail));
}

}  // namespace

bool needed(const StackPlan& plan) {
  return !plan.v4.addresses.empty() || !plan.v6.addresses.empty() || plan.mark;
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
  for (const auto& key : choices(id, before, after)) TRY(kernel.map_drop(kNetworks, bytes_of(key)));
  return {};
}

Result<> undo(sys::Kernel& kernel, uint64_t cgroup_id, const StackPlan& plan) {
  Result<> first = kernel.map_drop(kJails, bytes_of(cgroup_id));
  if (!first && first.error().code == ENOENT) return {};  // unloaded: the entries went with it
  for (const auto& member : members(cgroup_id, plan)) {
    auto dropped = kernel.map_drop(kAddresses, bytes_of(member));
    if (first && !dropped) first = std::move(dropped);
  }
  for (const auto& key : choices(cgroup_id, plan, {})) {
    auto dropped = kernel.map_drop(kNetworks, bytes_of(key));
    if (first && !dropped) first = std::move(dropped);
  }
  return first;
}

}  // namespace gaol::net
