// SPDX-License-Identifier: BSD-2-Clause
#include "devfs/cgroup.h"

#include <errno.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include "devfs/bpf/device_map.h"

namespace gaol::devfs {

namespace {

constexpr const char* kMap = GAOL_DEVICE_MAP;

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

bool is_device(const sys::Node& node) { return S_ISCHR(node.mode) || S_ISBLK(node.mode); }

device_range range_of(const sys::Node& node) {
  uint32_t access = 0;
  if (node.mode & 0444) access |= BPF_DEVCG_ACC_READ;
  if (node.mode & 0222) access |= BPF_DEVCG_ACC_WRITE;
  const auto type = S_ISBLK(node.mode) ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
  return {static_cast<uint32_t>(type), node.major, node.minor, node.minor, access};
}

auto place(const device_range& range) {
  return std::tuple(range.type, range.major, range.access, range.first);
}

bool is_common(const device_range& range) {
  return std::ranges::any_of(kCommonDevices, [&](const device_range& common) {
    return common.type == range.type && common.major == range.major &&
           common.first <= range.first && range.last <= common.last;
  });
}

// Neighbours become one: a host has 64 consoles and as many loop devices.
std::vector<device_range> ranges_of(const std::vector<sys::Node>& nodes) {
  std::vector<device_range> all, out;
  for (const auto& node : nodes)
    if (is_device(node)) all.push_back(range_of(node));
  std::erase_if(all, is_common);
  std::ranges::sort(all, {}, place);
  for (const auto& range : all) {
    const bool next = !out.empty() && out.back().type == range.type &&
                      out.back().major == range.major && out.back().access == range.access &&
                      range.first <= out.back().last + 1;
    if (next)
      out.back().last = range.last;
    else
      out.push_back(range);
  }
  return out;
}

Result<> fit(const std::vector<device_range>& ranges) {
  if (ranges.size() <= DEVICE_RANGES) return {};
  return fail("devfs_ruleset: not supported on this system: more than ", int{DEVICE_RANGES},
              " rows of devices");
}

Result<> put(sys::Kernel& kernel, uint64_t cgroup_id, const std::vector<device_range>& ranges) {
  TRY(fit(ranges));
  const auto entry = std::make_unique<device_jail>();
  entry->count = static_cast<uint32_t>(ranges.size());
  std::ranges::copy(ranges, entry->range);
  auto done = kernel.map_put(kMap, bytes_of(cgroup_id), bytes_of(*entry));
  return !done && done.error().code == ENOENT ? Result<>{} : done;
}

}  // namespace

Result<> check(const std::vector<sys::Node>& nodes) { return fit(ranges_of(nodes)); }

Result<> allow(sys::Kernel& kernel, uint64_t cgroup_id, const std::vector<sys::Node>& nodes) {
  const auto ranges = ranges_of(nodes);
  return ranges.empty() ? Result<>{} : put(kernel, cgroup_id, ranges);
}

Result<> replace(sys::Kernel& kernel, uint64_t cgroup_id, const std::vector<sys::Node>& nodes) {
  const auto ranges = ranges_of(nodes);
  return ranges.empty() ? forget(kernel, cgroup_id) : put(kernel, cgroup_id, ranges);
}

Result<> forget(sys::Kernel& kernel, uint64_t cgroup_id) {
  auto dropped = kernel.map_drop(kMap, bytes_of(cgroup_id));
  return !dropped && dropped.error().code == ENOENT ? Result<>{} : dropped;
}

}  // namespace gaol::devfs
