// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What this kernel can do, found out by trying. Version numbers lie (vendors backport, builds
// leave things out, sandboxes forbid), so each probe makes the very call gaol will make later,
// where it can have no effect: on a bad descriptor, on a detached mount, or in a child with
// namespaces of its own that ends with the probe.

#include <string>

#include "base/result.h"

namespace gaol::sys {

// 0 when the kernel does it, else the errno it refused with: ENOSYS, EINVAL or EOPNOTSUPP mean
// "not in this kernel", EPERM "not for us".
using Answer = int;

Answer probe_clone_into_cgroup();
Answer probe_mount_api();  // open_tree, mount_setattr
Answer probe_user_namespace();
Answer probe_network_namespace();
Answer probe_idmapped_mount(const std::string& dir);  // of the filesystem of `dir`
Answer probe_user_overlay();                          // overlay mounted in a user namespace
Answer probe_cgroup_bpf();                            // a bind4 program passes the verifier
Answer probe_unix_hooks();                            // one for connect of unix sockets does
Answer probe_seccomp();                               // filters that answer with an errno
Answer probe_veth();
Answer probe_nftables();
// Whether cgroups below `v2`, a v2 hierarchy, have cgroup.kill; the root itself has none, so an
// empty cgroup is made and removed.
bool has_cgroup_kill(const std::string& v2);
bool has_pidfs();
bool is_root();
std::string kernel_release();  // "6.1.0-18-amd64"
int kernel_date();             // of that release as FreeBSD counts its own: 601000

}  // namespace gaol::sys
