// SPDX-License-Identifier: BSD-2-Clause
//
// What trees cost: a thin and a thick one of a base of 180 MB beside what other managers and the
// file system's own command take, where they are installed, and the room that many thin ones need.
// Everybody in turn, in one run, on file systems of the benchmark's own, in a file of the directory
// given (the machine's disk decides).
//
//   storage [--trees N] [--rounds N] DIRECTORY
//
// What is thick counts when it is on the disk: rivals that leave that to the kernel are followed by
// sync(1). Nothing of this touches the machine: see stage.h.
#include <getopt.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "bench/stage.h"

namespace {

using namespace gaol::bench;

struct Ground {
  const char* name;
  const char* make;  // a file system in the file $1, mounted on $2
  const char* end;
  const char* driver;  // what podman and lxc-copy call a thin tree there
  const char* lower;   // and lxc-copy what that stands on; none: they have nothing for it
};
constexpr Ground kGrounds[] = {
    {"ext4", "mkfs.ext4 -q $1 && mount -o loop $1 $2", "umount $2", "overlay", "dir"},
    {"xfs", "mkfs.xfs -q $1 && mount -o loop $1 $2", "umount $2", "overlay", "dir"},
    {"btrfs", "mkfs.btrfs -q $1 && mount -o loop $1 $2", "umount $2", "btrfs", "btrfs"},
    {"zfs",
     "mkdir -p /run/lock /run/zfs && mount -t tmpfs lib /var/lib && mkdir /var/lib/zfs &&"
     " zfs-fuse --no-kstat-mount --pidfile=/run/zfs.pid && sleep 1 &&"
     " zpool create -m $2 gaolbench $1 && zfs create gaolbench/releases && zfs create "
     "gaolbench/jails",
     "zpool destroy gaolbench; kill $(cat /run/zfs.pid); umount /var/lib", "", ""},
};

// A way to a tree of the name $2 on the file system at $1, where the base is $BASE. $PODMAN is
// podman with its places, $DRIVER and $LOWER are of the
// ground. What cannot be made ready is not here.
struct Contender {
  const char* name;
  bool is_thin;
  const char* ready;
  const char* make;
  const char* unmake;  // a disk has no room for many that are thick
};
constexpr Contender kContenders[] = {
    {"gaol --thin", true, "true",
     "$GAOL create $2 -r base --releases $1/releases --thin --path $1/jails/$2", ""},
    {"zfs clone", true, "zfs list gaolbench/releases/base",
     "zfs snapshot gaolbench/releases/base@$2 &&"
     " zfs clone gaolbench/releases/base@$2 gaolbench/jails/$2",
     ""},
    {"btrfs subvolume snapshot", true, "btrfs subvolume show $BASE",
     "btrfs subvolume snapshot $BASE $1/jails/$2", ""},
    {"podman create", true, "[ $DRIVER ] && tar -C $BASE -c . | $PODMAN import - base",
     "$PODMAN create --net none --name $2 base true", ""},
    {"lxc-copy -s", true,
     "[ $DRIVER ] && command -v lxc-copy && mkdir -p $1/lxc/base && cd $1/lxc/base &&"
     " { [ $DRIVER = overlay ] || btrfs subvolume create rootfs; } && cp -a $BASE/. rootfs &&"
     " echo lxc.rootfs.path = $LOWER:$PWD/rootfs >config",
     "lxc-copy -P $1/lxc -n base -N $2 -s -B $DRIVER && [ -e $1/lxc/$2 ]", ""},
    {"machinectl clone", true,
     "[ $DRIVER = btrfs ] && mkdir $1/machines && mount --bind $1/machines /var/lib/machines &&"
     " machinectl list && btrfs subvolume snapshot $BASE $1/machines/base",
     "machinectl clone base $2", ""},
    {"gaol --thick", false, "true",
     "$GAOL create $2 -r base --releases $1/releases --thick --path $1/jails/$2",
     "$GAOL destroy --yes --now --path $1/jails/$2"},
    {"cp -a --reflink=auto", false, "true", "cp -a --reflink=auto $BASE $1/jails/$2 && sync -f $1",
     "rm -r $1/jails/$2"},
    {"lxc-copy", false, "[ -e $1/lxc/base ] && command -v rsync",
     "lxc-copy -P $1/lxc -n base -N $2 && sync -f $1 && [ -e $1/lxc/$2 ]", "rm -r $1/lxc/$2"},
    {"machinectl clone", false,
     "[ $DRIVER = overlay ] && mkdir $1/machines && mount --bind $1/machines /var/lib/machines &&"
     " machinectl list && cp -a $BASE $1/machines/base",
     "machinectl clone base $2 && sync -f $1", "machinectl remove $2"},
};

// What machinectl(1) speaks to, where it is installed, on a machine that seems to run systemd.
constexpr const char* kMachined =
    "command -v machinectl && command -v dbus-daemon && mkdir -p /run/systemd/system /run/dbus &&"
    " dbus-daemon --system --fork --nopidfile --print-pid >/run/dbus.pid &&"
    " { /lib/systemd/systemd-machined & echo $! >/run/machined.pid; }";

// Runs a line with its words $1 and $2.
Run shell(const char* line, const std::string& first = {}, const std::string& second = {}) {
  const int nowhere = check(::open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
  const Run result = run({"/bin/sh", "-c", line, "sh", first, second}, nowhere);
  ::close(nowhere);
  return result;
}
bool works(const Run& run) { return run.status == 0; }

double time(const char* line, const std::string& first, const std::string& second) {
  const Run result = shell(line, first, second);
  if (!works(result))
    die(fmt::format("{}: {}", line, ask({"/bin/sh", "-c", line, "sh", first, second}).text));
  return result.took.count();
}

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

// As packages are: many small files, few large ones, nothing that compresses to nothing.
void fill_base(const fs::path& base) {
  std::ifstream random("/dev/urandom", std::ios::binary);
  std::string bytes(1 << 20, '\0');
  for (int dir = 0; dir < 90; ++dir) {
    const auto path = base / fmt::format("usr/d{}", dir);
    fs::create_directories(path);
    random.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    std::ofstream(path / "large", std::ios::binary) << bytes;
    for (int file = 0; file < 50; ++file)
      std::ofstream(path / std::to_string(file), std::ios::binary)
          << std::string_view(bytes).substr(static_cast<size_t>(file) * 20'000, 20'000);
  }
}

uint64_t used(const std::string& path) {
  struct statvfs is {};
  ::sync();
  check(::statvfs(path.c_str(), &is), "statvfs");
  return (is.f_blocks - is.f_bfree) * is.f_frsize;
}

struct Options {
  int trees = 1000, rounds = 11;
  std::string directory;
};

struct Entrant {
  const Contender& contender;
  std::vector<double> took;
};

// A few rounds of the thick ones tell enough, and they take their time.
void race(const std::string& top, std::vector<Entrant>& entrants, int rounds) {
  for (int round = 0; round < rounds; ++round)
    for (size_t at = 0; at < entrants.size(); ++at) {
      auto& [contender, took] = entrants[at];
      if (!contender.is_thin && round > rounds / 4) continue;
      const auto name = fmt::format("c{}r{}", at, round);
      ::sync();  // what others left to be written is not this one's
      took.push_back(time(contender.make, top, name));
      if (*contender.unmake) (void)time(contender.unmake, top, name);
    }
}

// Ours stands before its rivals.
void print(const Ground& ground, const std::vector<Entrant>& entrants, bool is_thin) {
  double ours = 0;
  fmt::print("{:6}", ground.name);
  for (const auto& [contender, took] : entrants) {
    if (contender.is_thin != is_thin) continue;
    const double theirs = median(took);
    fmt::print(" | {} {:.2f} ms", contender.name, theirs);
    if (ours == 0)
      ours = theirs;
    else
      fmt::print(" ({:.2f})", ours / theirs);
  }
  fmt::print("\n");
}

void measure(const Ground& ground, const std::string& top, const Options& options) {
  ::setenv("DRIVER", ground.driver, 1);
  ::setenv("LOWER", ground.lower, 1);
  ::setenv("PODMAN",
           fmt::format("podman --root {}/podman --runroot /run/podman --storage-driver {}"
                       " --cgroup-manager cgroupfs --events-backend none",
                       top, ground.driver)
               .c_str(),
           1);
  (void)time("$GAOL create base --empty --path $BASE && mkdir -p $1/jails", top, "");
  fill_base(top + "/releases/base");
  ::sync();

  std::vector<Entrant> entrants;
  for (const auto& contender : kContenders)
    if (works(shell(contender.ready, top))) entrants.push_back({contender, {}});
  race(top, entrants, options.rounds);
  print(ground, entrants, true);
  print(ground, entrants, false);

  const int trees = ground.name == std::string_view("zfs") ? options.trees / 50 : options.trees;
  const auto before = used(top);
  for (int n = 0; n < trees; ++n) (void)time(kContenders[0].make, top, fmt::format("tenant{}", n));
  fmt::print("{:6} | {} thin trees take {:.1f} MB\n", ground.name, trees,
             static_cast<double>(used(top) - before) / 1e6);
  std::fflush(stdout);
}

void measure_on(const Ground& ground, const Options& options) {
  const std::string disk = options.directory + "/gaol-bench-disk", top = "/run/storage";
  fs::create_directories(top);
  fs::remove(disk);
  std::ofstream(disk).close();
  fs::resize_file(disk, uint64_t{4} << 30);
  if (works(shell(ground.make, disk, top)))
    measure(ground, top, options);
  else
    fmt::print("{:6} | not here\n", ground.name);
  (void)shell("mountpoint -q /var/lib/machines && umount /var/lib/machines");
  (void)shell(ground.end, disk, top);
  fs::remove(disk);
}

Options parse(int argc, char** argv) {
  const option kLong[] = {
      {"trees", required_argument, nullptr, 't'}, {"rounds", required_argument, nullptr, 'n'}, {}};
  Options options;
  for (int c; (c = ::getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    if (c == 't') options.trees = gaol::number<int>(optarg).value_or(0);
    if (c == 'n') options.rounds = gaol::number<int>(optarg).value_or(0);
    if (c == '?') std::exit(1);
  }
  if (options.trees < 1 || options.rounds < 1) die("expected numbers above 0");
  options.directory = optind < argc ? argv[optind] : "/var/tmp";
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (::geteuid() != 0) die("must be root");
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  check(::unshare(CLONE_NEWNS), "unshare");
  check(::mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr), "make private");
  mount_over("tmpfs", "/run");
  const std::string top = "/run/storage";
  ::setenv("BASE", (top + "/releases/base").c_str(), 1);
  ::setenv("GAOL", (here / "../bin/gaol").c_str(), 1);
  (void)shell(kMachined);
  for (const auto& ground : kGrounds) measure_on(ground, options);
  (void)shell("kill $(cat /run/dbus.pid /run/machined.pid)");
}
