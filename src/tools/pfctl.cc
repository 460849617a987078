// SPDX-License-Identifier: BSD-2-Clause

// pfctl(8): reads rulesets, checks them and prints what they mean. On FreeBSD the kernel keeps
// them; what asks for that is refused here in one line.
// Source: pfctl(8), FreeBSD 15.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>

#include "pf/compile.h"
#include "pf/facts.h"
#include "pf/print.h"
#include "tools/print.h"

namespace {

using namespace gaol;
using pf::Declared;
using pf::Rules;
using tools::complain;

constexpr const char* kUsage =
    "usage: pfctl [-AdeghMmNnOPqRrSvz] [-a anchor] [-D macro=value] [-F modifier]\n"
    "\t[-f file] [-i interface] [-K host | network]\n"
    "\t[-k host | network | gateway | label | id] [-o level] [-p device]\n"
    "\t[-s modifier] [-t table -T command [address ...]] [-x level]\n";

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

struct Words {
  std::string anchor, file, table;
  std::vector<std::pair<std::string, std::string>> macros;
  std::string_view table_command;
  std::string refused;  // the first option that a kernel would have to answer
  bool dry = false, quiet = false, numeric = false;
  bool only_filter = false, only_nat = false, only_queue = false, only_options = false;
  int verbose = 0, kills = 0, source_kills = 0;

  bool everything() const {
    return !only_filter && !only_nat && !only_queue && !only_options && table_command != "load";
  }
};

void define(Words& words, std::string_view text) {
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

void read_option(Words& words, int option, const char* value, std::string_view (&seen)[128]) {
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
      once(before, chosen(kFlush, value, "flush modifier"));
      refuse();
      break;
    case 'f':
      once(before, "f");
      words.file = value;
      break;
    case 'g':
    case 'm':
    case 'M':
    case 'p':
    case 'r':
    case 'S': break;
    case 'h': std::fputs(kUsage, stderr); std::exit(0);
    case 'i': break;
    case 'K':
      if (++words.source_kills > 2) {
        complain("pfctl", "can only specify -K twice");
        usage();
      }
      refuse();
      break;
    case 'k':
      if (++words.kills > 2) {
        complain("pfctl", "can only specify -k twice");
        usage();
      }
      refuse();
      break;
    case 'N': words.only_nat = true; break;
    case 'n': words.dry = true; break;
    case 'O': words.only_options = true; break;
    case 'o': (void)chosen(kOptimize, value, "optimization"); break;
    case 'P': words.numeric = true; break;
    case 'q': words.quiet = true; break;
    case 'R': words.only_filter = true; break;
    case 's':
      once(before, chosen(kShow, value, "show modifier"));
      refuse();
      break;
    case 'T': once(before, words.table_command = chosen(kTable, value, "table command")); break;
    case 't': words.table = value; break;
    case 'v': ++words.verbose; break;
    case 'x':
      (void)chosen(kDebug, value, "debug level");
      refuse();
      break;
    case 'd':
    case 'e':
    case 'z': refuse(); break;
    default: usage();
  }
}

Words parse_words(int argc, char** argv) {
  Words words;
  std::string_view seen[128];
  for (int c; (c = ::getopt(argc, argv, "Aa:dD:eF:f:ghi:K:k:MmNnOo:Pp:qRrSs:T:t:vx:z")) != -1;)
    read_option(words, c, c == '?' ? nullptr : optarg, seen);
  const bool load = words.table_command == "load";
  if (words.table.empty() != (words.table_command.empty() || load)) usage();
  if (words.table_command.empty() && optind < argc) usage();
  if (!words.table_command.empty() && !load && words.refused.empty())
    words.refused = concat("-T ", words.table_command);
  if (words.anchor.starts_with('_') || words.anchor.contains("/_")) {
    complain("pfctl", "anchor names beginning with '_' cannot be modified from the command line");
    std::exit(1);
  }
  if (words.file.empty() && words.refused.empty()) usage();
  return words;
}

// --- loading ---

Result<std::string> read_stdin() {
  std::string out;
  char buffer[1 << 14];
  for (ssize_t n; (n = ::read(STDIN_FILENO, buffer, sizeof buffer)) != 0;) {
    if (n < 0) return fail_errno(errno, "stdin");
    out.append(buffer, static_cast<size_t>(n));
  }
  return out;
}

// Options and queues are the machine's, not an anchor's.
bool wanted(const Words& words, Declared::Kind kind) {
  const bool shared = kind == Declared::Kind::option || kind == Declared::Kind::queue;
  if (shared && !words.anchor.empty()) return false;
  if (words.everything() || kind == Declared::Kind::macro) return true;
  if (kind == Declared::Kind::option) return words.only_options;
  if (kind == Declared::Kind::queue) return words.only_queue;
  return words.table_command == "load";
}

void show_unit(const Words& words, const pf::Compiled& compiled, const pf::Unit& unit) {
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

bool load(const Words& words) {
  const pf::World world = pf::this_machine();
  const bool from_stdin = words.file == "-";
  const auto text = from_stdin ? read_stdin() : world.read(words.file);
  if (!text) {
    complain("pfctl", concat(words.file, ": ", errno_text(text.error().code)));
    return false;
  }
  const auto compiled = pf::compile({.name = from_stdin ? "stdin" : words.file,
                                     .text = *text,
                                     .anchor = words.anchor,
                                     .macros = words.macros},
                                    world);
  if (!words.quiet)
    for (const auto& line : compiled.warnings) tools::write_line(stderr, line);
  for (const auto& line : compiled.errors) tools::write_line(stderr, line);
  if (words.verbose > 1)
    for (const auto& name : compiled.unused_macros)
      tools::write_line(stderr, concat("warning: macro '", name, "' not used"));
  for (const pf::Unit& unit : compiled.units) {
    if (words.verbose == 0) break;
    if (&unit != compiled.units.data())
      tools::write_line(stderr, concat("\nLoading anchor ", unit.anchor, " from ", unit.file));
    if (compiled.errors.empty()) show_unit(words, compiled, unit);
  }
  if (!compiled.errors.empty() && !words.dry)
    complain("pfctl", "Syntax error in config file: pf rules not loaded");
  return compiled.errors.empty();
}

}  // namespace

int main(int argc, char** argv) {
  const Words words = parse_words(argc, argv);
  const std::string_view unsupported = ": rules are not loaded by this version; -n checks them";
  if (!words.refused.empty() || !words.dry) {
    const std::string what = words.refused.empty() ? concat("-f ", words.file) : words.refused;
    complain("pfctl", concat(what, unsupported));
    return 1;
  }
  return load(words) ? 0 : 1;
}
