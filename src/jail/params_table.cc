// SPDX-License-Identifier: BSD-2-Clause
#include "jail/params.h"

// The table. A row says what FreeBSD gives and, honestly, what Linux gives of it in this
// version; widening gaol means editing a row. Columns, in order: name, type, when, standard,
// what it means on Linux, values taken, note; the man page's line; range and exceptions.

#include <algorithm>
#include <array>

namespace gaol::jail {

namespace {

using enum Type;
using enum When;
using enum Linux;

constexpr std::string_view kOwnProc =
    "the jail's own /proc a second time, with the masks that lie over it; none where it has none";
constexpr std::string_view kLinuxAbi = "the ABI is the host's own and cannot be dressed up";
constexpr std::string_view kNoCredentialRules =
    "it would need a security module that grants changes of credentials by rule";
constexpr std::string_view kNoZfsSettings = "ZFS on Linux has no settings of a jail's own";
constexpr std::string_view kNoClock =
    "the clock is one for the whole machine: it would need CAP_SYS_TIME over the host";
constexpr std::string_view kSysv =
    "new is an IPC namespace, inherit the parent's, and the three must agree on which; disable "
    "makes the calls fail with ENOSYS; of the parent's objects a jail's users, root among them, "
    "have what the modes give to others, and POSIX message queues are closed to them";
constexpr std::string_view kSourceAddress =
    "a hook cannot ask routing: sockets that were not bound leave from the address whose network "
    "(the mask given with it; 32 of them) holds the destination, the longest one first, and "
    "otherwise, or when off, from the first";
constexpr std::string_view kSharedStack = "cgroup-BPF holds every socket to the list";
constexpr std::string_view kProtocol =
    "disable makes socket(2) fail with EAFNOSUPPORT, new holds sockets to the list, inherit does "
    "not";
constexpr std::string_view kRunByJail = "run by jail(8) as on FreeBSD";

constexpr Param kParams[] = {
    {"allow.adjtime", boolean, any, "false", refused, "false", kNoClock,
     "root may slew the system clock"},
    {"allow.chflags", boolean, any, "false", refused, "false",
     "it would need CAP_LINUX_IMMUTABLE over the host's file systems",
     "root may change system file flags"},
    {"allow.dying", boolean, tool, "", native, "", "accepted and without effect, as on FreeBSD",
     "deprecated, without effect"},
    {"allow.extattr", boolean, any, "false", refused, "false",
     "trusted extended attributes would need CAP_SYS_ADMIN over the host",
     "root may manage extended attributes of the system namespace"},
    {"allow.mlock", boolean, any, "false", emulated, "",
     "off: seccomp refuses mlock(2) and its kin with EPERM", "memory may be locked"},
    {"allow.mount", boolean, any, "false", emulated, "",
     "mount(2) and umount2(2) are carried out by the jail's init, also for programs that run "
     "already; nothing that was mounted from outside is covered or unmounted, a remount takes away "
     "only, and a jail has at most 200 mounts; all but devfs come nosuid and nodev",
     "root may mount and unmount file systems marked jail-friendly"},
    {"allow.mount.devfs", boolean, any, "false", emulated, "",
     "the jail's own /dev a second time, not a fresh one", "root may mount devfs"},
    {"allow.mount.fdescfs", boolean, any, "false", emulated, "",
     "/dev/fd leads to /proc/self/fd and is there whenever /dev is; to mount it there succeeds and "
     "changes nothing",
     "root may mount fdescfs"},
    {"allow.mount.fusefs", boolean, any, "false", emulated, "",
     "the jail's /dev has fuse, and type fuse can be mounted; refused where the host has no "
     "/dev/fuse; a server that does not answer keeps jexec -U waiting, too",
     "root may mount FUSE file systems"},
    {"allow.mount.linprocfs", boolean, any, "false", emulated, "", kOwnProc,
     "root may mount linprocfs"},
    {"allow.mount.linsysfs", boolean, any, "false", emulated, "",
     "the jail's own /sys a second time, read-only and with its masks", "root may mount linsysfs"},
    {"allow.mount.nullfs", boolean, any, "false", emulated, "",
     "a bind mount, of a file as well; mount --bind is the same, --rbind is refused, and so is "
     "what lies in /proc, /sys and /dev",
     "root may mount nullfs"},
    {"allow.mount.procfs", boolean, any, "false", emulated, "", kOwnProc, "root may mount procfs"},
    {"allow.mount.tmpfs", boolean, any, "false", emulated, "",
     "options size, mode, uid and gid; without a size it may take an eighth of the machine's "
     "memory, and all of a jail's together no more than half",
     "root may mount tmpfs"},
    {"allow.mount.zfs", boolean, any, "false", emulated, "",
     "the jail's /dev has zfs; refused where ZFS cannot delegate datasets (before OpenZFS 2.2, and "
     "zfs-fuse); snapshots are not found below .zfs",
     "root may mount the ZFS datasets delegated to the jail"},
    {"allow.nfsd", boolean, any, "false", refused, "false",
     "the kernel's NFS server would need CAP_SYS_ADMIN in the jail",
     "an NFS server may run in a vnet jail"},
    {"allow.quotas", boolean, any, "false", refused, "false",
     "quotactl(2) would need CAP_SYS_ADMIN over the file system's user namespace",
     "root may administer quotas on the jail's file systems"},
    {"allow.raw_sockets", boolean, any, "false", emulated, "",
     "in a vnet jail root has CAP_NET_RAW over its own stack; on the host's stack a process of the "
     "host makes them, bound to the jail's primary address, and the cgroup's programs hold what is "
     "sent and received to its addresses; no packet sockets there",
     "root may open raw sockets, as ping(8) does"},
    {"allow.read_msgbuf", boolean, any, "false", emulated, "",
     "the jail's /dev has kmsg, to be read only, and syslog(2) reads the log; refused while the "
     "host's kernel.dmesg_restrict is 1",
     "root may read the kernel's messages"},
    {"allow.reserved_ports", boolean, any, "true", emulated, "",
     "on the host's stack the bind hook decides, in a vnet jail the capability",
     "root may bind ports below 1024"},
    {"allow.routing", boolean, any, "false", refused, "false",
     "it would need CAP_NET_ADMIN over the host's stack, which allows far more; a vnet jail has "
     "routes of its own",
     "root of a jail on the host's stack may change its routes"},
    {"allow.set_hostname", boolean, any, "true", emulated, "",
     "the jail's init, which has the capability that root of the jail lacks, carries it out",
     "root may change the jail's host names"},
    {"allow.setaudit", boolean, any, "false", refused, "false",
     "the audit state is the host's: it would need CAP_AUDIT_CONTROL over it",
     "audit sessions may be set"},
    {"allow.settime", boolean, any, "false", refused, "false", kNoClock,
     "root may set the system clock"},
    {"allow.socket_af", boolean, any, "false", emulated, "",
     "off: seccomp leaves local, IPv4, IPv6 and route sockets only",
     "sockets of every address family may be opened"},
    {"allow.suser", boolean, any, "true", partial, "",
     "off: programs start without capabilities; those already running keep theirs",
     "root has privilege in the jail"},
    {"allow.sysvipc", boolean, any, "false", partial, "",
     "on means inherit of those of sysvmsg, sysvsem and sysvshm that are not given",
     "deprecated: System V IPC of the parent may be used"},
    {"allow.unprivileged_parent_tampering", boolean, any, "false", refused, "false",
     "the jail's users are others than the host's, so that signals from unprivileged ones cannot "
     "be allowed",
     "users of the parent may signal and debug processes of the same user"},
    {"allow.unprivileged_proc_debug", boolean, any, "true", partial, "",
     "off: ptrace(2) and its kin are left to the jail's init, which lets root alone; what /proc "
     "shows of a process, its memory too, stays open to its own user",
     "users may debug their own processes"},
    {"allow.vmm", boolean, any, "false", emulated, "",
     "the jail's /dev has kvm, Linux's hypervisor; refused where the host has none",
     "the hypervisor may be used"},
    {"allow.vmm_ppt", boolean, any, "false", refused, "false",
     "a PCI device is handed over through vfio, whose groups of devices would have to be chosen",
     "virtual machines may be given PCI devices"},
    {"children.cur", integer, readonly, "0", native, "", "counted on all levels",
     "number of jails below this one"},
    {"children.max", integer, any, "0", partial, "",
     "jails below this one have namespaces and a cgroup below its own, and its ids; jail(8) on the "
     "host makes them as JAIL.NAME, and in the jail through /dev/gaol/control, without interfaces, "
     "jids and rulesets of /dev of their own choice",
     "number of jails that may exist below this one", Range{0, 999'999}},
    {"command", list, tool, "", native, "", kRunByJail,
     "command to run in the jail after exec.start"},
    {"cpuset.id", integer, readonly, "", refused, "",
     "Linux has no CPU sets with numbers; a jail's CPUs are those of its cgroup",
     "the jail's CPU set"},
    {"depend", list, tool, "", native, "", kRunByJail, "jails that must be running first"},
    {"devfs_ruleset", integer, any, "0", emulated, "",
     "a private /dev holds the nodes that the set shows when the jail starts, and nothing else can "
     "be opened; a change while it runs opens and shuts devices but makes no nodes; a set that "
     "does "
     "not exist is refused, and 0 means 4",
     "number of the devfs ruleset for the jail's /dev", Range{0, 65535}},
    {"dying", boolean, readonly, "false", emulated, "",
     "true from the end of the jail's processes until the last hook has run",
     "the jail is being removed"},
    {"enforce_statfs", integer, any, "2", partial, "1 2",
     "2 forbids mounting inside; at 1 and 2 alike a jail sees what is mounted in it, /dev, /proc "
     "and /sys among it, by paths from its root, and statfs(2) answers for all of that; of the "
     "host it reads in mountinfo which directory of which file system its root is",
     "how much of the mount table the jail sees", Range{0, 2},
     "not supported on this system: the host's mounts are not in the jail's namespace"},
    {"env", keyvalue, any, "", emulated, "",
     "security.jail.env in the jail's /dev/gaol/sysctl, which no one in the jail can write",
     "key=value lines that the jail can read", Range{0, 4095}},
    {"exec.clean", boolean, tool, "false", native, "", kRunByJail,
     "run commands in a clean environment"},
    {"exec.consolelog", string, tool, "", native, "", kRunByJail,
     "file of the host that takes the output of commands run in the jail", Range{0, 4095}},
    {"exec.created", list, tool, "", native, "", kRunByJail,
     "commands to run on the host right after the jail is created"},
    {"exec.fib", integer, tool, "0", emulated, "",
     "every socket made in the jail, by jexec(8) too, is marked, and policy rules send the mark to "
     "ip-route(8)'s table of that number and to no other; it must have a route when the jail "
     "starts; refused for a vnet jail, whose root has ip-rule(8)",
     "routing table for commands run in the jail", Range{0, 65535}},
    {"exec.jail_user", string, tool, "", native, "", kRunByJail,
     "user to run commands in the jail as", Range{0, 255}},
    {"exec.poststart", list, tool, "", native, "", kRunByJail,
     "commands to run on the host after the jail is started"},
    {"exec.poststop", list, tool, "", native, "", kRunByJail,
     "commands to run on the host after the jail is removed"},
    {"exec.prepare", list, tool, "", native, "", kRunByJail,
     "commands to run on the host before addresses and mounts are made"},
    {"exec.prestart", list, tool, "", native, "", kRunByJail,
     "commands to run on the host before the jail is created"},
    {"exec.prestop", list, tool, "", native, "", kRunByJail,
     "commands to run on the host before the jail is stopped"},
    {"exec.release", list, tool, "", native, "", kRunByJail,
     "commands to run on the host when everything else is undone"},
    {"exec.start", list, tool, "", native, "", kRunByJail,
     "commands to run in the jail to start it"},
    {"exec.stop", list, tool, "", native, "", kRunByJail, "commands to run in the jail to stop it"},
    {"exec.system_jail_user", boolean, tool, "false", native, "", kRunByJail,
     "look exec.jail_user up on the host"},
    {"exec.system_user", string, tool, "", native, "", kRunByJail,
     "user to run commands on the host as", Range{0, 255}},
    {"exec.timeout", integer, tool, "0", native, "", kRunByJail,
     "seconds to wait for each command; 0: for ever"},
    {"host", jailsys, any, "new", native, "new inherit",
     "new is a UTS namespace, inherit the parent's; which of them is settled at creation",
     "whether the jail has host names of its own", Range{},
     "a jail has host names, its own (new) or its parent's (inherit)"},
    {"host.domainname", string, any, "", native, "", "UTS namespace; at most 64 bytes",
     "NIS domain name", Range{0, 64}},
    {"host.hostid", integer, any, "0", partial, "",
     "a file over the jail's /etc/hostid, which must be there, as glibc's gethostid(3) reads it: "
     "32 "
     "bits; other than 0 is settled at creation, though its value is not",
     "host identifier", Range{0, UINT32_MAX}},
    {"host.hostname", string, any, "", native, "", "UTS namespace; at most 64 bytes", "host name",
     Range{0, 64}},
    {"host.hostuuid", string, any, "00000000-0000-0000-0000-000000000000", emulated, "",
     "a file with its 32 digits over the jail's /etc/machine-id, which must be there; other than "
     "zeros is settled at creation, though its value is not; the machine's own, in "
     "/sys/class/dmi, is hidden",
     "host UUID", Range{0, 63}},
    {"interface", string, tool, "", native, "",
     "the addresses are added to it before the start and taken away after the stop",
     "interface for addresses that name none", Range{0, 15}},
    {"ip4", jailsys, create, "disable", emulated, "", kProtocol, "use of IPv4", Range{}, "",
     "ip4.addr"},
    {"ip4.addr", ip4_list, any, "", emulated, "", kSharedStack, "IPv4 addresses of the jail",
     Range{0, 255}},
    {"ip4.saddrsel", boolean, any, "true", partial, "", kSourceAddress,
     "choose the source address by route rather than take the first"},
    {"ip6", jailsys, create, "disable", emulated, "", kProtocol, "use of IPv6", Range{}, "",
     "ip6.addr"},
    {"ip6.addr", ip6_list, any, "", emulated, "", kSharedStack, "IPv6 addresses of the jail",
     Range{0, 255}},
    {"ip6.saddrsel", boolean, any, "true", partial, "", kSourceAddress,
     "choose the source address by route rather than take the first"},
    {"ip_hostname", boolean, tool, "false", native, "",
     "looked up by jail(8) in /etc/hosts, or else with the name servers of /etc/resolv.conf",
     "add the addresses that host.hostname resolves to"},
    {"jid", integer, create, "", native, "", "given out by gaol; numbers only grow",
     "number of the jail", Range{1, 999'999}},
    {"linux", jailsys, any, "new", refused, "new inherit", kLinuxAbi,
     "whether the jail has a Linux identity of its own"},
    {"linux.osname", string, any, "", refused, "Linux", kLinuxAbi,
     "system name shown to Linux programs"},
    {"linux.osrelease", string, any, "", refused, "",
     "Linux programs are shown the release of osrelease", "release shown to Linux programs"},
    {"linux.oss_version", integer, any, "", refused, "", kLinuxAbi,
     "version of the sound interface shown to Linux programs"},
    {"mac.do", jailsys, any, "disable", refused, "disable", kNoCredentialRules,
     "whether rules let users change credentials"},
    {"mac.do.exec_paths", string, any, "", refused, "", kNoCredentialRules,
     "programs that may change credentials by rule"},
    {"mac.do.rules", string, any, "", refused, "", kNoCredentialRules,
     "who may take on which credentials"},
    {"mac.label", string, any, "", refused, "",
     "it would need a translation to SELinux or AppArmor", "label of the MAC framework"},
    {"meta", keyvalue, any, "", native, "", "recorded; invisible inside the jail",
     "key=value lines for the administrator", Range{0, 4095}},
    {"mount", list, tool, "", partial, "",
     "nullfs, tmpfs, procfs, linprocfs, linsysfs, devfs and fdescfs, in the jail's own mount "
     "namespace: the host does not see them",
     "lines of fstab(5) to mount"},
    {"mount.devfs", boolean, tool, "false", emulated, "",
     "a private /dev by devfs_ruleset, 4 when none is given", "mount devfs on the jail's /dev"},
    {"mount.fdescfs", boolean, tool, "false", emulated, "",
     "/dev/fd leads to /proc/self/fd; it is there whenever /dev is",
     "mount fdescfs on the jail's /dev/fd"},
    {"mount.fstab", list, tool, "", partial, "", "the types and the place are those of mount",
     "files of fstab(5) lines to mount"},
    {"mount.procfs", boolean, tool, "false", native, "",
     "procfs of the jail's PID namespace; every jail has it", "mount procfs on the jail's /proc"},
    {"name", string, any, "", native, "", "a running jail can be renamed", "name of the jail",
     Range{0, 255}},
    {"osreldate", integer, create, "", partial, "",
     "recorded and shown by jls; the host's own is made of the kernel's version, 6.18.44 giving "
     "618044",
     "date of the release that the jail sees", Range{1, INT32_MAX}},
    {"osrelease", string, create, "", emulated, "",
     "uname(2) is answered by the jail's init; /proc/sys/kernel/osrelease is the kernel's",
     "release that the jail sees", Range{0, 31}},
    {"parent", integer, readonly, "0", native, "", "0: the host", "jid of the jail above this one"},
    {"path", string, create, "/", native, "", "mount namespace and pivot_root",
     "directory that is the jail's root", Range{0, 4095}},
    {"persist", boolean, any, "false", emulated, "",
     "the jail's init stays when it has nothing left to run", "the jail exists without processes"},
    {"securelevel", integer, any, "-1", partial, "",
     "1 and 2 take what no jail has here: file flags, disks, modules, the clock; from 3 on what "
     "starts in a vnet jail lacks CAP_NET_ADMIN, which freezes the firewall and with it interfaces "
     "and routes, while what runs already keeps it; only the host can raise it",
     "security level, which can only be raised", Range{-1, INT32_MAX}},
    {"stop.timeout", integer, tool, "10", native, "", kRunByJail,
     "seconds between SIGTERM and SIGKILL; 0: no SIGTERM"},
    {"sysvmsg", jailsys, any, "disable", partial, "", kSysv, "use of System V message queues",
     Range{}, "", "allow.sysvipc"},
    {"sysvsem", jailsys, any, "disable", partial, "", kSysv, "use of System V semaphores", Range{},
     "", "allow.sysvipc"},
    {"sysvshm", jailsys, any, "disable", partial, "", kSysv, "use of System V shared memory",
     Range{}, "", "allow.sysvipc"},
    {"vnet", jailsys, create, "inherit", native, "new inherit", "new is a network namespace",
     "whether the jail has a network stack of its own", Range{},
     "a jail has a network stack, its own (new) or its parent's (inherit)"},
    {"vnet.bridge", list, tool, "", native, "",
     "not FreeBSD's: an epair from each to an interface of the jail's, eth0, eth1, ...; the same "
     "MAC "
     "addresses at every start",
     "bridges that the jail is wired to"},
    {"vnet.guard", boolean, tool, "true", native, "",
     "not FreeBSD's: on the host's side of vnet.bridge frames are dropped that come from another "
     "MAC address, or from another address where vnet.ip4 or vnet.ip6 name some, and IPv6 router "
     "advertisements and redirects",
     "whether the jail is held to its own addresses"},
    {"vnet.interface", list, tool, "", native, "", "moved into the jail, and back when it goes",
     "interfaces to move into the jail"},
    {"vnet.ip4", list, tool, "", native, "", "not FreeBSD's: [eth1|]ADDRESS/LENGTH",
     "IPv4 addresses of the interfaces that vnet.bridge makes"},
    {"vnet.ip6", list, tool, "", native, "", "not FreeBSD's: [eth1|]ADDRESS/LENGTH",
     "IPv6 addresses of the interfaces that vnet.bridge makes"},
    {"vnet.isolated", boolean, tool, "true", native, "",
     "not FreeBSD's: jails on one bridge do not reach each other, only what is not isolated",
     "whether the jail is kept from others on its bridges"},
    {"vnet.mtu", integer, tool, "0", native, "", "not FreeBSD's: 0 is the bridge's",
     "MTU of the interfaces that vnet.bridge makes", Range{0, 65535}},
    {"vnet.nat", boolean, tool, "false", native, "",
     "not FreeBSD's: pf's nat-to, in an nftables table of gaol's own; the host must be a router",
     "whether what the jail sends comes from the host"},
    {"vnet.rate_in", string, tool, "", native, "",
     "not FreeBSD's: `100m`, with k, m or g; of each of the interfaces that vnet.bridge makes; a "
     "queue at the host's end",
     "bits per second that may reach the jail"},
    {"vnet.rate_out", string, tool, "", native, "",
     "not FreeBSD's: `100m`, with k, m or g; of each of the interfaces that vnet.bridge makes; "
     "what is more is dropped at the host's end",
     "bits per second that may come from the jail"},
    {"vnet.rdr", list, tool, "", native, "",
     "not FreeBSD's: `tcp 8080 -> 80`, `udp 53`, `tcp ADDRESS:80 -> 8080`; pf's rdr-to, in an "
     "nftables table of gaol's own; the host must be a router",
     "ports of the host that lead to the jail"},
    {"vnet.router", list, tool, "", native, "", "not FreeBSD's: one of each family",
     "default routers of the jail"},
    {"zfs", jailsys, any, "disable", refused, "disable inherit", kNoZfsSettings,
     "whether the jail has ZFS settings of its own"},
    {"zfs.dataset", list, tool, "", native, "",
     "zfs-zone(8): the property is zoned, FreeBSD's jailed, and has to be on; taken back when the "
     "jail goes; the jail's /dev has zfs; refused where ZFS cannot do that (before OpenZFS 2.2, "
     "and "
     "zfs-fuse), and for a jail below a jail",
     "datasets to delegate to the jail"},
    {"zfs.mount_snapshot", integer, any, "0", refused, "0", kNoZfsSettings,
     "whether snapshots may be mounted", Range{0, 1}},
};

// Strictly: a name that stood there twice would shadow its second row.
static_assert(std::ranges::is_sorted(kParams, std::ranges::less_equal{}, &Param::name));

// Where each name is. A start looks up some hundred, and a search among all would be as much work
// as all the rest that it does itself.
constexpr size_t kSlots = 512;
constexpr ParamId kFree = UINT16_MAX;
static_assert(std::size(kParams) < kSlots / 2);

constexpr size_t slot_of(std::string_view name) {
  uint32_t sum = 0;
  for (const char c : name) sum = 31 * sum + static_cast<unsigned char>(c);
  return sum % kSlots;
}
constexpr auto kIndex = [] {
  std::array<ParamId, kSlots> index{};
  index.fill(kFree);
  for (size_t id = 0; id < std::size(kParams); ++id) {
    size_t slot = slot_of(kParams[id].name);
    while (index[slot] != kFree) slot = (slot + 1) % kSlots;
    index[slot] = static_cast<ParamId>(id);
  }
  return index;
}();

}  // namespace

std::span<const Param> registry() { return kParams; }

std::optional<ParamId> find(std::string_view name) {
  for (size_t slot = slot_of(name); kIndex[slot] != kFree; slot = (slot + 1) % kSlots)
    if (kParams[kIndex[slot]].name == name) return kIndex[slot];
  return {};
}

}  // namespace gaol::jail
