// SPDX-License-Identifier: BSD-2-Clause
//
// What a network costs in a jail, as ratios of the same programs without one: on the host's network
// stack beside the bare host, and on a stack of its own beside a veth and a bridge made by hand.
// Then the same on the host's stack among many jails, and the memory that they take.
//
//   net [--rounds N] [--jails N] [--vnets N]
//
// Everybody runs in turn, and the median of the rounds' ratios counts. Nothing of this touches the
// machine: see stage.h.
#include <getopt.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "bench/services.h"

namespace {

using namespace gaol::bench;

struct Options {
  int rounds = 15, jails = 5000, vnets = 200;
};

constexpr const char* kPort = "8000";
constexpr const char* kWebPort = "8080";
constexpr const char* kMegabytes = "600";
constexpr const char* kConnects = "5000";

// Where a program runs: what stands before its words, and the address that is its own there.
struct Place {
  std::string name;
  Words prefix;
  std::string address;
};

Words in(const Place& place, const Words& words) {
  Words all = place.prefix;
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

// --- what is measured ---

struct Measure {
  const char* name;
  bool more_is_better;
  // A number of one round; `host` is where the other end is.
  std::function<double(const Place& place, const Place& host)> take;
};

const std::string kLoad = "/run/net_load";

double requests(const std::string& report) {
  const auto at = report.find("Requests/sec:");
  return at == report.npos ? 0 : std::atof(report.c_str() + at + sizeof "Requests/sec:");
}

const Measure kMeasures[] = {
    {"TCP into it, MB/s", true,
     [](const Place& place, const Place& host) {
       return number_of(in(host, {kLoad, "stream", place.address, kPort, kMegabytes}));
     }},
    {"TCP out of it, MB/s", true,
     [](const Place& place, const Place& host) {
       return number_of(in(place, {kLoad, "stream", host.address, kPort, kMegabytes}));
     }},
    {"connect out of it, us", false,
     [](const Place& place, const Place& host) {
       return number_of(in(place, {kLoad, "connect", host.address, kPort, kConnects}));
     }},
    {"nginx in it, requests/s", true,
     [](const Place& place, const Place& host) {
       return requests(must(in(host, {"/usr/bin/wrk", "-t1", "-c16", "-d1s",
                                      fmt::format("http://{}:{}/", place.address, kWebPort)})));
     }},
};

// Better is above 1.
double ratio(const Measure& measure, double of, double to) {
  return measure.more_is_better ? of / to : to / of;
}

// What one measure gave: at each place, and as ratios between the last place and the first. A round
// is short, so that what else the machine does is the same for both.
struct Figures {
  std::vector<std::vector<double>> at;
  std::vector<double> ratios;
};

void take_round(const Measure& measure, const std::vector<Place>& places, const Place& host,
                Figures& figures) {
  figures.at.resize(places.size());
  for (size_t i = 0; i < places.size(); ++i) figures.at[i].push_back(measure.take(places[i], host));
  figures.ratios.push_back(ratio(measure, figures.at.back().back(), figures.at.front().back()));
}

// Programs that are started get places in memory that make them faster or slower by some per cent
// for as long as they run, so they are started again and again.
constexpr int kSittings = 5;
using Services = std::vector<std::unique_ptr<Service>>;

// Prints the medians of every measure, and gives those of the ratios.
std::vector<double> compare(const std::vector<Place>& places, const Place& host, int rounds,
                            const std::function<Services()>& serve) {
  std::vector<Figures> figures(std::size(kMeasures));
  for (int sitting = 0; sitting < kSittings; ++sitting) {
    const Services services = serve();
    ::sleep(2);
    for (size_t i = 0; i < figures.size(); ++i)
      for (int round = sitting; round < rounds; round += kSittings)
        take_round(kMeasures[i], places, host, figures[i]);
  }
  fmt::print("{:26}", "");
  for (const auto& place : places) fmt::print(" {:>22}", place.name);
  fmt::print(" {:>8}\n", "ratio");
  std::vector<double> ratios;
  for (size_t i = 0; i < figures.size(); ++i) {
    fmt::print("{:26}", kMeasures[i].name);
    for (const auto& values : figures[i].at) fmt::print(" {:22.1f}", median(values));
    ratios.push_back(median(figures[i].ratios));
    fmt::print(" {:8.3f}\n", ratios.back());
  }
  return ratios;
}

// --- the machine ---

constexpr const char* kNginx = R"(daemon off; master_process off; pid /tmp/nginx-{}.pid;
error_log /dev/null; events {{ }}
http {{ access_log off; client_body_temp_path /tmp; proxy_temp_path /tmp; fastcgi_temp_path /tmp;
uwsgi_temp_path /tmp; scgi_temp_path /tmp;
server {{ listen {}:{}; location / {{ return 200 "hello\n"; }} }} }}
)";

// A tree with the host's programs.
void furnish(const std::string& tree, const fs::path& load) {
  fs::create_directory(tree + "/run");
  fs::copy_file(load, tree + kLoad);
  fs::create_directory(tree + "/usr");
  for (const char* name : {"lib", "lib64"})
    fs::create_symlink(fs::path("usr") / name, tree + "/" + name);
  write_file(tree + "/etc/passwd", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
  write_file(tree + "/etc/group", "root:x:0:\nnogroup:x:65534:\n");
}

// nginx and the other end of our own load. `root`: of the place's tree.
void serve(const Place& place, const std::string& root, Services& out) {
  const std::string conf = "/tmp/nginx-" + place.address;
  write_file(root + conf, fmt::format(kNginx, place.address, place.address, kWebPort));
  out.push_back(std::make_unique<Service>(in(place, {kLoad, "serve", place.address, kPort})));
  out.push_back(std::make_unique<Service>(in(place, {"/usr/sbin/nginx", "-c", conf})));
}

// What each of so many more jails takes, in kilobytes.
double memory_of(int jails, const std::function<void(int)>& make) {
  const auto available = [] {
    ::sleep(1);
    const std::string text = read("/proc/meminfo");
    return std::atof(text.c_str() + text.find("MemAvailable:") + sizeof "MemAvailable:");
  };
  const double before = available();
  for (int n = 1; n <= jails; ++n) make(n);
  return (before - available()) / jails;
}

// A network namespace of nobody's, on the bridge as jails are.
class HandMade {
 public:
  explicit HandMade(const Place& place) : holder_({"unshare", "-n", "sleep", "infinity"}) {
    ::usleep(200'000);
    const std::string pid = fmt::format("{}", holder_.pid());
    must({"ip", "link", "add", "hand", "type", "veth", "peer", "name", "eth0", "netns", pid});
    must({"ip", "link", "set", "hand", "master", "bridge0", "up"});
    for (const Words& words : {Words{"ip", "address", "add", place.address + "/24", "dev", "eth0"},
                               {"ip", "link", "set", "eth0", "up"},
                               {"ip", "link", "set", "lo", "up"}}) {
      Words inside = prefix();
      inside.insert(inside.end(), words.begin(), words.end());
      must(inside);
    }
  }
  Words prefix() const { return {"nsenter", "-n", "-t", fmt::format("{}", holder_.pid())}; }

 private:
  Service holder_;
};

void measure(const Options& options) {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const std::string jail = here / "../bin/jail", jexec = here / "../bin/jexec";
  for (const char* needed : {"/usr/bin/wrk", "/usr/sbin/nginx"})
    if (!fs::exists(needed)) die(fmt::format("{} is missing", needed));
  enter_own_machine();
  mount_over("tmpfs", "/tmp");
  fs::copy_file(here / "net_load", kLoad);
  const Tree tree(here / "start_true");
  furnish(tree.path(), here / "net_load");
  const auto start = [&](const Words& more) {
    Words words = {jail, "-c", "path=" + tree.path(), "persist"};
    words.insert(words.end(), more.begin(), more.end());
    must(words);
  };
  const std::string usr = fmt::format("mount=/usr {}/usr nullfs ro 0 0", tree.path());

  must({"ip", "link", "set", "lo", "up"});
  for (const char* address : {"192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"})
    must({"ip", "address", "add", address, "dev", "lo"});
  const Place host{"the host", {}, "192.0.2.1"};
  const std::vector<Place> shared = {{"on the host", {}, "192.0.2.2"},
                                     {"in a jail", {jexec, "web"}, "192.0.2.3"}};
  start({"name=web", "ip4.addr=192.0.2.3", usr});
  const auto serve_shared = [&] {
    Services out;
    for (const auto& place : {host, shared[0]}) serve(place, "", out);
    serve(shared[1], tree.path(), out);
    return out;
  };
  fmt::print("the host's network stack, medians of {} rounds\n", options.rounds);
  const auto alone = compare(shared, host, options.rounds, serve_shared);

  must({"ip", "link", "add", "bridge0", "type", "bridge"});
  must({"ip", "address", "add", "198.51.100.1/24", "dev", "bridge0"});
  must({"ip", "link", "set", "bridge0", "up"});
  std::vector<Place> apart = {{"veth and bridge", {}, "198.51.100.2"},
                              {"in a vnet jail", {jexec, "own"}, "198.51.100.3"}};
  const HandMade hand(apart[0]);
  apart[0].prefix = hand.prefix();
  start({"name=own", "vnet", "vnet.bridge=bridge0", "vnet.ip4=198.51.100.3/24", usr});
  const Place gateway{"the host", {}, "198.51.100.1"};
  fmt::print("\na stack of its own\n");
  compare(apart, gateway, options.rounds, [&] {
    Services out;
    for (const auto& place : {gateway, apart[0]}) serve(place, "", out);
    serve(apart[1], tree.path(), out);
    return out;
  });

  const double each = memory_of(options.jails, [&](int n) {
    start({fmt::format("name=tenant{}", n),
           fmt::format("ip4.addr=10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)});
  });
  fmt::print("\nthe host's network stack among {} jails\n", options.jails);
  const auto crowded = compare(shared, host, options.rounds, serve_shared);
  for (size_t at = 0; at < crowded.size(); ++at)
    fmt::print("{:26} {:.3f} of the ratio that the jail had alone\n", kMeasures[at].name,
               crowded[at] / alone[at]);

  const double vnet = memory_of(options.vnets, [&](int n) {
    start({fmt::format("name=vnet{}", n), "vnet", "vnet.bridge=bridge0",
           fmt::format("vnet.ip4=198.51.100.{}/24", 3 + n)});
  });
  fmt::print("\nmemory of an idle jail: {:.0f} KB on the host's stack, {:.0f} KB with its own\n",
             each, vnet);
}

Options parse(int argc, char** argv) {
  Options options;
  const option kLong[] = {{"rounds", required_argument, nullptr, 'n'},
                          {"jails", required_argument, nullptr, 'j'},
                          {"vnets", required_argument, nullptr, 'v'},
                          {}};
  for (int c; (c = ::getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    if (c == '?') std::exit(1);
    int& number = c == 'n' ? options.rounds : c == 'j' ? options.jails : options.vnets;
    number = gaol::number<int>(optarg).value_or(0);
  }
  if (options.rounds < 1 || options.jails < 1 || options.vnets < 1 || options.vnets > 250)
    die("expected numbers above 0, and at most 250 vnets");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (::geteuid() != 0) die("must be root");
  return in_own_cgroup([&] { measure(options); });
}
