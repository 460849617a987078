// SPDX-License-Identifier: BSD-2-Clause
#include "archive/ezjail.h"

#include <gtest/gtest.h>

namespace gaol::archive {
namespace {

TEST(Ezjail, CarriesOverWhatJailConfHasAWordFor) {
  EXPECT_EQ(
      ezjail_statements("# PROVIDE: standard_ezjail\n"
                        "export jail_www_example_hostname=\"www.example\"\n"
                        "export jail_www_example_ip=\"em0|192.0.2.1,2001:db8::1, 192.0.2.2\"\n"
                        "export jail_www_example_rootdir=\"/usr/jails/www\"\n"
                        "export jail_www_example_exec_start=\"/bin/sh /etc/rc\"\n"
                        "export jail_www_example_exec_stop=\"\"\n"
                        "export jail_www_example_devfs_enable=\"YES\"\n"
                        "export jail_www_example_procfs_enable=\"NO\"\n"
                        "export jail_www_example_cpuset=\"0,1\"\n"),
      "host.hostname = \"www.example\";\n"
      "ip4.addr = \"em0|192.0.2.1\", \"192.0.2.2\";\n"
      "ip6.addr = \"2001:db8::1\";\n"
      "exec.start = \"/bin/sh /etc/rc\";\n"
      "mount.devfs;\n"
      "persist;\n");
}

TEST(Ezjail, WhatTheShellWouldRunIsText) {
  EXPECT_EQ(ezjail_statements("export jail_a_hostname=\"$(reboot)`x`\"; persist; }\"\n"
                              "reboot\nexport jail_a_hostname=x\nexport jail_a_ip=\",\"\n"
                              "export jail_a_hostname=\"\n"),
            "host.hostname = \"\\$(reboot)`x`\\\"; persist; }\";\npersist;\n");
}

TEST(Ezjail, IsKnownByItsFirstEntry) {
  for (const char* path : {"prop.ezjail-www-2026-host-x-amd64", "ezjail", "fstab.ezjail"})
    EXPECT_TRUE(begins_ezjail(path)) << path;
  for (const char* path : {"", "etc", "ezjails", "ezjail.conf"})
    EXPECT_FALSE(begins_ezjail(path)) << path;
}

}  // namespace
}  // namespace gaol::archive
