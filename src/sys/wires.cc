// SPDX-License-Identifier: BSD-2-Clause
#include "sys/wires.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include "sys/guard.h"
#include "sys/links.h"
#include "sys/netlink.h"
#include "sys/rate.h"
#include "sys/rtnl.h"

namespace gaol::sys {

namespace {

constexpr uint32_t kIngress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);

tcmsg of_link(unsigned index, uint32_t parent) {
  tcmsg body{};
  body.tcm_ifindex = static_cast<int>(index);
  body.tcm_parent = parent;
  return body;
}

// What comes in at an interface goes through programs.
Result<> make_ingress(unsigned index) {
  const auto socket = TRY(NetlinkSocket::open());
  tcmsg place = of_link(index, TC_H_CLSACT);
  place.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
  Request hook(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, place);
  hook.add(TCA_KIND, with_zero("clsact"));
  TRY(socket.ask(std::move(hook), "clsact"));
  return {};
}

// The one of the lowest number is asked first.
Result<> attach(unsigned index, uint32_t number, const Fd& program) {
  const auto socket = TRY(NetlinkSocket::open());
  tcmsg place = of_link(index, kIngress);
  place.tcm_info = TC_H_MAKE(number << 16, htons(ETH_P_ALL));
  Request filter(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, place);
  filter.add(TCA_KIND, with_zero("bpf"));
  AttributeRow options;
  options.add_number(TCA_BPF_FD, program.get());
  options.add(TCA_BPF_NAME, with_zero("gaol"));
  options.add_number(TCA_BPF_FLAGS, uint32_t{TCA_BPF_FLAG_ACT_DIRECT});
  filter.add(TCA_OPTIONS, options.bytes());
  TRY(socket.ask(std::move(filter), "cls_bpf"));
  return {};
}

Result<> isolate(unsigned index) {
  const auto socket = TRY(NetlinkSocket::open());
  ifinfomsg body{};
  body.ifi_family = AF_BRIDGE;
  body.ifi_index = static_cast<int>(index);
  Request request(RTM_SETLINK, NLM_F_ACK, body);
  AttributeRow port;
  port.add_number(IFLA_BRPORT_ISOLATED, uint8_t{1});
  request.add(IFLA_PROTINFO | NLA_F_NESTED, port.bytes());
  TRY(socket.ask(std::move(request), "isolated"));
  return {};
}

constexpr uint32_t kRate = 1, kGuard = 2;

Result<> guard(const Wire& wire, unsigned index) {
  const Fd program = TRY(load_guard({wire.inner_mac, wire.addresses}));
  return attach(index, kGuard, program);
}

// The limit comes first, and asks nothing of who is who; the guard's word is the last.
Result<> watch_ingress(const Wire& wire, unsigned index) {
  if (!wire.rate_out && !wire.guarded) return {};
  TRY(make_ingress(index));
  if (wire.rate_out) {
    const Fd program = TRY(load_limit(*wire.rate_out));
    TRY(attach(index, kRate, program));
  }
  return wire.guarded ? guard(wire, index) : Result<>{};
}

Result<> set_up_outer(const Wire& wire, const Link& bridge) {
  const auto outer = TRY(find_link(wire.outer));
  TRY(change_link(outer.index, {.bridge = bridge.index,
                                .mtu = wire.mtu.value_or(bridge.mtu),
                                .name = {},
                                .description = wire.note,
                                .mac = {}}));
  if (wire.isolated) TRY(isolate(outer.index));
  if (wire.rate_in) TRY(limit_leaving(outer.index, *wire.rate_in));
  if (auto watched = watch_ingress(wire, outer.index); !watched) {
    Error error = std::move(watched).error();
    error.hint = wire.rate_out ? "vnet.rate_out needs what this kernel lacks"
                               : "vnet.noguard goes without it";
    return fail(std::move(error));
  }
  return change_link(outer.index, {.flags = IFF_UP, .flag_mask = IFF_UP});
}

Result<> set_up_inner(const Wire& wire, unsigned mtu) {
  const auto inner = TRY(find_link(wire.inner));
  if (wire.rate_out) TRY(limit_leaving(inner.index, *wire.rate_out));
  TRY(change_link(inner.index, {.flags = IFF_UP, .flag_mask = IFF_UP, .mtu = mtu}));
  for (const auto& address : wire.addresses)
    TRY(add_link_address(
        {.link = inner.index, .address = address, .broadcast = broadcast_of(address)}));
  for (const auto& router : wire.routers) {
    const Address everywhere{.family = router.family};
    TRY(add_route({.destination = everywhere, .gateway = router, .link = inner.index}));
  }
  return {};
}

NewLink pair_of(const Wire& wire, const Fd& netns) {
  return {.name = wire.outer,
          .kind = "veth",
          .mac = wire.outer_mac,
          .peer = wire.inner,
          .peer_mac = wire.inner_mac,
          .peer_netns = netns.get()};
}

}  // namespace

Result<> lay_wire(const Wire& wire, const Fd& netns) {
  const auto bridge = TRY(find_link(wire.bridge));
  if (bridge.kind != "bridge") return fail(wire.bridge, ": is no bridge");
  auto laid = create_link(pair_of(wire, netns));
  if (!laid && laid.error().code == EEXIST) {  // of one before, whose namespace is still dying
    TRY(cut_wire(wire.outer));
    laid = create_link(pair_of(wire, netns));
  }
  if (!laid) return fail(std::move(laid).error().in(wire.outer));
  laid = set_up_outer(wire, bridge);
  if (laid)
    laid = in_netns(netns, [&] { return set_up_inner(wire, wire.mtu.value_or(bridge.mtu)); });
  if (!laid) (void)cut_wire(wire.outer);
  return laid;
}

Result<> cut_wire(const std::string& outer) {
  const auto link = find_link(outer);
  if (!link && link.error().code == ENODEV) return {};
  auto cut = delete_link(TRY(link).index);
  if (!cut && cut.error().code == ENODEV) return {};
  return cut;
}

}  // namespace gaol::sys
