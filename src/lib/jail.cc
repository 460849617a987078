// SPDX-License-Identifier: BSD-2-Clause

// The calls that act. FreeBSD's go to the kernel; ours are the warden, as jail(8) and jexec(8)
// are: a call takes the same steps in the same order as the command would, and leaves the same
// record. Nothing is kept from call to call, so that a program may fork and go on.

#include <errno.h>
#include <fcntl.h>
#include <gaol/jail.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <span>

#include "lib/failure.h"
#include "lib/param.h"
#include "sys/apart.h"
#include "warden/values.h"
#include "warden/warden.h"

namespace gaol::lib {

namespace {

using jail::Setting;
using warden::Record;
using warden::Warden;

// Making a jail takes a fork. The new process has a copy of every descriptor, and while it has one
// of the lock file nobody gets the lock that another thread held at that moment. So a process
// makes its calls one after the other.
std::mutex turns;

struct Machine {
  std::unique_ptr<sys::Kernel> kernel = sys::new_kernel();
  Warden warden{*kernel};
};

// The warden for one call.
struct Session : Machine {
  const std::lock_guard<std::mutex> turn{turns};
};

std::unexpected<Error> not_found(int code, std::string_view who) {
  return std::unexpected(Error{code, concat("jail \"", who, "\" not found"), {}});
}

// --- setting ---

Result<Setting> setting_of(const jailparam& record) {
  const auto spelling = spelling_of(record);
  Setting setting{.id = spelling.id,
                  .key = spelling.key,
                  .values = {},
                  .negated = spelling.negated,
                  .where = {}};
  if (auto text = TRY(exported(record))) setting.values.push_back(std::move(*text));
  return setting;
}

Result<warden::Request> request_of(std::span<const jailparam> records) {
  warden::Request request;
  for (const auto& record : records) {
    if (record.jp_name == kLastJid) return fail_errno(EINVAL, kLastJid, ": cannot be set");
    request.settings.add(TRY(setting_of(record)));
  }
  return request;
}

std::string identity(const jail::Settings& settings) {
  return settings.text(settings.has("jid") ? "jid" : "name");
}

// A flag that means nothing here would be silently ignored: FreeBSD has more, for descriptors.
Result<> check_known(std::string_view call, int flags, int known) {
  if (flags & ~known) return fail_errno(EINVAL, call, ": unknown flags ", flags & ~known);
  return {};
}

// Nothing but the process itself would be in it, and that not in its PID namespace.
Result<> check_flags(const warden::Request& request, int flags) {
  TRY(check_known("jail_set", flags, JAIL_CREATE | JAIL_UPDATE | JAIL_ATTACH | JAIL_DYING));
  if (!(flags & (JAIL_CREATE | JAIL_UPDATE)))
    return fail_errno(EINVAL, "jail_set: neither JAIL_CREATE nor JAIL_UPDATE");
  if (flags & JAIL_CREATE && flags & JAIL_ATTACH && !request.settings.on("persist"))
    return fail_errno(EINVAL,
                      "persist: not supported on this system: off with JAIL_ATTACH: a process that "
                      "moves itself is not in the jail's PID namespace and cannot keep it alive");
  return {};
}

// A Result as text, to come back from another process.
std::string packed(const Result<int>& result) {
  if (result) return concat(*result);
  const Error& error = result.error();
  return concat(error.code, '\0', error.text, '\0', error.hint);
}

Result<int> unpacked(std::string_view text) {
  const auto parts = split(text, '\0');
  const auto value = number<int>(parts[0]);
  if (!value) return fail_errno(ECHILD, "the process that was to make the jail was killed");
  if (parts.size() == 1) return *value;
  return std::unexpected(Error{*value, std::string(parts[1]), std::string(parts[2])});
}

Result<int> start(const warden::Request& request) {
  return unpacked(TRY(sys::apart([&] {
    Machine own;
    return packed(own.warden.start(request));
  })));
}

// The system call knows one number for all that cannot be.
Result<> modify(Session& session, const warden::Request& request) {
  auto modified = session.warden.modify(request);
  if (!modified && modified.error().code == EROFS) modified.error().code = EINVAL;
  return modified;
}

Result<int> set(std::span<const jailparam> records, int flags) {
  const auto request = TRY(request_of(records));
  TRY(check_flags(request, flags));
  Session session;
  const auto who = identity(request.settings);
  auto running = session.warden.find(who);
  const bool update = flags & JAIL_UPDATE && (running || !(flags & JAIL_CREATE));
  if (!update) {
    const int jid = TRY(start(request));
    running = TRY(session.warden.find(concat(jid)));
  } else {
    TRY(modify(session, request));
  }
  if (flags & JAIL_ATTACH) TRY(session.warden.enter(*running));
  return running->jid;
}

// --- asking ---

// Which jail is asked about: the first of these with a value.
struct Key {
  std::string_view name;
  std::string_view none;  // a value that names no jail
};
constexpr Key kKeys[] = {{kLastJid, ""}, {"jid", "0"}, {"name", ""}};

struct Question {
  const jailparam* record = nullptr;
  std::string value;
};

Result<Question> question_of(std::span<const jailparam> records) {
  for (const auto& key : kKeys)
    for (const auto& record : records) {
      if (record.jp_name != key.name) continue;
      auto value = TRY(exported(record));
      if (value && !value->empty() && *value != key.none) return Question{&record, *value};
    }
  return fail_errno(ENOENT, "neither lastjid nor jid nor name says which jail");
}

Result<warden::Entry> look_up(Session& session, const Question& question, Warden::Dying dying) {
  if (question.record->jp_name != kLastJid) {
    auto jail = session.warden.look_up(question.value, dying, Warden::Names::live);
    if (!jail && jail.error().code == ENOENT) return not_found(ENOENT, question.value);
    return jail;
  }
  const int last = number<int>(question.value).value_or(0);
  auto all = TRY(session.warden.listing(dying, Warden::Names::live));
  const auto next = std::ranges::upper_bound(all, last, {}, &warden::Entry::jid);
  if (next == all.end()) return fail_errno(ENOENT, "no jail after ", last);
  return std::move(*next);
}

// The value of a record's parameter as import() takes it.
std::string text_for(const warden::View& jail, const jailparam& record) {
  const auto spelling = spelling_of(record);
  const auto& param = jail::param(spelling.id);
  std::string text = join(jail.value(param, spelling.key), ",");
  if (param.type == jail::Type::integer && text.empty()) return "0";
  if (spelling.negated) return text == "true" ? "false" : "true";
  return text;
}

Result<int> get(std::span<jailparam> records, int flags) {
  TRY(check_known("jail_get", flags, JAIL_DYING));
  const auto question = TRY(question_of(records));
  const auto dying = flags & JAIL_DYING ? Warden::Dying::shown : Warden::Dying::hidden;
  Session session;
  const auto entry = TRY(look_up(session, question, dying));
  const warden::View jail(entry);
  for (auto& record : records)
    if (&record != question.record && record.jp_name != kLastJid)
      TRY(import(record, text_for(jail, record)));
  return entry.jid;
}

// --- lists of arguments ---

// The records that the pairs of a variable list name, freed with it.
class Records {
 public:
  Records() = default;
  Records(Records&&) = default;
  Records& operator=(Records&&) = delete;
  ~Records() { jailparam_free(all_.data(), static_cast<unsigned>(all_.size())); }
  Result<jailparam*> add(std::string_view name) {
    all_.reserve(all_.size() + 1);  // what init() gives is freed with us, come what may
    jailparam record;
    TRY(init(record, std::string(name).c_str()));
    return &all_.emplace_back(record);
  }
  std::span<jailparam> all() { return all_; }

 private:
  std::vector<jailparam> all_;
};

// A name and a value, up to the NULL.
using Pair = std::pair<std::string_view, char*>;

std::vector<Pair> pairs_of(va_list list) {
  std::vector<Pair> out;
  // The analyzer does not follow va_start() through a lambda's capture.
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
  while (const char* name = va_arg(list, const char*)) out.emplace_back(name, va_arg(list, char*));
  return out;
}

Result<int> setv(int flags, va_list list) {
  Records records;
  for (const auto& [name, value] : pairs_of(list)) {
    auto* record = TRY(records.add(name));
    if (value) TRY(import(*record, value));
  }
  return set(records.all(), flags);
}

// The pair that says which jail; the others are room for what is asked, with anything in it.
const Pair* key_of(const std::vector<Pair>& pairs) {
  for (const auto& key : kKeys)
    for (const auto& pair : pairs)
      if (pair.first == key.name && *pair.second && pair.second != key.none) return &pair;
  return nullptr;
}

Result<int> getv(int flags, va_list list) {
  const auto pairs = pairs_of(list);
  const auto* key = key_of(pairs);
  Records records;
  for (const auto& pair : pairs) {
    auto* record = TRY(records.add(pair.first));
    if (&pair == key) TRY(import(*record, pair.second));
  }
  const int jid = TRY(get(records.all(), flags));
  for (size_t at = 0; at < pairs.size(); ++at) {
    if (&pairs[at] == key) continue;
    const auto text = TRY(exported(records.all()[at]));
    if (text) memcpy(pairs[at].second, text->c_str(), text->size() + 1);
  }
  return jid;
}

// --- by jid ---

Result<Record> running(Session& session, int jid, int code) {
  auto jail = session.warden.find(concat(jid));
  if (!jail) return not_found(code, concat(jid));
  return jail;
}

// As the system call has it: nobody is asked to end, and no hook runs.
Result<int> remove(int jid) {
  Session session;
  const auto jail = TRY(running(session, jid, EINVAL));
  jail::Settings at_once;
  at_once.set({.id = *jail::find("stop.timeout"), .values = {"0"}});
  TRY(session.warden.stop(jail, &at_once, ""));
  return 0;
}

std::vector<std::string> strings(char* const* list) {
  std::vector<std::string> out;
  for (; list && *list; ++list) out.emplace_back(*list);
  return out;
}

Result<int> spawn(int jid, const char* directory, char* const argv[], char* const envp[]) {
  const sys::Command command{.argv = strings(argv),
                             .environment = strings(envp),
                             .directory = directory ? directory : "/"};
  if (command.argv.empty()) return fail_errno(EINVAL, "gaol_spawn: no program");
  Session session;
  const auto jail = TRY(running(session, jid, EINVAL));
  return TRY(session.warden.attach(jail, command)).release();
}

}  // namespace

}  // namespace gaol::lib

using namespace gaol;

int jail_setv(int flags, ...) {
  va_list list;
  va_start(list, flags);
  const int jid = lib::answer([&] { return lib::setv(flags, list); });
  va_end(list);
  return jid;
}

int jail_getv(int flags, ...) {
  va_list list;
  va_start(list, flags);
  const int jid = lib::answer([&] { return lib::getv(flags, list); });
  va_end(list);
  return jid;
}

int jailparam_set(jailparam* jp, unsigned njp, int flags) {
  return lib::answer([&] { return lib::set({jp, njp}, flags); });
}

int jailparam_get(jailparam* jp, unsigned njp, int flags) {
  return lib::answer([&] { return lib::get({jp, njp}, flags); });
}

int jail_getid(const char* name) {
  return lib::answer([&]() -> Result<int> {
    if (std::string_view(name) == "0") return 0;
    lib::Session session;
    auto jail = session.warden.find(name);
    if (!jail) return lib::not_found(ENOENT, name);
    return jail->jid;
  });
}

char* jail_getname(int jid) {
  char* out = nullptr;
  lib::answer([&]() -> Result<int> {
    lib::Session session;
    out = ::strdup(TRY(lib::running(session, jid, ENOENT)).name.c_str());
    if (!out) throw std::bad_alloc();
    return 0;
  });
  return out;
}

int jail_attach(int jid) {
  return lib::answer([&]() -> Result<int> {
    lib::Session session;
    const auto jail = TRY(lib::running(session, jid, EINVAL));
    TRY(session.warden.enter(jail));
    return 0;
  });
}

int jail_remove(int jid) {
  return lib::answer([&] { return lib::remove(jid); });
}

int gaol_spawn(int jid, const char* directory, char* const argv[], char* const envp[]) {
  return lib::answer([&] { return lib::spawn(jid, directory, argv, envp); });
}
