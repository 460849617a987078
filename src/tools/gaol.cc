// SPDX-License-Identifier: BSD-2-Clause

// gaol: what FreeBSD has no command for. Releases and the trees of jails, and what this machine
// can do. Each subcommand reads its words, calls one function of a library and prints.

#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "base/suggest.h"
#include "dataset/dataset.h"
#include "dataset/release.h"
#include "host/doctor.h"
#include "warden/warden.h"

namespace {

using namespace gaol;
using Json = nlohmann::ordered_json;

constexpr const char* kJailRoot = "/usr/jails";

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void tell(std::string_view text) {
  const auto line = concat("gaol: ", text, "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}
void show_progress(std::string_view line) {
  const auto text = concat(line, "\n");
  std::fwrite(text.data(), 1, text.size(), stderr);
}
void print_json(const Json& json) { print(concat(json.dump(2), "\n")); }

// The words of one subcommand.
struct Words {
  std::map<int, std::string> options;  // by the letter of their short form
  std::vector<std::string> operands;
  bool has(int letter) const { return options.contains(letter); }
  std::string text(int letter, const std::string& standard = {}) const {
    const auto found = options.find(letter);
    return found == options.end() ? standard : found->second;
  }
};

constexpr option kOptions[] = {
    {"help", no_argument, nullptr, 'h'},
    {"include", required_argument, nullptr, 'i'},
    {"json", no_argument, nullptr, 'j'},
    {"name", required_argument, nullptr, 'n'},
    {"path", required_argument, nullptr, 'p'},
    {"release", required_argument, nullptr, 'r'},
    {"releases", required_argument, nullptr, 'R'},
    {"thick", no_argument, nullptr, 'T'},
    {"thin", no_argument, nullptr, 't'},
    {"yes", no_argument, nullptr, 'y'},
    {},
};

struct Subcommand {
  std::string_view name;
  std::string_view synopsis;
  const char* letters;  // of the options it takes
  size_t operands;
  Result<int> (*run)(const Words&);
};

std::string releases(const Words& words) { return words.text('R', dataset::kReleaseRoot); }

Result<int> release_fetch(const Words& words) {
  dataset::Fetch what;
  what.root = releases(words);
  what.suite = words.operands[0];
  what.name = words.text('n', what.suite);
  const auto include = words.text('i');
  if (!include.empty())
    for (const auto package : split(include, ',')) what.include.emplace_back(package);
  TRY(dataset::fetch(what, show_progress));
  return 0;
}

Result<int> release_builtin(const Words& words) {
  TRY(dataset::builtin(releases(words), words.operands[0]));
  return 0;
}

std::string last_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

Result<int> release_list(const Words& words) {
  const auto all = TRY(dataset::list(releases(words)));
  Json json = Json::array();
  size_t width = 4;
  for (const auto& release : all) {
    width = std::max(width, last_name(release.path).size());
    json.push_back({{"name", last_name(release.path)},
                    {"path", release.path},
                    {"from", release.from},
                    {"clones", release.clones}});
  }
  if (words.has('j')) return print_json(json), 0;
  const auto row = [&](std::string name, std::string_view clones, std::string_view from) {
    name.resize(width, ' ');
    print(concat(name, "  ", std::string(6 - std::min<size_t>(6, clones.size()), ' '), clones, "  ",
                 from, "\n"));
  };
  row("NAME", "CLONES", "FROM");
  for (const auto& release : all)
    row(last_name(release.path), concat(release.clones.size()), release.from);
  return 0;
}

Result<std::string> existing_release(const Words& words, const std::string& name) {
  auto path = TRY(dataset::release_path(releases(words), name));
  if (sys::real_kernel().exists(path.c_str())) return path;
  const auto all = TRY(dataset::list(releases(words)));
  std::vector<std::string> names;
  for (const auto& release : all) names.push_back(last_name(release.path));
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return fail(Error{ENOENT, concat("no release \"", name, "\"", did_you_mean(name, candidates)),
                    "`gaol release fetch` makes one, `gaol release list` shows them"});
}

// Refuses to destroy a tree that a jail's root is in: the jail would go on without its files.
Result<> check_unused(const std::string& tree) {
  for (const auto& jail : warden::Warden(sys::real_kernel()).list()) {
    std::error_code gone;
    const auto root = std::filesystem::canonical(jail.settings.text("path"), gone).string();
    if (root == tree || root.starts_with(tree + "/"))
      return fail(Error{EBUSY, concat(tree, ": jail \"", jail.name, "\" runs in it"),
                        concat("jail -r ", jail.name)});
  }
  return {};
}

Result<int> release_destroy(const Words& words) {
  const auto path = TRY(existing_release(words, words.operands[0]));
  const auto release = TRY(dataset::inspect(path));
  TRY(check_unused(release.path));
  TRY(dataset::destroy(release.path));
  return 0;
}

std::string conf_block(const std::string& name, const std::string& path) {
  return concat(name, " {\n  path = \"", path, "\";\n  host.hostname = \"", name,
                "\";\n  exec.start = \"/bin/sh /etc/rc\";\n"
                "  exec.stop = \"/bin/sh /etc/rc.shutdown\";\n  exec.clean;\n  mount.devfs;\n  "
                "persist;\n}\n");
}

Result<int> create(const Words& words) {
  const auto& name = words.operands[0];
  if (name.contains('/')) return fail("name \"", name, "\": a jail's name has no /");
  if (!words.has('r')) return fail("-r RELEASE is missing");
  if (words.has('t') && words.has('T')) return fail("--thin and --thick exclude each other");
  const auto release = TRY(existing_release(words, words.text('r')));
  const auto path = words.text('p', concat(kJailRoot, "/", name));
  if (words.has('T')) {
    const auto copied = TRY(dataset::copy(release, path));
    for (const auto& note : copied.notes) tell(note);
  } else {
    TRY(dataset::clone(release, path));
  }
  const auto store = path.substr(0, path.rfind('/'));
  if (TRY(sys::open_to_others(store)))
    tell(concat(store,
                ": other users may enter it, and set-id files of jails work for them"
                " (chmod 700 ",
                store, ")"));
  print(conf_block(name, path));
  return 0;
}

std::string kind_phrase(const dataset::Info& tree) {
  switch (tree.kind) {
    case dataset::Kind::thin: return concat("a thin clone of ", tree.from);
    case dataset::Kind::thick: return concat("a thick tree (", tree.from, ")");
    case dataset::Kind::foreign: return "not made by gaol";
  }
  return {};
}

Result<int> destroy(const Words& words) {
  if (!words.has('p')) return fail("--path PATH is missing");
  const auto tree = TRY(dataset::inspect(words.text('p')));
  TRY(dataset::check_destroy(tree));
  TRY(check_unused(tree.path));
  print(concat("destroy ", tree.path, ": ", kind_phrase(tree), "\n"));
  if (!words.has('y')) return print("nothing is destroyed without --yes\n"), 0;
  TRY(dataset::destroy(tree.path));
  return 0;
}

Result<int> doctor(const Words& words) {
  const auto findings = host::examine(host::gather({kJailRoot, releases(words)}));
  const bool able = host::can_run_jails(findings);
  if (!words.has('j')) {
    print(host::table(findings));
    print(able ? "\nThis machine can run jails.\n" : "\nThis machine cannot run jails yet.\n");
    return able ? 0 : 1;
  }
  Json rows = Json::array();
  for (const auto& finding : findings)
    rows.push_back({{"subject", finding.subject},
                    {"verdict", host::verdict_word(finding.verdict)},
                    {"found", finding.found},
                    {"use", finding.use},
                    {"advice", finding.advice}});
  print_json({{"jails", able}, {"findings", rows}});
  return able ? 0 : 1;
}

Result<int> version(const Words&) {
  print("gaol " GAOL_VERSION "\n");
  return 0;
}

constexpr Subcommand kSubcommands[] = {
    {"create", "NAME -r RELEASE [--thin | --thick] [--path PATH]", "prtTR", 1, create},
    {"destroy", "--path PATH [--yes]", "py", 0, destroy},
    {"doctor", "[--json]", "jR", 0, doctor},
    {"release builtin", "NAME", "R", 1, release_builtin},
    {"release destroy", "NAME", "R", 1, release_destroy},
    {"release fetch", "SUITE [--name NAME] [--include PACKAGE,...]", "niR", 1, release_fetch},
    {"release list", "[--json]", "jR", 0, release_list},
    {"version", "", "", 0, version},
};

void print_usage(FILE* out) {
  std::fputs("usage:\n", out);
  for (const auto& command : kSubcommands) {
    const auto line = concat("  gaol ", command.name, command.synopsis.empty() ? "" : " ",
                             command.synopsis, "\n");
    std::fputs(line.c_str(), out);
  }
  std::fputs("  --releases DIRECTORY  where releases are, instead of /var/db/gaol/releases\n", out);
}

// The subcommand that the first word, or the first two, name; `used` says how many they were.
const Subcommand* find_subcommand(std::span<char*> words, size_t& used) {
  for (used = 1; used <= 2 && used <= words.size(); ++used) {
    const auto name = used == 1 ? std::string(words[0]) : concat(words[0], " ", words[1]);
    for (const auto& command : kSubcommands)
      if (command.name == name) return &command;
  }
  return nullptr;
}

std::unexpected<Error> unknown_subcommand(std::span<char*> words) {
  std::vector<std::string_view> names;
  std::vector<std::string> longer;
  std::string given(words[0]);
  for (const auto& command : kSubcommands) {
    names.push_back(command.name);
    if (command.name.starts_with(given + " ")) longer.emplace_back(command.name);
  }
  if (words.size() == 1 && !longer.empty())
    return fail(given, ": a word is missing (", join(longer, ", "), ")");
  if (given == "release" && words.size() > 1) given.append(" ").append(words[1]);
  return fail("unknown command: ", given, did_you_mean(given, names));
}

Result<Words> read_words(const Subcommand& command, int argc, char** argv) {
  Words words;
  opterr = 0;
  for (int letter;
       (letter = ::getopt_long(argc, argv, ":hi:jn:p:r:tTyR:", kOptions, nullptr)) != -1;) {
    const std::string_view word = argv[optind - 1];
    if (letter == ':') return fail("option ", word, " needs a value");
    if (letter == '?' ||
        (letter != 'h' && !std::string_view(command.letters).contains(static_cast<char>(letter))))
      return fail("option ", word, " is not known to ", command.name);
    words.options[letter] = optarg ? optarg : "";
  }
  words.operands.assign(argv + optind, argv + argc);
  if (!words.has('h') && words.operands.size() != command.operands)
    return fail("usage: gaol ", command.name, " ", command.synopsis);
  return words;
}

Result<int> run(int argc, char** argv) {
  const std::span<char*> words(argv + 1, argv + argc);
  const std::string_view first = words.empty() ? "" : words[0];
  if (first == "help" || first == "--help" || first == "-h") return print_usage(stdout), 0;
  if (words.empty()) return print_usage(stderr), 1;
  size_t used = 0;
  const Subcommand* command = find_subcommand(words, used);
  if (!command) return unknown_subcommand(words);
  const auto given = TRY(read_words(*command, argc - static_cast<int>(used), argv + used));
  if (given.has('h')) return print_usage(stdout), 0;
  auto result = command->run(given);
  if (result) return result;
  Error error = std::move(result).error().in(command->name);
  if ((error.code == EACCES || error.code == EPERM) && ::geteuid() != 0)
    error.hint = "run it with sudo";
  return fail(std::move(error));
}

}  // namespace

int main(int argc, char** argv) {
  const auto status = run(argc, argv);
  if (!status) tell(status.error().line());
  return status ? *status : 1;
}
