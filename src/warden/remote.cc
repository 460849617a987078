// SPDX-License-Identifier: BSD-2-Clause
#include "warden/remote.h"

#include <errno.h>
#include <signal.h>

#include <algorithm>

#include "sys/channel.h"
#include "sys/worker.h"
#include "warden/door.h"

namespace gaol::warden {

namespace {

using Kind = Answer::Kind;

std::unexpected<Error> not_found(std::string_view who) {
  return std::unexpected(Error{ENOENT, concat("\"", who, "\" not found"), {}});
}

// A jail that may have none has no door; nor has one whose door was shut.
Result<sys::Fd> knock() {
  auto socket = sys::connect_to(kControl);
  if (socket || (socket.error().code != ENOENT && socket.error().code != ECONNREFUSED))
    return socket;
  return fail(Error{EPERM, "jail_set: Operation not permitted", {}});
}

Result<Answer> next_answer(const sys::Fd& socket) {
  const auto message = TRY(sys::receive_message(socket));
  if (!message) return fail(Error{ECONNRESET, "the host has broken off", {}});
  return Answer::from_text(message->text);
}

// What jail(8) does itself, and the host is not told.
constexpr std::string_view kKept[] = {
    "allow.dying",      "command",      "depend",         "exec.clean",
    "exec.consolelog",  "exec.created", "exec.jail_user", "exec.poststart",
    "exec.poststop",    "exec.prepare", "exec.prestart",  "exec.prestop",
    "exec.release",     "exec.start",   "exec.stop",      "exec.system_jail_user",
    "exec.system_user", "exec.timeout", "stop.timeout"};
static_assert(std::ranges::is_sorted(kKept));

jail::Settings for_the_host(const jail::Settings& settings) {
  jail::Settings out;
  for (const auto& setting : settings.all())
    if (!std::ranges::binary_search(kKept, jail::param(setting.id).name)) out.set(setting);
  return out;
}

// The parameters among these that have commands.
std::vector<std::string> with_commands(const jail::Settings& settings) {
  std::vector<std::string> out;
  for (const auto name : kKept)
    if (jail::param(*jail::find(name)).type == jail::Type::list && settings.has(name))
      out.emplace_back(name);
  return out;
}

Result<Question> question_about(sys::Kernel& kernel, const char* verb, const Request& request) {
  if (auto faults = jail::check(request.settings); !faults.empty())
    return std::unexpected(std::move(faults.front()));
  Question out{.verb = verb, .settings = for_the_host(request.settings)};
  if (!out.settings.has("path")) return out;
  auto path = TRY(absolute_path(kernel, request));
  out.settings.set({.id = *jail::find("path"), .values = {std::move(path)}});
  return out;
}

// In a process of its own, until the program ends.
[[noreturn]] void stand_in(const sys::Fd& socket, const sys::HeldSignals& signals) {
  for (;;) {
    if (const auto signal = signals.next(socket)) {
      (void)sys::send_message(socket, Question{.verb = "signal", .number = *signal}.to_text());
      continue;
    }
    const auto last = next_answer(socket);
    sys::end_as(last ? last->number : SIGKILL);
  }
}

}  // namespace

void Remote::tell(const Answer& answer, const Errand* errand) const {
  using enum Report::What;
  for (const auto& [what, text] : answer.told) {
    const bool result = what == created || what == removed || what == updated;
    report_.tell(what, result && errand ? errand->title : text);
  }
}

CommandContext Remote::context(const Errand& errand, Jid jid) {
  const auto inside = [jid] {
    Record record;
    record.jid = jid;
    return record;
  };
  return {.kernel = kernel_,
          .report = report_,
          .strays = strays_,
          .settings = errand.settings,
          .jid = jid,
          .name = errand.name,
          .path = errand.path,
          // Whose root has the whole tree may have put a link anywhere.
          .tenancy = errand.path == "/" ? "" : errand.path,
          .entrance = {
              .enter = [=, this](const sys::Command& command) { return attach(inside(), command); },
              .user = [=, this](std::string_view who) { return user_of(inside(), who); },
              .vnet = errand.settings.jailsys("vnet") == jail::Jailsys::fresh},
          .argv = errand.argv};
}

Result<> Remote::run(const Errand& errand, const Answer& order) {
  return run_parameter(context(errand, order.number), order.text,
                       order.in_jail ? Where::jail : Where::host);
}

Result<Answer> Remote::converse(const Question& question, const Errand* errand,
                                const std::function<void(Answer)>& each) {
  const sys::Fd socket = TRY(knock());
  TRY(sys::send_message(socket, question.to_text()));
  for (;;) {
    Answer answer = TRY(next_answer(socket));
    tell(answer, errand);
    if (answer.kind == Kind::error) return std::unexpected(std::move(answer.error));
    if (answer.kind == Kind::done) return answer;
    if (answer.kind != Kind::run) {
      if (each) each(std::move(answer));
      continue;
    }
    const auto ran = errand ? run(*errand, answer) : Result<>{};
    const Question reply{.verb = "ran", .text = ran ? "" : ran.error().line()};
    TRY(sys::send_message(socket, reply.to_text()));
  }
}

Result<Jid> Remote::start(const Request& asked) {
  Question question = TRY(question_about(kernel_, "start", asked));
  question.runs = with_commands(asked.settings);
  const Errand errand{asked.settings, asked.title, asked.settings.text("name"),
                      question.settings.text("path"), asked.command_argv};
  return TRY(converse(question, &errand)).number;
}

Result<> Remote::modify(const Request& request) {
  const jail::Settings none;
  const Errand errand{none, request.title, {}, {}};
  const auto question = TRY(question_about(kernel_, "modify", request));
  TRY(converse(question, &errand));
  return {};
}

bool Remote::needs_restart(const Request& request) {
  const auto question = question_about(kernel_, "needs_restart", request);
  const auto answer = question ? converse(*question) : Result<Answer>(fail("unasked"));
  return answer && answer->number != 0;
}

Result<> Remote::stop(const Record& jail, const jail::Settings* configured,
                      const std::string& title) {
  const jail::Settings none;
  const jail::Settings& settings = configured ? *configured : none;
  Question question{.verb = "stop", .who = concat(jail.jid), .flag = configured != nullptr};
  question.runs = with_commands(settings);
  question.number = static_cast<int>(settings.integer("stop.timeout"));
  const Errand errand{settings, title, jail.name, jail.settings.text("path")};
  TRY(converse(question, &errand));
  return {};
}

Result<> Remote::cleanup(const jail::Settings& settings, const std::string& title) {
  const Errand errand{settings, title, settings.text("name"), settings.text("path")};
  TRY(run_parameter(context(errand, 0), "exec.poststop", Where::host));
  return run_parameter(context(errand, 0), "exec.release", Where::host);
}

Result<Record> Remote::find(std::string_view jid_or_name) {
  Record found;
  const auto answer = converse({.verb = "find", .who = std::string(jid_or_name)}, nullptr,
                               [&](Answer one) { found = std::move(one.jail); });
  if (!answer || found.jid == 0) return not_found(jid_or_name);
  return found;
}

std::vector<Record> Remote::list() {
  std::vector<Record> out;
  (void)converse({.verb = "list"}, nullptr,
                 [&](Answer one) { out.push_back(std::move(one.jail)); });
  return out;
}

Result<std::vector<Entry>> Remote::listing(Dying dying, Names) {
  std::vector<Entry> out;
  const auto all = converse({.verb = "listing", .flag = dying == Dying::shown}, nullptr,
                            [&](Answer one) { out.push_back(std::move(one.entry)); });
  if (!all && all.error().code != EPERM) return std::unexpected(all.error());
  return out;
}

Result<Entry> Remote::look_up(std::string_view jid_or_name, Dying dying, Names) {
  Entry found;
  const Question question{
      .verb = "look_up", .who = std::string(jid_or_name), .flag = dying == Dying::shown};
  const auto answer =
      converse(question, nullptr, [&](Answer one) { found = std::move(one.entry); });
  if (!answer || found.jid == 0) return not_found(jid_or_name);
  return found;
}

Result<sys::Fd> Remote::attach(const Record& jail, const sys::Command& command) {
  const sys::Fd socket = TRY(knock());
  Question question{.verb = "attach", .who = concat(jail.jid), .command = command};
  question.failure = command.act;
  const int output = command.output >= 0 ? command.output : STDOUT_FILENO;
  const int standard[] = {STDIN_FILENO, output,
                          command.output >= 0 ? command.output : STDERR_FILENO};
  TRY(sys::send_message(socket, question.to_text(), standard));
  auto answer = TRY(next_answer(socket));
  if (answer.kind != Kind::begun) return std::unexpected(std::move(answer.error));
  const sys::HeldSignals signals;
  auto worker = TRY(sys::start_worker([&](const sys::Fd&) -> int { stand_in(socket, signals); }));
  return std::move(worker.process);
}

Result<User> Remote::user_of(const Record& jail, std::string_view who) {
  User found;
  TRY(converse({.verb = "user", .who = concat(jail.jid), .text = std::string(who)}, nullptr,
               [&](Answer one) { found = std::move(one.user); }));
  return found;
}

}  // namespace gaol::warden
