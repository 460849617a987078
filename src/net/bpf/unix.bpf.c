// SPDX-License-Identifier: BSD-2-Clause
//
// Names of abstract unix sockets belong to the network namespace, so a jail on the host's stack
// would share them with the host's daemons, some of which trust whoever connects
// (CVE-2020-15257). FreeBSD has no such sockets, and for such a jail there are none either: at
// every abstract name it finds nobody. Sockets in the file system, which a jail sees its own
// part of, are as always.
//
// That takes the jail's own abstract sockets from it as well. Nothing is asked when a unix
// socket is bound, so whose a name is could only be looked up here, and that answer can be old
// when the kernel looks it up again: somebody else may have taken the name in between.
//
// The hooks are younger than those of stack.bpf.c (Linux 6.7), hence an object of their own,
// which a kernel may refuse without losing the rest.

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/un.h>
#include <stddef.h>

#include "jail.h"

// The kernel's own form of a hook's argument; the other one has no room for a path.
struct bpf_sock_addr_kern {
  struct sockaddr_un* uaddr;
} __attribute__((preserve_access_index));

void* bpf_cast_to_kern_ctx(void* argument) __ksym;

// The kernel has seen to it that the address has a family and a first byte.
INLINE int is_abstract(struct bpf_sock_addr* call) {
  const struct bpf_sock_addr_kern* kern = bpf_cast_to_kern_ctx(call);
  return kern->uaddr->sun_path[0] == '\0';
}

INLINE int hold(struct bpf_sock_addr* call) {
  if (!is_abstract(call)) return kAllow;
  const struct stack_jail* jail = find_jail(NULL).rules;
  return !jail || jail->own_stack ? kAllow : refuse(ECONNREFUSED);
}

SEC("unix/connect")
int unix_connect(struct bpf_sock_addr* call) { return hold(call); }

SEC("unix/sendmsg")
int unix_sendmsg(struct bpf_sock_addr* call) { return hold(call); }
