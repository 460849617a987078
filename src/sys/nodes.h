// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What lies in a directory of device nodes: devices, directories and symbolic links. Sockets,
// pipes and files are somebody's, not the kernel's, and are passed over.

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::sys {

// The node `name` of `dir`, a link itself and not what it leads to. ENOENT: nothing there, or
// nothing of these kinds.
Result<Node> read_node(const std::string& dir, const std::string& name);

// All of them, a directory before what is in it; not what is mounted below, and no deeper than
// kDeepestNode directories.
constexpr int kDeepestNode = 8;
Result<std::vector<Node>> read_nodes(const std::string& dir);

}  // namespace gaol::sys
