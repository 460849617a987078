// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Whom the files of a tree belong to, changed on disk, for file systems that cannot show it changed
// (idmapped mounts). A change of owner takes set-id bits and file capabilities away, so they are
// listed before and given back after: whoever keeps the list can be killed at any moment and begin
// again. The tree is a tenant's, and what is said in sys/tree.h holds here too.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

inline constexpr uint32_t kIdsOfATree = 65536;
// Ids from `from` become ids from `to`; those of neither range, and those already there, stay.
struct Shift {
  uint32_t from = 0, to = 0;
  uint32_t operator()(uint32_t id) const { return id - from < kIdsOfATree ? to + (id - from) : id; }
};
// A file's capabilities as root `root` has them; 0: the root of the host.
std::string capabilities_for(std::string_view bytes, uint32_t root);

// An access control list, as it is in an extended attribute, with other ids in it.
std::string access_list_for(std::string bytes, Shift shift);

// Whose the top of a tree is.
Result<uint32_t> owner_of(const Fd& top);

// What a change of owners would take away from the files of a tree, for give_privileges().
// REQUIRES, as for all of these: nobody else changes the tree.
Result<std::string> list_privileges(const Fd& top);
// Changes owners and those whom access control lists name; gives the number of names seen, and
// tells it after each.
using Seen = std::function<void(uint64_t names)>;
Result<uint64_t> shift_owners(
    const Fd& top, Shift shift, const Seen& tell = [](uint64_t) {});
// File capabilities are then those of the root that `shift` leads to.
Result<> give_privileges(const Fd& top, std::string_view listed, Shift shift);

}  // namespace gaol::sys
