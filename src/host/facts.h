// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What this machine is and can do, as far as jails are concerned. Gathering asks the kernel and
// leaves nothing changed; what it means for gaol is said elsewhere (host/doctor.h).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sys/kernel.h"
#include "sys/probe.h"

namespace gaol::host {

enum class CgroupLayout : uint8_t { none, v1, hybrid, unified };

struct Cgroups {
  CgroupLayout layout = CgroupLayout::none;
  std::string v2;                        // where the v2 hierarchy is mounted; empty: nowhere
  std::vector<std::string> controllers;  // sorted, of either version
  bool kill = false;                     // cgroup.kill
};

// A directory that jails or releases are or will be kept in.
struct Store {
  std::string path;        // the nearest directory that exists
  std::string filesystem;  // "ext4"
  sys::Answer idmapped_mount = 0;
};

struct Facts {
  bool root = false;
  std::string kernel;
  Cgroups cgroups;
  sys::Answer clone_into_cgroup = 0, mount_api = 0, seccomp = 0;
  sys::Answer user_namespace = 0, network_namespace = 0, user_overlay = 0;
  uint64_t max_user_namespaces = 0;
  bool apparmor_restricts_user_namespaces = false;
  sys::Answer cgroup_bpf = 0, unix_hooks = 0, veth = 0, nftables = 0;
  std::string bpffs;  // where it is mounted
  bool pidfs = false;
  std::vector<Store> stores;
  bool zfs = false, btrfs = false;
  bool apparmor = false, bpf_lsm = false;
  std::map<std::string, std::string, std::less<>> programs;  // those found, with their paths
};

// `stores` are the directories meant to hold jails and releases.
Facts gather(const std::vector<std::string>& stores, sys::Kernel& kernel = sys::real_kernel());

// The file that `name` would run, in PATH or where system programs are; empty: none.
std::string find_program(const std::string& name);

}  // namespace gaol::host
