// SPDX-License-Identifier: BSD-2-Clause
#include "host/doctor.h"

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace gaol::host {

namespace {

enum class Need : uint8_t { required, wanted };

// What a probe's answer looks like to a reader.
std::string answer_word(sys::Answer answer) {
  switch (answer) {
    case 0: return "yes";
    case ENOSYS:
    case EINVAL:
    case ENODEV:
    case EOPNOTSUPP: return "no";
    case EPERM:
    case EACCES: return "not permitted";
    default: return concat("no: ", errno_text(answer));
  }
}

// One row of the report, from what was found. Each takes only the facts it needs.
class Examination {
 public:
  void add(std::string subject, Need need, bool there, std::string found, std::string use,
           std::string advice) {
    const Verdict lacking = need == Need::required ? Verdict::missing : Verdict::reduced;
    findings_.push_back({std::move(subject), there ? Verdict::fine : lacking, std::move(found),
                         std::move(use), there ? std::string() : std::move(advice)});
  }
  void add(std::string subject, Need need, sys::Answer answer, std::string use,
           std::string advice) {
    if (answer == EPERM) advice = "run gaol as root, and not inside a container";
    add(std::move(subject), need, answer == 0, answer_word(answer), std::move(use),
        std::move(advice));
  }
  std::vector<Finding> findings() && { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
};

std::string_view layout_word(CgroupLayout layout) {
  switch (layout) {
    case CgroupLayout::none: return "not mounted";
    case CgroupLayout::v1: return "v1 only";
    case CgroupLayout::hybrid: return "hybrid";
    case CgroupLayout::unified: return "unified";
  }
  return "";
}

void examine_processes(Examination& out, const Facts& facts) {
  const auto& cgroups = facts.cgroups;
  out.add("privilege", Need::required, facts.root, facts.root ? "root" : "not root",
          "everything below is asked as root", "run gaol as root");
  out.add("cgroup v2", Need::required, !cgroups.v2.empty(),
          cgroups.v2.empty() ? std::string(layout_word(cgroups.layout))
                             : concat(cgroups.v2, ", ", layout_word(cgroups.layout)),
          "every jail is a cgroup",
          "mount -t cgroup2 none /sys/fs/cgroup/unified, or boot with "
          "systemd.unified_cgroup_hierarchy=1");
  out.add("controllers", Need::wanted, !cgroups.controllers.empty(),
          cgroups.controllers.empty() ? "none" : join(cgroups.controllers, " "),
          "limits (not set yet)", "boot without cgroup_disable=");
  out.add("cgroup.kill", Need::wanted, cgroups.kill, cgroups.kill ? "yes" : "no",
          "ends all of a jail at once", "Linux 5.14; without it, gaol kills a jail's init");
  out.add("clone into cgroup", Need::required, facts.clone_into_cgroup,
          "no process of a jail runs outside its limits", "Linux 5.7");
  out.add("pidfs", Need::wanted, facts.pidfs, facts.pidfs ? "yes" : "no",
          "a jail's init is never mistaken", "Linux 6.9; without it, start times are compared");
}

std::string user_namespace_advice(const Facts& facts) {
  if (facts.max_user_namespaces == 0) return "sysctl user.max_user_namespaces=65536";
  if (facts.apparmor_restricts_user_namespaces)
    return "sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  return "a kernel with CONFIG_USER_NS";
}

void examine_files(Examination& out, const Facts& facts) {
  out.add("mount API", Need::required, facts.mount_api, "a jail's root is built out of sight",
          "Linux 5.12");
  out.add("user namespaces", Need::required, facts.user_namespace, "root in a jail is nobody here",
          user_namespace_advice(facts));
  for (const auto& store : facts.stores)
    out.add(concat("idmapped ", store.path), Need::wanted, store.idmapped_mount == 0,
            concat(answer_word(store.idmapped_mount), ", ", store.filesystem),
            "trees on disk stay owned by root",
            "keep jails on ext4, xfs, btrfs or (Linux 6.3) tmpfs; elsewhere `gaol shift` each");
  out.add("overlay in user ns", Need::wanted, facts.user_overlay, "thin jails",
          "Linux 5.11 with CONFIG_OVERLAY_FS; without it, make thick jails");
  const bool fuse = facts.programs.contains("zfs-fuse");
  out.add("ZFS", Need::wanted, facts.zfs || fuse,
          facts.zfs ? "OpenZFS"
          : fuse    ? "zfs-fuse"
                    : "no",
          "datasets, snapshots, pools", "apt install zfs-dkms (contrib), or zfs-fuse");
  out.add("btrfs", Need::wanted, facts.btrfs, facts.btrfs ? "yes" : "no",
          "subvolumes, snapshots, pools", "modprobe btrfs; apt install btrfs-progs");
}

void examine_network(Examination& out, const Facts& facts) {
  out.add("cgroup BPF", Need::wanted, facts.cgroup_bpf,
          "holds a shared-stack jail to its addresses",
          "a kernel with CONFIG_CGROUP_BPF; without it, give jails a VNET");
  out.add("unix socket hooks", Need::wanted, facts.unix_hooks,
          "hides the host's abstract sockets from such a jail",
          "Linux 6.7; without it, give jails a VNET");
  out.add("bpffs", Need::wanted, !facts.bpffs.empty(),
          facts.bpffs.empty() ? "not mounted" : facts.bpffs, "keeps the address tables",
          "mount -t bpf bpf /sys/fs/bpf");
  out.add("network namespaces", Need::wanted, facts.network_namespace, "VNET jails",
          "a kernel with CONFIG_NET_NS");
  out.add("veth", Need::wanted, facts.veth, "epair", "modprobe veth");
  out.add("nftables", Need::wanted, facts.nftables, "rules in VNET jails; pf is to come",
          "modprobe nf_tables");
}

void examine_containment(Examination& out, const Facts& facts) {
  out.add("seccomp", Need::required, facts.seccomp, "system calls a jail may not make",
          "a kernel with CONFIG_SECCOMP_FILTER");
  out.add("AppArmor", Need::wanted, facts.apparmor, facts.apparmor ? "yes" : "no",
          "host policies (not driven yet)", "boot with apparmor=1 security=apparmor");
  out.add("BPF LSM", Need::wanted, facts.bpf_lsm, facts.bpf_lsm ? "yes" : "no",
          "MAC policies (not driven yet)", "boot with bpf in lsm=");
}

void examine_programs(Examination& out, const Facts& facts) {
  const struct {
    const char *name, *use, *package;
  } kWanted[] = {
      {"ip", "interfaces by hand", "iproute2"},
      {"mmdebstrap", "releases of packages", "mmdebstrap"},
      {"nft", "a look at loaded rules", "nftables"},
  };
  for (const auto& program : kWanted) {
    const auto at = facts.programs.find(program.name);
    const bool there = at != facts.programs.end();
    out.add(program.name, Need::wanted, there, there ? at->second : "not installed", program.use,
            concat("apt install ", program.package));
  }
}

}  // namespace

std::vector<Finding> examine(const Facts& facts) {
  Examination out;
  out.add("kernel", Need::wanted, true, facts.kernel, "", "");
  examine_processes(out, facts);
  examine_files(out, facts);
  examine_network(out, facts);
  examine_containment(out, facts);
  examine_programs(out, facts);
  return std::move(out).findings();
}

bool can_run_jails(const std::vector<Finding>& findings) {
  return std::ranges::find(findings, Verdict::missing, &Finding::verdict) == findings.end();
}

std::string_view verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::fine: return "fine";
    case Verdict::reduced: return "reduced";
    case Verdict::missing: return "missing";
  }
  return "";
}

std::string table(const std::vector<Finding>& findings) {
  constexpr size_t kWidest = 36;  // a longer value pushes its own line only
  size_t subject = 0, found = 0;
  for (const auto& finding : findings) {
    subject = std::max(subject, finding.subject.size());
    if (finding.found.size() <= kWidest) found = std::max(found, finding.found.size());
  }
  const auto pad = [](const std::string& text, size_t width) {
    return concat(text, std::string(width - std::min(width, text.size()), ' '), "  ");
  };
  std::string out;
  for (const auto& finding : findings) {
    const auto line =
        concat(pad(finding.subject, subject), pad(std::string(verdict_word(finding.verdict)), 7),
               pad(finding.found, found), finding.use);
    out.append(line, 0, line.find_last_not_of(' ') + 1).append("\n");
    if (!finding.advice.empty())
      out.append(subject + 2, ' ').append("to get it: ").append(finding.advice).append("\n");
  }
  return out;
}

}  // namespace gaol::host
