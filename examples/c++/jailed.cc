// SPDX-License-Identifier: BSD-2-Clause

// Makes a jail from a directory, changes it, runs a program in it, lists what runs beside it, and
// removes it.
//
//   c++ -std=c++23 jailed.cc -o jailed $(pkg-config --cflags --libs gaol)
//   ./jailed /usr/jails/web /bin/hostname

#include <cstdio>
#include <gaol/jail.hpp>

namespace {

gaol::Result<int> run_inside(gaol::Jail& jail, std::vector<std::string> words) {
  if (auto set = jail.set({{"host.hostname", "jailed.example.com"}, {"allow.mlock"}}); !set)
    return std::unexpected(set.error());
  auto program = jail.run(std::move(words));
  if (!program) return std::unexpected(program.error());
  return program->wait();
}

gaol::Result<> print_list() {
  auto all = gaol::Jail::list();
  if (!all) return std::unexpected(all.error());
  for (const auto& jail : *all) {
    auto path = jail.get("path");
    if (!path) return std::unexpected(path.error());
    std::printf("%s %s\n", jail.name().value_or("?").c_str(), path->c_str());
  }
  std::fflush(stdout);
  return {};
}

int complain(const gaol::Error& error) {
  std::fprintf(stderr, "jailed: %s\n", error.text.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return complain({0, "usage: jailed directory program [argument ...]"});
  auto jail = gaol::Jail::create({{"name", "jailed"}, {"path", argv[1]}, {"persist"}});
  if (!jail) return complain(jail.error());
  const auto listed = print_list();
  const auto status = run_inside(*jail, {argv + 2, argv + argc});
  const auto removed = jail->remove();
  if (!listed) return complain(listed.error());
  if (!status) return complain(status.error());
  if (!removed) return complain(removed.error());
  return *status;
}
