// SPDX-License-Identifier: BSD-2-Clause
//
// What a large jail.conf costs every command that reads it: from bytes to the settings of each
// jail, and from there to a plan for all of them. The file is what a hosting machine generates:
// globals with variables, a block for each jail, chains of ten that depend on each other.

#include <benchmark/benchmark.h>

#include <string>

#include "base/text.h"
#include "batch/plan.h"
#include "jail/conf.h"

namespace {

using namespace gaol;

std::string file_of(int64_t jails) {
  std::string text = R"($root = "/jails";
path = "$root/$name";
exec.clean;
mount.devfs;
exec.start = "/bin/sh /etc/rc";
exec.stop = "/bin/sh /etc/rc.shutdown jail";
exec.consolelog = "/var/log/jail_${name}_console.log";
host.hostname = "$name.example.com";
)";
  for (int64_t i = 0; i < jails; ++i) {
    text += concat("j", i, " { ip4.addr = \"lo1|10.", i / 65536, ".", i / 256 % 256, ".", i % 256,
                   "/32\"; persist; ");
    if (i % 10 > 0) text += concat("depend = j", i - 1, "; ");
    text += "}\n";
  }
  return text;
}

jail::Conf load(const std::string& text) {
  return jail::load_conf(
             "jail.conf",
             {.read = [&](const std::string&) -> Result<std::string> { return text; },
              .glob = [](const std::string& name) { return std::vector<std::string>{name}; }})
      .value();
}

void read_configuration(benchmark::State& state) {
  const std::string text = file_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(load(text));
}

void plan_all(benchmark::State& state) {
  const std::string text = file_of(state.range(0));
  const auto conf = load(text);
  std::vector<batch::Target> targets;
  for (const auto& jail : conf.jails)
    targets.push_back({jail.name, &jail, batch::Asked::by_wildcard});
  for (auto _ : state)
    benchmark::DoNotOptimize(
        batch::plan_operation(conf, targets, {.create = true, .remove = true}));
}

BENCHMARK(read_configuration)->Arg(1)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_all)->Arg(1)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
