// SPDX-License-Identifier: BSD-2-Clause
//
// What a router pays for rules of pf, as ratios of rules of nft(8) that were written by hand for
// the same policy: packets that it forwards, connections that are made through it, and how long
// many rules and addresses take to load.
//
//   pf [--rounds N]
//
// Three network namespaces stand for the router and the machines on both of its sides. Everybody's
// rules are loaded in turn, and the median of the rounds' ratios counts.
#include <getopt.h>

#include <cmath>

#include "bench/services.h"

namespace {

using namespace gaol::bench;

constexpr const char* kPort = "8000";
constexpr const char* kPackets = "300000";
constexpr const char* kConnects = "4000";
constexpr const char* kServer = "198.51.100.2";

// --- the machines ---

// A network namespace at one end of a wire to the router.
class Machine {
 public:
  Machine(const std::string& wire, const std::string& network)
      : holder_({"unshare", "-n", "sleep", "infinity"}) {
    ::usleep(200'000);
    const std::string pid = fmt::format("{}", holder_.pid());
    must({"ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", pid});
    must({"ip", "address", "add", network + ".1/24", "dev", wire});
    must({"ip", "link", "set", wire, "up"});
    must(in({"ip", "address", "add", network + ".2/24", "dev", "eth0"}));
    must(in({"ip", "link", "set", "eth0", "up"}));
    must(in({"ip", "route", "add", "default", "via", network + ".1"}));
  }
  Words in(const Words& words) const {
    Words all = {"nsenter", "-n", "-t", fmt::format("{}", holder_.pid())};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }

 private:
  Service holder_;
};

// --- one policy, in several hands ---

// Addresses that nobody has, but for one in the middle.
std::string address(int n, int rules) {
  return n == rules / 2 ? kServer : fmt::format("203.0.{}.{}", n >> 8, n & 255);
}

// Nothing passes but connections to services. Each statement is two rules, one for a protocol.
std::string pf_conf(int rules) {
  std::string text = "block drop all\npass out on wire1 all\n";
  for (int n = 0; n < rules / 2; ++n)
    text += fmt::format("pass in on wire0 proto {{ tcp udp }} from any to {} port {}\n",
                        address(n, rules / 2), kPort);
  return text;
}

std::string nft_head() {
  return "table inet hand {\n chain forward {\n  type filter hook forward priority 0; policy "
         "drop;\n"
         "  ct state established,related accept\n";
}

// A rule for each.
std::string nft_rules(int rules) {
  std::string text = nft_head();
  for (int n = 0; n < rules / 2; ++n)
    text += fmt::format(
        "  iifname \"wire0\" oifname \"wire1\" ip daddr {} meta l4proto {{ tcp, udp }} th dport {} "
        "accept\n",
        address(n, rules / 2), kPort);
  return text + " }\n}\n";
}

// One set for all.
std::string nft_set(int rules) {
  std::string text =
      "table inet hand {\n set services {\n  type ipv4_addr . inet_service\n"
      "  elements = { ";
  for (int n = 0; n < rules / 2; ++n)
    text += fmt::format("{}{} . {}", n ? ", " : "", address(n, rules / 2), kPort);
  text += " }\n }\n}\n" + nft_head();
  return text +
         "  iifname \"wire0\" oifname \"wire1\" meta l4proto { tcp, udp } ip daddr . th dport "
         "@services accept\n }\n}\n";
}

struct Hand {
  const char* name;
  std::function<void(int rules)> load;
  std::function<void()> unload;
};

void load_nft(const std::string& text) {
  write_file("/run/nft", text);
  must({"nft", "-f", "/run/nft"});
}

std::vector<Hand> hands(const std::string& pfctl) {
  const auto no_table = [] { must({"nft", "delete", "table", "inet", "hand"}); };
  return {{"a rule for each", [](int rules) { load_nft(nft_rules(rules)); }, no_table},
          {"one set", [](int rules) { load_nft(nft_set(rules)); }, no_table},
          {"pf",
           [=](int rules) {
             write_file("/run/pf.conf", pf_conf(rules));
             must({pfctl, "-q", "-e", "-f", "/run/pf.conf"});
           },
           [=] {
             must({pfctl, "-q", "-d", "-F", "rules"});
           }}};
}

// --- what is measured ---

struct Measured {
  double packets, connects;  // more is better
};

const std::string kLoad = "/run/net_load";

Measured take(const Machine& client) {
  const double packets = number_of(client.in({kLoad, "flood", kServer, kPort, kPackets}));
  const double each = number_of(client.in({kLoad, "connect", kServer, kPort, kConnects}));
  return {packets, 1e6 / each};
}

struct Figures {
  std::vector<double> packets, connects;
  void add(const Measured& one) {
    packets.push_back(one.packets);
    connects.push_back(one.connects);
  }
};

Figures ratios(const Figures& of, const Figures& to) {
  Figures all;
  for (size_t i = 0; i < of.packets.size(); ++i)
    all.add({of.packets[i] / to.packets[i], of.connects[i] / to.connects[i]});
  return all;
}

void print(const std::string& name, const Figures& figures, const Figures* rival) {
  fmt::print("  {:18} {:10.0f} {:10.0f}", name, median(figures.packets), median(figures.connects));
  if (rival) {
    const auto beside = ratios(figures, *rival);
    fmt::print("   {:.3f} {:.3f}", median(beside.packets), median(beside.connects));
  }
  fmt::print("\n");
}

double milliseconds(const Words& words) {
  const auto began = std::chrono::steady_clock::now();
  must(words);
  return Millis(std::chrono::steady_clock::now() - began).count();
}

double available_kilobytes() {
  ::sleep(1);
  const std::string text = read("/proc/meminfo");
  return std::atof(text.c_str() + text.find("MemAvailable:") + sizeof "MemAvailable:");
}

// --- the bench ---

void compare(const Machine& client, const std::vector<Hand>& hands, int rounds) {
  std::vector<Figures> of_pf;
  for (const int rules : {10, 100, 1000, 10000}) {
    std::vector<Figures> figures(hands.size());
    for (int round = 0; round < rounds; ++round) {
      for (size_t i = 0; i < hands.size(); ++i) {
        hands[i].load(rules);
        figures[i].add(take(client));
        hands[i].unload();
      }
    }
    fmt::print("{} rules               packets/s connects/s   beside one set\n", rules);
    for (size_t i = 0; i < hands.size(); ++i)
      print(hands[i].name, figures[i], i == 1 ? nullptr : &figures[1]);
    of_pf.push_back(figures.back());
    std::fflush(stdout);
  }
  const double packets = median(of_pf[3].packets) / median(of_pf[1].packets);
  const double connects = median(of_pf[3].connects) / median(of_pf[1].connects);
  fmt::print("pf, 10000 rules beside 100: {:.3f} of the packets, {:.3f} of the connections\n\n",
             packets, connects);
}

void load_much(const std::string& pfctl) {
  write_file("/run/pf.conf", pf_conf(10000));
  const double before = available_kilobytes();
  fmt::print("10000 rules: {:.0f} ms", milliseconds({pfctl, "-q", "-f", "/run/pf.conf"}));
  fmt::print(", again {:.0f} ms", milliseconds({pfctl, "-q", "-f", "/run/pf.conf"}));
  fmt::print(", {:.0f} KB\n", before - available_kilobytes());
  std::string text = "table <many> { ";
  for (int n = 0; n < 100'000; ++n)
    text += fmt::format("10.{}.{}.{} ", n >> 15, n >> 7 & 255, (n & 127) * 2);
  write_file("/run/pf.conf", text + "}\nblock in from <many>\n");
  const double between = available_kilobytes();
  fmt::print("a table of 100000 addresses: {:.0f} ms",
             milliseconds({pfctl, "-q", "-f", "/run/pf.conf"}));
  fmt::print(", {:.0f} KB beyond the rules'\n", between - available_kilobytes());
}

void measure(int rounds) {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const std::string pfctl = here / "../bin/pfctl";
  enter_own_machine();
  fs::copy_file(here / "net_load", kLoad);
  must({"ip", "link", "set", "lo", "up"});
  write_file("/proc/sys/net/ipv4/ip_forward", "1");
  const Machine client("wire0", "192.0.2"), server("wire1", "198.51.100");
  const Service streams(server.in({kLoad, "serve", kServer, kPort}));
  const Service datagrams(server.in({kLoad, "sink", kServer, kPort}));
  ::usleep(200'000);
  compare(client, hands(pfctl), rounds);
  load_much(pfctl);
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 9;
  const option kLong[] = {{"rounds", required_argument, nullptr, 'n'}, {}};
  for (int c; (c = ::getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    if (c != 'n') return 1;
    rounds = std::atoi(optarg);
  }
  return in_own_cgroup([&] { measure(rounds); });
}
