// SPDX-License-Identifier: BSD-2-Clause

#include "host/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace gaol::host {
namespace {

// A machine that has everything.
Facts able() {
  Facts facts;
  facts.root = true;
  facts.kernel = "6.12.1";
  facts.cgroups = {CgroupLayout::unified, "/sys/fs/cgroup", {"cpu", "memory", "pids"}, true};
  facts.max_user_namespaces = 1000;
  facts.bpffs = "/sys/fs/bpf";
  facts.pidfs = facts.zfs = facts.btrfs = facts.apparmor = facts.bpf_lsm = true;
  facts.stores = {{"/usr/jails", "ext4", 0}};
  for (const char* name : {"ip", "mmdebstrap", "nft"}) facts.programs[name] = concat("/bin/", name);
  return facts;
}

Finding finding(const Facts& facts, std::string_view subject) {
  const auto all = examine(facts);
  const auto found = std::ranges::find(all, subject, &Finding::subject);
  return found == all.end() ? Finding{} : *found;
}

TEST(Doctor, FindsNothingToSayOfAnAbleMachine) {
  const auto findings = examine(able());
  EXPECT_TRUE(can_run_jails(findings));
  for (const auto& one : findings) {
    EXPECT_EQ(one.verdict, Verdict::fine) << one.subject;
    EXPECT_EQ(one.advice, "") << one.subject;
  }
}

TEST(Doctor, SaysWhatStopsJailsAndWhatToDo) {
  struct {
    const char* subject;
    void (*spoil)(Facts&);
    const char* found;
    const char* advice;
  } const cases[] = {
      {"privilege", [](Facts& f) { f.root = false; }, "not root", "run gaol as root"},
      {"cgroup v2", [](Facts& f) { f.cgroups.v2.clear(), f.cgroups.layout = CgroupLayout::v1; },
       "v1 only",
       "mount -t cgroup2 none /sys/fs/cgroup/unified, or boot with "
       "systemd.unified_cgroup_hierarchy=1"},
      {"clone into cgroup", [](Facts& f) { f.clone_into_cgroup = EINVAL; }, "no", "Linux 5.7"},
      {"mount API", [](Facts& f) { f.mount_api = EPERM; }, "not permitted",
       "run gaol as root, and not inside a container"},
      {"mount API", [](Facts& f) { f.mount_api = ENOSYS; }, "no", "Linux 5.12"},
      {"seccomp", [](Facts& f) { f.seccomp = ENOSYS; }, "no",
       "a kernel with CONFIG_SECCOMP_FILTER"},
      {"user namespaces", [](Facts& f) { f.user_namespace = ENOSPC, f.max_user_namespaces = 0; },
       "no: No space left on device", "sysctl user.max_user_namespaces=65536"},
      {"user namespaces",
       [](Facts& f) { f.user_namespace = EACCES, f.apparmor_restricts_user_namespaces = true; },
       "not permitted", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
  };
  for (const auto& c : cases) {
    Facts facts = able();
    c.spoil(facts);
    const auto one = finding(facts, c.subject);
    EXPECT_EQ(one.verdict, Verdict::missing) << c.subject;
    EXPECT_EQ(one.found, c.found);
    EXPECT_EQ(one.advice, c.advice);
    EXPECT_FALSE(can_run_jails(examine(facts)));
  }
}

TEST(Doctor, LackOfComfortStopsNoJail) {
  Facts facts = able();
  facts.stores = {{"/tank", "fuse", EINVAL}};
  facts.unix_hooks = EINVAL;
  facts.programs.clear();
  EXPECT_TRUE(can_run_jails(examine(facts)));
  EXPECT_EQ(finding(facts, "idmapped /tank").found, "no, fuse");
  EXPECT_EQ(finding(facts, "unix socket hooks").found, "no");
  EXPECT_EQ(finding(facts, "unix socket hooks").verdict, Verdict::reduced);
  EXPECT_EQ(finding(facts, "nft").advice, "apt install nftables");
}

TEST(Doctor, TableAlignsAndPutsAdviceBelow) {
  const std::vector<Finding> findings = {
      {"veth", Verdict::fine, "yes", "epair", ""},
      {"cgroup v2", Verdict::missing, "not mounted", "every jail is a cgroup", "mount it"},
      {"controllers", Verdict::fine, std::string(40, 'x'), "limits", ""}};
  EXPECT_EQ(table(findings),
            "veth         fine     yes          epair\n"
            "cgroup v2    missing  not mounted  every jail is a cgroup\n"
            "             to get it: mount it\n"
            "controllers  fine     " +
                std::string(40, 'x') + "  limits\n");
}

}  // namespace
}  // namespace gaol::host
