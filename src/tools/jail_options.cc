// SPDX-License-Identifier: BSD-2-Clause
#include "tools/jail_options.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "tools/print.h"

namespace gaol::tools {

namespace {

using warden::Request;

constexpr const char* kUsage =
    "usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]\n"
    "            -[cmr] param=value ... [command=command ...]\n"
    "       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]\n"
    "       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]\n"
    "       jail [-f file] -e separator\n"
    "       jail [-dhilqv] [-J jid_file] [-u username] [-U username]\n"
    "            [-n jailname] [-s securelevel]\n"
    "            path hostname [ip[,...]] command ...\n";

void set(jail::Settings& settings, std::string_view name, std::string value) {
  settings.set({.id = *jail::find(name), .values = {std::move(value)}});
}

// Parameters whose values on a command line are split at commas, besides those that are split
// wherever they stand.
bool is_split(std::string_view name) { return name.starts_with("vnet.") || name == "zfs.dataset"; }

Result<jail::Setting> setting_from(std::string_view word) {
  const auto equals = word.find('=');
  auto spelling = TRY(jail::spelling(word.substr(0, equals)));
  jail::Setting setting{
      .id = spelling.id, .key = std::move(spelling.key), .negated = spelling.negated};
  if (equals == word.npos) return setting;
  const auto value = word.substr(equals + 1);
  if (!is_split(jail::param(spelling.id).name)) {
    setting.values.emplace_back(value);
  } else {
    for (auto piece : split(value, ',')) setting.values.emplace_back(piece);
  }
  return setting;
}

void set_command(Request& request, std::vector<std::string> argv) {
  set(request.settings, "command", join(argv, " "));
  request.command_argv = std::move(argv);
}

// As FreeBSD reads it: digits in front count, and without any there is no limit.
unsigned limit_from(const char* text) {
  return static_cast<unsigned>(std::clamp(std::strtol(text, nullptr, 10), 0L, 1L << 20));
}

bool is_ip6_address(const std::string& text) {
  in6_addr address;
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

}  // namespace

void usage() {
  std::fputs(kUsage, stderr);
  std::exit(1);
}

Options parse_options(int argc, char** argv) {
  Options o;
  for (int c; (c = ::getopt(argc, argv, "+cCde:f:hiJ:lmn:p:qrRs:u:U:v")) != -1;) {
    switch (c) {
      case 'c': o.create = true; break;
      case 'm': o.modify = true; break;
      case 'R': o.remove_running = true; [[fallthrough]];
      case 'r': o.remove = true; break;
      case 'C': o.clean_up = true; break;
      case 'd': o.deprecated = true; break;
      case 'e': o.separator = optarg; break;
      case 'f': o.conf_file = optarg; break;
      case 'h': set(o.settings, "ip_hostname", "true"); break;
      case 'i':
        o.print_jid = true;
        o.verbosity = -1;
        break;
      case 'J': o.jid_file = optarg; break;
      case 'l': set(o.settings, "exec.clean", "true"); break;
      case 'n': set(o.settings, "name", optarg); break;
      case 'p': o.limit = limit_from(optarg); break;
      case 'q': o.verbosity = -1; break;
      case 's': set(o.settings, "securelevel", optarg); break;
      case 'u':
      case 'U':
        set(o.settings, "exec.jail_user", optarg);
        set(o.settings, "exec.system_jail_user", c == 'u' ? "true" : "false");
        break;
      case 'v': o.verbosity = 1; break;
      default: usage();
    }
  }
  o.words.assign(argv + optind, argv + argc);
  return o;
}

Form form_of(const Options& o) {
  const auto& words = o.words;
  const bool assigns =
      std::ranges::any_of(words, [](const auto& word) { return word.contains('='); });
  const bool describes = !o.settings.all().empty();
  const auto unless = [](bool wrong, Form form) {
    if (wrong) usage();
    return form;
  };
  if (o.separator) return unless(o.create || o.modify || o.remove || !words.empty(), Form::print);
  if (!o.create && !o.modify && !o.remove)
    return unless(words.size() < 4 || !words[0].starts_with('/'), Form::old_style);
  if (!o.create && !o.modify)
    return unless(words.empty() || describes || (assigns && !o.remove_running), Form::removal);
  if (words.size() > 1 || assigns)
    return unless(o.remove_running || o.clean_up, Form::command_line);
  return unless(o.remove_running || describes, Form::configured);
}

namespace {

// For a jail's name with more words behind it.
std::string name_advice(const std::vector<std::string>& words) {
  const bool late = words.size() > 1 && words[1].starts_with('-');
  return late ? "options come before the jail"
              : concat("a jail's name is given as name=", words[0]);
}

}  // namespace

Result<Request> request_from_words(const Options& options) {
  Request request{.title = {}, .settings = options.settings, .command_argv = {}};
  for (auto word = options.words.begin(); word != options.words.end(); ++word) {
    if (*word == "command" || word->starts_with("command=")) {
      // It takes all that follow; they are one program, not words to be split.
      std::vector<std::string> argv(word + 1, options.words.end());
      if (word->contains('=')) argv.insert(argv.begin(), word->substr(word->find('=') + 1));
      set_command(request, std::move(argv));
      break;
    }
    auto setting = setting_from(*word);
    if (!setting && word == options.words.begin() && !word->contains('='))
      return fail(std::move(setting).error().advise(name_advice(options.words)));
    request.settings.add(TRY(std::move(setting)));
  }
  return request;
}

Request request_in_old_style(const Options& options, const jail::Settings& standard) {
  const auto& words = options.words;
  Request request{.title = {}, .settings = standard, .command_argv = {}};
  for (const auto& setting : options.settings.all()) request.settings.set(setting);
  set(request.settings, "path", words[0]);
  set(request.settings, "host.hostname", words[1]);
  if (!words[2].empty())
    for (const auto address : split(words[2], ',')) {
      const std::string text(address);
      request.settings.add(
          {.id = *jail::find(is_ip6_address(text) ? "ip6.addr" : "ip4.addr"), .values = {text}});
    }
  set_command(request, {words.begin() + 3, words.end()});
  return request;
}

}  // namespace gaol::tools
