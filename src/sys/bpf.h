// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// BPF maps by the names they are pinned under, for programs that must not load libbpf: two
// system calls and a check are all that a start needs.

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace gaol::sys {

// REQUIRES: nothing about sizes: a key or value that is not the map's is refused, because the
// kernel would read (or write) as many bytes as the map says. All fail with ENOENT when
// nothing is pinned there.
Result<> bpf_map_put(const std::string& pin, std::span<const std::byte> key,
                     std::span<const std::byte> value);
// Success if the key is not there.
Result<> bpf_map_drop(const std::string& pin, std::span<const std::byte> key);
// Fills in `value`. False if the key is not there.
Result<bool> bpf_map_get(const std::string& pin, std::span<const std::byte> key,
                         std::span<std::byte> value);

// Mounts a bpffs, to be reached by root only, unless one is there already.
Result<> mount_bpffs(const std::string& path);

}  // namespace gaol::sys
