// SPDX-License-Identifier: BSD-2-Clause

// gaol: what FreeBSD has no command for. Releases and the trees of jails, and what this machine
// can do. Each subcommand reads its words, calls one function of a library and prints.

#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <span>

#include "base/suggest.h"
#include "dataset/dataset.h"
#include "tools/gaol.h"

namespace {

using namespace gaol;
using namespace gaol::tools;

constexpr option kOptions[] = {
    {"abandon", no_argument, nullptr, 'A'},
    {"all", no_argument, nullptr, 'a'},
    {"back", no_argument, nullptr, 'b'},
    {"basejail", no_argument, nullptr, 'B'},
    {"conf", required_argument, nullptr, 'f'},
    {"daily", required_argument, nullptr, 'D'},
    {"dot", no_argument, nullptr, 'd'},
    {"empty", no_argument, nullptr, 'e'},
    {"from", required_argument, nullptr, 'F'},
    {"help", no_argument, nullptr, 'h'},
    {"hourly", required_argument, nullptr, 'H'},
    {"image", required_argument, nullptr, 'I'},
    {"include", required_argument, nullptr, 'i'},
    {"json", no_argument, nullptr, 'j'},
    {"limit", required_argument, nullptr, 'l'},
    {"name", required_argument, nullptr, 'n'},
    {"newer", no_argument, nullptr, 'w'},
    {"now", no_argument, nullptr, 'N'},
    {"overwrite", no_argument, nullptr, 'o'},
    {"path", required_argument, nullptr, 'p'},
    {"platform", required_argument, nullptr, 'P'},
    {"release", required_argument, nullptr, 'r'},
    {"releases", required_argument, nullptr, 'R'},
    {"repair", no_argument, nullptr, 'X'},
    {"resume", required_argument, nullptr, 'k'},
    {"svg", no_argument, nullptr, 's'},
    {"template", required_argument, nullptr, 't'},
    {"thick", no_argument, nullptr, 'T'},
    {"thin", no_argument, nullptr, 'c'},
    {"weekly", required_argument, nullptr, 'W'},
    {"yes", no_argument, nullptr, 'y'},
    {},
};

Result<int> version(const Words&) {
  print("gaol " GAOL_VERSION "\n");
  return 0;
}

constexpr Subcommand kOwnCommands[] = {
    {"version", "", "", 0, 0, version},
};

// All groups in the order of their names.
std::vector<Subcommand> all_commands() {
  std::vector<Subcommand> all(std::begin(kOwnCommands), std::end(kOwnCommands));
  for (const auto group :
       {export_commands(), host_commands(), log_commands(), net_commands(), pool_commands(),
        release_commands(), room_commands(), shift_commands(), tree_commands()})
    all.insert(all.end(), group.begin(), group.end());
  std::ranges::sort(all, {}, &Subcommand::name);
  return all;
}
const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> all = all_commands();
  return all;
}

void print_usage(FILE* out) {
  std::fputs("usage:\n", out);
  for (const auto& command : subcommands()) {
    const auto line = concat("  gaol ", command.name, command.synopsis.empty() ? "" : " ",
                             command.synopsis, "\n");
    std::fputs(line.c_str(), out);
  }
  std::fputs("  --releases DIRECTORY  where releases are, instead of /var/db/gaol/releases\n", out);
}

// The subcommand that the first two words, or the first, name; `used` says how many they were.
const Subcommand* find_subcommand(std::span<char*> words, size_t& used) {
  for (used = std::min<size_t>(2, words.size()); used > 0; --used) {
    const auto name = used == 1 ? std::string(words[0]) : concat(words[0], " ", words[1]);
    for (const auto& command : subcommands())
      if (command.name == name) return &command;
  }
  return nullptr;
}

std::unexpected<Error> unknown_subcommand(std::span<char*> words) {
  std::vector<std::string_view> names;
  std::vector<std::string> longer;
  std::string given(words[0]);
  for (const auto& command : subcommands()) {
    names.push_back(command.name);
    if (command.name.starts_with(given + " ")) longer.emplace_back(command.name);
  }
  if (words.size() == 1 && !longer.empty())
    return fail(given, ": a word is missing (", join(longer, ", "), ")");
  if (!longer.empty()) given.append(" ").append(words[1]);
  return fail("unknown command: ", given, did_you_mean(given, names));
}

// Every option has a short form too. The first colon has a missing value told from no option.
std::string short_options(const option* options) {
  std::string letters = ":";
  for (; options->name; ++options)
    letters.append(1, static_cast<char>(options->val)).append(options->has_arg ? ":" : "");
  return letters;
}

Result<Words> read_words(const Subcommand& command, int argc, char** argv) {
  Words words;
  opterr = 0;
  const auto* options = command.own ? command.own : kOptions;
  const auto letters = short_options(options);
  for (int letter; (letter = ::getopt_long(argc, argv, letters.c_str(), options, nullptr)) != -1;) {
    const std::string_view word = argv[optind - 1];
    if (letter == ':') return fail("option ", word, " needs a value");
    if (letter == '?' ||
        (letter != 'h' && !std::string_view(command.letters).contains(static_cast<char>(letter))))
      return fail("option ", word, " is not known to ", command.name);
    words.options[letter] = optarg ? optarg : "";
  }
  words.operands.assign(argv + optind, argv + argc);
  const auto given = words.operands.size();
  if (!words.has('h') && (given < command.least || given > command.most))
    return fail("usage: gaol ", command.name, " ", command.synopsis);
  return words;
}

// `trouble` becomes the exit status of an error.
Result<int> run(int argc, char** argv, int& trouble) {
  const std::span<char*> words(argv + 1, argv + argc);
  const std::string_view first = words.empty() ? "" : words[0];
  if (first == "help" || first == "--help" || first == "-h") return print_usage(stdout), 0;
  if (words.empty()) return print_usage(stderr), 1;
  size_t used = 0;
  const Subcommand* command = find_subcommand(words, used);
  if (!command) return unknown_subcommand(words);
  trouble = command->trouble;
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

namespace gaol::tools {

Result<> check_name(std::string_view name) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  const bool fits = name.find_first_not_of(kLetters) == name.npos && name.find_first_of("._-") != 0;
  if (name.empty() || !fits)
    return fail(
        "name \"", name,
        R"(": a jail's name has letters, digits and "._-", and begins with a letter or digit)");
  return {};
}

void print_table(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] + 2 - row[i].size(), ' ');
    }
    say(line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

}  // namespace gaol::tools

int main(int argc, char** argv) {
  dataset::report_repairs_to(tell);
  int trouble = 1;
  const auto status = run(argc, argv, trouble);
  if (!status) tell(status.error().line());
  return status ? *status : trouble;
}
