// SPDX-License-Identifier: BSD-2-Clause

// pfctl(8): reads rulesets, checks them, prints what they mean, and has the kernel follow them.
// Source: pfctl(8), FreeBSD 15.

#include <inttypes.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <ranges>

#include "pf/compile.h"
#include "pf/explain.h"
#include "pf/facts.h"
#include "pf/kept.h"
#include "pf/load.h"
#include "pf/lower_match.h"
#include "pf/print.h"
#include "tools/pfctl.h"
#include "tools/print.h"

namespace {

using namespace gaol;
using pfctl::Asked;
using pfctl::quietly;
using tools::complain;

constexpr const char* kUsage =
    "usage: pfctl [-AdeghMmNnOPqRrSvz] [-a anchor] [-D macro=value] [-F modifier]\n"
    "\t[-f file] [-i interface] [-K host | network]\n"
    "\t[-k host | network | gateway | label | id] [-o level] [-p device]\n"
    "\t[-s modifier] [-t table -T command [address ...]] [-x level]\n"
    "\t[--explain in | out on interface packet]\n";

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(1);
}

// Abbreviations: the first word that begins so is meant.
constexpr std::string_view kFlush[] = {"nat",    "queue", "rules", "Sources",  "states", "info",
                                       "Tables", "osfp",  "all",   "ethernet", "Reset"};
constexpr std::string_view kShow[] = {"ether",    "nat",       "queue",  "rules",      "Anchors",
                                      "Sources",  "states",    "info",   "Interfaces", "labels",
                                      "timeouts", "memory",    "Tables", "osfp",       "Running",
                                      "all",      "creatorids"};
constexpr std::string_view kTable[] = {"kill", "flush", "add",  "delete", "load", "replace",
                                       "show", "test",  "zero", "expire", "reset"};
constexpr std::string_view kOptimize[] = {"none", "basic", "profile"};
constexpr std::string_view kDebug[] = {"none", "urgent", "misc", "loud"};

template <size_t N>
std::string_view chosen(const std::string_view (&words)[N], std::string_view text,
                        std::string_view kind) {
  const auto* found = std::ranges::find_if(
      words, [&](std::string_view word) { return word.starts_with(text) && !text.empty(); });
  if (found != std::end(words)) return *found;
  complain("pfctl", concat("Unknown ", kind, " '", text, "'"));
  usage();
}

struct Flushed {
  std::string_view what, said;
  void (*flush)(pf::Ruleset&);
};
constexpr Flushed kFlushed[] = {
    {"nat", "nat cleared", [](pf::Ruleset& r) { r.nat = r.rdr = r.binat = {}; }},
    {"rules", "rules cleared",
     [](pf::Ruleset& r) {
       r.scrub = {};
       r.filter = {};
     }},
    {"ethernet", "Ethernet rules cleared", [](pf::Ruleset& r) { r.ether = {}; }},
};

bool is_flushed(std::string_view what);

void define(Asked& words, std::string_view text) {
  const auto equals = text.rfind('=');
  if (equals == text.npos || equals == 0) {
    complain("pfctl", "-D macro=value: the = is missing");
    usage();
  }
  words.macros.emplace_back(text.substr(0, equals), text.substr(equals + 1));
}

// Each of these may be given once.
void once(std::string_view& seen, std::string_view value) {
  if (!seen.empty()) usage();
  seen = value;
}

void read_option(Asked& words, int option, const char* value, std::string_view (&seen)[128]) {
  const auto refuse = [&] {
    if (words.refused.empty())
      words.refused =
          concat("-", static_cast<char>(option), value ? concat(" ", std::string_view(value)) : "");
  };
  std::string_view& before = seen[option];
  switch (option) {
    case 'A': words.only_queue = true; break;
    case 'a': words.anchor = value; break;
    case 'D': define(words, value); break;
    case 'F':
      once(before, words.flush = chosen(kFlush, value, "flush modifier"));
      if (!is_flushed(words.flush)) refuse();
      break;
    case 'f':
      once(before, "f");
      words.file = value;
      break;
    case 'g':
    case 'M':
    case 'p':
    case 'r':
    case 'S': break;
    case 'h': std::fputs(kUsage, stderr); std::exit(0);
    case 'i': words.interface = value; break;
    case 'K':
      words.source_kills.emplace_back(value);
      if (words.source_kills.size() > 2) {
        complain("pfctl", "can only specify -K twice");
        usage();
      }
      break;
    case 'k':
      words.kills.emplace_back(value);
      if (words.kills.size() > 2) {
        complain("pfctl", "can only specify -k twice");
        usage();
      }
      break;
    case 'm': words.merge = true; break;
    case 'N': words.only_nat = true; break;
    case 'n': words.dry = true; break;
    case 'O': words.only_options = true; break;
    case 'o': (void)chosen(kOptimize, value, "optimization"); break;
    case 'P': words.numeric = true; break;
    case 'q': words.quiet = true; break;
    case 'R': words.only_filter = true; break;
    case 's':
      once(before, words.show = chosen(kShow, value, "show modifier"));
      if (!pfctl::is_shown(words.show)) refuse();
      break;
    case 'T': once(before, words.table_command = chosen(kTable, value, "table command")); break;
    case 't': words.table = value; break;
    case 'v': ++words.verbose; break;
    case 'x': words.debug = chosen(kDebug, value, "debug level"); break;
    case 'd': words.disable = true; break;
    case 'e': words.enable = true; break;
    case 'z': words.zero = true; break;
    default: usage();
  }
}

bool is_of_table(const Asked& words) {
  return !words.table_command.empty() && words.table_command != "load";
}

// What stands behind --explain is all a question.
std::string take_question(int& argc, char** argv) {
  char** const end = argv + argc;
  char** const at = std::find(argv, end, std::string_view("--explain"));
  if (at == end) return {};
  if (at + 1 == end) usage();
  argc = static_cast<int>(at - argv);
  return join(std::vector<std::string>(at + 1, end), " ");
}

Asked parse_words(int argc, char** argv) {
  Asked words;
  words.question = take_question(argc, argv);
  std::string_view seen[128];
  for (int c; (c = ::getopt(argc, argv, "Aa:dD:eF:f:ghi:K:k:MmNnOo:Pp:qRrSs:T:t:vx:z")) != -1;)
    read_option(words, c, c == '?' ? nullptr : optarg, seen);
  const bool load = words.table_command == "load";
  if (words.table.empty() != (words.table_command.empty() || load)) usage();
  if (words.table_command.empty() && optind < argc) usage();
  words.addresses.assign(argv + optind, argv + argc);
  if (words.anchor.starts_with('_') || words.anchor.contains("/_")) {
    complain("pfctl", "anchor names beginning with '_' cannot be modified from the command line");
    std::exit(1);
  }
  const bool asks = words.enable || words.disable || !words.show.empty() || !words.flush.empty() ||
                    !words.kills.empty() || !words.source_kills.empty() || !words.debug.empty() ||
                    words.zero || !words.question.empty() || is_of_table(words);
  if (words.file.empty() && words.refused.empty() && !asks) usage();
  return words;
}

Result<> turn(const Asked& words, pf::Keeper& keeper, bool on) {
  if (keeper.now().enabled == on) return fail(on ? "pf already enabled" : "pf not enabled");
  pf::Kept next = keeper.now();
  next.enabled = on;
  next.since = std::time(nullptr);
  TRY(pfctl::put(keeper, std::move(next)));
  if (!words.quiet) tools::write_line(stderr, on ? "pf enabled" : "pf disabled");
  return {};
}

// -x: the level is an option of the main ruleset. Nothing here says more or less by it.
Result<> set_debug(const Asked& words, pf::Keeper& keeper) {
  pf::Kept next = keeper.now();
  auto& unit = next.units[""];
  std::string text = concat("set debug ", words.debug, "\n");
  for (const auto line : split(unit, '\n'))
    if (!line.empty() && !line.starts_with("set debug ")) text += concat(line, "\n");
  unit = text;
  TRY(pfctl::put(keeper, std::move(next)));
  if (!words.quiet) tools::write_line(stderr, concat("debug level set to '", words.debug, "'"));
  return {};
}

Result<> flush_rules(const Asked& words, pf::Keeper& keeper, const Flushed& flushed) {
  const bool known = keeper.now().units.contains(words.anchor);
  if (!known && !words.anchor.empty()) return fail("Anchor '", words.anchor, "' not found.");
  if (known) TRY(pfctl::edit(keeper, words.anchor, flushed.flush));
  if (!words.quiet) tools::write_line(stderr, flushed.said);
  return {};
}

// Options as if no file had set them.
Result<> reset(const Asked& words, pf::Keeper& keeper) {
  pf::Kept next = keeper.now();
  if (const auto unit = next.units.find(""); unit != next.units.end()) {
    std::string text;
    for (const auto line : split(unit->second, '\n'))
      if (!line.empty() && !line.starts_with("set ")) text += concat(line, "\n");
    unit->second = text;
    TRY(pfctl::put(keeper, std::move(next)));
  }
  if (!words.quiet) tools::write_line(stderr, "pf: interface flags reset");
  return {};
}

// What -z clears is what -s info adds up.
Result<> flush_info(const Asked& words, pf::Keeper&) {
  TRY(pf::reset_counters());
  if (!words.quiet) tools::write_line(stderr, "pf: statistics cleared");
  return {};
}

// No rule that tracks sources can be loaded.
Result<> flush_sources(const Asked& words, pf::Keeper&) {
  if (!words.quiet) tools::write_line(stderr, "source tracking entries cleared");
  return {};
}

struct FlushedElse {
  std::string_view what;
  Result<> (*flush)(const Asked&, pf::Keeper&);
};
constexpr FlushedElse kFlushedElse[] = {
    {"Reset", reset},
    {"Sources", flush_sources},
    {"Tables", pfctl::flush_tables},
    {"info", flush_info},
    {"states", [](const Asked& words, pf::Keeper&) { return pfctl::flush_states(words); }},
};

bool is_flushed(std::string_view what) {
  return what == "all" || std::ranges::count(kFlushed, what, &Flushed::what) > 0 ||
         std::ranges::count(kFlushedElse, what, &FlushedElse::what) > 0;
}

// Of an anchor only what it has itself.
Result<> flush_all(const Asked& words, pf::Keeper& keeper) {
  for (const auto& one : kFlushed) TRY(flush_rules(words, keeper, one));
  for (const auto& one : kFlushedElse)
    if (words.anchor.empty() || one.what == "Tables") TRY(one.flush(words, keeper));
  return {};
}

Result<> flush(const Asked& words, pf::Keeper& keeper) {
  if (words.flush == "all") return flush_all(words, keeper);
  const auto* rules = std::ranges::find(kFlushed, words.flush, &Flushed::what);
  if (rules != std::end(kFlushed)) return flush_rules(words, keeper, *rules);
  return std::ranges::find(kFlushedElse, words.flush, &FlushedElse::what)->flush(words, keeper);
}

// The rules of the file, or those that are loaded with what their tables have.
Result<pf::Policy> explained_policy(const Asked& words, const pf::World& world) {
  if (words.file.empty()) {
    auto keeper = TRY(pf::Keeper::open(sys::real_kernel()));
    auto policy = TRY(pfctl::whole(keeper.now(), "")).policy;
    for (auto& [path, ruleset] : policy.rulesets)
      for (auto& table : ruleset.tables) {
        auto& contents = table.sources.emplace_back();
        for (const auto& row : TRY(keeper.tables().read(pf::table_id(table.name, path, policy))))
          contents.entries.push_back(row.entry);
      }
    return policy;
  }
  const auto source = pfctl::source_of(words, world);
  if (!source) return quietly();
  auto compiled =
      pf::compile({.name = source->name, .text = source->text, .macros = words.macros}, world);
  pfctl::tell_faults(words, compiled);
  if (!compiled.errors.empty()) return quietly();
  return std::move(compiled.policy);
}

// The exit status says whether the packet passes.
Result<int> explain(const Asked& words) {
  const auto world = pf::this_machine();
  const auto packet = TRY(pf::asked_packet(words.question, world));
  const auto policy = TRY(explained_policy(words, world));
  const auto explanation = pf::explain(policy, packet, world);
  tools::write_text(stdout, print(explanation, policy, words.verbose > 0));
  return explanation.passes ? 0 : 1;
}

Result<int> act(const Asked& words) {
  if (!words.question.empty()) return explain(words);
  int status = 0;
  if (words.dry && !is_of_table(words)) {
    TRY(pfctl::load(words, nullptr));
    return status;
  }
  auto keeper = TRY(pf::Keeper::open(sys::real_kernel()));
  if (words.disable) TRY(turn(words, keeper, false));
  if (!words.show.empty()) TRY(pfctl::show(words, keeper));
  if (!words.flush.empty()) TRY(flush(words, keeper));
  if (words.zero) TRY(pf::reset_counters());
  if (words.zero && !words.quiet) tools::write_line(stderr, "pf: rule counters cleared");
  if (!words.kills.empty()) TRY(pfctl::kill_states(words, keeper.now()));
  if (!words.source_kills.empty()) TRY(pfctl::kill_sources(words));
  if (is_of_table(words))
    status = TRY(pfctl::change_table(words, keeper));
  else if (!words.file.empty())
    TRY(pfctl::load(words, &keeper));
  if (words.enable) TRY(turn(words, keeper, true));
  if (!words.debug.empty()) TRY(set_debug(words, keeper));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const Asked words = parse_words(argc, argv);
  if (!words.refused.empty()) {
    complain("pfctl", concat(words.refused, ": is not there yet in this version"));
    return 1;
  }
  const auto done = act(words);
  if (!done && !done.error().text.empty()) complain("pfctl", done.error());
  return done ? *done : 1;
}
