// SPDX-License-Identifier: BSD-2-Clause

// The shared stack and rtnetlink against the running kernel.
//
// Everything happens in a network and a mount namespace of this process, with a bpffs of its
// own, so that nothing outlives it; only the cgroups are the machine's, and they are removed.
// Who a socket belongs to is decided when it is made: a jail's sockets are made by a child in
// the jail's cgroup, and stay open here, because the child shares our descriptors.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>

#include "net/bpf/stack_map.h"
#include "net/stack.h"
#include "sys/bpf.h"
#include "sys/kernel.h"
#include "sys/probe.h"
#include "sys/rtnl.h"
#include "tests/support/assert_ok.h"

namespace gaol::net {
namespace {

using sys::Address;
using sys::Fd;

// --- words for addresses and outcomes ---

Address address(const std::string& text, int prefix) {
  Address out{text.contains(':') ? AF_INET6 : AF_INET, {}, prefix};
  EXPECT_EQ(inet_pton(out.family, text.c_str(), out.bytes), 1) << text;
  return out;
}

FamilyPlan only(std::initializer_list<const char*> texts) {
  FamilyPlan plan;
  for (const char* text : texts) plan.addresses.push_back(address(text, 0));
  return plan;
}
const FamilyPlan kInherit{.inherit = true, .addresses = {}};

struct SocketAddress {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&raw); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&raw); }
};

SocketAddress socket_address(const std::string& text, uint16_t port) {
  SocketAddress out;
  if (text.contains(':')) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(out.raw);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    inet_pton(AF_INET6, text.c_str(), &in6.sin6_addr);
    out.size = sizeof in6;
  } else {
    auto& in = reinterpret_cast<sockaddr_in&>(out.raw);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    inet_pton(AF_INET, text.c_str(), &in.sin_addr);
    out.size = sizeof in;
  }
  return out;
}

std::string text_of(const SocketAddress& a) {
  char text[INET6_ADDRSTRLEN];
  const auto& in = reinterpret_cast<const sockaddr_in&>(a.raw);
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(a.raw);
  if (a.raw.ss_family == AF_INET) return inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  return inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);
std::string name_of(NameCall call, int fd) {
  SocketAddress a;
  if (call(fd, a.get(), &a.size) < 0) return strerrorname_np(errno);
  return text_of(a);
}
std::string own_name(int fd) { return name_of(::getsockname, fd); }

// What an act gives: a descriptor, or -errno.
int result(int rc) { return rc < 0 ? -errno : rc; }

// --- acts, to be done inside a jail or outside; each gives a socket or -errno ---

int open_socket(int type, const std::string& to) {
  return result(::socket(to.contains(':') ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0));
}

int closed(int fd) {
  const int code = -errno;
  ::close(fd);
  return code;
}

int bind_act(int type, const std::string& to, uint16_t port) {
  const int fd = open_socket(type, to);
  if (fd < 0) return fd;
  const auto a = socket_address(to, port);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, a.get(), a.size) < 0) return closed(fd);
  if (type == SOCK_STREAM && ::listen(fd, 8) < 0) return closed(fd);
  return fd;
}

int connect_act(int type, const std::string& to, uint16_t port, const std::string& from = {}) {
  const int fd = from.empty() ? open_socket(type, to) : bind_act(SOCK_DGRAM, from, 0);
  if (fd < 0) return fd;
  const auto a = socket_address(to, port);
  return ::connect(fd, a.get(), a.size) < 0 ? closed(fd) : fd;
}

// The same over TCP, for as long as an answer may take: a dropped SYN has none.
int connect_soon(const std::string& to, uint16_t port) {
  const int fd = open_socket(SOCK_STREAM | SOCK_NONBLOCK, to);
  if (fd < 0) return fd;
  const auto a = socket_address(to, port);
  pollfd ready{fd, POLLOUT, 0};
  if (::connect(fd, a.get(), a.size) == 0) return fd;
  if (errno != EINPROGRESS) return closed(fd);
  if (::poll(&ready, 1, 100) == 1 && !(ready.revents & POLLERR)) return fd;
  errno = ETIMEDOUT;
  return closed(fd);
}

// Sends a datagram from an unconnected socket.
int send_act(const std::string& to, uint16_t port, int flags = 0) {
  const int fd = open_socket(SOCK_DGRAM, to);
  if (fd < 0) return fd;
  const auto a = socket_address(to, port);
  return ::sendto(fd, "x", 1, flags, a.get(), a.size) < 0 ? closed(fd) : fd;
}

// The same, with the source forced by a control message.
int spoof_act(const std::string& to, uint16_t port, const std::string& from) {
  const int fd = open_socket(SOCK_DGRAM, to);
  if (fd < 0) return fd;
  auto a = socket_address(to, port);
  char data = 'x';
  iovec part{&data, 1};
  in_pktinfo info{};
  inet_pton(AF_INET, from.c_str(), &info.ipi_spec_dst);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof info)]{};
  msghdr message{a.get(), a.size, &part, 1, control, sizeof control, 0};
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = IPPROTO_IP;
  head->cmsg_type = IP_PKTINFO;
  head->cmsg_len = CMSG_LEN(sizeof info);
  memcpy(CMSG_DATA(head), &info, sizeof info);
  return ::sendmsg(fd, &message, 0) < 0 ? closed(fd) : fd;
}

// Sends a UDP packet whose IP header the program made itself.
int raw_act(const std::string& from, const std::string& to) {
  const int fd = result(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  if (fd < 0) return fd;
  struct {
    iphdr ip;
    udphdr udp;
  } packet{};
  packet.ip.version = 4;
  packet.ip.ihl = 5;
  packet.ip.ttl = 64;
  packet.ip.protocol = IPPROTO_UDP;
  inet_pton(AF_INET, from.c_str(), &packet.ip.saddr);
  inet_pton(AF_INET, to.c_str(), &packet.ip.daddr);
  packet.udp.len = htons(sizeof packet.udp);
  const auto a = socket_address(to, 0);
  return ::sendto(fd, &packet, sizeof packet, 0, a.get(), a.size) < 0 ? closed(fd) : fd;
}

// A unix socket's address; a name that begins with '@' is an abstract one.
SocketAddress unix_address(const std::string& name) {
  SocketAddress out;
  auto& un = reinterpret_cast<sockaddr_un&>(out.raw);
  un.sun_family = AF_UNIX;
  name.copy(un.sun_path, sizeof un.sun_path - 1);
  if (name.starts_with('@')) un.sun_path[0] = '\0';
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return out;
}

int unix_listen_act(int type, const std::string& name) {
  const int fd = result(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const auto a = unix_address(name);
  if (::bind(fd, a.get(), a.size) < 0) return closed(fd);
  if (type != SOCK_DGRAM && ::listen(fd, 8) < 0) return closed(fd);
  return fd;
}

int unix_connect_act(int type, const std::string& name) {
  const int fd = result(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const auto a = unix_address(name);
  return ::connect(fd, a.get(), a.size) < 0 ? closed(fd) : fd;
}

// Sends one datagram from an unconnected socket, in one of the two ways there are.
enum class How { sendto, sendmsg };
int unix_send_act(How how, const std::string& name) {
  const int fd = result(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  auto a = unix_address(name);
  char data = 'x';
  iovec part{&data, 1};
  const msghdr message{a.get(), a.size, &part, 1, nullptr, 0, 0};
  const auto sent =
      how == How::sendto ? ::sendto(fd, &data, 1, 0, a.get(), a.size) : ::sendmsg(fd, &message, 0);
  return sent < 0 ? closed(fd) : fd;
}

// Sends through one end of a pair and gives the other.
int unix_pair_act(int type) {
  int pair[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  const Fd near(pair[0]);
  return ::send(near.get(), "x", 1, 0) < 0 ? closed(pair[1]) : pair[1];
}

// --- the machine ---

bool must_run() {
  const char* words = getenv("GAOL_MUST_RUN");
  return words && strstr(words, "root");
}

bool can_run() { return ::geteuid() == 0 && ::access("/sys/fs/bpf", F_OK) == 0; }

// Moves this process into namespaces of its own, once.
void isolate() {
  static const bool done = [] {
    return ::unshare(CLONE_NEWNS | CLONE_NEWNET) == 0 &&
           ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", "/sys/fs/bpf", "tmpfs", 0, nullptr) == 0 &&
           sys::rtnl_set_link_up("lo").has_value();
  }();
  ASSERT_TRUE(done) << strerror(errno);
}

struct Ran {
  int status;
  std::string errors;
};

Ran shell(const std::string& line) {
  FILE* pipe = ::popen(concat("exec 2>&1 >/dev/null; ", line).c_str(), "re");
  std::string errors;
  for (int c; (c = fgetc(pipe)) != EOF;) errors.push_back(static_cast<char>(c));
  return {WEXITSTATUS(::pclose(pipe)), errors};
}

constexpr const char* kLoader = GAOL_BIN_DIR "/../libexec/gaol/gaol-stack";

Ran gaol_stack(const std::string& arguments) { return shell(concat(kLoader, " ", arguments)); }

class KernelTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (can_run()) isolate();
  }
  void SetUp() override {
    if (can_run()) return;
    if (must_run()) FAIL() << "needs root and a kernel with BPF";
    GTEST_SKIP() << "needs root and a kernel with BPF";
  }
};

class StackTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const auto mount = kernel_.cgroup_mount();
    ASSERT_OK(mount);
    root_ = concat(*mount, "/gaol-test-", ::getpid());
    ASSERT_OK(kernel_.make_dir(root_, 0755));
    for (const char* text : {"10.0.0.1", "10.0.0.2", "10.0.0.3"})
      ASSERT_OK(sys::rtnl_add_address("lo", address(text, 32)));
    for (const char* text : {"fd00::1", "fd00::2", "fd00::3"})
      ASSERT_OK(sys::rtnl_add_address("lo", address(text, 128)));
    const Ran load = gaol_stack(concat("load ", root_));
    ASSERT_EQ(load.status, 0) << load.errors;
  }
  void TearDown() override {
    if (root_.empty()) return;
    EXPECT_EQ(gaol_stack("unload").status, 0);
    EXPECT_TRUE(kernel_.remove_dir(root_));
  }

  sys::Kernel& kernel_ = sys::real_kernel();
  std::string root_;
};

// --- jails ---

constexpr uint32_t kFirstUid = 100'000;
enum class Root { of_host, of_userns };

// What the programs know as a jail: a cgroup with an entry. No entry without a plan.
class Jail {
 public:
  Jail(const std::string& root, const char* name, std::optional<StackPlan> plan,
       Root user = Root::of_userns)
      : path_(concat(root, "/", name)), plan_(std::move(plan)), user_(user) {
    EXPECT_TRUE(kernel_.make_dir(path_, 0755));
    if (!plan_) return;
    const auto id = apply(kernel_, path_, *plan_);
    EXPECT_TRUE(id) << id.error().line();
    id_ = id.value_or(0);
  }
  Jail(const Jail&) = delete;
  Jail& operator=(const Jail&) = delete;
  ~Jail() {
    if (plan_) {
      EXPECT_TRUE(undo(kernel_, id_, *plan_));
    }
    EXPECT_TRUE(kernel_.remove_dir(path_));
  }

  // Does `act` in the jail, as uid `uid` of it.
  int run(const std::function<int()>& act, uint32_t uid = 0) const {
    int go[2], answer[2];
    if (::pipe2(go, O_CLOEXEC) < 0 || ::pipe2(answer, O_CLOEXEC) < 0) return -errno;
    const Fd cgroup(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const pid_t pid = start(cgroup);
    if (pid == 0) {  // its descriptors are ours: whatever it closes is closed here
      char byte;
      int rc = -EIO;
      if (::read(go[0], &byte, 1) == 1)
        rc = ::setresgid(uid, uid, uid) || ::setresuid(uid, uid, uid) ? -errno : act();
      ::_exit(::write(answer[1], &rc, sizeof rc) != sizeof rc);
    }
    if (pid < 0) return -errno;
    map_ids(pid);
    int rc = -EIO;
    EXPECT_EQ(::write(go[1], "g", 1), 1);
    EXPECT_EQ(::read(answer[0], &rc, sizeof rc), ssize_t{sizeof rc});
    EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
    for (int fd : {go[0], go[1], answer[0], answer[1]}) ::close(fd);
    return rc;
  }

 private:
  pid_t start(const Fd& cgroup) const {
    clone_args args{};
    args.flags = CLONE_FILES | CLONE_INTO_CGROUP | (user_ == Root::of_userns ? CLONE_NEWUSER : 0u);
    args.exit_signal = SIGCHLD;
    args.cgroup = static_cast<uint64_t>(cgroup.get());
    return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  }
  void map_ids(pid_t pid) const {
    if (user_ == Root::of_host) return;
    const std::string map = concat("0 ", kFirstUid, " 65536");
    for (const char* file : {"/uid_map", "/gid_map"})
      if (const auto written = kernel_.write_file(concat("/proc/", pid, file), map); !written)
        ADD_FAILURE() << written.error().line();
  }

  sys::Kernel& kernel_ = sys::real_kernel();
  std::string path_;
  std::optional<StackPlan> plan_;
  Root user_;
  uint64_t id_ = 0;
};

// The address a socket of the jail ended up with, or the refusal.
std::string outcome(int rc) {
  if (rc < 0) return strerrorname_np(-rc);
  const Fd fd(rc);
  return own_name(fd.get());
}

// The same with the other end: "10.0.0.1 > 10.0.0.3".
std::string both_ends(int rc) {
  if (rc < 0) return strerrorname_np(-rc);
  const Fd fd(rc);
  return concat(own_name(fd.get()), " > ", name_of(::getpeername, fd.get()));
}

// Whether the act was allowed.
bool done(int rc) {
  const Fd fd(rc);
  return rc >= 0;
}

// Who the datagram waiting at `receiver` is from, or "nothing" after a while.
std::string sender_at(int receiver) {
  pollfd ready{receiver, POLLIN, 0};
  if (::poll(&ready, 1, 100) != 1) return "nothing";
  char byte;
  SocketAddress from;
  if (::recvfrom(receiver, &byte, 1, 0, from.get(), &from.size) < 0) return strerrorname_np(errno);
  return text_of(from);
}

// Whether a connection from the host to `to` comes about.
bool reaches(const std::string& to, uint16_t port) { return done(connect_soon(to, port)); }

// --- the shared stack ---

const StackPlan kOneEach{only({"10.0.0.1"}), only({"fd00::1"}), kFirstUid};

TEST_F(StackTest, ROOT_NET_BindEndsAtTheOnlyAddressOrIsRefused) {
  struct {
    const char *to, *outcome;
  } const cases[] = {
      {"10.0.0.1", "10.0.0.1"},
      {"0.0.0.0", "10.0.0.1"},
      {"127.0.0.1", "10.0.0.1"},
      {"127.0.0.53", "10.0.0.1"},
      {"10.0.0.2", "EADDRNOTAVAIL"},
      {"192.0.2.1", "EADDRNOTAVAIL"},
      {"fd00::1", "fd00::1"},
      {"::", "fd00::1"},
      {"::1", "fd00::1"},
      {"fd00::2", "EADDRNOTAVAIL"},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
      {"::ffff:0.0.0.0", "::ffff:10.0.0.1"},
      {"::ffff:127.0.0.1", "::ffff:10.0.0.1"},
      {"::ffff:10.0.0.2", "EADDRNOTAVAIL"},
  };
  for (Root user : {Root::of_host, Root::of_userns}) {
    const Jail jail(root_, "www", kOneEach, user);
    for (const auto& c : cases)
      for (int type : {SOCK_STREAM, SOCK_DGRAM})
        EXPECT_EQ(outcome(jail.run([&] { return bind_act(type, c.to, 80); })), c.outcome) << c.to;
  }
}

TEST_F(StackTest, ROOT_NET_OnlyTheJailsRootBindsReservedPorts) {
  constexpr uint32_t kWww = 80;
  const Jail jail(root_, "www", kOneEach);
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); }, kWww)), "EACCES");
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "::", 80); }, kWww)), "EACCES");
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 8080); }, kWww)),
            "10.0.0.1");
  const Jail without(root_, "without", StackPlan{only({"10.0.0.2"}), {}, {}});
  EXPECT_EQ(outcome(without.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); })), "EACCES");
  const Jail inherits(root_, "inherits", StackPlan{kInherit, {}, kFirstUid});
  EXPECT_EQ(outcome(inherits.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); })), "0.0.0.0");
}

TEST_F(StackTest, ROOT_NET_ConnectLeavesFromTheJailAndNeverReachesTheHostsLoopback) {
  constexpr uint16_t kPort = 7000;
  const Fd everywhere(bind_act(SOCK_STREAM, "::", kPort));
  ASSERT_GE(everywhere.get(), 0);
  struct {
    const char *to, *ends;
  } const cases[] = {
      {"10.0.0.3", "10.0.0.1 > 10.0.0.3"},
      {"127.0.0.1", "10.0.0.1 > 10.0.0.1"},
      {"127.0.0.53", "10.0.0.1 > 10.0.0.1"},
      {"0.0.0.0", "10.0.0.1 > 10.0.0.1"},
      {"fd00::3", "fd00::1 > fd00::3"},
      {"::1", "fd00::1 > fd00::1"},
      {"::", "fd00::1 > fd00::1"},
      {"::ffff:10.0.0.3", "::ffff:10.0.0.1 > ::ffff:10.0.0.3"},
      {"::ffff:127.0.0.1", "::ffff:10.0.0.1 > ::ffff:10.0.0.1"},
  };
  const Jail jail(root_, "www", kOneEach);
  for (const auto& c : cases)
    for (int type : {SOCK_STREAM, SOCK_DGRAM})
      EXPECT_EQ(both_ends(jail.run([&] { return connect_act(type, c.to, kPort); })), c.ends)
          << c.to;
}

TEST_F(StackTest, ROOT_NET_DatagramsLeaveFromTheJail) {
  constexpr uint16_t kPort = 7001;
  const Jail jail(root_, "www", kOneEach);
  const Fd foreign(bind_act(SOCK_DGRAM, "10.0.0.3", kPort));
  const Fd foreign6(bind_act(SOCK_DGRAM, "fd00::3", kPort));
  const Fd loopback(bind_act(SOCK_DGRAM, "127.0.0.1", kPort));
  const Fd primary(bind_act(SOCK_DGRAM, "10.0.0.1", kPort));

  EXPECT_TRUE(done(jail.run([] { return send_act("10.0.0.3", kPort); })));
  EXPECT_EQ(sender_at(foreign.get()), "10.0.0.1");
  EXPECT_TRUE(done(jail.run([] { return send_act("::ffff:10.0.0.3", kPort); })));
  EXPECT_EQ(sender_at(foreign.get()), "10.0.0.1");
  EXPECT_TRUE(done(jail.run([] { return send_act("fd00::3", kPort); })));
  EXPECT_EQ(sender_at(foreign6.get()), "fd00::1");
  EXPECT_TRUE(done(jail.run([] { return send_act("127.0.0.1", kPort); })));
  EXPECT_EQ(sender_at(primary.get()), "10.0.0.1");
  EXPECT_EQ(sender_at(loopback.get()), "nothing");

  EXPECT_TRUE(done(jail.run([] { return spoof_act("10.0.0.3", kPort, "10.0.0.1"); })));
  EXPECT_EQ(sender_at(foreign.get()), "10.0.0.1");
  EXPECT_EQ(outcome(jail.run([] { return spoof_act("10.0.0.3", kPort, "10.0.0.2"); })),
            "EADDRNOTAVAIL");
  EXPECT_EQ(sender_at(foreign.get()), "nothing");
}

TEST_F(StackTest, ROOT_NET_CgroupsInsideAJailBelongToIt) {
  const Jail jail(root_, "www", kOneEach);
  const Jail inside(root_, "www/nginx.service", std::nullopt);
  EXPECT_EQ(outcome(inside.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); })), "10.0.0.1");
}

TEST_F(StackTest, ROOT_NET_TwoJailsListenOnOnePortSideBySide) {
  const Jail a(root_, "a", StackPlan{only({"10.0.0.1"}), {}, kFirstUid});
  const Jail b(root_, "b", StackPlan{only({"10.0.0.2"}), {}, kFirstUid});
  const Fd at_a(a.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); }));
  const Fd at_b(b.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); }));
  EXPECT_EQ(own_name(at_a.get()), "10.0.0.1");
  EXPECT_EQ(own_name(at_b.get()), "10.0.0.2");
  EXPECT_TRUE(reaches("10.0.0.1", 80));
  EXPECT_TRUE(reaches("10.0.0.2", 80));
  EXPECT_FALSE(reaches("10.0.0.3", 80));
  EXPECT_EQ(both_ends(a.run([] { return connect_act(SOCK_STREAM, "10.0.0.2", 80); })),
            "10.0.0.1 > 10.0.0.2");
}

TEST_F(StackTest, ROOT_NET_WhatListensOnLoopbackHearsItsJailAlone) {
  constexpr uint16_t kPort = 5432;
  struct {
    const char *loopback, *own;
  } const cases[] = {{"127.0.0.1", "10.0.0.1"}, {"::1", "fd00::1"}};
  const Jail a(root_, "a", kOneEach);
  const Jail b(root_, "b", StackPlan{only({"10.0.0.2"}), only({"fd00::2"}), kFirstUid});
  for (const auto& c : cases) {
    const Fd ear(a.run([&] { return bind_act(SOCK_STREAM, c.loopback, kPort); }));
    const auto neighbour = [&] { return connect_soon(c.own, kPort); };
    for (const char* to : {c.loopback, c.own})
      EXPECT_TRUE(done(a.run([&] { return connect_act(SOCK_STREAM, to, kPort); }))) << to;
    EXPECT_EQ(outcome(b.run(neighbour)), "ETIMEDOUT");
    const Fd everywhere(a.run([&] { return bind_act(SOCK_STREAM, c.own, kPort + 1); }));
    EXPECT_TRUE(done(b.run([&] { return connect_soon(c.own, kPort + 1); })));

    const Fd datagrams(a.run([&] { return bind_act(SOCK_DGRAM, c.loopback, kPort); }));
    EXPECT_TRUE(done(a.run([&] { return send_act(c.loopback, kPort); })));
    EXPECT_EQ(sender_at(datagrams.get()), c.own);
    EXPECT_TRUE(done(b.run([&] { return send_act(c.own, kPort); })));
    EXPECT_EQ(sender_at(datagrams.get()), "nothing");
  }
}

// A bind that failed is forgotten, and a connection from there to elsewhere is as on FreeBSD.
TEST_F(StackTest, ROOT_NET_OnlyListenersOnLoopbackAreTheJailsOwn) {
  constexpr uint16_t kPort = 5433;
  const Jail a(root_, "a", kOneEach);
  const Jail b(root_, "b", StackPlan{only({"10.0.0.2"}), {}, kFirstUid});
  const Fd taken(a.run([] { return bind_act(SOCK_STREAM, "10.0.0.1", kPort); }));
  const Fd second(a.run([] {
    const int fd = open_socket(SOCK_STREAM, "127.0.0.1");
    const auto loopback = socket_address("127.0.0.1", kPort),
               own = socket_address("10.0.0.1", kPort + 1);
    if (::bind(fd, loopback.get(), loopback.size) == 0) return closed(fd);
    return ::bind(fd, own.get(), own.size) < 0 || ::listen(fd, 8) < 0 ? closed(fd) : fd;
  }));
  ASSERT_GE(second.get(), 0);
  EXPECT_TRUE(done(b.run([] { return connect_soon("10.0.0.1", kPort + 1); })));

  const Fd at_b(b.run([] { return bind_act(SOCK_STREAM, "10.0.0.2", kPort); }));
  EXPECT_EQ(both_ends(a.run([] {
              const int fd = open_socket(SOCK_STREAM, "127.0.0.1");
              const auto from = socket_address("127.0.0.1", 0),
                         to = socket_address("10.0.0.2", kPort);
              if (::bind(fd, from.get(), from.size) < 0) return closed(fd);
              return ::connect(fd, to.get(), to.size) < 0 ? closed(fd) : fd;
            })),
            "10.0.0.1 > 10.0.0.2");
}

TEST_F(StackTest, ROOT_NET_SeveralAddressesKeepTheWildcardButHearNoOther) {
  constexpr uint16_t kPort = 8080;
  const Jail jail(root_, "www",
                  StackPlan{only({"10.0.0.2", "10.0.0.1"}), only({"fd00::2", "fd00::1"}), {}});
  const Fd four(jail.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", kPort); }));
  EXPECT_EQ(own_name(four.get()), "0.0.0.0");
  EXPECT_TRUE(reaches("10.0.0.1", kPort));
  EXPECT_TRUE(reaches("10.0.0.2", kPort));
  EXPECT_FALSE(reaches("10.0.0.3", kPort));
  EXPECT_FALSE(reaches("127.0.0.1", kPort));

  const Fd both(jail.run([] { return bind_act(SOCK_STREAM, "::", kPort + 1); }));
  EXPECT_EQ(own_name(both.get()), "::");
  for (const char* to : {"fd00::1", "fd00::2", "10.0.0.1"}) EXPECT_TRUE(reaches(to, kPort + 1));
  for (const char* to : {"fd00::3", "::1", "10.0.0.3"}) EXPECT_FALSE(reaches(to, kPort + 1));

  const Fd datagrams(jail.run([] { return bind_act(SOCK_DGRAM, "0.0.0.0", kPort); }));
  EXPECT_TRUE(done(send_act("10.0.0.3", kPort)));
  EXPECT_EQ(sender_at(datagrams.get()), "nothing");
  EXPECT_TRUE(done(send_act("10.0.0.1", kPort)));
  EXPECT_EQ(sender_at(datagrams.get()), "10.0.0.1");

  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "10.0.0.1", 8090); })), "10.0.0.1");
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "127.0.0.1", 8090); })), "10.0.0.2");
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "10.0.0.3", 8090); })),
            "EADDRNOTAVAIL");
}

TEST_F(StackTest, ROOT_NET_WithSeveralAddressesTheFirstIsTheSourceUnlessBound) {
  const Jail jail(root_, "www",
                  StackPlan{only({"10.0.0.2", "10.0.0.1"}), only({"fd00::2", "fd00::1"}), {}});
  const auto connect = [&](const char* to, const char* from) {
    return both_ends(jail.run([&] { return connect_act(SOCK_DGRAM, to, 7, from); }));
  };
  EXPECT_EQ(connect("10.0.0.3", ""), "10.0.0.2 > 10.0.0.3");
  EXPECT_EQ(connect("10.0.0.3", "10.0.0.1"), "10.0.0.1 > 10.0.0.3");
  EXPECT_EQ(connect("fd00::3", ""), "fd00::2 > fd00::3");
  EXPECT_EQ(connect("fd00::3", "fd00::1"), "fd00::1 > fd00::3");
}

TEST_F(StackTest, ROOT_NET_TheAddressInTheDestinationsNetworkIsTheSource) {
  StackPlan plan{only({"10.0.0.2", "10.0.0.1"}), only({"fd00::2", "fd00::1"}), {}};
  plan.v4.addresses[1].prefix = 29;
  plan.v6.addresses[1].prefix = 64;
  plan.v4.by_network = plan.v6.by_network = true;
  StackPlan longer = plan, off = plan;
  longer.v4.addresses.push_back(address("10.0.0.3", 30));
  off.v4.by_network = off.v6.by_network = false;
  ASSERT_OK(sys::rtnl_add_address("lo", address("10.9.0.1", 32)));
  struct {
    const StackPlan& plan;
    const char* to;
    const char* ends;
  } const cases[] = {
      {plan, "10.0.0.3", "10.0.0.1 > 10.0.0.3"},   {plan, "10.9.0.1", "10.0.0.2 > 10.9.0.1"},
      {plan, "fd00::3", "fd00::1 > fd00::3"},      {longer, "10.0.0.3", "10.0.0.3 > 10.0.0.3"},
      {longer, "10.9.0.1", "10.0.0.2 > 10.9.0.1"}, {off, "10.0.0.3", "10.0.0.2 > 10.0.0.3"},
      {off, "fd00::3", "fd00::2 > fd00::3"},
  };
  for (const auto& c : cases) {
    const Jail jail(root_, "www", c.plan);
    EXPECT_EQ(both_ends(jail.run([&] { return connect_act(SOCK_DGRAM, c.to, 7, ""); })), c.ends);
  }
  sys::rtnl_remove_address("lo", address("10.9.0.1", 32));
}

TEST_F(StackTest, ROOT_NET_LoopbackInTheListIsAnAddressLikeOthers) {
  constexpr uint16_t kPort = 7002;
  const Jail jail(root_, "www", StackPlan{only({"10.0.0.1", "127.0.0.1"}), {}, {}});
  const Fd listener(jail.run([] { return bind_act(SOCK_STREAM, "127.0.0.1", kPort); }));
  EXPECT_EQ(own_name(listener.get()), "127.0.0.1");
  EXPECT_EQ(both_ends(jail.run([] { return connect_act(SOCK_STREAM, "127.0.0.1", kPort); })),
            "10.0.0.1 > 127.0.0.1");
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "127.0.0.2", kPort); })),
            "10.0.0.1");
}

TEST_F(StackTest, ROOT_NET_FamiliesOutsideThePlanDoNotExist) {
  struct {
    const char* name;
    std::optional<StackPlan> plan;
    const char *v4, *v6;
  } const cases[] = {
      {"v4", StackPlan{only({"10.0.0.1"}), {}, {}}, "0.0.0.0", "EAFNOSUPPORT"},
      {"v6", StackPlan{{}, only({"fd00::1"}), {}}, "EAFNOSUPPORT", "::"},
      {"none", StackPlan{}, "EAFNOSUPPORT", "EAFNOSUPPORT"},
      {"inherit", StackPlan{kInherit, kInherit, {}}, "0.0.0.0", "::"},
      {"unknown", {}, "EAFNOSUPPORT", "EAFNOSUPPORT"},
  };
  for (const auto& c : cases) {
    const Jail jail(root_, c.name, c.plan);
    for (int type : {SOCK_STREAM, SOCK_DGRAM}) {
      EXPECT_EQ(outcome(jail.run([&] { return open_socket(type, "0.0.0.0"); })), c.v4) << c.name;
      EXPECT_EQ(outcome(jail.run([&] { return open_socket(type, "::"); })), c.v6) << c.name;
    }
    EXPECT_TRUE(
        done(jail.run([] { return result(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); })));
  }
  const Jail six(root_, "six", StackPlan{{}, only({"fd00::1"}), {}});
  EXPECT_EQ(outcome(six.run([] { return bind_act(SOCK_STREAM, "::ffff:10.0.0.1", 80); })),
            "EAFNOSUPPORT");
  EXPECT_EQ(outcome(six.run([] { return connect_act(SOCK_DGRAM, "::ffff:10.0.0.1", 80); })),
            "EAFNOSUPPORT");
}

TEST_F(StackTest, ROOT_NET_InheritAndTheHostAreLimitedInNothing) {
  const Jail jail(root_, "free", StackPlan{kInherit, only({"fd00::1"}), {}});
  const auto host = [](const std::function<int()>& act) { return act(); };
  const auto inside = [&](const std::function<int()>& act) { return jail.run(act); };
  for (const std::function<int(const std::function<int()>&)>& as :
       {std::function<int(const std::function<int()>&)>(host), {inside}})
    for (const char* to : {"0.0.0.0", "127.0.0.1", "127.0.0.53", "10.0.0.2"})
      EXPECT_EQ(outcome(as([&] { return bind_act(SOCK_STREAM, to, 8000); })), to);
  EXPECT_EQ(outcome(inside([] { return bind_act(SOCK_STREAM, "fd00::2", 8000); })),
            "EADDRNOTAVAIL");
}

// What does not pass the socket hooks is stopped at the packet.
TEST_F(StackTest, ROOT_NET_TheFenceHoldsWhatNoHookSees) {
  const Jail jail(root_, "raw", StackPlan{only({"10.0.0.1", "10.0.0.2"}), {}, {}}, Root::of_host);
  EXPECT_TRUE(done(jail.run([] { return raw_act("10.0.0.1", "10.0.0.3"); })));
  EXPECT_TRUE(done(jail.run([] { return raw_act("10.0.0.2", "10.0.0.3"); })));
  EXPECT_EQ(outcome(jail.run([] { return raw_act("10.0.0.3", "10.0.0.1"); })), "EPERM");
  EXPECT_EQ(outcome(jail.run([] { return raw_act("10.0.0.1", "127.0.0.1"); })), "EPERM");

  // Bound to a port alone, a socket takes the source that routing gives: here the target's.
  const auto bound_to_port = [] {
    const int fd = connect_act(SOCK_DGRAM, "10.0.0.3", 7, "0.0.0.0");
    return fd < 0 || ::send(fd, "x", 1, 0) == 1 ? fd : closed(fd);
  };
  EXPECT_EQ(outcome(jail.run(bound_to_port)), "EPERM");

  // listen(2) without bind(2) takes a port on all addresses without asking anyone.
  const Fd listener(jail.run([] {
    const int fd = open_socket(SOCK_STREAM, "0.0.0.0");
    return ::listen(fd, 1) < 0 ? closed(fd) : fd;
  }));
  SocketAddress a;
  ASSERT_EQ(::getsockname(listener.get(), a.get(), &a.size), 0);
  const uint16_t port = ntohs(reinterpret_cast<sockaddr_in&>(a.raw).sin_port);
  EXPECT_TRUE(reaches("10.0.0.2", port));
  EXPECT_FALSE(reaches("10.0.0.3", port));
  EXPECT_FALSE(reaches("127.0.0.1", port));
}

TEST_F(StackTest, ROOT_NET_ProtocolsThatTheHooksDoNotKnowAreRefused) {
  const Jail jail(root_, "www", kOneEach);
  for (int protocol : {IPPROTO_SCTP, IPPROTO_MPTCP}) {
    const auto act = [&] {
      return result(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol));
    };
    EXPECT_EQ(outcome(jail.run(act)), "EPROTONOSUPPORT") << protocol;
  }
}

// --- abstract unix sockets ---

// A stack with a directory for sockets in the file system.
class UnixTest : public StackTest {
 protected:
  void SetUp() override {
    StackTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (sys::probe_unix_hooks()) GTEST_SKIP() << "needs a kernel with hooks for unix sockets";
    ASSERT_TRUE(::mkdtemp(directory_));
    ASSERT_EQ(::mount("none", directory_, "tmpfs", 0, "mode=0755"), 0);
    ::umask(0);  // whoever a jail's root is on the host may connect
  }
  void TearDown() override {
    ::umask(022);
    ::umount(directory_);
    ::rmdir(directory_);
    StackTest::TearDown();
  }
  char directory_[sizeof "/tmp/gaol-test-XXXXXX"] = "/tmp/gaol-test-XXXXXX";
};

// What every way to a name gives: "yes" or the refusal.
std::string reach_by_name(const std::function<int(const std::function<int()>&)>& as,
                          const std::string& name) {
  const auto word = [](int rc) { return done(rc) ? "yes" : strerrorname_np(-rc); };
  const auto connect = [&](int type, const char* kind) {
    return word(as([&, type] { return unix_connect_act(type, concat(name, kind)); }));
  };
  const auto send = [&](How how) {
    return word(as([&, how] { return unix_send_act(how, concat(name, "d")); }));
  };
  return concat(connect(SOCK_STREAM, "s"), ' ', connect(SOCK_SEQPACKET, "p"), ' ',
                connect(SOCK_DGRAM, "d"), ' ', send(How::sendto), ' ', send(How::sendmsg));
}

// One listener of each type at names that reach_by_name() goes to.
struct Listeners {
  explicit Listeners(const std::string& name)
      : stream(unix_listen_act(SOCK_STREAM, concat(name, "s"))),
        packets(unix_listen_act(SOCK_SEQPACKET, concat(name, "p"))),
        datagrams(unix_listen_act(SOCK_DGRAM, concat(name, "d"))) {
    EXPECT_TRUE(stream && packets && datagrams) << name;
  }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;
  ~Listeners() {
    for (const Fd* fd : {&stream, &packets, &datagrams}) {
      SocketAddress a;
      ::getsockname(fd->get(), a.get(), &a.size);
      ::unlink(reinterpret_cast<const sockaddr_un&>(a.raw).sun_path);
    }
  }
  Fd stream, packets, datagrams;
};

constexpr const char* kReached = "yes yes yes yes yes";
constexpr const char* kNobody = "ECONNREFUSED ECONNREFUSED ECONNREFUSED ECONNREFUSED ECONNREFUSED";

TEST_F(UnixTest, ROOT_NET_AJailOnTheHostsStackFindsNobodyAtAbstractNames) {
  struct {
    const char* name;
    std::optional<StackPlan> plan;
    const char* outcome;
  } const cases[] = {
      {"addresses", kOneEach, kNobody},
      {"inherit", StackPlan{kInherit, kInherit, {}}, kNobody},
      {"none", StackPlan{}, kNobody},
      {"unknown", {}, kNobody},
      {"vnet", StackPlan{kInherit, kInherit, {}, true}, kReached},
  };
  for (const auto& c : cases)
    for (Root user : {Root::of_host, Root::of_userns}) {
      const Jail jail(root_, c.name, c.plan, user);
      const auto inside = [&](const std::function<int()>& act) { return jail.run(act); };
      const Listeners abstract("@gaol-test-"), in_files(concat(directory_, "/"));
      EXPECT_EQ(reach_by_name(inside, "@gaol-test-"), c.outcome) << c.name;
      EXPECT_EQ(reach_by_name(inside, concat(directory_, "/")), kReached) << c.name;
    }
}

TEST_F(UnixTest, ROOT_NET_TheHostReachesAbstractNamesAsBefore) {
  const Listeners of_host("@gaol-test-");
  const auto host = [](const std::function<int()>& act) { return act(); };
  EXPECT_EQ(reach_by_name(host, "@gaol-test-"), kReached);
  const Jail jail(root_, "www", kOneEach);
  const Fd of_jail(jail.run([] { return unix_listen_act(SOCK_STREAM, "@gaol-test-jail"); }));
  EXPECT_TRUE(done(unix_connect_act(SOCK_STREAM, "@gaol-test-jail")));
}

// The kernel is not asked whose a name is when it is bound.
TEST_F(UnixTest, ROOT_NET_NotEvenAJailsOwnNamesAreReached) {
  const Jail jail(root_, "www", kOneEach), inside(root_, "www/dbus.service", std::nullopt);
  const Fd own(jail.run([] { return unix_listen_act(SOCK_STREAM, "@gaol-test-own"); }));
  ASSERT_TRUE(own);
  const auto connect = [] { return unix_connect_act(SOCK_STREAM, "@gaol-test-own"); };
  EXPECT_EQ(outcome(jail.run(connect)), "ECONNREFUSED");
  EXPECT_EQ(outcome(inside.run(connect)), "ECONNREFUSED");
}

TEST_F(UnixTest, ROOT_NET_SocketsWithoutANameWorkInAJail) {
  const Jail jail(root_, "www", kOneEach);
  for (int type : {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM})
    EXPECT_TRUE(done(jail.run([type] { return unix_pair_act(type); }))) << type;
  // A datagram socket that was connected takes leave of its peer by an address of no family.
  EXPECT_TRUE(done(jail.run([] {
    const int fd = result(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr none{};
    return ::connect(fd, &none, sizeof none) < 0 ? closed(fd) : fd;
  })));
}

TEST_F(StackTest, ROOT_NET_UndoLeavesNoEntry) {
  StackPlan plan{only({"10.0.0.1", "10.0.0.2"}), only({"fd00::1"}), {}};
  plan.v4.addresses[0].prefix = 24;
  plan.v4.by_network = true;
  const std::string path = concat(root_, "/gone");
  ASSERT_OK(kernel_.make_dir(path, 0755));
  const auto id = apply(kernel_, path, plan);
  ASSERT_OK(id);
  ASSERT_OK(kernel_.remove_dir(path));
  stack_jail jail;
  const auto entry = [&] {
    return sys::bpf_map_get(GAOL_STACK_PINS "/jails", std::as_bytes(std::span(&*id, 1)),
                            std::as_writable_bytes(std::span(&jail, 1)));
  };
  stack_networks networks;
  const stack_key key{*id, 1};
  const auto choice = [&] {
    return sys::bpf_map_get(GAOL_STACK_PINS "/networks", std::as_bytes(std::span(&key, 1)),
                            std::as_writable_bytes(std::span(&networks, 1)));
  };
  EXPECT_EQ(choice(), true);
  EXPECT_EQ(entry(), true);
  EXPECT_EQ(jail.v4.count, 2u);
  EXPECT_TRUE(undo(kernel_, *id, plan));
  EXPECT_EQ(entry(), false);
  EXPECT_EQ(choice(), false);
  EXPECT_TRUE(undo(kernel_, *id, plan)) << "twice is as good as once";
}

TEST_F(StackTest, ROOT_NET_AMapOfAnotherLayoutIsNotTouched) {
  const uint32_t half_a_key = 1;
  const auto put =
      sys::bpf_map_put(GAOL_STACK_PINS "/jails", std::as_bytes(std::span(&half_a_key, 1)), {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().text, "/sys/fs/bpf/gaol/jails: made by another version of gaol");
}

// --- the loader ---

TEST_F(StackTest, ROOT_NET_LoadingTwiceKeepsTheJails) {
  const Jail jail(root_, "www", kOneEach);
  EXPECT_EQ(gaol_stack(concat("load ", root_)).status, 0);
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); })), "10.0.0.1");
}

TEST_F(StackTest, ROOT_NET_AHalfDoneLoadIsDoneAgain) {
  ASSERT_OK(kernel_.remove_file(GAOL_STACK_PINS "/jails"));
  const std::string path = concat(root_, "/www");
  ASSERT_OK(kernel_.make_dir(path, 0755));
  EXPECT_EQ(apply(kernel_, path, kOneEach).error().code, ENOENT);
  ASSERT_OK(kernel_.remove_dir(path));
  EXPECT_EQ(gaol_stack(concat("load ", root_)).status, 0);
  const Jail jail(root_, "www", kOneEach);
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); })), "10.0.0.1");
}

TEST_F(StackTest, ROOT_NET_ARootMadeAnewIsLoadedAnew) {
  ASSERT_OK(kernel_.remove_dir(root_));
  ASSERT_OK(kernel_.make_dir(root_, 0755));
  EXPECT_EQ(gaol_stack(concat("load ", root_)).status, 0);
  const Jail jail(root_, "www", kOneEach);
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); })), "10.0.0.1");
}

TEST_F(StackTest, ROOT_NET_JailsThatRanBeforeTheLoadKeepTheirNetwork) {
  ASSERT_EQ(gaol_stack("unload").status, 0);
  const Jail jail(root_, "vnet", std::nullopt);
  ASSERT_EQ(gaol_stack(concat("load ", root_)).status, 0);
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "127.0.0.1", 8000); })),
            "127.0.0.1");
}

TEST_F(StackTest, ROOT_NET_TheLoaderSaysInOneLineWhatIsWrong) {
  ASSERT_EQ(gaol_stack("unload").status, 0);
  struct {
    const char* arguments;
    int status;
    const char* errors;
  } const cases[] = {
      {"load /nowhere", 1, "gaol-stack: /nowhere: No such file or directory\n"},
      {"load /", 1, "gaol-stack: /: not a cgroup v2 directory\n"},
      {"", 2, "usage: gaol-stack load CGROUP_ROOT\n       gaol-stack unload\n"},
      {"unload", 0, ""},
  };
  for (const auto& c : cases) {
    const Ran ran = gaol_stack(c.arguments);
    EXPECT_EQ(ran.status, c.status) << c.arguments;
    EXPECT_EQ(ran.errors, c.errors) << c.arguments;
    EXPECT_NE(::access(GAOL_STACK_PINS, F_OK), 0) << c.arguments;
  }
}

TEST_F(StackTest, ROOT_NET_LoadsAtOnceAreAsGoodAsOne) {
  ASSERT_EQ(gaol_stack("unload").status, 0);
  const std::string load = concat(kLoader, " load ", root_);
  const Ran ran = shell(concat(load, " & ", load, " & ", load, " & wait"));
  EXPECT_EQ(ran.errors, "");
  const Jail jail(root_, "www", kOneEach);
  EXPECT_EQ(outcome(jail.run([] { return bind_act(SOCK_STREAM, "0.0.0.0", 80); })), "10.0.0.1");
}

// --- rtnetlink ---

class RtnlTest : public KernelTest {};

Fd this_netns() { return Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)); }

ino_t inode_of(const Fd& fd) {
  struct stat st {};
  EXPECT_EQ(::fstat(fd.get(), &st), 0);
  return st.st_ino;
}

Fd new_netns() {
  const Fd home = this_netns();
  EXPECT_EQ(::unshare(CLONE_NEWNET), 0);
  Fd fresh = this_netns();
  EXPECT_EQ(::setns(home.get(), CLONE_NEWNET), 0);
  return fresh;
}

TEST_F(RtnlTest, ROOT_NET_AddressesComeOnceAndGoOnce) {
  for (const Address& a :
       {address("10.9.0.1", 24), address("fd09::1", 64), address("127.9.0.1", 32)}) {
    EXPECT_EQ(sys::rtnl_has_address("lo", a), false) << sys::address_text(a);
    EXPECT_EQ(sys::rtnl_add_address("lo", a), true) << sys::address_text(a);
    EXPECT_EQ(sys::rtnl_has_address("lo", a), true) << sys::address_text(a);
    EXPECT_EQ(sys::rtnl_add_address("lo", a), false) << sys::address_text(a);
    const std::string text = sys::address_text(a);
    Fd bound(bind_act(SOCK_STREAM, text.substr(0, text.find('/')), 8000));
    EXPECT_GE(bound.get(), 0) << text << " is usable at once";
    EXPECT_EQ(sys::rtnl_remove_address("lo", a), true) << sys::address_text(a);
    EXPECT_EQ(sys::rtnl_remove_address("lo", a), false) << sys::address_text(a);
  }
  EXPECT_EQ(sys::rtnl_remove_address("nosuch0", address("10.9.0.1", 24)), false);
}

TEST_F(RtnlTest, ROOT_NET_RefusalsAreTheKernelsWords) {
  const Fd netns = new_netns();
  const auto line = [](const auto& result) {
    return result ? std::string("success") : result.error().line();
  };
  EXPECT_EQ(sys::rtnl_link_index("nosuch0").error().code, ENODEV);
  EXPECT_EQ(line(sys::rtnl_link_index("nosuch0")), "nosuch0: No such device");
  EXPECT_EQ(line(sys::rtnl_add_address("nosuch0", address("10.9.0.1", 32))),
            "nosuch0: No such device");
  EXPECT_EQ(line(sys::rtnl_add_address("lo", address("10.9.0.1", 33))),
            "lo: add 10.9.0.1/33: ipv4: Invalid prefix length");
  EXPECT_EQ(line(sys::rtnl_push_link("nosuch0", netns)), "nosuch0: move to netns: No such device");
  EXPECT_EQ(line(sys::rtnl_push_link("lo", netns)),
            "lo: move to netns: The interface netns is immutable");
  EXPECT_EQ(line(sys::rtnl_link_index("a-name-of-twenty-cha")),
            "a-name-of-twenty-cha: Attribute failed policy validation");
  EXPECT_EQ(sys::rtnl_link_index("lo"), 1u);
}

TEST_F(RtnlTest, ROOT_NET_AnInterfaceGoesIntoANamespaceAndComesBack) {
  ASSERT_EQ(shell("ip link add test0a type veth peer name test0b").status, 0);
  const ino_t here = inode_of(this_netns());
  const Fd netns = new_netns();
  EXPECT_EQ(sys::rtnl_pull_link({"test0b"}, netns), false) << "not there yet";
  const auto index = sys::rtnl_push_link("test0b", netns);
  ASSERT_OK(index);
  EXPECT_EQ(sys::rtnl_link_index("test0b").error().code, ENODEV);
  EXPECT_EQ(sys::rtnl_pull_link({"test0b", *index}, netns), true);
  EXPECT_TRUE(sys::rtnl_link_index("test0b"));
  EXPECT_EQ(sys::rtnl_pull_link({"test0b", *index}, netns), false);
  EXPECT_EQ(inode_of(this_netns()), here);
  EXPECT_TRUE(sys::rtnl_set_link_up("test0b"));

  ASSERT_OK(sys::rtnl_push_link("test0b", netns));
  EXPECT_EQ(sys::rtnl_pull_link({"test0b"}, netns), true) << "by name alone";
  const auto again = sys::rtnl_push_link("test0b", netns);
  ASSERT_OK(again);
  ASSERT_EQ(shell("ip link add test0b type dummy || ip link add test0b type bridge").status, 0);
  const auto back = sys::rtnl_pull_link({"test0b", *again}, netns);
  ASSERT_FALSE(back) << "the name was taken meanwhile";
  EXPECT_EQ(back.error().code, EEXIST);
  EXPECT_TRUE(back.error().text.starts_with("test0b: move from netns: ")) << back.error().text;
  EXPECT_EQ(inode_of(this_netns()), here);
  EXPECT_EQ(shell("ip link del test0a; ip link del test0b").status, 0);
}

}  // namespace
}  // namespace gaol::net
