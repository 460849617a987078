/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * What the programs and the warden say to each other. Plain C, because both
 * sides read it; no padding anywhere, because the kernel compares keys byte by byte.
 *
 * There is one kind of address: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. A rule for
 * IPv4 then also holds for IPv4 spoken over an AF_INET6 socket.
 */

#include <linux/types.h>

#define GAOL_STACK_PINS "/sys/fs/bpf/gaol"
#define GAOL_DEEPEST_JAIL 8 /* so many jails may lie in each other */

struct stack_address {
  __u32 word[4];
};

/* How a jail may use one family. */
struct stack_family {
  struct stack_address primary; /* the first of its addresses */
  __u32 count;                  /* of addresses; 0: the family is disabled */
};
#define STACK_UNLIMITED 0xffffffffu /* a count: the host's addresses, without limits */

/* Map "jails": cgroup id -> stack_jail. A jail without an entry has no network. */
struct stack_jail {
  struct stack_family v4, v6;
  __u32 reserved_ports_uid; /* may bind ports below 1024 without a capability */
  __u32 own_stack;          /* 1: has a network namespace, and in it names, of its own */
  __u32 mark;               /* of its sockets; 0: none */
};
#define STACK_NOBODY 0xffffffffu /* a reserved_ports_uid */

/*
 * Map "networks": where a jail with several addresses of a family leaves from. The longest
 * network first, so that the first that holds the destination is the right one; none: from the
 * primary. Without an entry the choice is always the primary.
 */
struct stack_key {
  __u64 cgroup;
  __u64 v4; /* 1: of IPv4, 0: of IPv6 */
};
struct stack_network {
  struct stack_address mask, source; /* the network is what the mask leaves of the source */
};
#define STACK_NETWORKS 32 /* further ones are left from the primary */
struct stack_networks {
  __u32 count;
  struct stack_network network[STACK_NETWORKS];
};

/* Set "addresses": every address of a jail that has several of a family. */
struct stack_member {
  __u64 cgroup;
  struct stack_address address;
};
