// SPDX-License-Identifier: BSD-2-Clause
//
// A FreeBSD jail without vnet shares the host's stack and is held to its own addresses by
// checks inside that stack. Linux has no such checks, but it asks BPF programs of a cgroup at
// the same places: socket(2), bind(2), connect(2), sendmsg(2), and at every packet.
//
// The programs are attached once, at the cgroup below which all jails live. The cgroup right
// under it names the jail; one map says what that jail may use. Starting a jail is therefore
// a map update, and no cost grows with the number of jails.
//
// The socket hooks give a jail what FreeBSD's kernel gives it: its primary address where a
// program says "any" or "loopback", EADDRNOTAVAIL where it names an address it does not have.
// Not every way into the stack passes them (raw and ping sockets do not, nor does a port
// picked by the kernel), so two packet filters fence what they give: nothing leaves with a
// source that is not the jail's or towards the host's loopback, nothing arrives that was not
// sent to the jail, and what the jail means for itself stays its own.

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>

#include "jail.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, struct stack_member);
  __type(value, __u8);
} addresses SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, struct stack_key);
  __type(value, struct stack_networks);
} networks SEC(".maps");

// Sockets that asked for the loopback and were given the jail's address: see ingress().
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u8);
} loopbacks SEC(".maps");

enum {
  kInet = 2,  // AF_INET and AF_INET6; <sys/socket.h> is not for this target
  kInet6 = 10,
  kRaw = 3,  // SOCK_RAW
};

// --- addresses ---

INLINE struct stack_address mapped(__u32 ip4) {
  return (struct stack_address){{0, 0, bpf_htonl(0xffff), ip4}};
}

INLINE int is_v4(const struct stack_address* a) {
  return !a->word[0] && !a->word[1] && a->word[2] == bpf_htonl(0xffff);
}

INLINE int is_any(const struct stack_address* a) {
  return !a->word[3] && (is_v4(a) || (!a->word[0] && !a->word[1] && !a->word[2]));
}

// All of 127.0.0.0/8: unlike FreeBSD's, Linux's loopback answers on every address of it, and
// resolvers of the host do listen on others than the first.
INLINE int is_loopback(const struct stack_address* a) {
  if (is_v4(a)) return bpf_ntohl(a->word[3]) >> 24 == 127;
  return !a->word[0] && !a->word[1] && !a->word[2] && a->word[3] == bpf_htonl(1);
}

INLINE int same(const struct stack_address* a, const struct stack_address* b) {
  return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
         a->word[3] == b->word[3];
}

// --- what a jail has ---

INLINE const struct stack_family* family_of(const struct stack_jail* jail,
                                            const struct stack_address* a) {
  return is_v4(a) ? &jail->v4 : &jail->v6;
}

INLINE int has(__u64 cgroup, const struct stack_family* family, const struct stack_address* a) {
  if (family->count == 0) return 0;
  if (same(a, &family->primary)) return 1;
  if (family->count == 1) return 0;
  struct stack_member member = {cgroup, *a};
  return bpf_map_lookup_elem(&addresses, &member) != NULL;
}

INLINE int is_foreign_loopback(__u64 cgroup, const struct stack_family* family,
                               const struct stack_address* a) {
  return is_loopback(a) && !has(cgroup, family, a);
}

// --- socket(2) ---

// Other protocols (SCTP, MPTCP) have several addresses on a socket and do not ask at all of
// their binds and connects. Their programs fall back to TCP.
INLINE int is_held_by_hooks(const struct bpf_sock* socket) {
  switch (socket->protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: return 1;
  }
  return socket->type == kRaw;
}

SEC("cgroup/sock_create")
int sock_create(struct bpf_sock* socket) {
  const struct stack_jail* jail = find_jail(NULL).rules;
  if (!jail) return kAllow;
  if (jail->mark) socket->mark = jail->mark;
  const struct stack_family* family = socket->family == kInet ? &jail->v4 : &jail->v6;
  if (family->count == STACK_UNLIMITED) return kAllow;
  if (family->count == 0) return refuse(EAFNOSUPPORT);
  return is_held_by_hooks(socket) ? kAllow : refuse(EPROTONOSUPPORT);
}

// --- bind(2) ---

// The uid is the real one, as the host counts: the jail's root, whatever namespace it is in.
INLINE int allow_port(const struct stack_jail* jail) {
  __u32 uid = (__u32)bpf_get_current_uid_gid();
  return uid == jail->reserved_ports_uid ? kAllowReservedPort : kAllow;
}

INLINE int remember_loopback(struct bpf_sock* socket) {
  return bpf_sk_storage_get(&loopbacks, socket, NULL, BPF_SK_STORAGE_GET_F_CREATE) != NULL;
}

INLINE int hold_bind(struct stack_address* to, struct bpf_sock* socket) {
  const struct found_jail jail = find_jail(NULL);
  if (!jail.rules) return kAllow;
  const struct stack_family* family = family_of(jail.rules, to);
  if (family->count == STACK_UNLIMITED) return allow_port(jail.rules);
  if (family->count == 0) return refuse(EAFNOSUPPORT);
  bpf_sk_storage_delete(&loopbacks, socket);  // of a bind that failed
  if (is_any(to)) {
    if (family->count == 1) *to = family->primary;  // several: ingress() narrows it
  } else if (!has(jail.cgroup, family, to)) {
    if (!is_loopback(to)) return refuse(EADDRNOTAVAIL);
    if (!remember_loopback(socket)) return refuse(ENOBUFS);
    *to = family->primary;
  }
  return allow_port(jail.rules);
}

SEC("cgroup/bind4")
int bind4(struct bpf_sock_addr* call) {
  struct stack_address to = mapped(call->user_ip4);
  int verdict = hold_bind(&to, call->sk);
  call->user_ip4 = to.word[3];
  return verdict;
}

INLINE struct stack_address user_ip6(const struct bpf_sock_addr* call) {
  return (struct stack_address){
      {call->user_ip6[0], call->user_ip6[1], call->user_ip6[2], call->user_ip6[3]}};
}

INLINE void set_user_ip6(struct bpf_sock_addr* call, const struct stack_address* a) {
  call->user_ip6[0] = a->word[0];
  call->user_ip6[1] = a->word[1];
  call->user_ip6[2] = a->word[2];
  call->user_ip6[3] = a->word[3];
}

SEC("cgroup/bind6")
int bind6(struct bpf_sock_addr* call) {
  struct stack_address to = user_ip6(call);
  int verdict = hold_bind(&to, call->sk);
  set_user_ip6(call, &to);
  return verdict;
}

// --- connect(2) ---

// "Any" as a destination is Linux's word for loopback.
INLINE void hold_destination(__u64 cgroup, const struct stack_family* family,
                             struct stack_address* to) {
  if (is_any(to) || is_foreign_loopback(cgroup, family, to)) *to = family->primary;
}

// Without branches: the verifier walks every way through the loop that asks this.
INLINE int holds(const struct stack_network* network, const struct stack_address* a) {
  const __u32 *mask = network->mask.word, *source = network->source.word;
  return !(((source[0] ^ a->word[0]) & mask[0]) | ((source[1] ^ a->word[1]) & mask[1]) |
           ((source[2] ^ a->word[2]) & mask[2]) | ((source[3] ^ a->word[3]) & mask[3]));
}

// Where a socket that was not bound leaves from. Routing cannot be asked here; that the jail's
// address in the destination's own network is the one it would choose is what can be known.
INLINE struct stack_address source_towards(__u64 cgroup, const struct stack_family* family,
                                           const struct stack_address* to) {
  if (family->count == 1) return family->primary;
  struct stack_key key = {cgroup, is_v4(to)};
  const struct stack_networks* known = bpf_map_lookup_elem(&networks, &key);
  if (!known) return family->primary;
  for (__u32 i = 0; i < STACK_NETWORKS && i < known->count; i++)
    if (holds(&known->network[i], to)) return known->network[i].source;
  return family->primary;
}

// What connect(2) has still to do after the destination is settled.
enum connect { kConnectRefused, kConnectAsIs, kConnectFromSource };

INLINE enum connect hold_connect(struct stack_address* to, struct stack_address* source) {
  const struct found_jail jail = find_jail(NULL);
  if (!jail.rules) return kConnectAsIs;
  const struct stack_family* family = family_of(jail.rules, to);
  if (family->count == STACK_UNLIMITED) return kConnectAsIs;
  if (family->count == 0) {
    refuse(EAFNOSUPPORT);
    return kConnectRefused;
  }
  hold_destination(jail.cgroup, family, to);
  *source = source_towards(jail.cgroup, family, to);
  return kConnectFromSource;
}

// A socket bound to an address has passed bind; one bound to a port alone cannot be bound
// again, so routing chooses its source and egress() stops a choice outside the jail.
SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr* call) {
  struct stack_address to = mapped(call->user_ip4), source;
  enum connect next = hold_connect(&to, &source);
  if (next != kConnectFromSource) return next == kConnectAsIs;
  call->user_ip4 = to.word[3];
  struct bpf_sock* socket = call->sk;
  if (socket->src_port || socket->src_ip4) return kAllow;
  struct sockaddr_in from = {.sin_family = kInet, .sin_addr.s_addr = source.word[3]};
  int error = bpf_bind(call, (struct sockaddr*)&from, sizeof from);
  return error ? refuse(-error) : kAllow;
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr* call) {
  struct stack_address to = user_ip6(call), source;
  enum connect next = hold_connect(&to, &source);
  if (next != kConnectFromSource) return next == kConnectAsIs;
  set_user_ip6(call, &to);
  struct bpf_sock* socket = call->sk;
  if (socket->src_port || socket->src_ip6[0] || socket->src_ip6[1] || socket->src_ip6[2] ||
      socket->src_ip6[3])
    return kAllow;
  struct sockaddr_in6 from = {.sin6_family = kInet6};
  __builtin_memcpy(&from.sin6_addr, &source, sizeof source);
  int error = bpf_bind(call, (struct sockaddr*)&from, sizeof from);
  return error ? refuse(-error) : kAllow;
}

// --- sendmsg(2) and sendto(2) of datagrams ---

INLINE int hold_send(struct stack_address* to, struct stack_address* source) {
  const struct found_jail jail = find_jail(NULL);
  if (!jail.rules) return kAllow;
  const struct stack_family* family = family_of(jail.rules, to);
  if (family->count == STACK_UNLIMITED) return kAllow;
  if (family->count == 0) return refuse(EAFNOSUPPORT);
  hold_destination(jail.cgroup, family, to);
  if (is_any(source))
    *source = source_towards(jail.cgroup, family, to);
  else if (!has(jail.cgroup, family, source))
    return refuse(EADDRNOTAVAIL);
  return kAllow;
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr* call) {
  struct stack_address to = mapped(call->user_ip4), source = mapped(call->msg_src_ip4);
  int verdict = hold_send(&to, &source);
  call->user_ip4 = to.word[3];
  call->msg_src_ip4 = source.word[3];
  return verdict;
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr* call) {
  struct stack_address to = user_ip6(call);
  struct stack_address source = {
      {call->msg_src_ip6[0], call->msg_src_ip6[1], call->msg_src_ip6[2], call->msg_src_ip6[3]}};
  int verdict = hold_send(&to, &source);
  set_user_ip6(call, &to);
  call->msg_src_ip6[0] = source.word[0];
  call->msg_src_ip6[1] = source.word[1];
  call->msg_src_ip6[2] = source.word[2];
  call->msg_src_ip6[3] = source.word[3];
  return verdict;
}

// --- packets ---

struct ends {
  struct stack_address from, to;
};

// A packet begins with its IP header here. False for what is too short to have one.
INLINE int read_ends(struct __sk_buff* packet, struct ends* ends) {
  if (packet->protocol == bpf_htons(ETH_P_IPV6))
    return !bpf_skb_load_bytes(packet, offsetof(struct ipv6hdr, saddr), ends, sizeof *ends);
  __u32 pair[2];
  if (bpf_skb_load_bytes(packet, offsetof(struct iphdr, saddr), pair, sizeof pair)) return 0;
  ends->from = mapped(pair[0]);
  ends->to = mapped(pair[1]);
  return 1;
}

// The socket that a packet is of, if it is more than the rest of a connection.
INLINE struct bpf_sock* socket_of(struct __sk_buff* packet) {
  struct bpf_sock* socket = packet->sk;
  return socket ? bpf_sk_fullsock(socket) : NULL;
}

// A connection that stands has passed here while it was made, and no program can change its ends.
// This is most of all packets, and they cost no more than this.
INLINE int is_of_a_connection(const struct bpf_sock* socket) {
  if (!socket || socket->protocol != IPPROTO_TCP) return 0;
  switch (socket->state) {
    case BPF_TCP_ESTABLISHED:
    case BPF_TCP_FIN_WAIT1:
    case BPF_TCP_FIN_WAIT2:
    case BPF_TCP_CLOSE_WAIT:
    case BPF_TCP_LAST_ACK:
    case BPF_TCP_CLOSING: return 1;
  }
  return 0;
}

// What listens on the loopback does so for its own machine. In a jail that is the jail, although
// the address it was given is known to others. FreeBSD lets them in, to many an administrator's
// surprise. Connections that a program makes itself are answered from wherever they went.
INLINE int is_for_the_jail_alone(struct bpf_sock* socket) {
  if (!socket || (socket->state != BPF_TCP_LISTEN && socket->state != BPF_TCP_CLOSE)) return 0;
  return bpf_sk_storage_get(&loopbacks, socket, NULL, 0) != NULL;
}

int ingress(struct __sk_buff* packet) WITH_PACKET;
int egress(struct __sk_buff* packet) WITH_PACKET;

SEC("cgroup_skb/ingress")
int ingress(struct __sk_buff* packet) {
  struct bpf_sock* socket = socket_of(packet);
  if (is_of_a_connection(socket)) return kAllow;
  const struct found_jail jail = find_jail(packet);
  if (!jail.rules) return kAllow;
  struct ends ends;
  if (!read_ends(packet, &ends)) return kRefuse;
  const struct stack_family* family = family_of(jail.rules, &ends.to);
  if (family->count == STACK_UNLIMITED) return kAllow;
  return allow_if(has(jail.cgroup, family, &ends.to) &&
                  (!is_for_the_jail_alone(socket) || has(jail.cgroup, family, &ends.from)));
}

SEC("cgroup_skb/egress")
int egress(struct __sk_buff* packet) {
  if (is_of_a_connection(socket_of(packet))) return kAllow;
  const struct found_jail jail = find_jail(packet);
  if (!jail.rules) return kAllow;
  struct ends ends;
  if (!read_ends(packet, &ends)) return kRefuse;
  const struct stack_family* family = family_of(jail.rules, &ends.from);
  if (family->count == STACK_UNLIMITED) return kAllow;
  return allow_if(has(jail.cgroup, family, &ends.from) &&
                  !is_foreign_loopback(jail.cgroup, family, &ends.to));
}
