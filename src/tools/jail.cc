// SPDX-License-Identifier: BSD-2-Clause

// jail(8): create, modify and remove jails, from jail.conf or from the command line. This file
// goes from a valid form to requests and jobs and says what comes of them; what they mean is the
// warden's business, and which of them go on at the same time the crew's.
// Source: jail(8), FreeBSD 15.

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <vector>

#include "base/suggest.h"
#include "batch/crew.h"
#include "batch/plan.h"
#include "jail/address.h"
#include "jail/conf.h"
#include "jail/old_style.h"
#include "sys/resolve.h"
#include "tools/jail_options.h"
#include "tools/machine_source.h"
#include "tools/print.h"
#include "warden/authority.h"

namespace {

using namespace gaol;
using batch::Asked;
using batch::Job;
using batch::JobId;
using batch::Outcome;
using batch::Target;
using batch::Verb;
using tools::complain;
using tools::Form;
using tools::say;
using warden::identity;
using warden::Report;
using warden::Request;

constexpr const char* kSettingsFile = "/etc/gaol.conf";

Request request_of(const Job& job) {
  return {.title = job.name, .settings = job.conf->settings, .command_argv = {}};
}

class Program {
 public:
  explicit Program(tools::Options options)
      : options_(std::move(options)),
        report_{[this](Report::What what, std::string_view text) { tell(what, text); }},
        warden_(warden::authority(sys::real_kernel(), report_)) {}

  bool run();

 private:
  // What is said. Without a title (a command-line jail) results are told only with -v.
  void tell(Report::What what, std::string_view text);
  static void complain_about(const std::string& title, std::string_view text);
  bool fault(const std::string& title, const Error& error);
  bool faults(const std::string& title, const std::vector<Error>& errors);
  void warn_of_dying(bool parameter_given) const;

  // The five forms. False: not all of it went well.
  bool print_configuration();
  bool old_style();
  bool command_line();
  bool removal();
  bool configured();

  enum class Missing : bool { refused, fine };
  bool load(Missing missing);
  std::string unread_file() const;
  std::unexpected<Error> not_configured(const std::string& word) const;
  bool targets_of(const std::string& word, std::vector<Target>& targets);
  std::vector<Target> in_no_file();
  const jail::JailConf* configured(const warden::Record& record) const;

  // Jobs, from the first question to the last word.
  bool do_jobs(batch::Plan plan);
  std::optional<Outcome> settle(JobId id);
  std::optional<Outcome> settle_stop(JobId id);
  std::optional<Outcome> settle_start(const Job& job);
  Outcome work(const Job& job);
  Outcome stop(const Job& job);
  void skipped(const Job& job, const Job& because);
  void killed(const Job& job, int signal);
  void name_the_left_stopped();

  bool start(const Request& asked_for, Asked asked);
  bool modify(const Request& asked_for);
  // Acts on the request as ip_hostname completes it.
  bool with_addresses(const Request& request, const std::function<bool(const Request&)>& act);
  bool clean_up(const Job& job);
  Result<warden::Record> running(const Job& job) {
    return warden_->find(job.conf ? identity(job.conf->settings) : job.name);
  }

  bool open_jid_file();
  void record_jid(warden::Jid jid, const Request& request);

  tools::Options options_;
  Report report_;
  const std::unique_ptr<warden::Authority> warden_;
  std::string title_;
  jail::Conf conf_;
  std::vector<Job> jobs_;
  std::set<JobId> stopping_;  // jobs that found their jail running
  batch::Post post_;
  bool told_ = false;  // the fault at hand, by the step that failed
  bool announce_removal_ = false;
};

// --- what is said ---

void Program::tell(Report::What what, std::string_view text) {
  using enum Report::What;
  const auto result = [&](const char* word, bool plain) {
    if (options_.verbosity >= (plain && !text.empty() ? 0 : 1))
      say(text.empty() ? std::string(word) : concat(text, ": ", word));
  };
  switch (what) {
    case created: result("created", true); return post_.half_way();
    case removed: result("removed", announce_removal_); return post_.half_way();
    case updated: return result("updated", true);
    case waiting: return post_.pause();
    case working: return post_.go_on();
    case failed: told_ = true; return complain_about(title_, text);
    case command:
    case detail:
      if (options_.verbosity > 0)
        say(title_.empty() ? std::string(text) : concat(title_, ": ", text));
  }
}

void Program::complain_about(const std::string& title, std::string_view text) {
  complain("jail", title.empty() ? std::string(text) : concat(title, ": ", text));
}

// A fault of one jail: `jail: NAME: text`; existence problems name it themselves. What a step
// said while it failed is not said again. Always false.
bool Program::fault(const std::string& title, const Error& error) {
  if (std::exchange(told_, false)) return false;
  const bool existence = error.code == ENOENT || error.code == EEXIST;
  complain_about(existence && error.text.starts_with('"') ? "" : title, error.line());
  return false;
}

bool Program::faults(const std::string& title, const std::vector<Error>& errors) {
  for (const auto& error : errors) fault(title, error);
  return errors.empty();
}

// Once a run, however often it is asked for.
void Program::warn_of_dying(bool parameter_given) const {
  if (options_.deprecated || parameter_given)
    complain("jail", "the -d flag and allow.dying are deprecated and have no effect");
}

// --- the five forms ---

bool Program::print_configuration() {
  if (!load(Missing::refused)) return false;
  bool well = true;
  for (const auto& jail : conf_.jails) {
    well &= faults(jail.name, jail.errors);
    say(jail::export_line(jail, *options_.separator));
  }
  return well;
}

bool Program::old_style() {
  const auto text = sys::real_kernel().read_file(kSettingsFile);
  const auto standard = jail::old_style_settings(text.value_or(""), kSettingsFile);
  if (!standard) return fault("", standard.error());
  const Request request = tools::request_in_old_style(options_, *standard);
  warn_of_dying(request.settings.has("allow.dying"));
  return open_jid_file() && start(request, Asked::by_name);
}

bool Program::command_line() {
  const auto request = tools::request_from_words(options_);
  if (!request) return fault("", request.error());
  const auto& settings = request->settings;
  for (const auto& other : settings.list("depend"))
    if (!warden_->find(other))
      return fault("", fail("depends on nonexistent jail \"", other, "\"").error());
  warn_of_dying(settings.has("allow.dying"));
  if (!open_jid_file()) return false;
  if (!options_.modify && !options_.remove) return start(*request, Asked::by_name);

  const auto running = warden_->find(identity(settings));
  if (running && options_.remove && (!options_.modify || warden_->needs_restart(*request))) {
    if (!faults("", jail::check(settings))) return false;
    if (auto stopped = warden_->stop(*running, &settings, ""); !stopped)
      return fault("", stopped.error());
    return start(*request, Asked::by_name);
  }
  return options_.modify && (running || !options_.create) ? modify(*request)
                                                          : start(*request, Asked::by_name);
}

bool Program::removal() {
  const auto& words = options_.words;
  const bool wildcards = std::ranges::any_of(words, jail::is_wildcard);
  announce_removal_ = words.size() > 1 || wildcards;
  if (!options_.remove_running && !load(Missing::fine)) return false;
  bool well = true;
  std::vector<Target> targets;
  for (const auto& word : words) well &= targets_of(word, targets);
  if (!open_jid_file()) return false;
  well &= do_jobs(batch::plan_removal(conf_, targets));
  // As documented, a wildcard means all jails, whether they are in a file or not.
  return (!wildcards || do_jobs(batch::plan_removal(conf_, in_no_file()))) && well;
}

// What one word of a removal means, besides running jails that match a wildcard.
bool Program::targets_of(const std::string& word, std::vector<Target>& targets) {
  if (jail::is_wildcard(word)) {
    for (const auto& jail : std::views::reverse(conf_.jails))
      if (jail::wildcard_match(word, jail.name))
        targets.push_back({jail.name, &jail, Asked::by_wildcard});
    return true;
  }
  const auto* jail = conf_.find(word);
  if (!jail) {
    const auto record = warden_->find(word);
    if (!record) return fault("", record.error());
    jail = configured(*record);
    if (!jail) targets.push_back({record->name, nullptr, Asked::by_name});
  }
  if (jail) targets.push_back({jail->name, jail, Asked::by_name});
  return true;
}

const jail::JailConf* Program::configured(const warden::Record& record) const {
  const auto* jail = conf_.find(record.name);
  return jail ? jail : conf_.find(concat(record.jid));
}

// Running jails that match a wildcard of the command line, the newest first.
std::vector<Target> Program::in_no_file() {
  std::vector<Target> out;
  const auto all = warden_->list();
  for (const auto& record : std::views::reverse(all)) {
    const auto meant = [&](const std::string& word) {
      return jail::is_wildcard(word) && jail::wildcard_match(word, record.name);
    };
    if (std::ranges::any_of(options_.words, meant) && !configured(record))
      out.push_back({record.name, nullptr, Asked::by_wildcard});
  }
  return out;
}

bool Program::configured() {
  if (!load(Missing::refused)) return false;
  const std::string word = options_.words.empty() ? "*" : options_.words[0];
  const bool wildcard = jail::is_wildcard(word);
  std::vector<Target> targets;
  if (wildcard) {
    for (const auto& jail : conf_.jails)
      if (jail::wildcard_match(word, jail.name))
        targets.push_back({jail.name, &jail, Asked::by_wildcard});
  } else if (const auto* jail = conf_.find(word)) {
    const bool only_creates = !options_.modify && !options_.remove;
    if (only_creates && warden_->find(identity(jail->settings)))
      return fault("", Error{EEXIST, concat("\"", word, "\" already exists"), {}});
    targets.push_back({word, jail, Asked::by_name});
  } else {
    return fault("", not_configured(word).error());
  }
  warn_of_dying(std::ranges::any_of(
      targets, [](const Target& target) { return target.conf->settings.has("allow.dying"); }));
  if (!open_jid_file()) return false;
  return do_jobs(batch::plan_operation(conf_, targets,
                                       {.create = options_.create,
                                        .modify = options_.modify,
                                        .remove = options_.remove,
                                        .needs_restart = [this](const jail::JailConf& jail) {
                                          return jail.errors.empty() &&
                                                 warden_->needs_restart({.title = jail.name,
                                                                         .settings = jail.settings,
                                                                         .command_argv = {}});
                                        }}));
}

bool Program::load(Missing missing) {
  if (missing == Missing::fine && options_.conf_file != "-" &&
      !sys::real_kernel().exists(options_.conf_file.c_str()))
    return true;
  auto conf = jail::load_conf(options_.conf_file, tools::machine_source());
  if (!conf) {
    Error error = std::move(conf).error();
    if (!sys::real_kernel().exists(options_.conf_file.c_str())) error.hint = unread_file();
    return fault("", error);
  }
  conf_ = std::move(*conf);
  announce_removal_ = true;
  return true;
}

// What to do when the jail asked for has a file of its own, which rc.d/jail would find by its name
// and jail(8) does not.
std::string Program::unread_file() const {
  if (options_.words.size() != 1) return {};
  for (const char* prefix : {"/etc/jail.", "/etc/jail.conf.d/"}) {
    const auto file = concat(prefix, options_.words[0], ".conf");
    if (file != options_.conf_file && sys::real_kernel().exists(file.c_str()))
      return concat("there is ", file, ": give it with -f, or .include it in /etc/jail.conf");
  }
  return {};
}

std::unexpected<Error> Program::not_configured(const std::string& word) const {
  std::vector<std::string_view> names;
  for (const auto& jail : conf_.jails) names.push_back(jail.name);
  return fail(
      Error{ENOENT, concat("\"", word, "\" not found", did_you_mean(word, names)), unread_file()});
}

// --- jobs ---

bool Program::do_jobs(batch::Plan plan) {
  jobs_ = std::move(plan.jobs);
  const batch::Duties duties{
      .settle = [this](JobId id) { return settle(id); },
      .work =
          [this](JobId id, const batch::Post& post) {
            post_ = post;
            return work(jobs_[id]);
          },
      .skipped = [this](JobId id, JobId because) { skipped(jobs_[id], jobs_[because]); },
      .looped = [this](JobId id) { complain_about(jobs_[id].name, "dependency loop"); },
      .killed = [this](JobId id, int signal) { killed(jobs_[id], signal); }};
  const bool well = batch::Crew(sys::real_kernel(), plan.order, duties, options_.limit).run();
  name_the_left_stopped();
  return well;
}

// Faults, and what is so already, take no work.
std::optional<Outcome> Program::settle(JobId id) {
  const Job& job = jobs_[id];
  title_ = job.name;
  if (!job.fault.empty()) {
    complain_about(job.name, job.fault);
    return Outcome::failed;
  }
  if (job.verb == Verb::stop) return settle_stop(id);
  if (!faults(job.name, job.conf->errors)) return Outcome::failed;
  if (job.verb == Verb::modify || (job.verb == Verb::start_or_modify && running(job)))
    return modify(request_of(job)) ? Outcome::done : Outcome::failed;
  return settle_start(job);
}

std::optional<Outcome> Program::settle_stop(JobId id) {
  const Job& job = jobs_[id];
  if (job.conf) {
    // A jail that could not be started again is not stopped for it.
    const bool sound = job.conf->removable && !job.restarts;
    if (!sound && !faults(job.name, job.conf->errors)) return Outcome::failed;
    const auto purpose = job.restarts ? jail::Purpose::set : jail::Purpose::remove;
    if (!faults(job.name, jail::check(job.conf->settings, purpose))) return Outcome::failed;
  }
  const auto found = running(job);
  if (found) stopping_.insert(id);
  if (found || (options_.clean_up && job.asked != Asked::for_another)) return {};
  if (job.asked != Asked::by_name) return Outcome::done;
  if (!options_.quiet() || !job.conf) fault("", found.error());
  return Outcome::failed;
}

std::optional<Outcome> Program::settle_start(const Job& job) {
  const auto found = running(job);
  if (!found || job.asked == Asked::by_name) return {};
  record_jid(found->jid, request_of(job));
  return Outcome::done;
}

Outcome Program::work(const Job& job) {
  title_ = job.name;
  if (job.verb == Verb::stop) return stop(job);
  if (options_.clean_up && job.asked != Asked::for_another && !clean_up(job))
    return Outcome::failed;
  return start(request_of(job), job.asked) ? Outcome::done : Outcome::failed;
}

Outcome Program::stop(const Job& job) {
  const auto found = running(job);
  if (!found) return !job.conf || clean_up(job) ? Outcome::done : Outcome::flawed;
  const auto stopped = warden_->stop(*found, job.conf ? &job.conf->settings : nullptr, job.name);
  if (stopped) return Outcome::done;
  fault(job.name, stopped.error());
  return running(job) ? Outcome::failed : Outcome::flawed;
}

void Program::skipped(const Job& job, const Job& because) {
  // Of a restart that did not get beyond the stop, the stop has told.
  if (!options_.quiet() && job.name != because.name) complain_about(job.name, "skipped");
}

void Program::killed(const Job& job, int signal) {
  complain_about(job.name, concat("its worker was killed by signal ", signal));
  (void)warden_->list();  // sweeps what it left
}

void Program::name_the_left_stopped() {
  if (options_.quiet() || form_of(options_) == Form::removal) return;
  for (const JobId id : stopping_)
    if (const Job& job = jobs_[id]; !job.restarts && !running(job))
      complain_about(
          job.name, concat("left stopped: it depends on ", job.pulled_by, ", which was restarted"));
}

// With the addresses of the host name behind those that are given.
Result<Request> resolved(Request request) {
  const std::string host = request.settings.text("host.hostname");
  if (host.empty()) return request;
  auto addresses = sys::resolve(host);
  if (!addresses && addresses.error().code == ENOSYS)
    return fail(
        "ip_hostname: not supported on this system: this jail(8) was built with glibc, which "
        "cannot look up names for a static program");
  if (!addresses) return fail(std::move(addresses).error().in("host.hostname ", host));
  for (const auto& address : *addresses)
    request.settings.add({.id = *jail::find(address.family == AF_INET ? "ip4.addr" : "ip6.addr"),
                          .values = {jail::address_text(address)}});
  return request;
}

bool Program::with_addresses(const Request& request,
                             const std::function<bool(const Request&)>& act) {
  if (!request.settings.on("ip_hostname")) return act(request);
  const auto complete = resolved(request);
  return complete ? act(*complete) : fault(request.title, complete.error());
}

bool Program::start(const Request& asked_for, Asked asked) {
  return with_addresses(asked_for, [&](const Request& request) {
    const auto jid = warden_->start(request);
    if (!jid) {
      if (asked != Asked::by_name && jid.error().code == EEXIST) return true;
      // Of wrong parameters the first was refused; a user wants to see all.
      const auto wrong = told_ ? std::vector<Error>{} : jail::check(request.settings);
      return wrong.empty() ? fault(request.title, jid.error()) : faults(request.title, wrong);
    }
    if (options_.print_jid) say(concat(*jid));
    record_jid(*jid, request);
    return true;
  });
}

bool Program::modify(const Request& asked_for) {
  return with_addresses(asked_for, [&](const Request& request) {
    const auto modified = warden_->modify(request);
    return modified || fault(request.title, modified.error());
  });
}

bool Program::clean_up(const Job& job) {
  const auto cleaned = warden_->cleanup(job.conf->settings, job.name);
  return cleaned || fault(job.name, cleaned.error());
}

// --- the file of jids ---

bool Program::open_jid_file() {
  if (!options_.jid_file) return true;
  const auto& path = *options_.jid_file;
  const auto file = sys::real_kernel().open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  return file || fault("", fail_errno(file.error().code, "open ", path).error());
}

// `jid=N` and the parameters in their order, separated by tabs; of an old-style jail its words.
void Program::record_jid(warden::Jid jid, const Request& request) {
  if (!options_.jid_file) return;
  std::string line;
  if (form_of(options_) == Form::old_style) {
    const auto& words = options_.words;
    line = join({concat(jid), words[0], words[1], words[2], join(request.command_argv, " ")}, "\t");
  } else {
    const auto rest = jail::export_line({.name = {}, .settings = request.settings}, "\t");
    line = concat("jid=", jid, rest.empty() ? "" : "\t", rest);
  }
  // In one piece behind what other workers have written.
  std::FILE* file = std::fopen(options_.jid_file->c_str(), "ae");
  if (!file) return complain("jail", fail_errno(errno, "open ", *options_.jid_file).error());
  tools::write_line(file, line);
  std::fclose(file);
}

bool Program::run() {
  const Form form = form_of(options_);
  if (form == Form::print) return print_configuration();
  if (::geteuid() != 0) {
    complain("jail", "only root may create, modify or remove jails (run it with sudo)");
    return false;
  }
  switch (form) {
    case Form::old_style: return old_style();
    case Form::removal: return removal();
    case Form::command_line: return command_line();
    default: return configured();
  }
}

}  // namespace

int main(int argc, char** argv) {
  ::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  Program program(tools::parse_options(argc, argv));
  return program.run() ? 0 : 1;
}
