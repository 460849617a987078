// SPDX-License-Identifier: BSD-2-Clause

// jail(8): create, modify and remove jails, from jail.conf or from the command line. This
// file turns words into requests; what they mean is the warden's business.
// Source: jail(8), FreeBSD 15; the mode is decided in the order its source does.

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <vector>

#include "jail/conf.h"
#include "tools/print.h"
#include "warden/users.h"
#include "warden/warden.h"

namespace {

using namespace gaol;
using tools::complain;
using tools::say;
using warden::Report;
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

struct Options {
  bool create = false, modify = false, remove = false, remove_running = false;
  bool clean_up = false, print_jid = false;
  int verbosity = 0;
  std::optional<std::string> separator;
  std::string conf_file = "/etc/jail.conf";
  std::optional<std::string> jid_file;
  jail::Settings settings;  // from -h, -l, -n, -s, -u, -U
  std::vector<std::string> words;

  bool command_line_only() const { return !settings.all().empty(); }
  bool old_style() const { return !create && !modify && !remove; }
  bool only_removes() const { return remove && !create && !modify; }
  bool restarts() const { return remove && create && !modify; }
};

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(1);
}

void set(jail::Settings& settings, std::string_view name, std::string value) {
  settings.set({.id = *jail::find(name), .values = {std::move(value)}});
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
      case 'd':
        complain("jail", "the -d flag and allow.dying are deprecated and have no effect");
        break;
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
      case 'p': break;  // a limit on what runs at once; nothing runs at once yet
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

// --- configuration files ---

jail::Source machine_source() {
  return {.read = [](const std::string& path) -> Result<std::string> {
            auto text = sys::real_kernel().read_file(path == "-" ? "/proc/self/fd/0" : path);
            return text;
          },
          .glob =
              [](const std::string& pattern) {
                // A plain name is not looked for here: reading it says what is wrong with it.
                if (pattern.find_first_of("*?[\\") == pattern.npos) return std::vector{pattern};
                std::vector<std::string> out;
                glob_t found{};
                if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
                  out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
                ::globfree(&found);
                return out;
              }};
}

class Program {
 public:
  explicit Program(Options options)
      : options_(std::move(options)),
        report_{[this](Report::What what, std::string_view text) { tell(what, text); }},
        warden_(sys::real_kernel(), report_) {}

  int run();

 private:
  // What a line is about; without a title (a command-line jail) lines show only with -v.
  void tell(Report::What what, std::string_view text) {
    using enum Report::What;
    if (what == failed) {
      told_ = true;
      return complain_about(title_, text);
    }
    const bool result = what == created || what == removed || what == updated;
    if (!result) {
      if (options_.verbosity > 0)
        say(title_.empty() ? std::string(text) : concat(title_, ": ", text));
      return;
    }
    const bool plain = !text.empty() && (what != removed || announce_removal_);
    if (options_.verbosity < (plain ? 0 : 1)) return;
    const char* word = what == created ? "created" : what == removed ? "removed" : "updated";
    say(text.empty() ? std::string(word) : concat(text, ": ", word));
  }

  static void complain_about(const std::string& title, std::string_view text) {
    complain("jail", title.empty() ? std::string(text) : concat(title, ": ", text));
  }

  // A fault of one jail: `jail: NAME: text`; existence problems name it themselves. What a step
  // said while it failed is not said again.
  void fault(const std::string& title, const Error& error) {
    failed_ = true;
    if (std::exchange(told_, false)) return;
    const bool existence = error.code == ENOENT || error.code == EEXIST;
    complain_about(existence && error.text.starts_with('"') ? "" : title, error.line());
  }

  int old_style();
  int command_line();
  int remove_named();
  int configured();
  int print_configuration();

  bool load(bool missing_is_fine);
  void operate(const Request& request, bool by_wildcard);
  void stop(const Request& request);
  void start(const Request& request, bool by_wildcard);
  bool start_configured(const std::string& name);
  // Why a configured jail is to stop, and so what it means that it does not run.
  enum class Asked { by_name, by_wildcard, as_dependant };
  void stop_configured(const std::string& name, Asked asked);
  void remove_word(const std::string& word);
  std::string jid_line(warden::Jid jid, const Request& request) const;
  void record_jid(const std::string& line);

  Options options_;
  Report report_;
  warden::Warden warden_;
  std::string title_;
  jail::Conf conf_;
  std::set<std::string> targets_;        // configured names that were asked for,
  bool by_wildcard_ = false;             // maybe not one by one
  std::map<std::string, bool> started_;  // by configured name: whether it is up
  std::set<std::string> visiting_, stopped_;
  bool failed_ = false, told_ = false;
  bool announce_removal_ = false;
};

// Adds one `name`, `name=value` or `command...` word; the last takes all that follow.
Result<> add_word(Request& request, const std::vector<std::string>& words, size_t& at) {
  const std::string& word = words[at];
  const auto equals = word.find('=');
  const std::string left = word.substr(0, equals);
  if (left == "command") {
    if (equals != word.npos) request.command_argv.push_back(word.substr(equals + 1));
    request.command_argv.insert(request.command_argv.end(),
                                words.begin() + static_cast<long>(at) + 1, words.end());
    request.settings.set(
        {.id = *jail::find("command"), .values = {join(request.command_argv, " ")}});
    at = words.size();
    return {};
  }
  const auto spelling = TRY(jail::spelling(left));
  jail::Setting setting{.id = spelling.id,
                        .key = spelling.key,
                        .values = {},
                        .negated = spelling.negated,
                        .where = {}};
  if (equals != word.npos) {
    const std::string value = word.substr(equals + 1);
    const auto name = jail::param(spelling.id).name;
    if (name == "vnet.interface" || name == "zfs.dataset")
      for (auto piece : split(value, ',')) setting.values.emplace_back(piece);
    else
      setting.values.push_back(value);
  }
  request.settings.add(std::move(setting));
  ++at;
  return {};
}

int Program::old_style() {
  const auto& words = options_.words;
  if (words.size() < 4 || !words[0].starts_with('/')) usage();
  Request request{.title = {}, .settings = options_.settings, .command_argv = {}};
  set(request.settings, "path", words[0]);
  set(request.settings, "host.hostname", words[1]);
  if (!words[2].empty())
    for (auto address : split(words[2], ','))
      request.settings.add({.id = *jail::find(address.contains(':') ? "ip6.addr" : "ip4.addr"),
                            .values = {std::string(address)}});
  request.command_argv.assign(words.begin() + 3, words.end());
  set(request.settings, "command", join(request.command_argv, " "));
  start(request, false);
  return failed_;
}

int Program::command_line() {
  Request request{.title = {}, .settings = options_.settings, .command_argv = {}};
  for (size_t at = 0; at < options_.words.size();) {
    if (auto added = add_word(request, options_.words, at); !added) {
      fault("", added.error());
      return 1;
    }
  }
  for (const auto& other : request.settings.list("depend"))
    if (!warden_.find(other)) {
      fault("", fail("depends on nonexistent jail \"", other, "\"").error());
      return 1;
    }
  if (options_.restarts()) stop(request);
  operate(request, false);
  return failed_;
}

std::string identity(const Request& request) {
  return request.settings.text(request.settings.has("jid") ? "jid" : "name");
}

void Program::operate(const Request& request, bool by_wildcard) {
  title_ = request.title;
  const auto who = identity(request);
  if (options_.create && !options_.modify) return start(request, by_wildcard);
  if (options_.create && (who.empty() || !warden_.find(who))) return start(request, by_wildcard);
  auto modified = warden_.modify(request);
  if (!modified && modified.error().code == EROFS && options_.remove) {
    stop(request);
    return start(request, by_wildcard);
  }
  if (!modified) fault(request.title, modified.error());
}

// The first half of a restart.
void Program::stop(const Request& request) {
  if (!request.title.empty()) return stop_configured(request.title, Asked::by_wildcard);
  auto running = warden_.find(identity(request));
  if (!running) return;
  if (auto stopped = warden_.stop(*running, &request.settings, ""); !stopped)
    fault("", stopped.error());
}

void Program::start(const Request& request, bool by_wildcard) {
  title_ = request.title;
  auto jid = warden_.start(request);
  if (jid) {
    if (options_.print_jid) say(concat(*jid));
    return record_jid(jid_line(*jid, request));
  }
  if (by_wildcard && jid.error().code == EEXIST) return;
  fault(request.title, jid.error());
}

// `jid=N` and the parameters in their order, separated by tabs; of an old-style jail its words.
std::string Program::jid_line(warden::Jid jid, const Request& request) const {
  if (options_.old_style()) {
    const auto& words = options_.words;
    return join({concat(jid), words[0], words[1], words[2], join(request.command_argv, " ")}, "\t");
  }
  const auto rest = jail::export_line({.name = {}, .settings = request.settings}, "\t");
  return concat("jid=", jid, rest.empty() ? "" : "\t", rest);
}

void Program::record_jid(const std::string& line) {
  if (!options_.jid_file) return;
  std::FILE* file = std::fopen(options_.jid_file->c_str(), "ae");
  if (!file) return fault("", fail_errno(errno, "open ", *options_.jid_file).error());
  tools::write_line(file, line);
  std::fclose(file);
}

bool Program::load(bool missing_is_fine) {
  if (missing_is_fine && options_.conf_file != "-" &&
      !sys::real_kernel().open(options_.conf_file, O_PATH))
    return true;
  auto conf = jail::load_conf(options_.conf_file, machine_source());
  if (!conf) {
    fault("", conf.error());
    return false;
  }
  conf_ = std::move(*conf);
  announce_removal_ = true;
  return true;
}

// Starts a configured jail and, before it, those it depends on. False if it is not up.
bool Program::start_configured(const std::string& name) {
  if (const auto done = started_.find(name); done != started_.end()) return done->second;
  const auto* jail = conf_.find(name);
  if (!visiting_.insert(name).second) {
    fault(name, fail("dependency loop").error());
    return false;
  }
  bool ready = true;
  if (!jail->errors.empty()) {
    for (const auto& error : jail->errors) fault(name, error);
    ready = false;
  }
  for (const auto& other : ready ? jail->settings.list("depend") : std::vector<std::string>{}) {
    if (!conf_.find(other)) {
      fault(name, fail("depends on undefined jail \"", other, "\"").error());
      ready = false;
    } else if (!start_configured(other)) {
      if (options_.verbosity >= 0) fault(name, fail("skipped").error());
      failed_ = true;
      ready = false;
    }
  }
  visiting_.erase(name);
  bool up = false;
  if (ready) {
    const bool failed_before = std::exchange(failed_, false);
    const Request request{.title = name, .settings = jail->settings, .command_argv = {}};
    // What others depend on has to run; it is not changed.
    if (targets_.contains(name))
      operate(request, by_wildcard_);
    else if (options_.create)
      start(request, true);
    up = !failed_;
    failed_ |= failed_before;
  }
  return started_[name] = up;
}

// Stops a configured jail and, before it, those that depend on it.
void Program::stop_configured(const std::string& name, Asked asked) {
  if (!stopped_.insert(name).second) return;
  for (const auto& other : std::views::reverse(conf_.jails)) {
    const auto depends = other.settings.list("depend");
    if (std::ranges::count(depends, name) > 0) stop_configured(other.name, Asked::as_dependant);
  }
  const auto* jail = conf_.find(name);
  if (!jail->removable) {
    for (const auto& error : jail->errors) fault(name, error);
    return;
  }
  title_ = name;
  auto running = warden_.find(name);
  if (!running) {
    if (options_.clean_up && asked != Asked::as_dependant) {
      if (auto cleaned = warden_.cleanup(jail->settings, name); !cleaned)
        fault(name, cleaned.error());
    } else if (asked == Asked::by_name) {
      if (options_.verbosity >= 0) fault(name, running.error());
      failed_ = true;
    }
    return;
  }
  if (auto stopped = warden_.stop(*running, &jail->settings, name); !stopped) {
    fault(name, stopped.error());
    if (warden_.find(name)) started_[name] = false;  // not stopped, so not to be started again
  }
}

int Program::configured() {
  if (options_.remove_running || options_.command_line_only()) usage();
  if (!load(false)) return 1;
  const std::string target = options_.words.empty() ? "*" : options_.words[0];
  const bool wildcard = jail::is_wildcard(target);
  std::vector<std::string> names;
  for (const auto& jail : conf_.jails)
    if (wildcard ? jail::wildcard_match(target, jail.name) : jail.name == target)
      names.push_back(jail.name);
  if (names.empty() && !wildcard) {
    fault("", Error{ENOENT, concat("\"", target, "\" not found"), {}});
    return 1;
  }
  if (options_.restarts())
    for (const auto& name : std::views::reverse(names)) stop_configured(name, Asked::by_wildcard);
  targets_.insert(names.begin(), names.end());
  by_wildcard_ = wildcard;
  for (const auto& name : names) start_configured(name);
  return failed_;
}

void Program::remove_word(const std::string& word) {
  if (jail::is_wildcard(word)) {
    announce_removal_ = true;
    for (const auto& jail : std::views::reverse(conf_.jails))
      if (jail::wildcard_match(word, jail.name)) stop_configured(jail.name, Asked::by_wildcard);
    // As documented, `*` removes everything, configured or not.
    const auto rest = warden_.list();
    for (const auto& record : std::views::reverse(rest))
      if (title_ = record.name; jail::wildcard_match(word, title_) && !conf_.find(title_))
        if (auto stopped = warden_.stop(record, nullptr, record.name); !stopped)
          fault(record.name, stopped.error());
    return;
  }
  if (conf_.find(word)) return stop_configured(word, Asked::by_name);
  auto running = warden_.find(word);
  if (!running) return fault("", running.error());
  if (conf_.find(running->name)) return stop_configured(running->name, Asked::by_name);
  title_ = running->name;
  if (auto stopped = warden_.stop(*running, nullptr, running->name); !stopped)
    fault(running->name, stopped.error());
}

int Program::remove_named() {
  if (options_.words.empty() || options_.command_line_only()) usage();
  for (const auto& word : options_.words)
    if (!options_.remove_running && word.contains('=')) usage();
  announce_removal_ = options_.words.size() > 1;
  if (!options_.remove_running && !load(true)) return 1;
  for (const auto& word : options_.words) remove_word(word);
  return failed_;
}

int Program::print_configuration() {
  if (options_.create || options_.modify || options_.remove || !options_.words.empty()) usage();
  if (!load(false)) return 1;
  for (const auto& jail : conf_.jails) {
    for (const auto& error : jail.errors) fault(jail.name, error);
    say(jail::export_line(jail, *options_.separator));
  }
  return failed_;
}

int Program::run() {
  if (options_.separator) return print_configuration();
  if (::geteuid() != 0) {
    complain("jail", "only root may create, modify or remove jails (run it with sudo)");
    return 1;
  }
  if (options_.jid_file) {
    std::FILE* file = std::fopen(options_.jid_file->c_str(), "we");
    if (!file) {
      complain("jail", fail_errno(errno, "open ", *options_.jid_file).error());
      return 1;
    }
    std::fclose(file);
  }
  if (options_.old_style()) return old_style();
  if (options_.only_removes()) return remove_named();
  const auto& words = options_.words;
  if (words.size() > 1 || (words.size() == 1 && words[0].contains('='))) {
    if (options_.remove_running || options_.clean_up) usage();
    return command_line();
  }
  return configured();
}

}  // namespace

int main(int argc, char** argv) {
  ::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  Program program(parse_options(argc, argv));
  return program.run();
}
