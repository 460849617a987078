// SPDX-License-Identifier: BSD-2-Clause

// bpf(2) has no wrapper in libc; its argument is a union of which each command reads its part,
// and the rest must be zero.

#include "sys/bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <optional>

#include "sys/fd.h"

namespace gaol::sys {

namespace {

uint64_t pointer(const void* p) { return reinterpret_cast<uintptr_t>(p); }

long bpf(bpf_cmd command, bpf_attr& attr) {
  return ::syscall(SYS_bpf, command, &attr, sizeof attr);
}

Result<Fd> open_pin(const std::string& pin) {
  bpf_attr attr{};
  attr.pathname = pointer(pin.c_str());
  const long fd = bpf(BPF_OBJ_GET, attr);
  if (fd < 0) return fail_errno(errno, pin);
  return Fd(static_cast<int>(fd));
}

// The map, if its keys (and values) have these sizes.
Result<Fd> open_map(const std::string& pin, size_t key, std::optional<size_t> value) {
  Fd map = TRY(open_pin(pin));
  bpf_map_info info{};
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<uint32_t>(map.get());
  attr.info.info_len = sizeof info;
  attr.info.info = pointer(&info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, attr) < 0) return fail_errno(errno, pin);
  if (info.key_size != key || info.value_size != value.value_or(info.value_size))
    return fail(Error{0, concat(pin, ": made by another version of gaol"), {}});
  return map;
}

bpf_attr element(const Fd& map, std::span<const std::byte> key, const std::byte* value) {
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(map.get());
  attr.key = pointer(key.data());
  attr.value = pointer(value);
  return attr;
}

}  // namespace

Result<> bpf_map_put(const std::string& pin, std::span<const std::byte> key,
                     std::span<const std::byte> value) {
  const Fd map = TRY(open_map(pin, key.size(), value.size()));
  bpf_attr attr = element(map, key, value.data());
  if (bpf(BPF_MAP_UPDATE_ELEM, attr) < 0) return fail_errno(errno, pin);
  return {};
}

Result<> bpf_map_drop(const std::string& pin, std::span<const std::byte> key) {
  const Fd map = TRY(open_map(pin, key.size(), std::nullopt));
  bpf_attr attr = element(map, key, nullptr);
  if (bpf(BPF_MAP_DELETE_ELEM, attr) < 0 && errno != ENOENT) return fail_errno(errno, pin);
  return {};
}

Result<bool> bpf_map_get(const std::string& pin, std::span<const std::byte> key,
                         std::span<std::byte> value) {
  const Fd map = TRY(open_map(pin, key.size(), value.size()));
  bpf_attr attr = element(map, key, value.data());
  if (bpf(BPF_MAP_LOOKUP_ELEM, attr) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_errno(errno, pin);
}

Result<> mount_bpffs(const std::string& path) {
  struct statfs fs;
  if (::statfs(path.c_str(), &fs) < 0) return fail_errno(errno, path);
  if (fs.f_type == BPF_FS_MAGIC) return {};
  if (::mount("bpf", path.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
    return fail_errno(errno, "mount bpf on ", path);
  return {};
}

}  // namespace gaol::sys
