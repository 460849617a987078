// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Which ids of the host a jail's user namespace is mapped to. The range follows from the jid,
// so nothing has to be kept; jids whose numbers fall on the same range never run together.
// A tree whose files have a range of their own on disk gives it to its jail instead.

#include <cstdint>
#include <vector>

#include "dataset/owners.h"
#include "warden/record.h"

namespace gaol::warden {

// Above those of trees, which are above what distributions, subuid files and systemd hand out
// (0x80000 to 0x6FFFFFFF), and below the ids that mean "nobody" to a kernel. Range N is the ids
// from N * 65,536.
constexpr uint32_t kFirstRange = dataset::kFirstOwnersRange + dataset::kOwnersRanges;
constexpr uint32_t kRanges = 0xFFEF - kFirstRange;

inline uint32_t first_id_of(Jid jid) {
  return (kFirstRange + static_cast<uint32_t>(jid) % kRanges) << 16;
}

// The jids up to `highest` that would get the ids of `jid`, itself included.
inline std::vector<Jid> jids_sharing_ids(Jid jid, Jid highest) {
  std::vector<Jid> out;
  constexpr Jid kStep = static_cast<Jid>(kRanges);
  for (Jid other = jid % kStep; other <= highest; other += kStep)
    if (other > 0) out.push_back(other);
  return out;
}

}  // namespace gaol::warden
