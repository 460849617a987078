// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What gaol knows of one jail: what was asked, what stands in the kernel because of it, and so
// what has to go when the jail does. Written before anything is done, so that whoever finds
// the jail half made or half gone can finish the job from the record alone.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "jail/params.h"
#include "net/alias.h"
#include "sys/kernel.h"

namespace gaol::warden {

using Jid = int;

struct Record {
  Jid jid = 0;
  Jid parent = 0;           // 0: the host
  std::string name;         // as the host says it: `a.b` is below `a`
  jail::Settings settings;  // as given; defaults are the registry's
  sys::ProcessId owner;     // who is starting or stopping it; meaningless otherwise
  sys::ProcessId init;      // pid 0: not created yet
  uint64_t line = 0;        // init's, see jail::Prison; 0: not known
  sys::ProcessId first;     // the init system of its userland (jail/first.h); pid 0: none
  sys::ProcessId raw;       // who makes its raw sockets (jail/raw_sockets.h); pid 0: nobody
  sys::ProcessId control;   // who answers its root on the host (door.h); pid 0: nobody
  uint32_t first_id = 0;    // see jail::PrisonPlan
  std::string cgroup;
  std::vector<net::Alias> aliases;        // made by us, to be removed by us
  std::vector<sys::LentLink> interfaces;  // moved in, to be brought back
  std::vector<std::string> inherits;      // see jail::inherited_families
  bool dying = false;                     // it ran, and is being taken apart

  std::string to_text() const;
  static Result<Record> from_text(std::string_view text);
};

}  // namespace gaol::warden
