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
using pf::Declared;
using pf::Rules;
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
      if (words.flush != "states" && words.flush != "Tables" &&
          !std::ranges::count(kFlushed, words.flush, &Flushed::what))
        refuse();
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
    case 'i': break;
    case 'K':
      words.source_kills.emplace_back(value);
      if (words.source_kills.size() > 2) {
        complain("pfctl", "can only specify -K twice");
        usage();
      }
      refuse();
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
    case 'x':
      (void)chosen(kDebug, value, "debug level");
      refuse();
      break;
    case 'd': words.disable = true; break;
    case 'e': words.enable = true; break;
    case 'z': refuse(); break;
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
  if (!words.dry && words.merge && words.refused.empty()) words.refused = "-m";
  if (!words.dry && !words.file.empty() && words.refused.empty() && !words.everything())
    words.refused = "-f with -A, -N, -O, -R or -T load, but for -n";
  if (words.anchor.starts_with('_') || words.anchor.contains("/_")) {
    complain("pfctl", "anchor names beginning with '_' cannot be modified from the command line");
    std::exit(1);
  }
  const bool asks = words.enable || words.disable || !words.show.empty() || !words.flush.empty() ||
                    !words.kills.empty() || !words.question.empty() || is_of_table(words);
  if (words.file.empty() && words.refused.empty() && !asks) usage();
  return words;
}

// --- loading ---

// Options and queues are the machine's, not an anchor's.
bool wanted(const Asked& words, Declared::Kind kind) {
  const bool shared = kind == Declared::Kind::option || kind == Declared::Kind::queue;
  if (shared && !words.anchor.empty()) return false;
  if (words.everything() || kind == Declared::Kind::macro) return true;
  if (kind == Declared::Kind::option) return words.only_options;
  if (kind == Declared::Kind::queue) return words.only_queue;
  return words.table_command == "load";
}

void show_unit(const Asked& words, const pf::Compiled& compiled, const pf::Unit& unit) {
  const pf::Style style{.numeric_ports = words.numeric, .numbers = words.verbose > 1};
  std::string out;
  for (const Declared& declared : unit.declared)
    if (wanted(words, declared.kind)) out += declared.line + "\n";
  const auto add = [&](Rules kind) {
    out += pf::print_rules(compiled.policy, unit.anchor, kind, style);
  };
  const bool filter = words.everything() || words.only_filter;
  if (filter) add(Rules::scrub);
  if (filter) add(Rules::ether);
  if (words.everything() || words.only_nat) add(Rules::translation);
  if (filter) add(Rules::filter);
  tools::write_text(stdout, out);
  std::fflush(stdout);
}

struct Source {
  std::string name, text;
};

std::optional<Source> source_of(const Asked& words, const pf::World& world) {
  const bool from_stdin = words.file == "-";
  auto text = from_stdin ? pfctl::read_stdin() : world.read(words.file);
  if (text) return Source{from_stdin ? "stdin" : words.file, std::move(*text)};
  complain("pfctl", concat(words.file, ": ", errno_text(text.error().code)));
  return {};
}

void tell_faults(const Asked& words, const pf::Compiled& compiled) {
  if (!words.quiet)
    for (const auto& line : compiled.warnings) tools::write_line(stderr, line);
  for (const auto& line : compiled.errors) tools::write_line(stderr, line);
  if (words.verbose > 1)
    for (const auto& name : compiled.unused_macros)
      tools::write_line(stderr, concat("warning: macro '", name, "' not used"));
}

// Tables that persist stay, though the file does not name them.
Result<> keep_tables(const pf::Kept& kept, pf::Compiled& compiled, const pf::World& world) {
  for (const pf::Unit& unit : compiled.units) {
    const auto before = kept.units.find(unit.anchor);
    if (before == kept.units.end()) continue;
    const auto old = TRY(pf::recompile(unit.anchor, before->second, world));
    auto& tables = compiled.policy.rulesets[unit.anchor].tables;
    for (const auto& table : old.policy.rulesets.at(unit.anchor).tables)
      if (table.persist && std::ranges::count(tables, table.name, &pf::Table::name) == 0)
        tables.push_back(table);
  }
  return {};
}

// The rules of a file in place of those that are kept under the same paths.
Result<> put(pf::Keeper& keeper, pf::Compiled& compiled, const pf::World& world, bool quiet) {
  pf::Kept next = keeper.now();
  TRY(keep_tables(next, compiled, world));
  for (const pf::Unit& unit : compiled.units) {
    next.units[unit.anchor] = pf::kept_text(compiled.policy, unit);
    next.loaders[unit.anchor] = {::getuid(), static_cast<uint32_t>(::getpid())};
  }
  const auto policy = TRY(pf::whole(next, world, &compiled.policy));
  const auto lowered = TRY(pf::lower(policy, next.remembered));
  if (!quiet)
    for (const auto& line : lowered.warnings) tools::write_line(stderr, line);
  return keeper.change(std::move(next), lowered);
}

Result<> load(const Asked& words, pf::Keeper* keeper) {
  const pf::World world = pf::this_machine();
  const auto source = source_of(words, world);
  if (!source) return quietly();
  auto compiled = pf::compile(
      {.name = source->name, .text = source->text, .anchor = words.anchor, .macros = words.macros},
      world);
  tell_faults(words, compiled);
  for (const pf::Unit& unit : compiled.units) {
    if (words.verbose == 0) break;
    if (&unit != compiled.units.data())
      tools::write_line(stderr, concat("\nLoading anchor ", unit.anchor, " from ", unit.file));
    if (compiled.errors.empty()) show_unit(words, compiled, unit);
  }
  if (compiled.errors.empty())
    return keeper ? put(*keeper, compiled, world, words.quiet) : Result<>{};
  if (keeper) complain("pfctl", "Syntax error in config file: pf rules not loaded");
  return quietly();
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

Result<> flush(const Asked& words, pf::Keeper& keeper) {
  if (words.flush == "states") return pfctl::flush_states(words);
  if (words.flush == "Tables") return pfctl::flush_tables(words, keeper);
  const auto* flushed = std::ranges::find(kFlushed, words.flush, &Flushed::what);
  const bool known = keeper.now().units.contains(words.anchor);
  if (!known && !words.anchor.empty()) return fail("Anchor '", words.anchor, "' not found.");
  if (known) TRY(pfctl::edit(keeper, words.anchor, flushed->flush));
  if (!words.quiet) tools::write_line(stderr, flushed->said);
  return {};
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
  const auto source = source_of(words, world);
  if (!source) return quietly();
  auto compiled =
      pf::compile({.name = source->name, .text = source->text, .macros = words.macros}, world);
  tell_faults(words, compiled);
  if (!compiled.errors.empty()) return quietly();
  return std::move(compiled.policy);
}

// The exit status says whether the packet passes.
Result<int> explain(const Asked& words) {
  const auto world = pf::this_machine();
  const auto packet = TRY(pf::asked_packet(words.question, world));
  const auto policy = TRY(explained_policy(words, world));
  const auto explanation = pf::explain(policy, packet);
  tools::write_text(stdout, print(explanation, policy, words.verbose > 0));
  return explanation.passes ? 0 : 1;
}

Result<int> act(const Asked& words) {
  if (!words.question.empty()) return explain(words);
  int status = 0;
  if (words.dry && !is_of_table(words)) {
    TRY(load(words, nullptr));
    return status;
  }
  auto keeper = TRY(pf::Keeper::open(sys::real_kernel()));
  if (words.disable) TRY(turn(words, keeper, false));
  if (!words.show.empty()) TRY(pfctl::show(words, keeper));
  if (!words.flush.empty()) TRY(flush(words, keeper));
  if (!words.kills.empty()) TRY(pfctl::kill_states(words, keeper.now()));
  if (is_of_table(words))
    status = TRY(pfctl::change_table(words, keeper));
  else if (!words.file.empty())
    TRY(load(words, &keeper));
  if (words.enable) TRY(turn(words, keeper, true));
  return status;
}

}  // namespace

namespace gaol::pfctl {

Result<std::string> read_stdin() {
  std::string out;
  char buffer[1 << 14];
  for (ssize_t n; (n = ::read(STDIN_FILENO, buffer, sizeof buffer)) != 0;) {
    if (n < 0) return fail_errno(errno, "stdin");
    out.append(buffer, static_cast<size_t>(n));
  }
  return out;
}

Result<> put(pf::Keeper& keeper, pf::Kept next) {
  const auto policy = TRY(pf::whole(next, pf::this_machine()));
  const auto lowered = TRY(pf::lower(policy, next.remembered));
  return keeper.change(std::move(next), lowered);
}

Result<> edit(pf::Keeper& keeper, const std::string& anchor,
              const std::function<void(pf::Ruleset&)>& change) {
  pf::Kept next = keeper.now();
  auto& unit = next.units[anchor];
  auto compiled = TRY(pf::recompile(anchor, unit, pf::this_machine()));
  change(compiled.policy.rulesets[anchor]);
  unit = pf::kept_text(compiled.policy, compiled.units.front());
  return put(keeper, std::move(next));
}

}  // namespace gaol::pfctl

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
