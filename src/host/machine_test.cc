// SPDX-License-Identifier: BSD-2-Clause
#include "host/machine.h"

#include <gtest/gtest.h>

#include "tests/fake_kernel.h"

namespace gaol::host {
namespace {

TEST(Machine, CountsCoresOnceAndThreadsEach) {
  const auto thread = [](int number, int package, int core) {
    return concat("processor\t: ", number,
                  "\nmodel name\t: ACME 9000 @ 3 GHz\nphysical id\t: ", package,
                  "\ncore id\t\t: ", core, "\n\n");
  };
  const auto two = parse_cpuinfo(thread(0, 0, 0) + thread(1, 0, 1) + thread(2, 1, 0) +
                                 thread(3, 1, 1) + thread(4, 0, 0));
  EXPECT_EQ(two.model, "ACME 9000 @ 3 GHz");
  EXPECT_EQ(two.packages, 2u);
  EXPECT_EQ(two.cores, 4u);
  EXPECT_EQ(two.threads, 5u);
  const auto arm = parse_cpuinfo("processor\t: 0\nBogoMIPS\t: 50\n\nprocessor\t: 1\n");
  EXPECT_EQ(arm.model, "");
  EXPECT_EQ(arm.packages, 1u);
  EXPECT_EQ(arm.cores, 2u);
}

TEST(Machine, IsReadFromItsFiles) {
  FakeKernel kernel;
  kernel.files = {
      {"/proc/sys/kernel/hostname", "web01\n"},
      {"/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"},
      {"/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"},
      {"/proc/uptime", "86461.50 1000.00\n"},
      {"/proc/meminfo", "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    600 kB\n"},
      {"/sys/class/net/eth0/address", "02:00:00:00:00:01\n"},
      {"/sys/class/net/eth0/speed", "10000\n"},
      {"/sys/class/net/eth0/operstate", "up\n"},
      {"/sys/class/net/eth1/speed", "-1\n"},
      {"/sys/class/net/eth1/operstate", "down\n"},
      {"/sys/class/net/lo/operstate", "unknown\n"},
  };
  kernel.symlinks = {{"/sys/class/net/eth0/device/driver", "../../../bus/pci/drivers/ixgbe"},
                     {"/sys/class/net/eth1/device/driver", "../../../bus/pci/drivers/e1000"}};
  const auto machine = look_at_machine(kernel);
  EXPECT_EQ(machine.name, "web01");
  EXPECT_EQ(machine.system, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(machine.kernel, "6.1.0-18-amd64");
  EXPECT_EQ(machine.uptime, 86461u);
  EXPECT_EQ(machine.memory.bytes, 1024000u);
  EXPECT_EQ(machine.memory.available, 614400u);
  ASSERT_EQ(machine.nics.size(), 2u);
  EXPECT_EQ(machine.nics[0].name, "eth0");
  EXPECT_EQ(machine.nics[0].driver, "ixgbe");
  EXPECT_EQ(machine.nics[0].address, "02:00:00:00:00:01");
  EXPECT_EQ(machine.nics[0].megabits, 10000u);
  EXPECT_TRUE(machine.nics[0].up);
  EXPECT_EQ(machine.nics[1].megabits, 0u);
  EXPECT_FALSE(machine.nics[1].up);
}

TEST(Machine, OfWhichNothingCanBeReadIsEmpty) {
  FakeKernel kernel;
  const auto machine = look_at_machine(kernel);
  EXPECT_EQ(machine.name, "");
  EXPECT_EQ(machine.processor.threads, 0u);
  EXPECT_TRUE(machine.nics.empty());
}

}  // namespace
}  // namespace gaol::host
