// SPDX-License-Identifier: BSD-2-Clause
#include "warden/viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include <algorithm>

#include "jail/hierarchy.h"
#include "jail/prison.h"

namespace gaol::warden {

namespace {

using Kind = Answer::Kind;

constexpr int kPatience = 10'000;    // milliseconds for a question to come
constexpr int kFarewell = 1000;      // milliseconds for the end of the connection
constexpr int kMostFarewells = 100;  // messages before that

std::unexpected<Error> not_found(std::string_view who) {
  return std::unexpected(Error{ENOENT, concat("\"", who, "\" not found"), {}});
}

std::unexpected<Error> denied(std::string_view name, std::string_view why) {
  return std::unexpected(
      Error{EPERM, concat(name, ": not supported from inside a jail: ", why), {}});
}

// --- what may be given from inside ---

std::string on_host(const Record& self, std::string_view path) {
  std::string root = self.settings.text("path");
  if (path == "/") return root;
  return root == "/" ? std::string(path) : concat(root, path);
}

// Blanks as fstab(5) writes them.
std::string escaped(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == ' ')
      out += "\\040";
    else if (c == '\t')
      out += "\\011";
    else if (c == '\\')
      out += "\\134";
    else
      out += c;
  }
  return out;
}

Result<> see_name(const Record& self, jail::Setting& setting) {
  std::string& name = setting.values.front();
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (name.empty() || std::ranges::any_of(name, odd))
    return fail("name: \"\": a jail below a jail needs one, without blanks");
  name = concat(self.name, ".", name);
  if (name.size() > 255) return fail_errno(ENAMETOOLONG, "name");
  return {};
}

Result<> see_path(const Record& self, jail::Setting& setting) {
  std::string& path = setting.values.front();
  if (!path.starts_with('/')) return fail("path ", path, ": not an absolute pathname");
  path = on_host(self, path);
  return {};
}

// The first two fields of each line.
Result<> see_mounts(const Record& self, jail::Setting& setting) {
  for (auto& line : setting.values) {
    const auto fields = words(line);
    if (fields.size() < 3) return fail("mount: ", line, ": missing information");
    std::vector<std::string> seen(fields.begin(), fields.end());
    for (const size_t at : {size_t{0}, size_t{1}})
      if (seen[at].starts_with('/'))
        seen[at] = escaped(on_host(self, "/")) + (seen[at] == "/" ? "" : seen[at]);
    line = join(seen, " ");
  }
  return {};
}

// An interface is one of the host's, or of a network stack that the host does not look into.
Result<> see_addresses(const Record&, jail::Setting& setting) {
  for (const auto& value : setting.values)
    if (value.contains('|'))
      return denied(jail::param(setting.id).name,
                    "the address must be there already; leave the interface out");
  return {};
}

// Another set could show devices that the jail itself has not.
Result<> same_ruleset(const Record& self, jail::Setting& setting) {
  if (setting.values.front() == self.settings.text("devfs_ruleset")) return {};
  return denied("devfs_ruleset", "it is that of the jail");
}

// Who has no network may not make one.
Result<> same_network(const Record& self, jail::Setting& setting) {
  const auto state = jail::parse_jailsys(
      setting.values.empty() ? std::nullopt
                             : std::optional<std::string_view>(setting.values.back()));
  if (state != jail::Jailsys::fresh || self.settings.jailsys("vnet") == jail::Jailsys::fresh)
    return {};
  return denied("vnet", "the jail has no network stack of its own");
}

// How a parameter is put in the host's words; null: it stands in them.
using See = Result<> (*)(const Record& self, jail::Setting&);
struct Row {
  std::string_view name;
  See see = nullptr;
};
constexpr Row kRows[] = {
    {"children.max"},
    {"devfs_ruleset", same_ruleset},
    {"enforce_statfs"},
    {"env"},
    {"host"},
    {"host.domainname"},
    {"host.hostid"},
    {"host.hostname"},
    {"host.hostuuid"},
    {"ip4"},
    {"ip4.addr", see_addresses},
    {"ip4.saddrsel"},
    {"ip6"},
    {"ip6.addr", see_addresses},
    {"ip6.saddrsel"},
    {"meta"},
    {"mount", see_mounts},
    {"mount.devfs"},
    {"mount.fdescfs"},
    {"mount.procfs"},
    {"name", see_name},
    {"osreldate"},
    {"osrelease"},
    {"path", see_path},
    {"persist"},
    {"securelevel"},
    {"sysvmsg"},
    {"sysvsem"},
    {"sysvshm"},
    {"vnet", same_network},
};
static_assert(std::ranges::is_sorted(kRows, {}, &Row::name));

// Why not, where there is more to say than that the table does not have it.
struct Reason {
  std::string_view name, why;
};
constexpr Reason kReasons[] = {
    {"interface", "the address must be there already"},
    {"jid", "numbers are given out by the host"},
    {"mount.fstab", "write the lines as mount"},
    {"vnet.interface", "the host does not look into the jail's network stack"},
};

// Permissions all have the rule that the jail must have them itself.
const Row* row_of(const jail::Param& param) {
  static constexpr Row kPermission{"allow.*"};
  if (param.name.starts_with("allow.") && param.when == jail::When::any) return &kPermission;
  const auto* row = std::ranges::lower_bound(kRows, param.name, {}, &Row::name);
  return row != std::end(kRows) && row->name == param.name ? row : nullptr;
}

Authority::Dying dying(const Question& question) {
  return question.flag ? Authority::Dying::shown : Authority::Dying::hidden;
}

// As jail(8) would have read it from a file.
bool well_formed(const jail::Setting& setting) {
  const auto type = jail::param(setting.id).type;
  return (setting.key.empty() || type == jail::Type::keyvalue) &&
         (!setting.negated || type == jail::Type::boolean);
}

}  // namespace

Result<jail::Settings> settings_from_inside(const Record& self, const jail::Settings& asked) {
  jail::Settings out;
  for (jail::Setting setting : asked.all()) {
    const auto& param = jail::param(setting.id);
    const Row* row = row_of(param);
    if (!row || !well_formed(setting)) {
      const auto* reason = std::ranges::find(kReasons, param.name, &Reason::name);
      return denied(param.name, reason == std::end(kReasons) ? "the host decides it" : reason->why);
    }
    const bool single = param.type == jail::Type::string || param.type == jail::Type::integer;
    if (single && setting.values.size() != 1) return fail(param.name, ": takes one value");
    if (row->see) TRY(row->see(self, setting));
    out.set(std::move(setting));
  }
  return out;
}

// --- one question ---

Viewer::Viewer(sys::Kernel& kernel, const sys::Fd& line, Jid jid, const sys::ProcessId& init,
               std::string root)
    : kernel_(kernel),
      line_(line),
      jid_(jid),
      init_(init),
      // Kept until there is an answer: a lock may be held while things are told, and whoever asks
      // may never listen.
      warden_(kernel, {[this](Report::What what, std::string_view text) {
                told_.emplace_back(what, text);
              }},
              std::move(root),
              [this](const CommandContext& context, std::string_view parameter, Where where) {
                return ask_back(context, parameter, where);
              }) {}

// By the kernel's word alone. A jail below has the same numbers for its root, but a cgroup and a
// user namespace of its own; the socket may have come into its hands.
Result<> Viewer::admit() {
  self_ = TRY(warden_.find(concat(jid_)));
  if (self_.init != init_) return fail_errno(ESRCH, "jail");
  const auto peer = TRY(sys::peer_of(line_));
  const auto ours = TRY(kernel_.read_symlink(concat("/proc/", init_.pid, "/ns/user")));
  const auto his = TRY(kernel_.read_symlink(concat("/proc/", peer.pid, "/ns/user")));
  const auto cgroup = TRY(jail::cgroup_of(kernel_, concat(peer.pid)));
  // Below it as well: an init system divides it.
  const bool member = cgroup == self_.cgroup || cgroup.starts_with(self_.cgroup + "/");
  const bool gone = TRY(kernel_.wait_gone(peer.pidfd, 0));
  if (gone || !member || ours != his || peer.uid != self_.first_id)
    return fail_errno(EPERM, "jail_set");
  return {};
}

Result<Question> Viewer::hear(int milliseconds) {
  auto message = TRY(sys::receive_message(line_, milliseconds));
  if (!message) return fail_errno(ECONNRESET, "receive");
  brought_ = std::move(message->descriptors);
  return Question::from_text(message->text);
}

// That he has gone without waiting for it is no failure.
void Viewer::send(Answer answer) {
  for (auto& [what, text] : std::exchange(told_, {}))
    answer.told.emplace_back(what, shown(std::move(text)));
  answer.text = shown(std::move(answer.text));
  answer.error.text = shown(std::move(answer.error.text));
  answer.error.hint = shown(std::move(answer.error.hint));
  (void)sys::send_message(line_, answer.to_text());
}

const Viewer::Verb Viewer::kVerbs[] = {
    {"attach", &Viewer::attach},
    {"find", &Viewer::find},
    {"list", &Viewer::list},
    {"listing", &Viewer::listing},
    {"look_up", &Viewer::look_up},
    {"modify", &Viewer::modify},
    {"needs_restart", &Viewer::needs_restart},
    {"start", &Viewer::start},
    {"stop", &Viewer::stop},
    {"user", &Viewer::user},
};

Result<int> Viewer::answer(const Question& question) {
  const auto* verb = std::ranges::find(kVerbs, question.verb, &Verb::name);
  if (verb == std::end(kVerbs)) return fail("unknown question");
  return (this->*verb->act)(question);
}

void Viewer::attend() {
  const auto admitted = admit();
  const auto answered = admitted ? answer_next() : Result<int>(fail_errno(EPERM, "jail_set"));
  if (answered)
    send({.kind = Kind::done, .number = *answered});
  else
    send({.kind = Kind::error, .error = answered.error()});
  wait_for_farewell();
}

Result<int> Viewer::answer_next() {
  const auto question = TRY(hear(kPatience));
  return answer(question);
}

// What we leave unread takes our last words with it.
void Viewer::wait_for_farewell() {
  for (int most = 0; most < kMostFarewells; ++most) {
    const auto message = sys::receive_message(line_, kFarewell);
    if (!message || !*message) return;
  }
}

Result<> Viewer::ask_back(const CommandContext& context, std::string_view parameter, Where where) {
  if (!std::ranges::count(runs_, parameter)) return {};
  send({.kind = Kind::run,
        .number = context.jid,
        .text = std::string(parameter),
        .in_jail = where == Where::jail});
  const auto reply = TRY(hear(-1));
  if (reply.verb != "ran") return fail("whoever asked for the jail has broken off");
  if (!reply.text.empty()) return fail(reply.text);
  return {};
}

Result<Record> Viewer::below(std::string_view who) {
  const bool by_jid = number<Jid>(who).has_value();
  auto record = warden_.find(by_jid ? std::string(who) : concat(self_.name, ".", who));
  if (!record || !jail::is_below(record->name, self_.name)) return not_found(who);
  return record;
}

// Without one of these, a jail that is not to persist would be over at once.
constexpr const char* kRunInJail[] = {"exec.start", "command", "exec.poststart"};

Result<int> Viewer::start(const Question& question) {
  Request request{.title = {},
                  .settings = TRY(settings_from_inside(self_, question.settings)),
                  .command_argv = {},
                  .runs_something = std::ranges::any_of(kRunInJail, [&](const char* parameter) {
                    return std::ranges::count(question.runs, parameter) > 0;
                  })};
  runs_ = question.runs;
  if (!request.settings.has("name")) return fail("name: a jail below a jail needs one");
  if (!request.settings.has("path"))
    request.settings.set({.id = *jail::find("path"), .values = {on_host(self_, "/")}});
  return warden_.start(request);
}

Result<Request> Viewer::change_of(const Question& question) {
  jail::Settings asked = question.settings;
  const auto meant = TRY(below(identity(asked)));
  asked.erase(*jail::find("jid"));
  Request request{
      .title = {}, .settings = TRY(settings_from_inside(self_, asked)), .command_argv = {}};
  request.settings.set({.id = *jail::find("jid"), .values = {concat(meant.jid)}});
  return request;
}

Result<int> Viewer::modify(const Question& question) {
  const auto change = TRY(change_of(question));
  TRY(warden_.modify(change));
  return 0;
}

Result<int> Viewer::needs_restart(const Question& question) {
  return warden_.needs_restart(TRY(change_of(question))) ? 1 : 0;
}

Result<int> Viewer::stop(const Question& question) {
  constexpr int kLongest = 3600;  // seconds
  const auto record = TRY(below(question.who));
  jail::Settings times;
  times.set({.id = *jail::find("stop.timeout"),
             .values = {concat(std::clamp(question.number, 0, kLongest))}});
  runs_ = question.runs;
  TRY(warden_.stop(record, question.flag ? &times : nullptr, {}));
  return 0;
}

Result<int> Viewer::find(const Question& question) {
  send({.kind = Kind::jail, .jail = shown(TRY(below(question.who)))});
  return 0;
}

Result<int> Viewer::list(const Question&) {
  for (auto& record : warden_.list())
    if (jail::is_below(record.name, self_.name))
      send({.kind = Kind::jail, .jail = shown(std::move(record))});
  return 0;
}

Result<int> Viewer::listing(const Question& question) {
  auto all = TRY(warden_.listing(dying(question), Warden::Names::live));
  std::erase_if(all, [&](const Entry& jail) { return !jail::is_below(jail.name, self_.name); });
  for (const auto& entry : all) send({.kind = Kind::entry, .entry = shown(entry)});
  return 0;
}

Result<int> Viewer::look_up(const Question& question) {
  const auto& who = question.who;
  const bool by_jid = number<Jid>(who).has_value();
  auto entry = warden_.look_up(by_jid ? who : concat(self_.name, ".", who), dying(question),
                               Warden::Names::live);
  if (!entry || !jail::is_below(entry->name, self_.name)) return not_found(who);
  send({.kind = Kind::entry, .entry = shown(*entry)});
  return 0;
}

// Of a terminal, which means all in the foreground.
constexpr int kFromTerminals[] = {SIGINT, SIGQUIT, SIGWINCH};

// The program has the asker's standard descriptors and a session of its own.
Result<int> Viewer::attach(const Question& question) {
  constexpr size_t kStandard = 3;
  const auto record = TRY(below(question.who));
  if (brought_.size() != kStandard) return fail("attach: takes standard input, output and error");
  if (question.command.argv.empty()) return fail("attach: no command");
  TRY(sys::take_as_standard(brought_));
  brought_.clear();
  sys::Command command = question.command;
  command.act = question.failure.c_str();
  command.new_session = true;
  const sys::Fd child = TRY(warden_.attach(record, command));
  send({.kind = Kind::begun});
  const sys::Fd* const either[] = {&child, &line_};
  for (;;) {
    const auto ready = TRY(sys::wait_for_any(either));
    if (ready[0]) return *TRY(kernel_.reap(child, -1));
    const auto order = TRY(hear(-1));  // he is gone: the program goes on, as an orphan does
    if (order.verb != "signal") continue;
    if (std::ranges::count(kFromTerminals, order.number))
      sys::signal_group(child, order.number);
    else
      (void)kernel_.signal(child, order.number);
  }
}

Result<int> Viewer::user(const Question& question) {
  const auto record = TRY(below(question.who));
  send({.kind = Kind::user, .user = TRY(warden_.user_of(record, question.text))});
  return 0;
}

// --- in the jail's words ---

namespace {

// `path` of the host as the jail has it, whose root is `root`.
std::string below_root(const std::string& path, const std::string& root) {
  if (path == root) return "/";
  if (root == "/" || !path.starts_with(root + "/")) return path;
  return path.substr(root.size());
}

constexpr bool part_of_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
         c == '/' || c == '_' || c == '-';
}

// `word` by another, where it begins a word of the text and is followed by what `then` says.
void replace_words(std::string& text, const std::string& word, std::string_view by,
                   bool (*then)(char next)) {
  for (size_t at = 0; (at = text.find(word, at)) != text.npos;) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || !part_of_word(text[at - 1]);
    if (begins && then(end < text.size() ? text[end] : ' ')) {
      text.replace(at, word.size(), by);
      at += by.size();
    } else {
      at = end;
    }
  }
}

}  // namespace

jail::Settings Viewer::shown(const jail::Settings& settings, const std::string& name) const {
  jail::Settings out;
  for (const auto& setting : settings.all())
    if (jail::param(setting.id).when != jail::When::tool) out.set(setting);
  out.set({.id = *jail::find("name"), .values = {name}});
  out.set({.id = *jail::find("path"),
           .values = {below_root(settings.text("path"), self_.settings.text("path"))}});
  return out;
}

// What stands in the kernel for it, and what jail(8) on the host knows of it, is nobody's business.
Record Viewer::shown(Record record) const {
  Record out;
  out.jid = record.jid;
  out.parent = record.parent == jid_ ? 0 : record.parent;
  out.name = record.name.substr(self_.name.size() + 1);
  warden_.read_names(record);
  out.settings = shown(record.settings, out.name);
  return out;
}

Entry Viewer::shown(const Entry& entry) const {
  Record record;
  record.jid = entry.jid;
  record.parent = entry.parent == jid_ ? 0 : entry.parent;
  record.name = entry.name.substr(self_.name.size() + 1);
  record.settings = shown(entry.settings(), record.name);
  Entry out = entry_of(record, 0);
  out.children = entry.children;
  out.dying = entry.dying;
  out.hostname = entry.hostname;
  out.domainname = entry.domainname;
  return out;
}

std::string Viewer::shown(std::string text) const {
  replace_words(text, self_.name + ".", "", part_of_word);
  const std::string root = self_.settings.text("path");
  if (root != "/") {
    replace_words(text, root, "", [](char next) { return next == '/'; });
    replace_words(text, root, "/", [](char next) { return !part_of_word(next); });
  }
  return text;
}

}  // namespace gaol::warden
