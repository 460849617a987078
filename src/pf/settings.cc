// SPDX-License-Identifier: BSD-2-Clause
#include "pf/settings.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"
#include "pf/lower_refuse.h"
#include "pf/names.h"

namespace gaol::pf {
namespace {

#define GAOL_CT "/proc/sys/net/netfilter/nf_conntrack_"

struct Time {
  Timeout timeout;
  std::array<std::string_view, 2> files;  // the second may be empty
};

constexpr Time kTimes[] = {
    {Timeout::tcp_first, {GAOL_CT "tcp_timeout_syn_sent"}},
    {Timeout::tcp_opening, {GAOL_CT "tcp_timeout_syn_recv"}},
    {Timeout::tcp_established, {GAOL_CT "tcp_timeout_established"}},
    {Timeout::tcp_closing, {GAOL_CT "tcp_timeout_fin_wait", GAOL_CT "tcp_timeout_close_wait"}},
    {Timeout::tcp_finwait, {GAOL_CT "tcp_timeout_last_ack", GAOL_CT "tcp_timeout_time_wait"}},
    {Timeout::tcp_closed, {GAOL_CT "tcp_timeout_close"}},
    {Timeout::udp_first, {GAOL_CT "udp_timeout"}},
    {Timeout::udp_single, {GAOL_CT "udp_timeout"}},
    {Timeout::udp_multiple, {GAOL_CT "udp_timeout_stream"}},
    {Timeout::icmp_first, {GAOL_CT "icmp_timeout", GAOL_CT "icmpv6_timeout"}},
    {Timeout::other_first, {GAOL_CT "generic_timeout"}},
    {Timeout::other_single, {GAOL_CT "generic_timeout"}},
    {Timeout::other_multiple, {GAOL_CT "generic_timeout"}},
    {Timeout::frag, {"/proc/sys/net/ipv4/ipfrag_time", GAOL_CT "frag6_timeout"}},
    {Timeout::sctp_first, {GAOL_CT "sctp_timeout_cookie_wait"}},
    {Timeout::sctp_opening, {GAOL_CT "sctp_timeout_cookie_echoed"}},
    {Timeout::sctp_established, {GAOL_CT "sctp_timeout_established"}},
    {Timeout::sctp_closing,
     {GAOL_CT "sctp_timeout_shutdown_sent", GAOL_CT "sctp_timeout_shutdown_recd"}},
    {Timeout::sctp_closed, {GAOL_CT "sctp_timeout_closed"}},
};

// `scrub reassemble tcp` alone would ask for it, and does nothing.
bool comes_with_optimization(const Options& options, Timeout timeout) {
  return timeout == Timeout::tcp_tsdiff && options.optimization.has_value();
}

}  // namespace

std::span<const std::string_view> files_of(Timeout timeout) {
  const auto* found = std::ranges::find(kTimes, timeout, &Time::timeout);
  if (found == std::end(kTimes)) return {};
  return std::span(found->files).first(found->files[1].empty() ? 1 : 2);
}

Result<Settings> settings_of(const Policy& policy) {
  Settings all;
  for (const auto& [timeout, seconds] : policy.options.timeouts) {
    const auto files = files_of(timeout);
    if (files.empty() && !comes_with_optimization(policy.options, timeout))
      return refuse(policy, concat("set timeout ", timeout_name(timeout),
                                   ": connection tracking has none such"));
    for (const auto file : files) {
      const auto [place, fresh] = all.try_emplace(std::string(file), std::to_string(seconds));
      if (!fresh && place->second != std::to_string(seconds))
        return refuse(policy, concat("set timeout ", timeout_name(timeout),
                                     ": connection tracking has one time for it and another, and "
                                     "they differ"));
    }
  }
  for (const auto& [limit, value] : policy.options.limits)
    if (limit != Limit::states && limit != Limit::table_entries)
      return refuse(policy, concat("set limit ", limit_name(limit)));
  return all;
}

}  // namespace gaol::pf
