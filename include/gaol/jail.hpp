// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Jails for C++ programs (C++23). A thin cover over <gaol/jail.h>: values are strings, what fails
// says so in its result, and what is held is let go. Everything is inline, so that no C++ type
// crosses the library's border.

#include <gaol/jail.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gaol {
inline namespace v0 {

struct Error {
  int code = 0;      // errno
  std::string text;  // one line
};

template <class T = void>
using Result = std::expected<T, Error>;

// A name, and a value unless it stands alone: {"persist"}, {"host.hostname", "www"}.
struct Parameter {
  std::string name;
  std::optional<std::string> value{};
};
using Parameters = std::vector<Parameter>;

// A program that runs in a jail, a child of this process. Dropping it neither ends nor collects
// it.
class Process {
 public:
  Process(Process&& other) noexcept : pidfd_(std::exchange(other.pidfd_, -1)) {}
  Process& operator=(Process&& other) noexcept {
    std::swap(pidfd_, other.pidfd_);
    return *this;
  }
  ~Process() {
    if (pidfd_ >= 0) ::close(pidfd_);
  }
  int pidfd() const noexcept { return pidfd_; }  // lent: for poll(2), pidfd_send_signal(2)

  // Waits for its end, once: its exit status, or 128 and the signal that ended it.
  Result<int> wait() {
    siginfo_t info{};
    while (::waitid(static_cast<idtype_t>(3) /* P_PIDFD */, static_cast<id_t>(pidfd_), &info,
                    WEXITED) < 0)
      if (errno != EINTR) return std::unexpected(Error{errno, "waitid"});
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }

 private:
  friend class Jail;
  explicit Process(int pidfd) noexcept : pidfd_(pidfd) {}
  int pidfd_ = -1;
};

// A running jail, by its jid. The handle does not keep the jail alive: a call about one that is
// gone fails.
class Jail {
 public:
  // Makes a jail; create_or_set() changes it if it is there. What jail(8) does around a jail
  // (exec.*, mount, vnet.interface ...) are not parameters here.
  static Result<Jail> create(const Parameters& parameters) { return put(parameters, JAIL_CREATE); }
  static Result<Jail> create_or_set(const Parameters& parameters) {
    return put(parameters, JAIL_CREATE | JAIL_UPDATE);
  }
  // By name or by the digits of its jid.
  static Result<Jail> open(const std::string& name_or_jid) {
    const int jid = ::jail_getid(name_or_jid.c_str());
    if (jid < 0) return failure();
    return Jail(jid);
  }
  // All that run, by rising jid.
  static Result<std::vector<Jail>> list() {
    std::vector<Jail> out;
    for (int last = 0;;) {
      last = ::jail_getv(0, "lastjid", std::to_string(last).c_str(), nullptr);
      if (last < 0 && errno == ENOENT) return out;
      if (last < 0) return failure();
      out.push_back(Jail(last));
    }
  }

  int jid() const noexcept { return jid_; }
  Result<std::string> name() const { return get("name"); }
  Result<std::string> get(const std::string& parameter) const {
    Record key("jid"), asked(parameter);
    if (!key.made || !asked.made || !key.take(std::to_string(jid_))) return failure();
    jailparam both[] = {key.raw, asked.raw};
    const int jid = ::jailparam_get(both, 2, 0);
    asked.raw = both[1];  // has the value now
    if (jid < 0) return failure();
    const std::unique_ptr<char, decltype(&std::free)> text(::jailparam_export(&asked.raw),
                                                           &std::free);
    if (!text) return failure();
    return std::string(text.get());
  }

  // All or nothing.
  Result<> set(Parameters parameters) {
    parameters.insert(parameters.begin(), {"jid", std::to_string(jid_)});
    auto changed = put(parameters, JAIL_UPDATE);
    if (!changed) return std::unexpected(std::move(changed).error());
    return {};
  }
  // Starts a program as root of the jail; see gaol_spawn().
  Result<Process> run(std::vector<std::string> words,
                      std::vector<std::string> environment = {"PATH=/bin:/usr/bin"},
                      const std::string& directory = "/") const {
    const int pidfd =
        ::gaol_spawn(jid_, directory.c_str(), pointers(words).data(), pointers(environment).data());
    if (pidfd < 0) return failure();
    return Process(pidfd);
  }
  // Moves this process in, for good; see jail_attach().
  Result<> attach() const { return done(::jail_attach(jid_)); }
  // Kills what runs in it.
  Result<> remove() const { return done(::jail_remove(jid_)); }

 private:
  explicit Jail(int jid) noexcept : jid_(jid) {}

  // One struct jailparam, freed with us.
  struct Record {
    explicit Record(const std::string& name) : made(::jailparam_init(&raw, name.c_str()) == 0) {}
    Record(Record&& other) noexcept
        : raw(std::exchange(other.raw, jailparam{})), made(other.made) {}
    Record& operator=(Record&&) = delete;
    ~Record() { ::jailparam_free(&raw, 1); }
    bool take(const std::string& value) { return ::jailparam_import(&raw, value.c_str()) == 0; }
    jailparam raw{};
    bool made;
  };

  static Result<Jail> put(const Parameters& parameters, int flags) {
    std::vector<Record> records;
    std::vector<jailparam> raw;
    for (const auto& [name, value] : parameters) {
      auto& record = records.emplace_back(name);
      if (!record.made || (value && !record.take(*value))) return failure();
      raw.push_back(record.raw);
    }
    const int jid = ::jailparam_set(raw.data(), static_cast<unsigned>(raw.size()), flags);
    if (jid < 0) return failure();
    return Jail(jid);
  }

  static std::unexpected<Error> failure() { return std::unexpected(Error{errno, ::jail_errmsg}); }
  static Result<> done(int result) {
    if (result < 0) return failure();
    return {};
  }
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (auto& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
  }

  int jid_;
};

}  // namespace v0
}  // namespace gaol
