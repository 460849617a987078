// SPDX-License-Identifier: BSD-2-Clause
#include "pf/settings.h"

#include <gtest/gtest.h>

#include "pf/names.h"

namespace gaol::pf {
namespace {

TEST(Settings, ATimeIsAsManyFilesAsConnectionTrackingHasForIt) {
  Policy policy;
  policy.options.timeouts = {
      {Timeout::tcp_finwait, 7}, {Timeout::udp_first, 9}, {Timeout::udp_single, 9}};
  const std::string place = "/proc/sys/net/netfilter/nf_conntrack_";
  EXPECT_EQ(*settings_of(policy), (Settings{{place + "tcp_timeout_last_ack", "7"},
                                            {place + "tcp_timeout_time_wait", "7"},
                                            {place + "udp_timeout", "9"}}));
}

TEST(Settings, EveryOptimizationCanBeHad) {
  for (const auto kind : {Optimization::normal, Optimization::high_latency,
                          Optimization::aggressive, Optimization::conservative}) {
    Policy policy;
    policy.options.optimization = kind;
    policy.options.timeouts = timeouts_of(kind);
    const auto settings = settings_of(policy);
    ASSERT_TRUE(settings) << settings.error().line();
    EXPECT_EQ(settings->size(), 8U);
  }
}

TEST(Settings, RefusesWhatConnectionTrackingHasNot) {
  struct {
    Options options;
    const char* reason;
  } const cases[] = {
      {{.timeouts = {{Timeout::interval, 1}}},
       "set timeout interval: connection tracking has none such"},
      {{.timeouts = {{Timeout::tcp_tsdiff, 1}}},
       "set timeout tcp.tsdiff: connection tracking has none such"},
      {{.timeouts = {{Timeout::other_first, 1}, {Timeout::other_multiple, 2}}},
       "set timeout other.multiple: connection tracking has one time for it and another, and they "
       "differ"},
      {{.limits = {{Limit::frags, 1}}}, "set limit frags"},
  };
  for (const auto& c : cases) {
    Policy policy;
    policy.files = {"pf.conf"};
    policy.options = c.options;
    EXPECT_EQ(settings_of(policy).error().line(),
              std::string("pf.conf: not supported on this system: ") + c.reason);
  }
}

}  // namespace
}  // namespace gaol::pf
