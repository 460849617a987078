// SPDX-License-Identifier: BSD-2-Clause
//
// Names of abstract unix sockets belong to the network namespace, so a jail on the host's stack
// shares them with the host's daemons, some of which trust whoever connects (CVE-2020-15257).
// FreeBSD has no such sockets. Here each jail gets to those that were made in it, and finds
// nobody at the names of others.
//
// The kernel looks up who has a name, locks that socket and asks its security hooks about it.
// Asking there judges the very socket that is about to be reached. A cgroup's hooks come before
// the look-up and know the name only; whose it is would have to be guessed, since binding a
// unix socket passes no hook, and may change before the look-up.
//
// The price is that these hooks are the machine's: whoever connects to a unix socket or sends a
// datagram to one passes through here. Sockets in the file system end at the first question.

#include <linux/bpf.h>
#include <linux/errno.h>

#include <bpf/bpf_core_read.h>

#include "root.h"

// The parts of the kernel's own types that are read here; where they are in them is settled
// when the programs are loaded.
#define KERNEL __attribute__((preserve_access_index))

struct kernfs_node {
  __u64 id;
} KERNEL;

struct cgroup {
  int level;
  struct kernfs_node* kn;
  struct cgroup* ancestors[];
} KERNEL;

struct sock_cgroup_data {
  struct cgroup* cgroup;
} KERNEL;

struct sock {
  struct sock_cgroup_data sk_cgrp_data;
} KERNEL;

struct socket {
  struct sock* sk;
} KERNEL;

struct sockaddr_un {
  char sun_path[108];
} KERNEL;

struct unix_address {
  struct sockaddr_un name[0];
} KERNEL;

struct unix_sock {
  struct unix_address* addr;
} KERNEL;

INLINE int is_abstract(struct sock* socket) {
  const struct unix_sock* named = bpf_skc_to_unix_sock(socket);
  return named && named->addr && named->addr->name[0].sun_path[0] == '\0';
}

// The ancestor, at `level`, of the cgroup in which the socket was made; 0 above it.
INLINE __u64 ancestor(const struct sock* socket, int level) {
  const struct cgroup* cgroup = socket->sk_cgrp_data.cgroup;
  if (cgroup->level < level) return 0;
  return BPF_CORE_READ(cgroup, ancestors[level], kn, id);
}

INLINE int judge(struct sock* other) {
  if (!is_abstract(other)) return 0;
  for (int level = 1; level <= kDeepestRoot; level++) {
    if (bpf_get_current_ancestor_cgroup_id(level) != gaol_root) continue;
    __u64 jail = bpf_get_current_ancestor_cgroup_id(level + 1);
    return !jail || jail == ancestor(other, level + 1) ? 0 : -ECONNREFUSED;
  }
  return 0;
}

// The arguments of the kernel's function: who connects or sends, and to whom.
enum { kFrom, kTo };

// connect(2) of streams and of packets in sequence.
SEC("fmod_ret/security_unix_stream_connect")
int unix_stream_connect(__u64* arguments) {
  return judge((struct sock*)arguments[kTo]);
}

// connect(2) of datagram sockets, and each datagram.
SEC("fmod_ret/security_unix_may_send")
int unix_may_send(__u64* arguments) {
  struct sock* other = ((struct socket*)arguments[kTo])->sk;
  return other ? judge(other) : 0;
}
