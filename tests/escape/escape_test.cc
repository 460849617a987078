// SPDX-License-Identifier: BSD-2-Clause

// Attacks on the wall of a jail, tried by its root (tests/escape/attack.cc), and what must hold
// each. The table below is also the one in docs/security.md: a test compares the two, and
// GAOL_ACCEPT=1 writes the page.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <stop_token>
#include <thread>

#include "dataset/dataset.h"
#include "mac/capabilities.h"
#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// --- what is tried, and what must come of it ---

enum Network { none, vnet, shared };

struct Attack {
  std::string_view name, tried, holder;
  // The refusals that are right, any of them, by network mode; empty: as in the one before.
  // Attacks without any are staged by a test of their own.
  std::string_view right[3] = {};
  bool gap = false;  // see kernel_holds_abstract_names()
};

constexpr Attack kAttacks[] = {
    {"01-double-chroot",
     "chroot(2) with a directory kept open outside of it, then `..` 64 times",
     "pivot_root(2): the host's root is not mounted in the jail at all",
     {"same-root"}},
    {"02-file-handle",
     "open_by_handle_at(2) of inode 2, \"shocker\"",
     "seccomp; no CAP_DAC_READ_SEARCH",
     {"EPERM"}},
    {"03-make-device",
     "mknod(2) of a disk, of memory and of the kernel's log, also in /dev",
     "seccomp; no CAP_MKNOD",
     {"EPERM"}},
    {"04-planted-device",
     "opening device nodes that lie in the tree from before",
     "the tree is mounted nodev; a program of the cgroup knows the jail's devices",
     {"EACCES"}},
    {"05-working-directory",
     "a working directory outside the root",
     "setns(2) and chdir(2) set it before any program runs",
     {"inside"}},
    {"10-remount",
     "remounting /, /proc, /proc/sys, /sys, /dev writable, by both interfaces",
     "init refuses; no CAP_SYS_ADMIN",
     {"EPERM ENOSYS"}},
    {"11-mount-old",
     "mount(2) of 14 filesystem types, bind, move, shared propagation",
     "init refuses; no CAP_SYS_ADMIN",
     {"EPERM"}},
    {"12-mount-new",
     "fsopen(2), fspick(2), fsmount(2), open_tree(2), move_mount(2)",
     "seccomp: not there at all",
     {"ENOSYS"}},
    {"13-unmount",
     "unmounting the masks, /proc, /sys, /dev, /",
     "init refuses; no CAP_SYS_ADMIN",
     {"EPERM"}},
    {"14-pivot-root", "pivot_root(2)", "seccomp; no CAP_SYS_ADMIN", {"EPERM"}},
    {"15-cgroups",
     "mounting cgroup v1 for its release_agent (CVE-2022-0492), v2, writing to any cgroup file",
     "seccomp; no cgroup filesystem in the jail",
     {"EPERM"}},
    {"20-unshare", "unshare(2) of each namespace", "seccomp", {"EPERM"}},
    {"21-clone",
     "clone(2) into each namespace, also with bits above the 32nd set",
     "seccomp",
     {"EPERM"}},
    {"22-clone3",
     "clone3(2), whose flags no filter can read",
     "seccomp: not there at all",
     {"ENOSYS"}},
    {"23-setns-files",
     "setns(2) to the namespaces of init and to its own",
     "init is not dumpable; seccomp",
     {"EACCES EPERM"}},
    {"24-setns-pidfd", "setns(2) by pidfd", "seccomp", {"EPERM"}},
    {"25-id-maps",
     "a new uid_map; becoming or giving files to an id beyond the 65,536",
     "the user namespace",
     {"EPERM EINVAL"}},
    {"30-trace-init",
     "ptrace(2) of init",
     "gaol-init is execute-only: its memory belongs to the host",
     {"EPERM"}},
    {"31-init-memory",
     "process_vm_readv(2), process_vm_writev(2), kcmp(2) of init",
     "as before",
     {"EPERM"}},
    {"32-init-files",
     "/proc/1/root, cwd, exe, fd, environ, mem, maps and seven more",
     "as before",
     {"EACCES EPERM"}},
    {"33-init-descriptors", "pidfd_getfd(2) from init", "as before", {"EPERM"}},
    {"34-other-pids",
     "signal 0 to each pid up to 100,000; foreign pids in /proc",
     "the PID namespace",
     {"ESRCH"}},
    {"35-forge-orders",
     "signals to init that look like the host's",
     "the kernel gives the sender; init looks at it",
     {"EPERM"}},
    {"36-stopped-init",
     "stopping the inits of jails below, so that they keep what `jail -m` takes from all",
     "orders wait for init, and nobody waits for its answer"},
    {"37-stopped-birth", "stopping or killing all that appears while the host makes a jail below",
     "what is stopped on its way in is killed, so that nobody outside waits for it"},
    {"38-console-log",
     "a link to a file of the host's where exec.consolelog of the jail, or of one below, is to be",
     "no link is followed below the tree of the outermost jail"},
    {"40-write-proc",
     "opening for writing every file in /proc that is not of a process or of a namespace of the "
     "jail's own",
     "user namespace; masks; read-only mounts",
     {"EACCES EPERM EROFS mask"}},
    {"41-write-sys",
     "the same for /sys",
     "read-only mount; user namespace",
     {"EACCES EPERM EROFS"}},
    {"42-kernel-helpers",
     "core_pattern, modprobe, hotplug, uevent_helper, binfmt_misc, sysrq, sysrq-trigger, vm/*, irq",
     "as 40",
     {"EACCES EPERM EROFS mask"}},
    {"43-kernel-secrets",
     "reading kcore, kmsg, keys, kallsyms, timer_list, page tables, firmware, securityfs, tracefs",
     "masks; user namespace; not mounted",
     {"EACCES EPERM empty"}},
    {"50-keyrings", "add_key(2), request_key(2), keyctl(2)", "seccomp", {"EPERM"}},
    {"51-bpf", "bpf(2)", "seccomp; no CAP_BPF", {"EPERM"}},
    {"52-perf", "perf_event_open(2)", "seccomp", {"EPERM"}},
    {"53-io-uring", "io_uring_setup(2)", "seccomp", {"EPERM"}},
    {"54-userfaultfd", "userfaultfd(2)", "seccomp", {"EPERM"}},
    {"55-kexec", "kexec_load(2), kexec_file_load(2)", "seccomp; no CAP_SYS_BOOT", {"EPERM"}},
    {"56-modules",
     "init_module(2), finit_module(2), delete_module(2)",
     "seccomp; no CAP_SYS_MODULE",
     {"EPERM"}},
    {"57-swap-quota",
     "swapon(2), swapoff(2), acct(2), quotactl(2)",
     "seccomp; no CAP_SYS_ADMIN",
     {"EPERM"}},
    {"58-reboot", "reboot(2)", "seccomp; no CAP_SYS_BOOT", {"EPERM"}},
    {"59-clocks",
     "settimeofday(2), clock_settime(2), adjtimex(2), clock_adjtime(2)",
     "seccomp; no CAP_SYS_TIME",
     {"EPERM"}},
    {"60-names",
     "sethostname(2), setdomainname(2) by another user than root, and by root stripped of its "
     "capabilities",
     "init looks at who asks",
     {"EPERM"}},
    {"61-kernel-log", "syslog(2)", "seccomp; no CAP_SYSLOG", {"EPERM"}},
    {"62-ports", "iopl(2), ioperm(2)", "seccomp; no CAP_SYS_RAWIO", {"EPERM ENOSYS"}},
    {"63-personality",
     "personalities of other systems, READ_IMPLIES_EXEC, bits above the 32nd",
     "seccomp",
     {"EPERM"}},
    {"64-other-abi",
     "the same calls under the numbers of 32-bit programs and of x32",
     "seccomp",
     {"ENOSYS"}},
    {"65-forged-names",
     "sethostname(2), setdomainname(2) with what `jls` would show as colours, columns or lines",
     "init gives plain names only",
     {"EINVAL"}},
    {"66-terminal", "names of interfaces that a terminal would obey, for the host to list",
     "control characters are shown as `?` there"},
    {"70-push-input",
     "TIOCSTI and TIOCLINUX on a terminal, also with bits above the 32nd set (CVE-2019-10063)",
     "seccomp, by the 32 bits the kernel looks at",
     {"EPERM"}},
    {"80-packet-sockets",
     "AF_PACKET, SOCK_PACKET",
     "seccomp; no CAP_NET_RAW",
     {"EPERM EAFNOSUPPORT", "EPERM", "EPERM"}},
    {"81-raw-sockets",
     "SOCK_RAW of both families",
     "seccomp; no CAP_NET_RAW",
     {"EAFNOSUPPORT", "EPERM", "EPERM EAFNOSUPPORT"}},
    {"82-odd-families",
     "all other families, AF_VSOCK, AF_ALG and AF_KEY among them",
     "seccomp",
     {"EAFNOSUPPORT"}},
    {"83-odd-netlink",
     "10 netlink protocols: audit, xfrm, crypto, ...",
     "seccomp",
     {"EPROTONOSUPPORT"}},
    {"84-list-sockets",
     "sock_diag: a list of the host's sockets",
     "seccomp; in a VNET jail they are its own",
     {"EPROTONOSUPPORT", "own", "EPROTONOSUPPORT"}},
    {"85-abstract-socket",
     "connecting to an abstract unix socket of the host (CVE-2020-15257)",
     "VNET: the network namespace; else BPF at the jail's cgroup",
     {"EPERM ECONNREFUSED", "ECONNREFUSED", "EPERM ECONNREFUSED"},
     true},
    {"86-change-interfaces",
     "taking down, renaming, moving or removing an interface of the host, changing its addresses, "
     "adding and removing routes",
     "no CAP_NET_ADMIN over the host's stack",
     {"EPERM", "unseen", "EPERM"}},
    {"87-lent-interface",
     "giving the name of an interface that was lent to one of one's own, for the host to take back",
     "it is known by its index, which the host chose"},
    // Staged from outside as well.
    {"90-descriptors", "descriptors 3 to 20 open where jail(8) and jexec(8) are started",
     "all but 0, 1 and 2 are closed before anything of the jail's is looked at"},
    {"91-directories",
     "`jexec -d /proc/self/fd/N`, a program at such a path, a home directory in the jail's "
     "/etc/passwd at such a path (CVE-2024-21626)",
     "as before"},
    {"92-entering",
     "seizing, or opening the files of, processes that enter the jail, before their exec "
     "(CVE-2016-9962)",
     "what enters is not dumpable, and its memory belongs to the host"},
    {"93-first-program", "30 to 35 by the first program of a starting jail", "as before"},
    {"94-own-binary",
     "`#!/proc/self/exe` as a jail's program, and writing to every /proc/PID/exe (CVE-2019-5736)",
     "the user namespace: the owner of gaol's programs is nobody there"},
    {"95-process-group", "a signal to the process group, which has members on the host",
     "the user namespace; jail root's uid is no one else's"},
    {"96-hostile-tree",
     "/dev, /proc, /sys as links or files; mounts on links; /etc as a link; /etc/passwd as a link, "
     "FIFO, device, directory, or of 1 TiB; /dev/null as a link or FIFO",
     "paths are resolved in the root by the kernel, files are checked once open, masks are the "
     "host's own null device"},
    {"97-setuid", "a set-user-ID file made in the jail, run by a user of the host",
     "the directory around a tree that gaol makes is closed to others (mode 0700)"},
    {"98-capabilities", "capabilities by inheritance, in exec.start, command and jexec(8)",
     "inheritable and ambient sets are empty, the bounding set is what is kept"},
    {"99-id-ranges", "the ids of one jail being those of another, or of a user of the host",
     "each jail has 65,536 ids of its own, above those that hosts give out"},
    {"110-device-events",
     "listening for what happens to the host's devices",
     "seccomp; the kernel tells it to no network stack of a jail",
     {"EPROTONOSUPPORT", "silence", "EPROTONOSUPPORT"}},
    {"111-raw-sources",
     "with allow.raw_sockets: other addresses in packets, bound sockets, listening to the host",
     "the cgroup's programs look at every packet; no power over the host's stack",
     {"EAFNOSUPPORT", "EPERM", "EPERM EAFNOSUPPORT"}},
};

// By root of a jail that may mount all that a jail can be permitted to
// (tests/escape/mount_attack.cc).
constexpr Attack kMountAttacks[] = {
    {"100-cover",
     "mounting on 26 places in /, /proc, /sys and /dev",
     "init looks at what it would cover",
     {"EPERM"}},
    {"101-uncover",
     "unmounting and remounting the same, moving, sharing",
     "init has a list of what it did not mount",
     {"EINVAL EPERM"}},
    {"102-show-below",
     "nullfs of /proc, /sys, /dev and parts of them, of /proc/PID/root, cwd and fd",
     "init looks at what it would show, and follows no link of procfs",
     {"EACCES ELOOP EPERM mask"}},
    {"103-second-procfs",
     "a procfs without masks, or whose masks come off",
     "it is the jail's own with all that lies over it",
     {"EACCES EPERM EROFS"}},
    {"104-change-arguments",
     "writing over the path while init copies it",
     "what is looked at is the copy",
     {"same"}},
    {"105-change-path",
     "changing a directory for a link to /proc",
     "what is looked at is what is opened, and nothing else is used",
     {"same"}},
    {"106-change-what-goes",
     "changing the link to what is unmounted",
     "a mount is unmounted by the name of its mountpoint, which cannot be renamed",
     {"same"}},
    {"107-gain",
     "set-user-ID programs on a tmpfs, device nodes on it and in a nullfs",
     "nosuid and nodev, always",
     {"80 EPERM EACCES"}},
    {"108-without-power",
     "mounting as another user than root",
     "init looks at who asks",
     {"EPERM"}},
    {"109-many-at-once",
     "300 mounts at the same moment, where 200 are the most",
     "one is made after the other",
     {"ENOSPC"}},
};

// By root of a jail that has a neighbour (tests/escape/network_attack.cc). What a VNET jail sends
// on its own stack is sent; the test sees that nobody hears it.
constexpr Attack kNetworkAttacks[] = {
    {"112-foreign-addresses",
     "binding to the host's, a neighbour's and nobody's address, with IP_FREEBIND and "
     "IP_TRANSPARENT too, and talking from there",
     "BPF at the jail's cgroup; VNET: the guard of the wire",
     {"EADDRNOTAVAIL EPERM", "EADDRNOTAVAIL EINPROGRESS ENETUNREACH sent"}},
    {"113-host-loopback",
     "connecting and sending to 127.0.0.1, ::1 and what means the same, by any interface",
     "BPF at the jail's cgroup; VNET: the network namespace",
     {"ECONNREFUSED ENETUNREACH ENODEV ETIMEDOUT sent",
      "ECONNREFUSED EHOSTUNREACH ENETUNREACH ENODEV ETIMEDOUT sent"}},
    {"114-neighbour-loopback",
     "connecting and sending to what listens on a neighbour's loopback",
     "as before",
     {"ECONNREFUSED ETIMEDOUT sent", "ECONNREFUSED ETIMEDOUT sent"}},
    {"115-forged-senders",
     "datagrams with another source in IP_PKTINFO and IPV6_PKTINFO",
     "BPF at the jail's cgroup; VNET: its own stack, and the guard of the wire",
     {"EADDRNOTAVAIL EPERM", "EINVAL ENETUNREACH sent"}},
    {"116-wire-tap",
     "hearing a neighbour through a packet socket, and claiming its address by ARP",
     "seccomp; VNET with allow.raw_sockets: the bridge, and the guard of the wire",
     {"EAFNOSUPPORT EPERM", "silence sent"}},
    {"117-socket-namespace",
     "entering the network namespace that a socket names",
     "no CAP_NET_ADMIN over the host's stack; seccomp",
     {"EPERM", "EPERM"}},
};

std::set<std::string> words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  return {std::istream_iterator<std::string>(stream), {}};
}

// --- the page ---

std::string refusal_column(const Attack& attack) {
  if (attack.right[none].empty()) return "";
  std::string text(attack.right[none]);
  if (!attack.right[vnet].empty()) text += concat("; vnet: ", attack.right[vnet]);
  if (attack.gap) text += "; **open without vnet before Linux 6.7**";
  return text;
}

std::string attack_table() {
  std::string text = "| attack | what is tried | what holds it | seen as |\n|---|---|---|---|\n";
  const std::span<const Attack> all[] = {kAttacks, kMountAttacks, kNetworkAttacks};
  for (const auto attacks : all)
    for (const auto& attack : attacks)
      text += concat("| ", attack.name, " | ", attack.tried, " | ", attack.holder, " | ",
                     refusal_column(attack), " |\n");
  return text;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(EscapePage, HasTheTable) {
  const std::string path = GAOL_SOURCE_DIR "/docs/security.md";
  constexpr std::string_view kBegin = "<!-- attacks -->\n", kEnd = "<!-- end of attacks -->\n";
  const std::string page = read_file(path);
  const auto begin = page.find(kBegin), end = page.find(kEnd);
  ASSERT_TRUE(begin != page.npos && end != page.npos) << path;
  const auto table = begin + kBegin.size();
  if (::getenv("GAOL_ACCEPT"))
    std::ofstream(path) << page.substr(0, table) << attack_table() << page.substr(end);
  else
    EXPECT_EQ(page.substr(table, end - table), attack_table()) << "stale: GAOL_ACCEPT=1";
}

// --- the stage ---

const std::string kTree = "/run/tree";  // what tiny_tree() makes

class EscapeTest : public KernelTest {
 protected:
  void SetUp() override {
    (void)sys::real_kernel();  // it opens a descriptor for good
    KernelTest::SetUp();
    if (IsSkipped()) return;
    for (const std::string attacker : {"attack", "mount-attack", "network-attack"})
      fs::copy_file(GAOL_BIN_DIR "/../tests/gaol-" + attacker, kTree + "/bin/" + attacker,
                    fs::copy_options::overwrite_existing);
    ASSERT_EQ(run("ip link add outside type bridge && ip link set outside up &&"
                  " ip addr add 192.0.2.1/24 dev outside &&"
                  " ip addr add 2001:db8::1/64 dev outside nodad")
                  .err,
              "");
  }
  void TearDown() override {
    end_jails();
    run("ip link del outside");
    KernelTest::TearDown();
  }

  void start(const std::string& name, const std::string& parameters = "path=" + kTree) {
    const auto made = run("jail -c name=" + name + " persist " + parameters);
    ASSERT_EQ(made.status, 0) << made.err;
    jails_.push_back(name);
  }

  void end_jails() {
    for (const auto& jail : jails_) EXPECT_EQ(run("jail -r " + jail).status, 0) << jail;
    jails_.clear();
  }

  void hold_all(const std::string& jail, Network network);
  void hold_on_the_network(const std::string& how, Network network);

 private:
  std::vector<std::string> jails_;
};

// A daemon of the host, on an abstract name, with a socket of each type.
class AbstractListener {
 public:
  AbstractListener() {
    constexpr char kName[] = "\0gaol-escape-target";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, kName, sizeof kName - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + sizeof kName - 1);
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
      const auto& fd = sockets_.emplace_back(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
      EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
      EXPECT_TRUE(type == SOCK_DGRAM || ::listen(fd.get(), 8) == 0);
    }
  }

 private:
  std::vector<sys::Fd> sockets_;
};

// Devices of the host change for as long as it lives, and the host hears of it.
class ChangingDevice {
 public:
  ChangingDevice()
      : ear_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)),
        changes_([](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            write_file("/sys/class/mem/null/uevent", "change");
            ::usleep(50'000);
          }
        }) {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    kernel.nl_groups = 1;
    EXPECT_EQ(::bind(ear_.get(), reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel), 0);
  }
  bool heard() const {
    char event[4096];
    return ::recv(ear_.get(), event, sizeof event, 0) > 0;
  }

 private:
  sys::Fd ear_;
  std::jthread changes_;
};

// BPF programs can hold unix sockets since Linux 6.7.
bool kernel_holds_abstract_names() {
  utsname kernel;
  int major = 0, minor = 0;
  ::uname(&kernel);
  return std::sscanf(kernel.release, "%d.%d", &major, &minor) == 2 &&
         (major > 6 || (major == 6 && minor >= 7));
}

void judge(const Attack& attack, Network network, const std::string& verdict) {
  SCOPED_TRACE(attack.name);
  if (attack.gap && network != vnet && !kernel_holds_abstract_names()) {
    std::cerr << "KNOWN GAP  " << attack.name << " " << verdict << "\n";
    return;
  }
  ASSERT_THAT(verdict, testing::StartsWith("held: "));
  const auto& right = attack.right[attack.right[network].empty() ? none : network];
  const auto allowed = words_of(right);
  for (const auto& refusal : words_of(verdict.substr(6)))
    EXPECT_TRUE(allowed.contains(refusal)) << verdict << "; right would be: " << right;
}

// Judges what an attacker has said, who tries the attacks that have a right refusal.
void judge_all(std::span<const Attack> attacks, Network network, const Outcome& outcome) {
  std::map<std::string, std::string, std::less<>> verdicts;
  std::istringstream lines(outcome.out);
  for (std::string name, verdict; lines >> name && std::getline(lines >> std::ws, verdict);)
    verdicts[name] = verdict;
  for (const auto& attack : attacks) {
    if (attack.right[none].empty()) continue;
    const auto found = verdicts.extract(std::string(attack.name));
    ASSERT_FALSE(found.empty()) << attack.name << " said nothing; " << outcome.err;
    judge(attack, network, found.mapped());
  }
  EXPECT_THAT(verdicts, testing::IsEmpty()) << "attacks that stand not in the table";
}

void EscapeTest::hold_all(const std::string& jail, Network network) {
  const AbstractListener listener;
  const ChangingDevice device;
  judge_all(kAttacks, network, run("jexec " + jail + " attack"));
  EXPECT_TRUE(device.heard());
  // Had init believed an order of theirs, it would go now that they are gone.
  ::usleep(1'200'000);
  EXPECT_EQ(run("jexec " + jail + " true").status, 0);
  EXPECT_EQ(run("ip -o link show outside").status, 0);
}

void plant_devices(const std::string& tree) {
  fs::create_directories(tree + "/planted");
  ::mknod((tree + "/planted/zero").c_str(), S_IFCHR | 0666, makedev(1, 5));
  ::mknod((tree + "/planted/disk").c_str(), S_IFBLK | 0666, makedev(7, 0));
}

TEST_F(EscapeTest, ROOT_JailWithoutNetworkHolds) {
  plant_devices(kTree);
  start("plain");
  hold_all("plain", none);
}

TEST_F(EscapeTest, ROOT_NET_VnetJailHolds) {
  plant_devices(kTree);
  start("own", "path=" + kTree + " vnet");
  hold_all("own", vnet);
}

TEST_F(EscapeTest, ROOT_NET_BPF_SharedStackJailHolds) {
  GAOL_NEEDS(fs::exists(GAOL_BIN_DIR "/../libexec/gaol/gaol-stack"), "needs gaol-stack");
  plant_devices(kTree);
  start("sharing", "path=" + kTree + " ip4.addr='outside|192.0.2.7/32'");
  hold_all("sharing", shared);
}

// --- the network, as those outside see it ---

sys::Fd listener(const std::string& address, int type, uint16_t port) {
  const bool v6 = address.contains(':');
  sys::Fd fd(::socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in in{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  ::inet_pton(AF_INET6, address.c_str(), &in6.sin6_addr);
  const auto* to =
      v6 ? reinterpret_cast<const sockaddr*>(&in6) : reinterpret_cast<const sockaddr*>(&in);
  EXPECT_EQ(::bind(fd.get(), to, v6 ? sizeof in6 : sizeof in), 0) << address;
  EXPECT_TRUE(type == SOCK_DGRAM || ::listen(fd.get(), 64) == 0) << address;
  return fd;
}

// Who has sent datagrams there, or connected; and none of it twice.
std::set<std::string> callers(const sys::Fd& ear, int type) {
  std::set<std::string> all;
  for (;;) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    char text[INET6_ADDRSTRLEN] = "";
    auto* address = reinterpret_cast<sockaddr*>(&from);
    const sys::Fd caller(type == SOCK_STREAM ? ::accept4(ear.get(), address, &size, SOCK_CLOEXEC)
                                             : -1);
    if (type == SOCK_STREAM ? !caller
                            : ::recvfrom(ear.get(), text, sizeof text, 0, address, &size) < 0)
      return all;
    if (from.ss_family == AF_INET)
      ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(from).sin_addr, text, sizeof text);
    else
      ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6&>(from).sin6_addr, text, sizeof text);
    all.insert(text);
  }
}

// The host: a service on its loopback, and an ear for whoever talks to it.
class Street {
 public:
  // Since it was last asked for.
  std::set<std::string> at_the_ear() {
    return both(callers(ear4_, SOCK_DGRAM), callers(ear6_, SOCK_DGRAM));
  }
  std::set<std::string> at_the_loopback() {
    std::set<std::string> all;
    for (const auto& [fd, type] : services_) all = both(all, callers(fd, type));
    return all;
  }

 private:
  static std::set<std::string> both(std::set<std::string> a, std::set<std::string> b) {
    a.merge(b);
    return a;
  }
  static std::vector<std::pair<sys::Fd, int>> services() {
    std::vector<std::pair<sys::Fd, int>> all;
    for (const char* address : {"127.0.0.1", "::1"})
      for (const int type : {SOCK_STREAM, SOCK_DGRAM})
        all.emplace_back(listener(address, type, 7), type);
    return all;
  }
  sys::Fd ear4_ = listener("192.0.2.1", SOCK_DGRAM, 9);
  sys::Fd ear6_ = listener("2001:db8::1", SOCK_DGRAM, 9);
  sys::Fd doors_[2] = {listener("192.0.2.1", SOCK_STREAM, 9),
                       listener("2001:db8::1", SOCK_STREAM, 9)};
  std::vector<std::pair<sys::Fd, int>> services_ = services();
};

void EscapeTest::hold_on_the_network(const std::string& how, Network network) {
  const auto place = [&](const char* last) {
    return network == vnet ? concat(" vnet vnet.bridge=outside vnet.ip4=192.0.2.", last,
                                    "/24 vnet.ip6=2001:db8::", last, "/64 ", how)
                           : concat(" ip4.addr='outside|192.0.2.", last,
                                    "/24' ip6.addr='outside|2001:db8::", last, "/64' ", how);
  };
  Street street;
  start("jail", "path=" + kTree + place("7"));
  start("neighbour", "path=" + kTree + place("8") + (network == vnet ? " vnet.noisolated" : ""));
  ASSERT_EQ(run("jexec neighbour network-attack listen").status, 0);
  const std::string heard = kTree + "/tmp/heard";
  EXPECT_EQ(run("jexec neighbour sh -c 'nc 127.0.0.1 8 </dev/null'").err, "");
  EXPECT_EQ(settled("ls " + heard, heard + "\n"), heard + "\n");
  fs::remove(heard);

  std::set<std::string> honest;
  for (int tries = 0; tries < 50 && honest.size() < 2; ++tries, ::usleep(100'000)) {
    EXPECT_EQ(run("jexec jail network-attack talk").status, 0);
    honest.merge(street.at_the_ear());
  }
  EXPECT_THAT(honest, testing::ElementsAre("192.0.2.7", "2001:db8::7"));

  const std::jthread chatter([](const std::stop_token& stop) {
    const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in neighbour{};
    neighbour.sin_family = AF_INET;
    neighbour.sin_port = htons(1);
    ::inet_pton(AF_INET, "192.0.2.8", &neighbour.sin_addr);
    for (; !stop.stop_requested(); ::usleep(20'000))
      ::sendto(socket.get(), "talk", 4, 0, reinterpret_cast<const sockaddr*>(&neighbour),
               sizeof neighbour);
  });
  judge_all(kNetworkAttacks, network, run("jexec jail network-attack"));
  EXPECT_THAT(street.at_the_ear(), testing::IsEmpty()) << "as somebody else";
  EXPECT_THAT(street.at_the_loopback(), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(heard)) << "the neighbour's loopback was reached";
  if (network == vnet) {
    const auto known = run("ip neigh show 192.0.2.8").out;
    const auto address = run("jexec neighbour cat /sys/class/net/eth0/address").out;
    EXPECT_THAT(known, HasSubstr(address.substr(0, 17)));
  }
  end_jails();
}

TEST_F(EscapeTest, ROOT_NET_BPF_NobodyElseOnTheHostsStack) { hold_on_the_network("", shared); }

TEST_F(EscapeTest, ROOT_NET_BPF_NobodyElseOnAWire) {
  hold_on_the_network("allow.raw_sockets", vnet);
}

TEST_F(EscapeTest, ROOT_NET_BPF_RawSocketsAreHeldToTheJailsAddresses) {
  start("sharing", "path=" + kTree + " ip4.addr='outside|192.0.2.7/32' allow.raw_sockets");
  const std::jthread host([](const std::stop_token& stop) {
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_port = 9;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (; !stop.stop_requested(); ::usleep(20'000))
      ::sendto(socket.get(), "talk", 4, 0, reinterpret_cast<const sockaddr*>(&self), sizeof self);
  });
  EXPECT_EQ(run("jexec sharing attack 111").out, "111-raw-sources held: EPERM silence\n");
  EXPECT_EQ(run("jexec sharing /bin/busybox ping -qc 1 -w 5 192.0.2.7").status, 0);
  EXPECT_NE(run("jexec -U www sharing /bin/busybox ping -qc 1 -w 5 192.0.2.7").status, 0);
  EXPECT_EQ(run("jail -m name=sharing allow.noraw_sockets").err, "");
  EXPECT_EQ(run("jexec sharing attack 111").out, "111-raw-sources held: EPERM\n");
}

TEST_F(EscapeTest, ROOT_ThinJailHolds) {
  plant_devices(kTree);
  ASSERT_TRUE(dataset::clone(kTree, "/run/store/thin"));
  start("thin", "path=/run/store/thin");
  hold_all("thin", none);
  end_jails();
  ASSERT_TRUE(dataset::destroy("/run/store/thin"));
}

TEST_F(EscapeTest, ROOT_JailThatMayMountHolds) {
  plant_devices(kTree);
  fs::create_directories(kTree + "/mnt");
  std::string parameters = "path=" + kTree + " enforce_statfs=1 allow.mount";
  for (const char* kind :
       {"devfs", "fdescfs", "linprocfs", "linsysfs", "nullfs", "procfs", "tmpfs"})
    parameters += concat(" allow.mount.", kind);
  start("mounting", parameters);
  judge_all(kMountAttacks, none, run("jexec mounting mount-attack", 120));
  for (const char* others : {"0", "2", "3", "4", "5", "6"})
    EXPECT_THAT(run(concat("jexec mounting attack ", others)).out,
                testing::AllOf(HasSubstr("held"), Not(HasSubstr("ESCAPED"))));
}

// It has a cgroup to divide and a process 1, both its own, a procfs of its own, and may reboot.
TEST_F(EscapeTest, ROOT_JailWithAnInitSystemHolds) {
  plant_devices(kTree);
  fs::create_directories(kTree + "/sbin");
  fs::create_directories(kTree + "/run");
  fs::create_symlink("/bin/busybox", kTree + "/sbin/init");
  start("booted", "path=" + kTree + " exec.start=/sbin/init stop.timeout=0");
  const auto said = run("jexec booted attack; jexec booted cat /proc/1/comm").out;
  EXPECT_THAT(said, testing::EndsWith("\ninit\n"));
  std::set<std::string> own;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);)
    if (line.contains("ESCAPED")) own.insert(line.substr(0, line.find(' ')));
  own.erase("34-other-pids");  // children of that init's, which come and go
  EXPECT_THAT(own, testing::ElementsAre("15-cgroups", "30-trace-init", "31-init-memory",
                                        "32-init-files", "33-init-descriptors", "41-write-sys"));
}

// --- staged attacks ---

// Descriptors 3 to 20 of a command, all open on places of the host.
std::string with_descriptors(const std::string& command) {
  std::string script;
  for (int fd = 3; fd <= 20; fd += 2)
    script += concat("exec ", fd, "</ ", fd + 1, "</etc/passwd; ");
  return "bash -c " + concat("'", script, command, "'");
}

TEST_F(EscapeTest, ROOT_DescriptorsStayOutside) {
  const std::string list = "ls -l /proc/self/fd > /tmp/fds";
  run(with_descriptors("jail -c name=a path=" + kTree + " persist exec.start=\"sh -c \\\"" + list +
                       "\\\"\""));
  const auto at_start = read_file(kTree + "/tmp/fds");
  run(with_descriptors("jexec a sh -c \"" + list + "\""));
  run("jail -r a");
  for (const auto& listing : {at_start, read_file(kTree + "/tmp/fds")}) {
    EXPECT_THAT(listing, HasSubstr(" 2 -> "));
    EXPECT_THAT(listing, Not(HasSubstr("-> /\n")));
    EXPECT_THAT(listing, Not(HasSubstr("passwd")));
    // 0, 1, 2, and the directory that ls itself reads.
    EXPECT_EQ(std::ranges::count(listing, '\n'), 5) << listing;
  }
}

TEST_F(EscapeTest, ROOT_DirectoriesOfTheHostAreNotEntered) {
  start("x");
  for (int fd = 3; fd <= 20; ++fd) {
    const auto way = concat("/proc/self/fd/", fd);
    EXPECT_NE(run(with_descriptors("jexec -d " + way + " x pwd")).status, 0) << way;
    EXPECT_NE(run(with_descriptors("jexec x " + way + "/bin/sh -c pwd")).status, 0) << way;
  }
  EXPECT_EQ(run("cd /usr && jexec x pwd").out, "/\n");
  // A home directory is the jail's to name.
  const std::string tree = "/run/homeless";
  make_tree(tree);
  for (int fd = 3; fd <= 20; ++fd) {
    std::ofstream(tree + "/etc/passwd") << "root:x:0:0::/proc/self/fd/" << fd << ":/bin/sh\n";
    const auto made =
        run(with_descriptors("jail -c name=y path=" + tree + " exec.clean command=pwd"));
    EXPECT_NE(made.status, 0) << fd << ": " << made.out;
  }
  fs::remove_all(tree);
}

TEST_F(EscapeTest, ROOT_EnteringProcessesCannotBeSeized) {
  start("x");
  const auto race =
      run("jexec x attack racer > /run/race &\n"
          "for round in $(seq 200); do jexec x true; done\n"
          "touch /run/tree/tmp/stop; wait; rm /run/tree/tmp/stop; cat /run/race; rm /run/race");
  EXPECT_THAT(race.out, testing::MatchesRegex("met [0-9]+\nheld\n")) << race.err;
  EXPECT_NE(race.out, "met 0\nheld\n") << "the racer has slept";
}

// While a jail starts, its first programs may run before init has left jail(8)'s memory.
TEST_F(EscapeTest, ROOT_InitIsOutOfReachFromTheFirstProgramOn) {
  for (int round = 0; round < 20; ++round) {
    const auto made = run("jail -c name=y path=" + kTree + " exec.start='attack 3' command=true");
    EXPECT_THAT(made.out, HasSubstr("30-trace-init held: EPERM\n")) << made.err;
    EXPECT_THAT(made.out, Not(HasSubstr("ESCAPED")));
  }
}

TEST_F(EscapeTest, ROOT_ProgramsOfTheHostAreNotWritten) {
  const std::string programs =
      "cat " GAOL_BIN_DIR "/{jail,jexec,../libexec/gaol/{gaol-init,compat/*}} | sha256sum";
  const auto before = run("bash -c '" + programs + "'");
  std::ofstream(kTree + "/bin/itself") << "#!/proc/self/exe\n";
  fs::permissions(kTree + "/bin/itself", fs::perms(0755));
  start("x");
  const auto race =
      run("jexec x attack write-exe > /run/race &\n"
          "for round in $(seq 20); do jexec x itself x; jexec x /proc/self/exe; done\n"
          "jail -c name=y path=/run/tree command=itself\n"
          "for round in $(seq 20); do jail -c path=/run/tree command='ifconfig -l'; done\n"
          "touch /run/tree/tmp/stop; wait; rm /run/tree/tmp/stop; cat /run/race; rm /run/race");
  EXPECT_EQ(race.out, "opened 0\n") << race.err;
  EXPECT_EQ(run("bash -c '" + programs + "'").out, before.out);
  fs::remove(kTree + "/bin/itself");
}

TEST_F(EscapeTest, ROOT_SignalsToTheGroupStayInside) {
  start("x");
  EXPECT_EQ(run("setsid -w sh -c 'jexec x attack signal-group; echo $?'").out, "0\n");
}

// --- jails below jails: root of the one above has power over what is below ---

class FamilyTest : public EscapeTest {
 protected:
  void SetUp() override {
    EscapeTest::SetUp();
    if (IsSkipped()) return;
    for (const char* child : {"a", "b"}) make_tree(concat(kTree, "/", child));
    start("above", "path=" + kTree + " children.max=2");
  }
  void TearDown() override {
    end_jails();
    for (const char* child : {"a", "b"}) fs::remove_all(concat(kTree, "/", child));
    EscapeTest::TearDown();
  }
  static Outcome make_below(const std::string& name) {
    return run(concat("jail -c name=above.", name, " persist path=", kTree, "/", name), 20);
  }
};

TEST_F(FamilyTest, ROOT_WhoIsStoppedKeepsNothing) {
  for (const char* child : {"a", "b"}) ASSERT_EQ(make_below(child).status, 0);
  EXPECT_EQ(run("kill -STOP " + init_of("above.a") + " " + init_of("above.b")).status, 0);
  EXPECT_EQ(seen("jail -m name=above allow.noset_hostname"), "");
  EXPECT_EQ(seen("jail -m name=above.a persist"), "");
  EXPECT_EQ(run("kill -CONT " + init_of("above.a") + " " + init_of("above.b")).status, 0);
  for (const char* jail : {"above", "above.a", "above.b"})
    EXPECT_EQ(seen(concat("jexec ", jail, " hostname mine")),
              "hostname: sethostname: Operation not permitted\n[exit 1]\n");
}

TEST_F(FamilyTest, ROOT_NobodyOutsideWaitsForTheStopped) {
  for (const char* how : {"stop-everybody", "kill-everybody"}) {
    SCOPED_TRACE(how);
    ASSERT_EQ(run(concat("{ jexec above attack ", how,
                         "; touch /run/over; } >/dev/null 2>&1 & "
                         "sleep 0.3"))
                  .status,
              0);
    for (int round = 0; round < 30; ++round) {
      // Made it may be, held up it may not, at whichever step it is met: run() fails after its
      // time.
      make_below("a");
      run("jail -m name=above.a host.hostname=a", 20);
      run("jail -R above.a", 20);
    }
    EXPECT_EQ(run("touch /run/tree/tmp/stop; until test -e /run/over; do sleep 0.02; done; "
                  "rm /run/tree/tmp/stop /run/over; jls name")
                  .out,
              "above\n");
  }
}

TEST_F(FamilyTest, ROOT_TheConsoleLogOfAJailBelowIsNoWayOut) {
  write_file("/run/victim", "precious\n");
  EXPECT_EQ(seen("jexec above ln -s /run/victim /tmp/a.log"), "");
  const auto made = run(concat("jail -c name=above.a path=", kTree, "/a exec.consolelog=", kTree,
                               "/tmp/a.log command='echo out'"));
  EXPECT_THAT(made.err, HasSubstr("exec.consolelog: /run/tree/tmp/a.log: "));
  EXPECT_EQ(read_file("/run/victim"), "precious\n");
  fs::remove("/run/victim");
  fs::remove(kTree + "/tmp/a.log");
}

// --- interfaces ---

TEST_F(EscapeTest, ROOT_NET_ALentInterfaceIsTheOneThatComesBack) {
  const std::string replace =
      "jexec own sh -c 'ifc() { /dev/gaol/bin/ifconfig \"$@\"; }; ifc lent name mine; "
      "ifc epair7 create; ifc epair7a name lent; ifc -l | xargs -n1 | sort'";
  const std::string lent = "ifconfig lent vnet own; " + replace;
  ASSERT_EQ(run("ip link add lent type veth peer name lent-peer").status, 0);
  start("own", "path=" + kTree + " vnet");
  EXPECT_EQ(run(lent).out, "epair7a\nepair7b\nlent\nlo\nmine\n");
  EXPECT_EQ(seen("ifconfig lent -vnet own"), "");
  EXPECT_THAT(run("ip -o link show lent-peer").out, HasSubstr("lent-peer@lent"));
  run("jexec own /dev/gaol/bin/ifconfig epair7b destroy");
  EXPECT_EQ(run(lent).out, "epair7a\nepair7b\nlent\nlo\nmine\n");
  end_jails();
  EXPECT_THAT(run("ip -o link show lent-peer").out, HasSubstr("lent-peer@lent"));
  run("ip link del lent");
}

TEST_F(EscapeTest, ROOT_NET_ATerminalIsNotToldWhatToDo) {
  GAOL_NEEDS(run("command -v script").status == 0, "needs script(1)");
  start("own", "path=" + kTree + " vnet");
  EXPECT_EQ(
      run("jexec own sh -c '/dev/gaol/bin/ifconfig epair7 create name $(printf \"\\033[31mx\")'")
          .status,
      0);
  for (const char* words : {"-l", ""})
    EXPECT_THAT(run(concat("script -qec 'ifconfig -j own ", words, "' /dev/null")).out,
                AllOf(HasSubstr("?[31mx"), Not(HasSubstr("\x1b"))))
        << words;
  // Who reads it by a program reads what there is.
  EXPECT_THAT(run("ifconfig -j own -l").out, HasSubstr("\x1b[31mx"));
}

struct HostileTree {
  const char* what;
  const char* made_by;     // in a fresh tree
  const char* parameters;  // of the jail
  const char* refusal;     // part of the message; null: it starts, and holds
};

constexpr HostileTree kHostileTrees[] = {
    {"/dev is a link out", "rmdir dev; ln -s /run/victim dev", "", "mount dev"},
    {"/dev is a link upwards", "rmdir dev; ln -s ../victim dev", "", "mount dev"},
    {"/dev is a file", "rmdir dev; touch dev", "", "mount dev"},
    {"/proc is a link out", "rmdir proc; ln -s /run/victim proc", "", "mount proc"},
    {"/proc is a link upwards", "rmdir proc; ln -s ../../run/victim proc", "", "mount proc"},
    {"/proc is a file", "rmdir proc; touch proc", "", "mount proc"},
    {"/sys is a link out", "rmdir sys; ln -s /run/victim sys", "", "mount sys"},
    {"/sys is a link to /proc", "rmdir sys; ln -s proc sys", "", "mount sys"},
    {"a mount on a link", "ln -s /run/victim link", "mount='tmpfs /run/hostile/link tmpfs rw 0 0'",
     "link"},
    {"a mount below a link", "ln -s /run link",
     "mount='tmpfs /run/hostile/link/victim tmpfs rw 0 0'", "link"},
    {"a line of a file on a link",
     "ln -s /run link; echo tmpfs /run/hostile/link tmpfs rw 0 0 >fstab",
     "mount.fstab=/run/hostile/fstab", "link"},
    {"a line of a file below a link upwards",
     "ln -s ../../run link; echo tmpfs /run/hostile/link/victim tmpfs rw 0 0 >fstab",
     "mount.fstab=/run/hostile/fstab", "link"},
    {"a source that is a link out", "mkdir here; ln -s /run/victim link",
     "mount='/run/hostile/link /run/hostile/here nullfs rw 0 0'", "link"},
    {"a source below a link upwards", "mkdir here; ln -s ../../run link",
     "mount='/run/hostile/link/victim /run/hostile/here nullfs rw 0 0'", "link"},
    {"/etc is a link out", "rm -r etc; ln -s /run/victim etc", "exec.jail_user=victim", "passwd"},
    {"/etc/passwd is a link out", "ln -sf /run/victim/passwd etc/passwd", "exec.jail_user=victim",
     "passwd"},
    {"/etc/passwd is a link upwards", "ln -sf ../../victim/passwd etc/passwd",
     "exec.jail_user=victim", "passwd"},
    {"/etc/passwd is a FIFO", "rm etc/passwd; mkfifo etc/passwd", "exec.jail_user=root", "passwd"},
    {"/etc/passwd is endless", "ln -sf /dev/zero etc/passwd", "exec.jail_user=root", "passwd"},
    {"/etc/passwd is a descriptor", "ln -sf /proc/self/fd/0 etc/passwd", "exec.jail_user=root",
     "passwd"},
    {"/etc/passwd is a directory", "rm etc/passwd; mkdir etc/passwd", "exec.jail_user=root",
     "passwd"},
    {"/etc/passwd is huge", "truncate -s 1T etc/passwd", "exec.jail_user=root", "passwd"},
    {"/dev/null is a link to core_pattern", "ln -s /proc/sys/kernel/core_pattern dev/null", "",
     nullptr},
    {"/dev/null is a FIFO", "mkfifo dev/null", "", nullptr},
    {"/dev/pts is a link out", "ln -s /run/victim dev/pts", "", nullptr},
};

TEST_F(EscapeTest, ROOT_HostileTreesAreRefusedOrHeld) {
  fs::create_directories("/run/victim");
  std::ofstream("/run/victim/passwd") << "victim:x:0:0::/:/bin/sh\n";
  for (const auto& tree : kHostileTrees) {
    SCOPED_TRACE(tree.what);
    make_tree("/run/hostile");
    ASSERT_EQ(run(concat("cd /run/hostile && { ", tree.made_by, "; }")).status, 0);
    const auto made = run(concat("jail -c name=h path=/run/hostile ", tree.parameters,
                                 " command=stat -c %t,%T /proc/interrupts"),
                          10);
    if (tree.refusal) {
      EXPECT_EQ(made.status, 1);
      EXPECT_THAT(made.err, HasSubstr(tree.refusal));
    } else {
      EXPECT_EQ(made.out, "1,3\n") << made.err;
    }
    EXPECT_EQ(run("ls /run/victim; grep -c victim /proc/self/mountinfo").out, "passwd\n0\n");
    fs::remove_all("/run/hostile");
  }
  fs::remove_all("/run/victim");
}

TEST_F(EscapeTest, ROOT_SetuidFilesLieBehindAClosedDirectory) {
  ASSERT_TRUE(dataset::copy(kTree, "/run/store/thick"));
  start("x", "path=/run/store/thick");
  EXPECT_EQ(run("jexec x attack plant-setuid").status, 0);
  // On the disk it is root's, as on FreeBSD: the directory is what keeps others from it.
  EXPECT_EQ(run("stat -c %u,%a /run/store/thick/tmp/planted /run/store").out, "0,4755\n0,700\n");
  EXPECT_NE(run("setpriv --reuid 65534 --clear-groups stat /run/store/thick/tmp/planted").status,
            0);
  end_jails();
  ASSERT_TRUE(dataset::destroy("/run/store/thick"));
}

// Device numbers of a disk of this machine, or of a loop device where it has none.
dev_t a_disk() {
  std::istringstream line(run("awk 'NR > 2 {print $1, $2; exit}' /proc/partitions").out);
  unsigned major = 7, minor = 0;
  line >> major >> minor;
  return makedev(major, minor);
}

// The second fence alone: a disk's node in a mount of the host's that is not nodev.
TEST_F(EscapeTest, ROOT_BPF_DisksStayShutWithoutNodev) {
  fs::create_directories(kTree + "/planted");
  start("x");
  const auto disk = a_disk();
  EXPECT_EQ(run(concat("nsenter -t ", init_of("x"),
                       " -m sh -c 'mount -t tmpfs none /planted && mknod -m 666 /planted/disk b ",
                       major(disk), " ", minor(disk), "'"))
                .status,
            0);
  EXPECT_EQ(run("jexec x attack 04").out, "04-planted-device held: EPERM\n");
}

TEST_F(EscapeTest, ROOT_CapabilitiesAreTheKeptOnes) {
  char kept[17];
  std::snprintf(kept, sizeof kept, "%016lx", mac::kept({}));
  const std::string empty(16, '0');
  const auto expected = concat("CapInh:\t", empty, "\nCapPrm:\t", kept, "\nCapEff:\t", kept,
                               "\nCapBnd:\t", kept, "\nCapAmb:\t", empty, "\n");
  const std::string show = "grep Cap /proc/self/status";
  // The commands themselves have some to hand down.
  const std::string rich = "setpriv --inh-caps=+chown,+net_raw --ambient-caps=+chown,+net_raw ";
  const auto started = run(rich + "jail -c name=a path=" + kTree + " persist exec.start='" + show +
                           "' command=" + show);
  EXPECT_EQ(started.out, expected + expected) << started.err;
  EXPECT_EQ(run(rich + "jexec a " + show).out, expected);
  EXPECT_EQ(run(rich + "jexec -U www a " + show).out,
            concat("CapInh:\t", empty, "\nCapPrm:\t", empty, "\nCapEff:\t", empty, "\nCapBnd:\t",
                   kept, "\nCapAmb:\t", empty, "\n"));
  run("jail -r a");
}

TEST_F(EscapeTest, ROOT_IdRangesDoNotMeet) {
  start("a");
  start("b");
  std::vector<unsigned long> first;
  for (const char* jail : {"a", "b"}) {
    for (const char* map : {"uid_map", "gid_map"}) {
      std::istringstream line(run(concat("jexec ", jail, " cat /proc/self/", map)).out);
      unsigned long inside = 1, outside = 0, count = 0;
      line >> inside >> outside >> count;
      EXPECT_EQ(inside, 0U);
      EXPECT_EQ(count, 65536U);
      EXPECT_EQ(outside % 65536, 0U);
      EXPECT_GT(outside, 0x6FFFFFFFU);
      first.push_back(outside);
    }
  }
  EXPECT_EQ(first[0], first[1]);
  EXPECT_EQ(first[2], first[3]);
  EXPECT_NE(first[0], first[2]);
}

}  // namespace
}  // namespace gaol::test
