// SPDX-License-Identifier: BSD-2-Clause

#include "mac/capabilities.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

namespace gaol::mac {
namespace {

bool has(const Permissions& may, int capability) { return kept(may) >> capability & 1U; }

TEST(Capabilities, OfANewJail) {
  // The mask is written out: a change to it should show in a diff.
  EXPECT_EQ(kept({}), 0x800c05fbU);
  for (const int capability :
       {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID,
        CAP_SETPCAP, CAP_SETFCAP, CAP_SYS_CHROOT, CAP_NET_BIND_SERVICE, CAP_SYS_PTRACE}) {
    EXPECT_TRUE(has({}, capability)) << capability;
  }
}

TEST(Capabilities, FollowPermissions) {
  struct {
    const char* what;
    Permissions may;
    int capability;
    bool kept;
  } const cases[] = {
      {"reserved_ports off", {.reserved_ports = false}, CAP_NET_BIND_SERVICE, false},
      {"proc_debug off, which is for users", {.proc_debug = false}, CAP_SYS_PTRACE, true},
      {"mlock off", {}, CAP_IPC_LOCK, false},
      {"mlock", {.mlock = true}, CAP_IPC_LOCK, true},
      {"no System V IPC", {}, CAP_IPC_OWNER, false},
      {"sysvshm", {.sysvshm = true}, CAP_IPC_OWNER, true},
      {"shared stack without raw sockets", {.inet4 = true}, CAP_NET_RAW, false},
      {"raw sockets in a shared stack, where it opens none",
       {.raw_sockets = true},
       CAP_NET_RAW,
       true},
      {"reboot", {}, CAP_SYS_BOOT, false},
      {"reboot of a namespace of its own", {.reboot = true}, CAP_SYS_BOOT, true},
      {"shared stack", {.inet4 = true}, CAP_NET_ADMIN, false},
      {"vnet", {.vnet = true}, CAP_NET_ADMIN, true},
      {"vnet at securelevel 3", {.vnet = true, .net_admin = false}, CAP_NET_ADMIN, false},
      {"vnet without raw sockets", {.vnet = true}, CAP_NET_RAW, false},
      {"vnet with raw sockets", {.raw_sockets = true, .vnet = true}, CAP_NET_RAW, true},
  };
  for (const auto& c : cases) EXPECT_EQ(has(c.may, c.capability), c.kept) << c.what;
}

constexpr Permissions kEverything{.raw_sockets = true,
                                  .socket_af = true,
                                  .mlock = true,
                                  .sysvmsg = true,
                                  .sysvsem = true,
                                  .sysvshm = true,
                                  .inet4 = true,
                                  .inet6 = true,
                                  .vnet = true};

TEST(Capabilities, NeverKept) {
  for (const int capability : {CAP_DAC_READ_SEARCH,
                               CAP_LINUX_IMMUTABLE,
                               CAP_NET_BROADCAST,
                               CAP_SYS_MODULE,
                               CAP_SYS_RAWIO,
                               CAP_SYS_PACCT,
                               CAP_SYS_ADMIN,
                               CAP_SYS_BOOT,
                               CAP_SYS_NICE,
                               CAP_SYS_RESOURCE,
                               CAP_SYS_TIME,
                               CAP_SYS_TTY_CONFIG,
                               CAP_MKNOD,
                               CAP_LEASE,
                               CAP_AUDIT_WRITE,
                               CAP_AUDIT_CONTROL,
                               CAP_MAC_OVERRIDE,
                               CAP_MAC_ADMIN,
                               CAP_SYSLOG,
                               CAP_WAKE_ALARM,
                               CAP_BLOCK_SUSPEND,
                               CAP_AUDIT_READ,
                               CAP_PERFMON,
                               CAP_BPF,
                               CAP_CHECKPOINT_RESTORE}) {
    EXPECT_FALSE(has(kEverything, capability)) << capability;
  }
  EXPECT_EQ(kept(kEverything) >> CAP_LAST_CAP >> 1, 0U);
}

TEST(Capabilities, NoneWithoutSuser) {
  Permissions may = kEverything;
  may.suser = false;
  EXPECT_EQ(kept(may), 0U);
}

}  // namespace
}  // namespace gaol::mac
