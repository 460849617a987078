// SPDX-License-Identifier: BSD-2-Clause
//
// What it costs to start a program in a jail and have it gone again, beside what the rivals take
// for the same and beside a floor that does nothing but the system calls (start_floor.c). Every
// contestant is measured as a user meets it: from the spawn of its command to its exit, by the
// clock. Machines are noisy, so contestants take turns, round after round, and what counts is the
// ratio of medians within one run.
//
//   start [--rounds N] [--json]
//
// Nothing of this touches the machine: we run in mount, network and cgroup namespaces of our own
// with a fresh /run. crun and runc are given a view in which /sys/fs/cgroup is a v2 hierarchy
// alone, as crun 1.8 needs and as spares runc the joining of every v1 controller.
#include <getopt.h>
#include <sys/socket.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

#include "bench/stage.h"

namespace {

using namespace gaol::bench;
using nlohmann::json;

// Two views of the machine that differ in /sys/fs/cgroup: as it is, and version 2 alone.
class Views {
 public:
  enum View { machine, v2_only };

  // REQUIRES: in a Cgroup.
  Views() {
    enter_own_machine();
    fds_[machine] = current();
    check(::unshare(CLONE_NEWNS), "unshare");
    replace_cgroups("/sys/fs/cgroup");
    fds_[v2_only] = current();
    enter(machine);
  }
  void enter(View view) const { check(::setns(fds_[view], CLONE_NEWNS), "setns"); }

 private:
  static int current() { return check(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), "ns"); }
  int fds_[2];
};

// --- OCI bundles ---

// What engines deny by default: everything that loads code into the kernel, sets the machine's
// clock or memory policy, crosses namespaces or speaks to hardware. All other calls are allowed,
// in a list, as their profiles do it.
constexpr std::string_view kDenied =
    " _sysctl acct add_key adjtimex afs_syscall bpf clock_adjtime clock_settime clone clone3"
    " create_module delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick"
    " get_kernel_syms get_mempolicy getpmsg init_module ioperm iopl io_uring_enter"
    " io_uring_register io_uring_setup kcmp kexec_file_load kexec_load keyctl lookup_dcookie"
    " mbind migrate_pages mount mount_setattr move_mount move_pages nfsservctl"
    " open_by_handle_at open_tree perf_event_open personality pivot_root process_madvise"
    " process_vm_readv process_vm_writev ptrace putpmsg query_module quotactl quotactl_fd"
    " reboot request_key security set_mempolicy setdomainname sethostname setns settimeofday"
    " socket swapoff swapon sysfs syslog tuxcall umount2 unshare uselib userfaultfd ustat"
    " vhangup vserver ";

// The calls of this machine's kernel headers that are not denied.
Words allowed_calls() {
  constexpr std::string_view kDefine = "#define __NR_";
  std::ifstream in("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
  Words out;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kDefine)) continue;
    std::string name = line.substr(kDefine.size());
    name.resize(name.find(' '));
    if (!kDenied.contains(' ' + name + ' ')) out.push_back(std::move(name));
  }
  if (out.empty()) die("no list of system calls: is linux-libc-dev installed?");
  return out;
}

json seccomp_profile() {
  const auto argument = [](int index, uint64_t value, const char* op, uint64_t masked = 0) {
    return json::array({{{"index", index}, {"value", value}, {"valueTwo", masked}, {"op", op}}});
  };
  const auto allow = [](json names, json args = json::array()) {
    return json{
        {"names", std::move(names)}, {"action", "SCMP_ACT_ALLOW"}, {"args", std::move(args)}};
  };
  constexpr uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                   CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
  json calls = {allow(allowed_calls()),
                allow({"clone"}, argument(0, kNamespaces, "SCMP_CMP_MASKED_EQ")),
                allow({"socket"}, argument(0, AF_VSOCK, "SCMP_CMP_NE"))};
  for (const uint64_t persona : {0ul, 0x8ul, 0x20000ul, 0x20008ul, 0xfffffffful})
    calls.push_back(allow({"personality"}, argument(0, persona, "SCMP_CMP_EQ")));
  calls.push_back({{"names", {"clone3"}}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", ENOSYS}});
  return {{"defaultAction", "SCMP_ACT_ERRNO"},
          {"architectures", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}},
          {"syscalls", std::move(calls)}};
}

enum class Net { shared, own };

// A bundle as the runtime itself proposes it (`crun spec`), with its engine's kind of filter.
// The words that run it; none when the runtime is missing.
Words oci(const std::string& runtime, Net net, const std::string& root) {
  const fs::path bundle = fmt::format("/run/{}-{}", runtime, net == Net::own ? "net" : "nonet");
  fs::create_directory(bundle);
  if (ask({"env", "-C", bundle, runtime, "spec"}).status != 0) return {};
  json config = json::parse(read(bundle / "config.json"));
  config["process"]["terminal"] = false;
  config["process"]["args"] = {"/bin/true"};
  config["root"]["path"] = root;
  config["linux"]["seccomp"] = seccomp_profile();
  // The device rules become a BPF program, for which crun raises RLIMIT_MEMLOCK; that is refused
  // where root has no CAP_SYS_RESOURCE. Without them both have less to do than by default.
  config["linux"].erase("resources");
  if (net == Net::shared)
    std::erase_if(config["linux"]["namespaces"].get_ref<json::array_t&>(),
                  [](const json& ns) { return ns["type"] == "network"; });
  write_file(bundle / "config.json", config.dump());
  return {runtime, "run", "--bundle", bundle, "gaol-bench"};
}

// --- the contest ---

enum Column { no_net, own_net, entering };
constexpr const char* kTitles[] = {"no network namespace", "own network namespace",
                                   "into a running jail"};
// The row that a column's other rows are divided by.
constexpr const char* kMeasure[] = {"bubblewrap", "bubblewrap", "nsenter"};

struct Contestant {
  std::string row;
  Column column;
  Words command;
  Views::View view = Views::machine;
  std::string missing{};       // why it does not take part
  std::vector<double> took{};  // milliseconds; sorted once the contest is over

  double percentile(double part) const {
    return took[static_cast<size_t>(part * static_cast<double>(took.size() - 1))];
  }
  double median() const { return percentile(0.5); }
};
using Field = std::vector<Contestant>;

Field starters(const fs::path& here, const std::string& root) {
  const std::string floor = here / "start_floor", jail = here / "../bin/jail";
  const auto bwrap = [&](Words words) {
    words.insert(words.begin(), {"bwrap", "--unshare-all"});
    words.insert(words.end(),
                 {"--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"});
    return words;
  };
  Field field = {
      {"the program alone", no_net, {root + "/bin/true"}},
      {"floor", no_net, {floor, "bare", root, "/bin/true"}},
      {"floor", own_net, {floor, "net", root, "/bin/true"}},
      {"floor of a jail", no_net, {floor, "jail", root, "/bin/true"}},
      {"floor of a jail", own_net, {floor, "jailnet", root, "/bin/true"}},
      {"gaol", no_net, {jail, "-c", "path=" + root, "command=/bin/true"}},
      {"gaol", own_net, {jail, "-c", "path=" + root, "vnet", "command=/bin/true"}},
      {"bubblewrap", no_net, bwrap({"--share-net"})},
      {"bubblewrap", own_net, bwrap({})},
  };
  for (const char* runtime : {"crun", "runc"}) {
    field.push_back({runtime, no_net, oci(runtime, Net::shared, root), Views::v2_only});
    field.push_back({runtime, own_net, oci(runtime, Net::own, root), Views::v2_only});
  }
  return field;
}

// One run of everybody: it fills the caches and shows who can run at all.
void warm_up(Field& field, const Views& views) {
  for (auto& c : field) {
    views.enter(c.view);
    const Answer answer = c.command.empty() ? Answer{127 << 8, {}} : ask(c.command);
    if (answer.status == 127 << 8)
      c.missing = "not installed";
    else if (answer.status != 0)
      c.missing = fmt::format("wait status {:#x}: {}", answer.status,
                              answer.text.substr(0, answer.text.find('\n')));
  }
  views.enter(Views::machine);
}

void contest(Field& field, const Views& views, int rounds) {
  const int nowhere = check(::open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
  std::vector<size_t> order(field.size());
  std::iota(order.begin(), order.end(), 0);
  // Shuffled, because the kernel takes a network namespace apart after its program is gone: it is
  // whoever comes next that waits. The same order in every run.
  std::minstd_rand dice(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): as said
  for (int round = 1; round <= rounds; ++round) {
    std::ranges::shuffle(order, dice);
    for (const size_t turn : order) {
      Contestant& c = field[turn];
      if (!c.missing.empty()) continue;
      views.enter(c.view);
      const Run result = run(c.command, nowhere);
      c.took.push_back(result.took.count());
      if (result.status != 0)
        c.missing = fmt::format("wait status {:#x} in round {}", result.status, round);
    }
  }
  views.enter(Views::machine);
  ::close(nowhere);
  for (auto& c : field) std::ranges::sort(c.took);
}

// A persistent jail with nothing in it, to be entered and weighed.
class IdleJail {
 public:
  IdleJail(fs::path bin, const std::string& root) : bin_(std::move(bin)) {
    if (ask({bin_ / "jail", "-c", "name=bench", "path=" + root, "persist"}).status == 0)
      init_ = process_with_root(root);
  }
  ~IdleJail() {
    if (init_) ask({bin_ / "jail", "-r", "bench"});
  }
  IdleJail(const IdleJail&) = delete;
  IdleJail& operator=(const IdleJail&) = delete;

  Field enterers() const {
    const std::string pid = std::to_string(init_.value_or(0));
    return {
        {"jexec", entering, init_ ? Words{bin_ / "jexec", "bench", "/bin/true"} : Words{}},
        {"nsenter", entering, init_ ? Words{"nsenter", "-t", pid, "-a", "/bin/true"} : Words{}}};
  }
  // Proportional set size of the jail's init in KiB.
  std::optional<int> pss() const {
    if (!init_) return {};
    const std::string rollup = read(fmt::format("/proc/{}/smaps_rollup", *init_));
    const auto at = rollup.find("\nPss:");
    if (at == rollup.npos) return {};
    return gaol::number<int>(gaol::words(std::string_view(rollup).substr(at + 5)).front());
  }

 private:
  // The tree is ours alone, so whoever has it as root is the jail's init.
  static std::optional<int> process_with_root(const std::string& root) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::error_code not_a_process_or_gone;
      if (fs::equivalent(entry.path() / "root", root, not_a_process_or_gone))
        return gaol::number<int>(entry.path().filename().native());
    }
    return {};
  }

  fs::path bin_;
  std::optional<int> init_;
};

// --- what is printed ---

const Contestant* find(const Field& field, const std::string& row, int column) {
  const auto it = std::ranges::find_if(
      field, [&](const auto& c) { return c.row == row && c.column == column; });
  return it == field.end() ? nullptr : &*it;
}

std::optional<double> ratio(const Field& field, const Contestant& c) {
  const Contestant* measure = find(field, kMeasure[c.column], c.column);
  if (!measure || !measure->missing.empty() || !c.missing.empty()) return {};
  return c.median() / measure->median();
}

std::string cell(const Field& field, const Contestant* c) {
  if (!c) return "";
  if (!c->missing.empty()) return "missing";
  const auto r = ratio(field, *c);
  return fmt::format("{:7.2f} {:7.2f} {:>8}", c->median(), c->percentile(0.95),
                     r ? fmt::format("{:.2f}x", *r) : "");
}

Words rows_of(const Field& field) {
  Words rows;
  for (const auto& c : field)
    if (std::ranges::find(rows, c.row) == rows.end()) rows.push_back(c.row);
  return rows;
}

void print_table(const Field& field, std::initializer_list<Column> columns) {
  std::string titles(17, ' '), heads(17, ' ');
  for (const Column column : columns) {
    titles += fmt::format(" | {:28}", kTitles[column]);
    heads += fmt::format(" | {:>8} {:>8} {:>10}", "p50 ms", "p95 ms", kMeasure[column]);
  }
  fmt::print("\n{}\n{}\n", titles, heads);
  for (const auto& row : rows_of(field)) {
    fmt::print("{:17}", row);
    for (const Column column : columns)
      fmt::print(" | {:28}", cell(field, find(field, row, column)));
    fmt::print("\n");
  }
  for (const auto& c : field)
    if (!c.missing.empty())
      fmt::print("missing: {}, {}: {}\n", c.row, kTitles[c.column], c.missing);
}

void to_json(json& out, const Contestant& c) {
  out = {{"row", c.row}, {"column", kTitles[c.column]}};
  if (!c.missing.empty())
    out["missing"] = c.missing;
  else
    out.update({{"p50_ms", c.median()}, {"p95_ms", c.percentile(0.95)}, {"runs", c.took.size()}});
}

struct Options {
  int rounds = 300;
  bool as_json = false;
};

Options parse(int argc, char** argv) {
  const option kLong[] = {
      {"rounds", required_argument, nullptr, 'n'}, {"json", no_argument, nullptr, 'j'}, {}};
  Options options;
  for (int c; (c = ::getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    if (c == 'n') options.rounds = gaol::number<int>(optarg).value_or(0);
    if (c == 'j') options.as_json = true;
    if (c == '?') std::exit(1);
  }
  if (options.rounds < 1) die("--rounds: expected a number above 0");
  return options;
}

void run_contest(const Options& options) {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const Views views;
  const Tree tree(here / "start_true");

  Field starting = starters(here, tree.path());
  warm_up(starting, views);
  contest(starting, views, options.rounds);

  const IdleJail idle(here / "../bin", tree.path());
  Field entering_it = idle.enterers();
  warm_up(entering_it, views);
  contest(entering_it, views, options.rounds);

  const auto pss = idle.pss();
  if (options.as_json) {
    Field all = starting;
    all.insert(all.end(), entering_it.begin(), entering_it.end());
    json out = {{"rounds", options.rounds}, {"runs", all}};
    if (pss) out["idle_init_pss_kib"] = *pss;
    fmt::print("{}\n", out.dump(2));
    return;
  }
  fmt::print("start and exit of a static /bin/true, {} rounds, everybody in turn\n",
             options.rounds);
  print_table(starting, {no_net, own_net});
  print_table(entering_it, {entering});
  fmt::print("\nidle jail: init holds {}\n", pss ? fmt::format("{} KiB (PSS)", *pss) : "missing");
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (::geteuid() != 0) die("must be root");
  return in_own_cgroup([&] { run_contest(options); });
}
