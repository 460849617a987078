// SPDX-License-Identifier: BSD-2-Clause
#include "host/facts.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "host/mounts.h"
#include "sys/tree.h"

namespace gaol::host {

namespace {

constexpr const char* kPrograms[] = {"ip", "mmdebstrap", "nft", "zfs", "zfs-fuse", "btrfs"};

// The file's text without the newline; empty when there is no such file.
std::string line_of(sys::Kernel& kernel, const std::string& path) {
  const auto text = kernel.read_file(path);
  return text ? std::string(trim(*text)) : std::string();
}

bool has_word(std::string_view text, std::string_view word, char separator) {
  const auto pieces = split(text, separator);
  return std::ranges::find(pieces, word) != pieces.end();
}

bool exists(const std::string& path) {
  const auto entry = sys::entry_at(path);
  return entry && *entry != sys::Entry::absent;
}

// v1 names its controllers among the mount options, v2 in a file.
Cgroups cgroups_of(const std::vector<Mount>& mounts, sys::Kernel& kernel) {
  constexpr std::string_view kNotControllers[] = {"rw", "ro", "xattr", "noprefix",
                                                  "clone_children"};
  Cgroups out;
  bool v1 = false;
  std::set<std::string> controllers;
  for (const auto& mount : mounts) {
    if (mount.type == "cgroup2" && out.v2.empty()) out.v2 = mount.point;
    if (mount.type != "cgroup") continue;
    for (const auto option : split(mount.options, ','))
      if (!option.contains('=') &&
          std::ranges::find(kNotControllers, option) == std::end(kNotControllers))
        v1 = controllers.emplace(option).second || v1;
  }
  if (!out.v2.empty()) {
    const auto listed = line_of(kernel, concat(out.v2, "/cgroup.controllers"));
    for (const auto word : words(listed)) controllers.emplace(word);
  }
  out.controllers.assign(controllers.begin(), controllers.end());
  out.layout = out.v2.empty() ? (v1 ? CgroupLayout::v1 : CgroupLayout::none)
                              : (v1 ? CgroupLayout::hybrid : CgroupLayout::unified);
  return out;
}

std::string nearest_directory(std::string path) {
  while (path.size() > 1 && !exists(path)) path.erase(std::max<size_t>(path.rfind('/'), 1));
  return path;
}

// The last of the longest mount points above `path` is the one that shows.
std::string filesystem_of(const std::vector<Mount>& mounts, const std::string& path) {
  const Mount* best = nullptr;
  for (const auto& mount : mounts) {
    const bool above =
        mount.point == "/" || path == mount.point || path.starts_with(mount.point + "/");
    if (above && (!best || mount.point.size() >= best->point.size())) best = &mount;
  }
  return best ? best->type : "";
}

Store store_at(const std::vector<Mount>& mounts, const std::string& wanted) {
  Store store;
  store.path = nearest_directory(wanted);
  store.filesystem = filesystem_of(mounts, store.path);
  store.idmapped_mount = sys::probe_idmapped_mount(store.path);
  return store;
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  const auto search = concat(path ? path : "", ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin");
  for (const auto directory : split(search, ':')) {
    auto candidate = concat(directory, "/", name);
    if (directory.starts_with('/') && exists(candidate)) return candidate;
  }
  return {};
}

Facts gather(const std::vector<std::string>& stores, sys::Kernel& kernel) {
  const auto mounts = parse_mounts(line_of(kernel, "/proc/self/mountinfo"));
  const auto filesystems = line_of(kernel, "/proc/filesystems");
  const auto known = words(filesystems);
  const auto knows = [&](std::string_view name) {
    return std::ranges::find(known, name) != known.end();
  };
  const auto modules = line_of(kernel, "/sys/kernel/security/lsm");
  Facts facts;
  facts.root = sys::is_root();
  facts.kernel = sys::kernel_release();
  facts.cgroups = cgroups_of(mounts, kernel);
  facts.cgroups.kill = !facts.cgroups.v2.empty() && sys::has_cgroup_kill(facts.cgroups.v2);
  facts.clone_into_cgroup = sys::probe_clone_into_cgroup();
  facts.mount_api = sys::probe_mount_api();
  facts.seccomp = sys::probe_seccomp();
  facts.user_namespace = sys::probe_user_namespace();
  facts.network_namespace = sys::probe_network_namespace();
  facts.user_overlay = sys::probe_user_overlay();
  facts.max_user_namespaces =
      number<uint64_t>(line_of(kernel, "/proc/sys/user/max_user_namespaces")).value_or(0);
  facts.apparmor_restricts_user_namespaces =
      line_of(kernel, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1";
  facts.cgroup_bpf = sys::probe_cgroup_bpf();
  facts.unix_hooks = sys::probe_unix_hooks();
  facts.veth = sys::probe_veth();
  facts.nftables = sys::probe_nftables();
  const auto bpffs = std::ranges::find(mounts, "bpf", &Mount::type);
  if (bpffs != mounts.end()) facts.bpffs = bpffs->point;
  facts.pidfs = sys::has_pidfs();
  for (const auto& wanted : stores) facts.stores.push_back(store_at(mounts, wanted));
  facts.zfs = knows("zfs");
  facts.btrfs = knows("btrfs");
  facts.apparmor = line_of(kernel, "/sys/module/apparmor/parameters/enabled") == "Y";
  facts.bpf_lsm = has_word(modules, "bpf", ',');
  for (const char* name : kPrograms)
    if (auto path = find_program(name); !path.empty())
      facts.programs.emplace(name, std::move(path));
  return facts;
}

}  // namespace gaol::host
