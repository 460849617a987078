// SPDX-License-Identifier: BSD-2-Clause
#include "warden/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "jail/address.h"
#include "tests/fake_host.h"

namespace gaol::warden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PlanTest : public testing::Test {
 protected:
  Result<StartPlan> plan(std::vector<std::string> words, const std::string& title = {}) {
    return make_plan(kernel_, request(words, title));
  }
  FakeHost kernel_;
};

TEST_F(PlanTest, RefusesAndSaysWhy) {
  struct {
    std::vector<std::string> words;
    std::string text, title = {};
  } const cases[] = {
      {{"path=/jails/web"},
       "new jail must persist or attach (add persist, or a command to run in it)"},
      {{"path=/jails/web", "exec.prestart=true", "exec.created=true"},
       "new jail must persist or attach (add persist, or a command to run in it)"},
      {{"path=web", "persist"}, "path web: not an absolute pathname", "web"},
      {{"path=", "persist"}, "path: empty"},
      {{"name=a/b", "persist"}, "name: a/b: a jail's name has no /"},
      {{"name=a\nb", "persist"}, "name: has control characters in it"},
      {{"persist", "vnet.interface=ep0b"},
       "vnet.interface: the jail has no network stack of its own (is `vnet;` missing?)"},
      {{"persist", "mount=/src"}, "mount: /src: missing information"},
      {{"persist", "path=/jails/web", "mount=/src dst nullfs"},
       "mount: dst: not an absolute pathname"},
      {{"persist", "path=/jails/web", "mount=/src /jails/webcam nullfs"},
       "mount: /jails/webcam: not below the jail's path /jails/web"},
      {{"persist", "mount.fstab=/etc/fstab.web"},
       "mount.fstab: /etc/fstab.web: No such file or directory"},
      {{"persist", "devfs_ruleset=99"}, "devfs_ruleset 99: no such ruleset"},
      {{"persist", "allow.vmm"},
       "allow.vmm: not supported on this system: the host has no /dev/kvm"},
      {{"persist", "allow.read_msgbuf"},
       "allow.read_msgbuf: not supported on this system: its log is for root of the host alone "
       "while kernel.dmesg_restrict is 1"},
      {{"persist", "zfs.dataset=tank/a,tank/b"},
       "zfs.dataset: not supported on this system: it would need ZFS that delegates a dataset to a "
       "user namespace (OpenZFS 2.2)"},
      {{"persist", "allow.mount.zfs"},
       "allow.mount.zfs: not supported on this system: it would need ZFS that delegates a dataset "
       "to a user namespace (OpenZFS 2.2)"},
      {{"persist", "ip4.addr=10.0.0.256"}, "ip4.addr: not an IPv4 address: 10.0.0.256"},
  };
  for (const auto& c : cases) {
    const auto refused = plan(c.words, c.title);
    ASSERT_FALSE(refused) << c.text;
    EXPECT_EQ(refused.error().line(), c.text);
  }
  EXPECT_THAT(kernel_.diary, IsEmpty()) << "planning changes nothing";
}

TEST_F(PlanTest, PathsAreMadeWhole) {
  EXPECT_EQ(plan({"path=/jails/web//", "persist"})->path, "/jails/web");
  EXPECT_EQ(plan({"path=web/", "persist"})->path, "/jails/web");
  EXPECT_EQ(plan({"path=/", "persist"})->path, "/");
  EXPECT_EQ(plan({"persist"})->path, "/") << "as on FreeBSD, the host's own tree";
}

TEST_F(PlanTest, MountpointsAreSeenFromTheJail) {
  kernel_.files["/fstab"] =
      "# device  mountpoint  type\n"
      "\n/a\\040b\t/jails/web/c\\040d nullfs ro,nosuid 0 0 # words behind\n"
      "proc /jails/web/proc procfs rw\n"
      "x /jails/web tmpfs\n";
  const auto made = plan({"path=/jails/web", "persist", "mount=/s /jails/web/t/ tmpfs size=1m",
                          "mount.fstab=", "mount.fstab=/fstab"});
  ASSERT_TRUE(made) << made.error().line();
  ASSERT_EQ(made->prison.mounts.size(), 3u);
  const auto& first = made->prison.mounts[0];
  EXPECT_EQ(first.source, "/s");
  EXPECT_EQ(first.target, "t");
  EXPECT_EQ(first.subject, "mount: /jails/web/t/");
  EXPECT_THAT(first.options, ElementsAre("size=1m"));
  const auto& second = made->prison.mounts[1];
  EXPECT_EQ(second.source, "/a b");
  EXPECT_EQ(second.target, "c d");
  EXPECT_EQ(second.subject, "mount.fstab: /jails/web/c d");
  EXPECT_THAT(second.options, ElementsAre("ro", "nosuid"));
  EXPECT_EQ(made->prison.mounts[2].target, "");
  EXPECT_EQ(made->prison.proc, jail::Place::required) << "the jail's own, not another";
}

TEST_F(PlanTest, OnlyElementsWithAnInterfaceAreAliases) {
  const auto made = plan({"persist", "ip4.addr=10.0.0.1,lo1|10.0.0.2/24", "ip6.addr=::1"});
  ASSERT_EQ(made->aliases.size(), 1u);
  EXPECT_EQ(made->aliases[0].interface, "lo1");
  EXPECT_EQ(made->aliases[0].address.prefix, 24);
  EXPECT_THAT(made->claims, ElementsAre("10.0.0.1", "10.0.0.2", "::1"));
  const auto all = plan({"persist", "interface=em0", "ip4.addr=10.0.0.1,lo1|10.0.0.2"});
  ASSERT_EQ(all->aliases.size(), 2u);
  EXPECT_EQ(all->aliases[0].interface, "em0");
  EXPECT_EQ(all->aliases[1].interface, "lo1");
}

TEST_F(PlanTest, WhatTheNetworkMeans) {
  const auto none = plan({"persist"});
  EXPECT_FALSE(none->permissions.inet4 || none->permissions.inet6 || none->stack.v4.inherit);
  const auto shared = plan({"persist", "ip4.addr=10.0.0.1", "ip6=inherit"});
  EXPECT_TRUE(shared->permissions.inet4);
  EXPECT_FALSE(shared->stack.v4.inherit);
  EXPECT_EQ(shared->stack.v4.addresses.size(), 1u);
  EXPECT_TRUE(shared->stack.v6.inherit);
  const auto own = plan({"persist", "vnet", "vnet.interface=ep0b", "vnet.interface=ep1b"});
  EXPECT_TRUE(own->prison.vnet && own->stack.v4.inherit && own->stack.v6.inherit);
  EXPECT_THAT(own->interfaces, ElementsAre("ep0b", "ep1b"));
}

TEST_F(PlanTest, PermissionsThatMeanDevices) {
  kernel_.nodes = {{.name = "kmsg", .mode = S_IFCHR | 0644, .major = 1, .minor = 11, .target = {}},
                   {.name = "kvm",
                    .mode = S_IFCHR | 0666,
                    .major = 10,
                    .minor = 232,
                    .target = {},
                    .uid = 0,
                    .gid = 104}};
  kernel_.files["/proc/sys/kernel/dmesg_restrict"] = "0\n";
  const auto devices = plan({"persist", "allow.vmm", "allow.read_msgbuf"})->prison.devices;
  const auto mode_of = [&](const char* name) {
    const auto node = std::ranges::find(devices, name, &sys::Node::name);
    return node == devices.end() || node->uid != 0 || node->gid != 0 ? 0 : node->mode;
  };
  EXPECT_EQ(mode_of("kmsg"), S_IFCHR | 0440U);
  EXPECT_EQ(mode_of("kvm"), S_IFCHR | 0660U);
  const auto plain = plan({"persist"});
  EXPECT_EQ(devices.size(), plain->prison.devices.size() + 2);
}

TEST_F(PlanTest, AChildIsPlannedAsItsParentSeesIt) {
  Record parent;
  parent.settings = settings({"path=/jails/web"});
  const auto plan = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"name=web.db", "persist"});
    return make_plan(kernel_, request(words), &parent);
  };
  const auto child =
      plan({"path=/jails/web/db", "mount=/jails/web/src /jails/web/db/src nullfs ro"});
  EXPECT_EQ(child->path, "/jails/web/db");
  EXPECT_EQ(child->inner_path, "/db");
  EXPECT_EQ(child->prison.mounts.front().source, "/src");
  EXPECT_EQ(child->prison.mounts.front().target, "src");
  EXPECT_EQ(plan({"path=/jails/web"})->inner_path, "/");
  struct {
    std::vector<std::string> words;
    std::string text;
  } const cases[] = {
      {{"path=/jails/other"}, "path: /jails/other: not below the parent jail's path /jails/web"},
      {{"path=/jails/webcam"}, "path: /jails/webcam: not below the parent jail's path /jails/web"},
      {{"path=/jails/web", "mount.procfs=false"},
       "path /jails/web: a jail that has the whole tree of its parent cannot do without "
       "mount.devfs "
       "and mount.procfs"},
      {{"path=/jails/web/db", "mount=/jails/web /jails/web/db/src nullfs"},
       "mount: /jails/web/db/src: /jails/web: the parent jail's root"},
      {{"path=/jails/web/../x"}, "path: /jails/web/../x: has a .. in it"},
      {{"path=/jails/web/db", "mount=/etc /jails/web/db/etc nullfs"},
       "mount: /jails/web/db/etc: /etc: not below the parent jail's path /jails/web"},
  };
  for (const auto& c : cases) EXPECT_EQ(plan(c.words).error().line(), c.text);
}

TEST_F(PlanTest, ATreeIsADirectoryAndNoLink) {
  const auto tree_at = [&](const char* path) {
    return find_tree(kernel_, {.path = path}, nullptr);
  };
  EXPECT_EQ(tree_at("/jails/web")->path, "/jails/web");
  kernel_.symlinks["/jails/link"] = "/jails/web";
  EXPECT_EQ(tree_at("/jails/link").error().line(),
            "path /jails/link: is a symbolic link to /jails/web (give the directory itself)");
  EXPECT_EQ(tree_at("/jails/none").error().line(),
            "path /jails/none: No such file or directory (create it, for example with `gaol "
            "create`)");
}

}  // namespace
}  // namespace gaol::warden
