// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gaol::test {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "test host: %s: %s\n", what.c_str(), std::strerror(errno));
  std::_Exit(1);
}

std::string cgroup_mount() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs info;
    if (::statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC) return path;
  }
  return {};
}

void put(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) die(path);
  ::close(fd);
}

// The namespaces that stand for a host. The cgroup is joined first: a cgroup namespace begins
// where its maker is.
void become_host(const std::string& cgroup) {
  if (!cgroup.empty()) put(cgroup + "/cgroup.procs", "0");
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWCGROUP) < 0) die("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) die("private mounts");
  if (::mount("run", "/run", "tmpfs", 0, "mode=0755") < 0) die("/run");
  if (const auto v2 = cgroup_mount(); !v2.empty()) {
    if (::umount2(v2.c_str(), MNT_DETACH) < 0) die(v2);  // one filesystem goes on a place once
    if (::mount("cgroup2", v2.c_str(), "cgroup2", 0, nullptr) < 0) die(v2);
    // A cgroup with processes of its own may have no controllers below it.
    ::mkdir((v2 + "/tests").c_str(), 0755);
    put(v2 + "/tests/cgroup.procs", "0");
  }
  if (::mount("bpf", "/sys/fs/bpf", "bpf", 0, nullptr) < 0 && errno != ENODEV) die("/sys/fs/bpf");
  if (std::system("ip link set lo up") != 0) die("lo");
}

// Everything below a test's cgroup, the deepest first.
void remove_cgroups(const std::string& path) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored))
    if (entry.is_directory()) remove_cgroups(entry.path());
  ::rmdir(path.c_str());
}

std::string drain(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  ::close(fd);
  return text;
}

// Looked at from inside: to whoever looks on while run() is busy, its own are open as well.
void list_descriptors(std::vector<std::string>& out) {
  for (const auto& entry : fs::directory_iterator("/proc/self/fd"))
    out.push_back("descriptor " + fs::read_symlink(entry).string());
}

// The keys of a map that gaol has pinned; none while it is not there.
void list_keys(std::vector<std::string>& out, const std::string& map) {
  const std::string pin = "/sys/fs/bpf/gaol/" + map;
  bpf_attr attributes{};
  attributes.pathname = reinterpret_cast<uint64_t>(pin.c_str());
  const int fd = static_cast<int>(::syscall(SYS_bpf, BPF_OBJ_GET, &attributes, sizeof attributes));
  if (fd < 0) return;
  uint64_t key[8]{};
  attributes = {};
  attributes.map_fd = static_cast<uint32_t>(fd);
  attributes.next_key = reinterpret_cast<uint64_t>(key);
  while (::syscall(SYS_bpf, BPF_MAP_GET_NEXT_KEY, &attributes, sizeof attributes) == 0) {
    out.push_back("map " + map + " " + std::to_string(key[0]));  // begins with the cgroup's id
    attributes.key = reinterpret_cast<uint64_t>(key);
  }
  ::close(fd);
}

}  // namespace

Outcome run(const std::string& line, int seconds) {
  // Files, not pipes: a program that a jail keeps running must not keep us waiting.
  char out_name[] = "/tmp/gaol-test-out-XXXXXX", err_name[] = "/tmp/gaol-test-err-XXXXXX";
  const int out = ::mkostemp(out_name, O_CLOEXEC), err = ::mkostemp(err_name, O_CLOEXEC);
  if (out < 0 || err < 0) die("temporary file");
  ::unlink(out_name);
  ::unlink(err_name);
  const std::string script =
      "export PATH=" GAOL_BIN_DIR ":" GAOL_BIN_DIR "/../libexec/gaol/compat:$PATH\n" + line;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out, 1);
    ::dup2(err, 2);
    ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    std::_Exit(127);
  }
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  pollfd ended{pidfd, POLLIN, 0};
  if (::poll(&ended, 1, seconds * 1000) == 0) {
    ::kill(pid, SIGKILL);
    ADD_FAILURE() << "still running after " << seconds << " s: " << line;
  }
  ::close(pidfd);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  ::lseek(out, 0, SEEK_SET);
  ::lseek(err, 0, SEEK_SET);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), drain(out), drain(err)};
}

std::string seen(const std::string& line) {
  const Outcome outcome = run("exec 2>&1\n" + line);
  if (outcome.status == 0) return outcome.out;
  return outcome.out + "[exit " + std::to_string(outcome.status) + "]\n";
}

std::string settled(const std::string& line, const std::string& right) {
  constexpr int kLooks = 100, kLookAgain = 100;  // times; milliseconds
  std::string shown = seen(line);
  for (int looks = 1; looks < kLooks && shown != right; ++looks) {
    ::poll(nullptr, 0, kLookAgain);
    shown = seen(line);
  }
  return shown;
}

void forget_connections() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  struct {
    nlmsghdr header;
    nfgenmsg body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  EXPECT_EQ(::send(fd, &request, sizeof request, 0), static_cast<ssize_t>(sizeof request));
  uint8_t answer[256];
  EXPECT_GT(::recv(fd, answer, sizeof answer, 0), 0);
  ::close(fd);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  ASSERT_TRUE(out.flush()) << path;
}

void make_tree(const std::string& path) {
  for (const char* dir : {"bin", "dev", "proc", "sys", "tmp", "etc", "root", "var"})
    fs::create_directories(path + "/" + dir);
  fs::permissions(path, fs::perms(0755));
  for (const char* busybox : {"/bin/busybox", "/usr/bin/busybox"})
    if (fs::exists(busybox))
      fs::copy_file(busybox, path + "/bin/busybox", fs::copy_options::overwrite_existing);
  std::istringstream applets(run(path + "/bin/busybox --list").out);
  for (std::string applet; std::getline(applets, applet);)
    if (applet != "busybox") fs::create_symlink("busybox", path + "/bin/" + applet);
  std::ofstream(path + "/etc/passwd") << "root:x:0:0:root:/root:/bin/sh\n"
                                         "www:x:33:33:www:/var:/bin/sh\n";
  std::ofstream(path + "/etc/group") << "root:x:0:\nwww:x:33:\n";
}

std::string tiny_tree() {
  static const std::string path = [] {
    std::string made = "/run/tree";
    make_tree(made);
    return made;
  }();
  return path;
}

bool commands_run_anywhere() {
  std::ifstream program(GAOL_BIN_DIR "/jail", std::ios::binary);
  std::string head(4096, '\0');
  program.read(head.data(), static_cast<std::streamsize>(head.size()));
  return !head.contains("/ld-");
}

std::string init_of(const std::string& jail) {
  return run("for pid in $(cat $(find " + cgroup_mount() + "/gaol -type d -name $(jls -j " + jail +
             " jid))/cgroup.procs); do awk '/^NSpid/ && $NF == 1 {printf $2}' /proc/$pid/status; "
             "done")
      .out;
}

std::vector<std::string> footprint() {
  // One shell for all: this runs before and after every test.
  const std::string self = std::to_string(::getpid());
  const std::string script =
      "awk '$5 != \"/run/gaol\" {print \"mount\", $5, $9}' /proc/self/mountinfo\n"
      "ip -o link | awk '{print \"interface\", $2}'\n"
      "ip -o addr | awk '{print \"address\", $2, $3, $4}'\n"
      "(ip rule; ip -6 rule) | sed 's/^/routing rule /'\n"
      "cd " +
      cgroup_mount() +
      " && find . -mindepth 1 -type d ! -path ./gaol -printf 'cgroup %P\\n'\n"
      "cd /run/gaol 2>/dev/null && find jails busy names addresses -mindepth 1 -printf 'record "
      "%p\\n'\n"
      "ps -o comm= --ppid " +
      self + " | grep -vx -e sh | sed 's/^/child /'\n";
  std::vector<std::string> out;
  std::istringstream lines(run(script).out);
  for (std::string line; std::getline(lines, line);) out.push_back(line);
  for (const char* map : {"jails", "addresses", "devices"}) list_keys(out, map);
  list_descriptors(out);
  std::ranges::sort(out);
  return out;
}

std::string changes_since(const std::vector<std::string>& before) {
  const auto now = footprint();
  std::string out;
  const auto tell = [&](char sign, const std::vector<std::string>& all,
                        const std::vector<std::string>& known) {
    std::vector<std::string> news;
    std::ranges::set_difference(all, known, std::back_inserter(news));
    for (const auto& line : news) out += sign + (" " + line + "\n");
  };
  tell('+', now, before);
  tell('-', before, now);
  return out;
}

void KernelTest::SetUp() {
  GAOL_NEEDS(::geteuid() == 0, "needs root");
  tiny_tree();
  before_ = footprint();
}

void KernelTest::TearDown() {
  if (::geteuid() != 0) return;
  EXPECT_EQ(changes_since(before_), "");
}

}  // namespace gaol::test

// The parent stays on the real host, to clean up after the child whatever became of it.
int main(int argc, char** argv) {
  using namespace gaol::test;
  testing::InitGoogleTest(&argc, argv);
  if (::geteuid() != 0) return RUN_ALL_TESTS();
  const std::string v2 = cgroup_mount();
  const std::string cgroup = v2.empty() ? "" : v2 + "/gaol-test-" + std::to_string(::getpid());
  if (!cgroup.empty() && ::mkdir(cgroup.c_str(), 0755) < 0) die(cgroup);
  // Orphans come to us: not every machine's first process collects its children.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t child = ::fork();
  if (child == 0) {
    become_host(cgroup);
    const int result = RUN_ALL_TESTS();
    std::fflush(nullptr);
    std::_Exit(result);
  }
  int status = 0;
  while (::wait(&status) != child) continue;
  if (!cgroup.empty()) {
    // Left-overs of a failed test end with it.
    const int kill = ::open((cgroup + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC);
    if (kill >= 0 && ::write(kill, "1", 1) < 0) std::perror("cgroup.kill");
    for (int tries = 0; tries < 100 && ::access(cgroup.c_str(), F_OK) == 0; ++tries) {
      remove_cgroups(cgroup);
      ::poll(nullptr, 0, 10);
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
