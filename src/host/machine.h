// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The metal below the jails, as /proc and /sys tell it: what there is to share out. Disks and pools
// are asked of others (pool/pool.h); what the kernel can do is in host/facts.h.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sys/kernel.h"

namespace gaol::host {

struct Processor {
  std::string model;  // empty: it does not say
  size_t packages = 1, cores = 0, threads = 0;
};
struct Memory {
  uint64_t bytes = 0, available = 0;  // what new programs can have without swapping
};
// An interface with a device behind it; none of those that are made, such as veths and bridges.
struct Nic {
  std::string name, driver, address;
  uint64_t megabits = 0;  // a second; 0: not known, as while it is down
  bool up = false;        // with a carrier
};
struct Machine {
  std::string name, system, kernel;  // "web01", "Debian GNU/Linux 12 (bookworm)", "6.1.0-18-amd64"
  uint64_t uptime = 0;               // seconds
  Processor processor;
  Memory memory;
  std::vector<Nic> nics;
};

// What cannot be read is left out.
Machine look_at_machine(sys::Kernel& kernel = sys::real_kernel());

// Of /proc/cpuinfo.
Processor parse_cpuinfo(std::string_view text);

}  // namespace gaol::host
