// SPDX-License-Identifier: BSD-2-Clause
//
// What a listing costs on a machine full of jails, and whether a start costs more there. The jails
// are real: jls(8) asks the kernel about each of them.
//
//   jls [--jails N] [--rounds N]
//
// Nothing of this touches the machine: see stage.h.
#include <getopt.h>

#include <algorithm>

#include "bench/stage.h"

namespace {

using namespace gaol::bench;

struct Times {
  std::vector<double> took;  // milliseconds
  double percentile(double part) {
    std::ranges::sort(took);
    return took[static_cast<size_t>(part * static_cast<double>(took.size() - 1))];
  }
};

void print(const std::string& what, Times times) {
  fmt::print("{:34} | {:7.2f} {:7.2f}\n", what, times.percentile(0.5), times.percentile(0.95));
}

Times time(const Words& command, int rounds, int output) {
  Times times;
  for (int round = 0; round < rounds; ++round) {
    const Run result = run(command, output);
    if (result.status != 0) die(fmt::format("{}: {}", command[0], ask(command).text));
    times.took.push_back(result.took.count());
  }
  return times;
}

struct Options {
  int jails = 10000, rounds = 20;
};

Options parse(int argc, char** argv) {
  const option kLong[] = {
      {"jails", required_argument, nullptr, 'j'}, {"rounds", required_argument, nullptr, 'n'}, {}};
  Options options;
  for (int c; (c = ::getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    if (c == 'j') options.jails = gaol::number<int>(optarg).value_or(0);
    if (c == 'n') options.rounds = gaol::number<int>(optarg).value_or(0);
    if (c == '?') std::exit(1);
  }
  if (options.jails < 1 || options.rounds < 1) die("expected numbers above 0");
  return options;
}

void measure(const Options& options) {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const std::string jail = here / "../bin/jail", jls = here / "../bin/jls";
  enter_own_machine();
  const Tree tree(here / "start_true");
  const int nowhere = check(::open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");

  const Words start = {jail, "-c", "path=" + tree.path(), "command=/bin/true"};
  (void)time(start, options.rounds, nowhere);
  Times alone = time(start, 10 * options.rounds, nowhere);
  for (int n = 1; n <= options.jails; ++n)
    (void)time({jail, "-c", fmt::format("name=tenant{:05}", n), "path=" + tree.path(),
                fmt::format("host.hostname=www{}.example.org", n), "persist", "allow.mlock",
                fmt::format("meta.owner=customer {}", n / 10)},
               1, nowhere);
  Times crowded = time(start, 10 * options.rounds, nowhere);

  fmt::print("{} jails, milliseconds of whole commands    p50     p95\n", options.jails);
  print("start and exit of /bin/true, alone", alone);
  print("the same among them", crowded);
  const std::string one = fmt::format("tenant{:05}", options.jails / 2 + 1);
  for (const Words& words : {Words{},
                             {"-v"},
                             {"-N"},
                             {"jid", "name"},
                             {"-n"},
                             {"-s"},
                             {"--libxo", "json"},
                             {"-j", one},
                             {"-c", "-j", one}}) {
    Words command = {jls};
    std::string title = "jls";
    for (const auto& word : words) {
      command.push_back(word);
      title += " " + word;
    }
    print(title, time(command, options.rounds, nowhere));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (::geteuid() != 0) die("must be root");
  return in_own_cgroup([&] { measure(options); });
}
