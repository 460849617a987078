// SPDX-License-Identifier: BSD-2-Clause

// devfs(8): show the rulesets of this machine. FreeBSD keeps them in its kernel, and this command
// changes them there; here they are files that are read whenever a jail starts, so what changes
// them is an editor.
// Source: devfs(8), FreeBSD 15.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/suggest.h"
#include "devfs/load.h"
#include "tools/print.h"

namespace {

using namespace gaol;
using tools::complain;
using tools::say;

constexpr const char* kUsage =
    "usage: devfs rule showsets\n"
    "       devfs rule -s ruleset show [number]\n";

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(1);
}

struct Words {
  std::string set;                // of -s
  std::vector<std::string> rest;  // the verb and what is behind it
};

Words parse_words(int argc, char** argv) {
  Words words;
  for (int c; (c = ::getopt(argc, argv, "+s:")) != -1;) {
    if (c != 's') usage();
    words.set = optarg;
  }
  words.rest.assign(argv + optind, argv + argc);
  if (words.rest.empty()) usage();
  return words;
}

Result<> show_sets(const devfs::Rulesets& sets, const Words& words) {
  if (words.rest.size() > 1) usage();
  for (const auto& set : sets.all()) say(concat(set.number));
  return {};
}

Result<> show(const devfs::Rulesets& sets, const Words& words) {
  if (words.set.empty() || words.rest.size() > 2) usage();
  const auto* set = sets.find(number<int>(words.set).value_or(0));
  if (!set) return fail("ruleset ", words.set, ": no such ruleset");
  const bool all = words.rest.size() == 1;
  bool shown = all;
  for (const auto& rule : set->rules)
    if (all || concat(rule.number) == words.rest[1]) {
      say(devfs::text_of(rule));
      shown = true;
    }
  if (!shown) return fail("ruleset ", words.set, " has no rule ", words.rest[1]);
  return {};
}

Result<> edit(const devfs::Rulesets&, const Words& words) {
  return fail(Error{0,
                    concat("rule ", words.rest[0],
                           ": not supported on this system: rules are read from files when a jail "
                           "starts"),
                    "edit /etc/devfs.rules; jail -m devfs_ruleset=N applies it to a running jail"});
}

struct Verb {
  std::string_view word;
  Result<> (*run)(const devfs::Rulesets&, const Words&);
};
constexpr Verb kVerbs[] = {
    {"show", show},     {"showsets", show_sets}, {"add", edit},    {"apply", edit},
    {"applyset", edit}, {"del", edit},           {"delset", edit},
};

Result<> run_rule(const Words& words) {
  const auto* verb = std::ranges::find(kVerbs, words.rest[0], &Verb::word);
  if (verb == std::end(kVerbs)) {
    std::vector<std::string_view> all;
    for (const auto& one : kVerbs) all.push_back(one.word);
    return fail("rule ", words.rest[0], ": unknown word", did_you_mean(words.rest[0], all));
  }
  const auto sets = TRY(devfs::load_rules(sys::real_kernel()));
  return verb->run(sets, words);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) usage();
  const std::string_view command = argv[1];
  if (command == "ruleset") {
    complain("devfs",
             "ruleset: not supported on this system: the host's /dev shows every device (a jail's "
             "set is its parameter devfs_ruleset)");
    return 1;
  }
  if (command != "rule") usage();
  const auto done = run_rule(parse_words(argc - 1, argv + 1));
  if (!done) complain("devfs", done.error());
  return done ? 0 : 1;
}
