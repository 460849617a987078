// SPDX-License-Identifier: BSD-2-Clause
#include "archive/iocage.h"

#include <gtest/gtest.h>

namespace gaol::archive {
namespace {

TEST(Iocage, CarriesOverWhatJailConfHasAWordFor) {
  const auto conf = iocage_statements(
      R"({"host_hostname": "shop", "host_hostuuid": "shop", "release": "14.2-RELEASE",
          "ip4_addr": "em0|192.0.2.1/24,DEFAULT|192.0.2.2,em1|DHCP", "ip6_addr": "none",
          "exec_start": "/bin/sh /etc/rc", "exec_clean": 1, "exec_timeout": "60",
          "mount_devfs": true, "mount_procfs": "0", "allow_mlock": "1", "vnet": 0})");
  ASSERT_TRUE(conf) << conf.error().line();
  EXPECT_EQ(*conf,
            "host.hostname = \"shop\";\n"
            "ip4.addr = \"192.0.2.1/24\", \"192.0.2.2\";\n"
            "exec.start = \"/bin/sh /etc/rc\";\n"
            "exec.clean;\n"
            "exec.timeout = \"60\";\n"
            "mount.devfs;\n"
            "allow.mlock;\n"
            "persist;\n");
}

TEST(Iocage, AnAddressBehindAWireIsNotOneOfTheHosts) {
  EXPECT_EQ(iocage_statements(R"({"vnet": "1", "ip4_addr": "vnet0|10.20.0.31/24"})").value(),
            "vnet;\npersist;\n");
}

TEST(Iocage, WhatIsNotPlainStaysInItsQuotes) {
  EXPECT_EQ(iocage_statements(R"({"exec_start": "a\"; exec.prestart = \"$x"})").value(),
            "exec.start = \"a\\\"; exec.prestart = \\\"\\$x\";\npersist;\n");
}

TEST(Iocage, RefusesWhatItDidNotWrite) {
  for (const char* text : {"", "[]", "{", "{\"a\": 1}{"})
    EXPECT_EQ(iocage_statements(text).error().text, "config.json: not what iocage writes") << text;
}

}  // namespace
}  // namespace gaol::archive
