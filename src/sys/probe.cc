// SPDX-License-Identifier: BSD-2-Clause
#include "sys/probe.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "sys/fd.h"
#include "sys/newer.h"

namespace gaol::sys {

namespace {

constexpr int kBadFd = 1 << 20;  // above any descriptor limit in use; never open

Answer answer(long rc) { return rc < 0 ? errno : 0; }
// For calls made on a bad descriptor: complaining of that is knowing the call.
Answer knows(long rc) { return rc < 0 && errno != EBADF ? errno : 0; }

// Asks in a child of our own, so that what it unshares ends with it.
template <class Ask>
Answer in_child(Ask ask) {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(ask());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
}

// Writes an existing file of /proc.
Answer put(const std::string& path, std::string_view text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  return answer(::write(file.get(), text.data(), text.size()));
}

// A stopped process with a user namespace of its own, as long as this object lives.
class Guest {
 public:
  Guest() : pid_(::fork()) {
    if (pid_ == 0) {
      if (::unshare(CLONE_NEWUSER) != 0) ::_exit(errno);
      ::raise(SIGSTOP);
      ::_exit(0);
    }
    int status = 0;
    if (pid_ < 0 || ::waitpid(pid_, &status, WUNTRACED) != pid_) return;
    if (WIFEXITED(status)) pid_ = -1;  // collected: the number is not ours any more
    refused_ = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Answer refused() const { return refused_; }
  std::string proc(std::string_view file) const { return concat("/proc/", pid_, "/", file); }

 private:
  pid_t pid_;
  Answer refused_ = EAGAIN;
};

// Root in a new user namespace (and others) of this process, which only in_child() may be.
Answer become_guest_root(int namespaces) {
  const auto uid = ::geteuid();
  const auto gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | namespaces) != 0) return errno;
  if (const Answer no = put("/proc/self/setgroups", "deny")) return no;
  if (const Answer no = put("/proc/self/uid_map", concat("0 ", uid, " 1"))) return no;
  return put("/proc/self/gid_map", concat("0 ", gid, " 1"));
}

// Sends one netlink request and waits for what the kernel says of it.
Answer ask_netlink(int protocol, const void* request, size_t size) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!socket) return errno;
  if (::send(socket.get(), request, size, 0) < 0) return errno;
  alignas(nlmsghdr) char reply[4096];
  const auto got = ::recv(socket.get(), reply, sizeof reply, 0);
  if (got < 0) return errno;
  nlmsghdr header;
  nlmsgerr error{};
  if (static_cast<size_t>(got) < sizeof header) return EBADMSG;
  std::memcpy(&header, reply, sizeof header);
  if (header.nlmsg_type != NLMSG_ERROR) return 0;
  if (static_cast<size_t>(got) < NLMSG_HDRLEN + sizeof error) return EBADMSG;
  std::memcpy(&error, reply + NLMSG_HDRLEN, sizeof error);
  return -error.error;
}

constexpr unsigned kCgroupUnixConnect = 49;  // BPF_CGROUP_UNIX_CONNECT, of Linux 6.7

// Has the kernel verify a program for a socket hook: r0 = 1 (allow); exit.
Answer load_program_for(unsigned hook) {
  bpf_insn program[2]{};
  program[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  program[0].imm = 1;
  program[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
  attributes.expected_attach_type = hook;
  attributes.insns = reinterpret_cast<uint64_t>(program);
  attributes.insn_cnt = 2;
  attributes.license = reinterpret_cast<uint64_t>("BSD");
  const Fd loaded(
      static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes)));
  return loaded ? 0 : errno;
}

}  // namespace

Answer probe_clone_into_cgroup() {
  clone_args args{};
  args.flags = CLONE_INTO_CGROUP;
  args.cgroup = kBadFd;
  return knows(::syscall(SYS_clone3, &args, sizeof args));
}

Answer probe_mount_api() {
  mount_attr attributes{};
  if (const Answer no = knows(::syscall(SYS_open_tree, kBadFd, "", AT_EMPTY_PATH))) return no;
  return knows(
      ::syscall(SYS_mount_setattr, kBadFd, "", AT_EMPTY_PATH, &attributes, sizeof attributes));
}

Answer probe_user_namespace() {
  return in_child([] { return become_guest_root(0); });
}

Answer probe_network_namespace() {
  return in_child([] { return answer(::unshare(CLONE_NEWNET)); });
}

Answer probe_idmapped_mount(const std::string& dir) {
  const Guest guest;
  if (guest.refused()) return guest.refused();
  for (const char* map : {"uid_map", "gid_map"})
    if (const Answer no = put(guest.proc(map), "0 100000 65536")) return no;
  const Fd users(::open(guest.proc("ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  if (!users) return errno;
  const Fd tree(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, dir.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!tree) return errno;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<uint64_t>(users.get());
  return answer(
      ::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes));
}

Answer probe_user_overlay() {
  return in_child([] {
    if (const Answer no = become_guest_root(CLONE_NEWNS)) return no;
    if (::mount("gaol", "/tmp", "tmpfs", 0, nullptr) != 0) return errno;
    for (const char* dir : {"/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/all"})
      if (::mkdir(dir, 0700) != 0) return errno;
    return answer(::mount("gaol", "/tmp/all", "overlay", 0,
                          "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work,userxattr"));
  });
}

Answer probe_cgroup_bpf() { return load_program_for(BPF_CGROUP_INET4_BIND); }

Answer probe_unix_hooks() { return load_program_for(kCgroupUnixConnect); }

Answer probe_seccomp() {
  uint32_t action = SECCOMP_RET_ERRNO;
  return answer(::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
}

Answer probe_veth() {
  struct {
    nlmsghdr header{};
    ifinfomsg link{};
    nlattr info{sizeof(nlattr) * 2 + 8, IFLA_LINKINFO};
    nlattr kind{sizeof(nlattr) + 5, IFLA_INFO_KIND};
    char name[8] = "veth";
  } request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  return in_child([&] {
    if (::unshare(CLONE_NEWNET) != 0) return errno;
    return ask_netlink(NETLINK_ROUTE, &request, sizeof request);
  });
}

Answer probe_nftables() {
  struct {
    nlmsghdr header{};
    nfgenmsg message{};
  } request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  return in_child([&] {
    if (::unshare(CLONE_NEWNET) != 0) return errno;
    return ask_netlink(NETLINK_NETFILTER, &request, sizeof request);
  });
}

bool has_cgroup_kill(const std::string& v2) {
  const auto probe = concat(v2, "/gaol-probe-", ::getpid());
  if (::mkdir(probe.c_str(), 0700) != 0) return false;
  const bool there = ::access(concat(probe, "/cgroup.kill").c_str(), F_OK) == 0;
  ::rmdir(probe.c_str());
  return there;
}

bool has_pidfs() {
  struct statfs is;
  const Fd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  return self && ::fstatfs(self.get(), &is) == 0 && is.f_type == PID_FS_MAGIC;
}

bool is_root() { return ::geteuid() == 0; }

std::string kernel_release() {
  utsname name;
  return ::uname(&name) == 0 ? name.release : "";
}

int kernel_date() {
  int parts[3]{};
  const std::string release = kernel_release();
  const char* at = release.c_str();
  for (int& part : parts) {
    at = std::from_chars(at, release.c_str() + release.size(), part).ptr;
    if (*at == '.') ++at;
  }
  return parts[0] * 100'000 + parts[1] * 1000 + parts[2];
}

}  // namespace gaol::sys
