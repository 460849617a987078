// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The disks of this machine, and what keeps each from being taken for something new. Nobody knows
// all of that: lsblk(8) knows mounts and what is made of a disk, the kernel who has it for
// themselves, wipefs(8) what is written on it, and a ZFS that runs as a process has its disks
// without a word to any of them.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pool/ask.h"

namespace gaol::pool {

struct Disk {
  std::string path;  // "/dev/sda"
  uint64_t bytes = 0;
  std::string model;               // as the disk says; empty: it says nothing
  std::string user;                // who has it: "mounted at /home"; empty: nobody
  std::string content;             // what would be lost: "ext4", "gpt"; empty: nothing known
  std::vector<std::string> parts;  // partitions, by path
};

// Devices that pools have, to the names of the pools.
using Taken = std::map<std::string, std::string, std::less<>>;

// Whole disks, by path; no loop devices, no memory, none that cannot be written.
Result<std::vector<Disk>> disks(const Taken& taken, const Ask& ask);
// One block device of any kind, a partition too. ENOENT and ENOTBLK as the kernel has them.
Result<Disk> disk(const std::string& path, const Taken& taken, const Ask& ask);

// "512 MB", "1.8 TB": powers of 1000, as disks are sold.
std::string size_text(uint64_t bytes);

// What `lsblk --json --tree` said, without those that are no disks unless `any`.
Result<std::vector<Disk>> parse_lsblk(std::string_view json, bool any);

}  // namespace gaol::pool
