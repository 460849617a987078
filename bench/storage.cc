// SPDX-License-Identifier: BSD-2-Clause
//
// What trees cost: a thin and a thick one of a base of 180 MB beside what the file system's own
// command takes, and the room that many thin ones need. All in one run on file systems of the
// benchmark's own, in files of the directory given (a temporary one: the machine's disk decides).
//
//   storage [--trees N] [--rounds N] DIRECTORY
//
// Nothing of this touches the machine: see stage.h.
#include <getopt.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "bench/stage.h"

namespace {

using namespace gaol::bench;

struct Ground {
  const char* name;
  const char* make;  // a file system of 2 GB in the file $1, mounted on $2
  const char* end;
  const char* rival_thin;  // from $1 to $2; none: there is nothing like it
  const char* rival_thick;
};
constexpr Ground kGrounds[] = {
    {"ext4", "mkfs.ext4 -q $1 && mount -o loop $1 $2", "umount $2", nullptr,
     "cp -a --reflink=auto $1 $2"},
    {"xfs", "mkfs.xfs -q $1 && mount -o loop $1 $2", "umount $2", nullptr,
     "cp -a --reflink=auto $1 $2"},
    {"btrfs", "mkfs.btrfs -q $1 && mount -o loop $1 $2", "umount $2",
     "btrfs subvolume snapshot $1 $2", "cp -a --reflink=auto $1 $2"},
    {"zfs",
     "mkdir -p /run/lock /run/zfs && mount -t tmpfs lib /var/lib && mkdir /var/lib/zfs &&"
     " zfs-fuse --no-kstat-mount --pidfile=/run/zfs.pid && sleep 1 &&"
     " zpool create -m $2 gaolbench $1 && zfs create gaolbench/releases && zfs create "
     "gaolbench/jails",
     "zpool destroy gaolbench; kill $(cat /run/zfs.pid)",
     "n=$(basename $2); zfs snapshot gaolbench/releases/base@$n &&"
     " zfs clone gaolbench/releases/base@$n gaolbench/jails/$n",
     "cp -a $1 $2"},
};

bool shell(const char* line, const std::string& first, const std::string& second) {
  const int nowhere = check(::open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
  const Run result = run({"/bin/sh", "-c", line, "sh", first, second}, nowhere);
  ::close(nowhere);
  return result.status == 0;
}

double time(const Words& words) {
  const int nowhere = check(::open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
  const Run result = run(words, nowhere);
  ::close(nowhere);
  if (result.status != 0) die(fmt::format("{}: {}", words[0], ask(words).text));
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

void measure(const Ground& ground, const Options& options, const std::string& gaol) {
  const std::string disk = options.directory + "/gaol-bench-disk", top = "/run/storage";
  fs::create_directories(top);
  fs::remove(disk);
  std::ofstream(disk).close();
  fs::resize_file(disk, uint64_t{2} << 30);
  if (!shell(ground.make, disk, top)) {
    fmt::print("{:6} | not here\n", ground.name);
    (void)shell(ground.end, disk, top);
    fs::remove(disk);
    return;
  }
  const std::string releases = top + "/releases", base = releases + "/base", jails = top + "/jails";
  const auto create = [&](const std::string& name, const char* kind) {
    return Words{gaol,         "create", name, "-r",     "base",
                 "--releases", releases, kind, "--path", jails + "/" + name};
  };
  (void)time({gaol, "create", "base", "--empty", "--path", base});
  fill_base(base);
  fs::create_directories(jails);
  ::sync();

  std::vector<double> thin, thick, rival_thin, rival_thick;
  for (int round = 0; round < options.rounds; ++round) {
    const auto name = [&](const char* what) { return fmt::format("{}{}", what, round); };
    thin.push_back(time(create(name("thin"), "--thin")));
    if (ground.rival_thin)
      rival_thin.push_back(
          time({"/bin/sh", "-c", ground.rival_thin, "sh", base, jails + "/" + name("rival")}));
    if (round > options.rounds / 4) continue;  // these take their time
    thick.push_back(time(create(name("thick"), "--thick")));
    rival_thick.push_back(
        time({"/bin/sh", "-c", fmt::format("{} && sync -f $2", ground.rival_thick), "sh", base,
              jails + "/" + name("copy")}));
    (void)time({gaol, "destroy", "--yes", "--now", "--path", jails + "/" + name("thick")});
    fs::remove_all(jails + "/" + name("copy"));
  }
  fmt::print("{:6} | thin {:7.2f} ms", ground.name, median(thin));
  if (ground.rival_thin)
    fmt::print(", its own clone {:7.2f} ms ({:.2f})", median(rival_thin),
               median(thin) / median(rival_thin));
  fmt::print(" | thick {:7.0f} ms, cp -a and sync {:7.0f} ms ({:.2f})\n", median(thick),
             median(rival_thick), median(thick) / median(rival_thick));

  const int trees = ground.name == std::string_view("zfs") ? options.trees / 50 : options.trees;
  const auto before = used(top);
  for (int n = 0; n < trees; ++n) (void)time(create(fmt::format("tenant{}", n), "--thin"));
  fmt::print("{:6} | {} thin trees take {:.1f} MB\n", ground.name, trees,
             static_cast<double>(used(top) - before) / 1e6);
  std::fflush(stdout);
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
  for (const auto& ground : kGrounds) measure(ground, options, here / "../bin/gaol");
}
