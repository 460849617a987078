// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The registry of jail parameters, and a jail's values for them.
//
// FreeBSD keeps this table in the kernel (security.jail.param.*) and a second one inside
// jail(8) for what only jail(8) consumes. Here it is one sorted table with several readers:
// parser, checker, jls, completion, docs/compat.md and the man pages. No parameter is named
// in an `if` that could have been a column.
// Source: jail(8), section "Jail Parameters", FreeBSD 15.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gaol::jail {

enum class Type : uint8_t {
  boolean,   // name / noname, true / false, or an integer
  integer,   // decimal
  string,    // as is
  jailsys,   // disable, new, inherit; valueless means new
  ip4_list,  // [interface|]address[/mask], comma-separated or several values
  ip6_list,
  list,      // several strings; commands, interfaces, mounts
  keyvalue,  // a buffer, or one key of it as name.key
};

enum class When : uint8_t {
  create,    // set when the jail is created, never after
  any,       // may be changed with jail -m
  readonly,  // reported by jls, never set
  tool,      // consumed by jail(8) itself; invisible to jls
};

// What a parameter means on Linux. docs/compat.md is generated from this.
enum class Linux : uint8_t {
  native,    // the kernel has the very thing
  emulated,  // same effect by other means
  partial,   // part of the effect; the note says which
  refused,   // setting it to anything but what asks for nothing is an error; the note says why
};

// Smallest and largest number; of a string or buffer, `high` is the greatest length in bytes.
struct Range {
  int64_t low = 0;
  int64_t high = INT32_MAX;
};

struct Param {
  std::string_view name;
  Type type;
  When when;
  std::string_view standard;  // the value of a new jail on the host; empty: none
  Linux linux_means;
  std::string_view takes;   // the values accepted now, separated by blanks; empty: all of
                            // them, or of a refused parameter only the empty value
  std::string_view note;    // by what means, how far, or why not; one clause, no full stop
  std::string_view manual;  // the man page's line, in our words
  Range range{};
  std::string_view otherwise{};  // why a value outside `takes` is refused; empty: the note
  // jailsys only: a list of addresses here means `new`, a permission that is on `inherit`.
  std::string_view implied_by{};
};

// Every parameter, sorted by name in byte order.
std::span<const Param> registry();

// Index into registry().
using ParamId = uint16_t;

// The entry of that exact name, or nothing.
std::optional<ParamId> find(std::string_view name);
inline const Param& param(ParamId id) { return registry()[id]; }

// The refusal of a word that names no parameter, with the near miss:
// `unknown parameter: allow.raw_socket, did you mean "allow.raw_sockets"?`
std::unexpected<Error> unknown_parameter(std::string_view name);

// A word as a user may write it on the left of `=`: a registry name, the "no" form of a
// boolean (`nopersist`, `allow.nomount`: the prefix stands before the last component), or one
// key of a key/value buffer (`meta.owner`).
struct Spelling {
  ParamId id;
  bool negated = false;
  std::string key;  // only for one key of a Type::keyvalue buffer
};
Result<Spelling> spelling(std::string_view word);

// `persist`, or `nopersist`/`allow.nomount` for a boolean that is off.
std::string boolean_spelling(std::string_view name, bool on);

// true, false or an integer in any case; valueless (nullopt) is true.
std::optional<bool> parse_boolean(std::optional<std::string_view> value);

enum class Jailsys : uint8_t { disable, fresh, inherit };  // `fresh` is the file's word "new"
std::optional<Jailsys> parse_jailsys(std::optional<std::string_view> value);
std::string_view jailsys_word(Jailsys state);

// One parameter of one jail in the order and spelling it was given, values not yet checked.
// `values` empty means that the parameter stood there without a value.
struct Setting {
  ParamId id;
  std::string key;  // key/value buffers only
  std::vector<std::string> values;
  bool negated = false;  // written in its "no" form
  std::string where;     // file:line:column, or empty for the command line
  bool operator==(const Setting&) const = default;
};

// What a user asked of one jail. Order is kept because `jail -e` and -J print it.
class Settings {
 public:
  // Replaces an earlier setting of the same parameter (and key) in place, or appends.
  void set(Setting setting);
  // Adds values behind the earlier ones of a list; of anything else the later value wins.
  void add(Setting setting);
  void erase(ParamId id);
  // Replaces all that is said of a key/value buffer.
  void put_buffer(std::string_view name, std::string text);

  const Setting* get(ParamId id, std::string_view key = {}) const;
  const Setting* get(std::string_view name) const;  // REQUIRES: `name` is in the registry
  bool has(std::string_view name) const { return get(name) != nullptr; }

  // The effective value of a boolean, given or standard. REQUIRES: check() passed.
  bool on(std::string_view name) const;
  // The last value given, or the registry's standard.
  std::string text(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  // As given, or as another parameter implies it, or the standard. A list of addresses restricts
  // whatever `ip4` and `ip6` say; a permission only fills in what was not given.
  Jailsys jailsys(std::string_view name) const;
  // All values. ip lists are split at commas, one element an address; others are as given.
  std::vector<std::string> list(std::string_view name) const;
  // What becomes of the key/value buffer `before`: settings of the whole and of single keys are
  // applied in order. A new key goes to the front, a key without a value goes away.
  std::string buffer(std::string_view name, std::string_view before) const;

  const std::vector<Setting>& all() const { return settings_; }
  bool operator==(const Settings&) const = default;

 private:
  Setting* edit(ParamId id, std::string_view key);
  std::vector<Setting> settings_;
};

// Removal looks only at what jail(8) itself consumes: a jail must stay removable when the rest
// of its block has become wrong.
enum class Purpose : uint8_t { set, remove };

// Checks every value against its type and against what Linux can do, before anything is
// touched; facts of the machine are checked later. All faults are reported, in order; the hint
// of each is the place it came from. For `jail -m`, give the running jail's settings with the
// new ones over them: some rules are about two parameters.
// Sources of the texts: jail(8) and libjail.
std::vector<Error> check(const Settings& settings, Purpose purpose = Purpose::set);

}  // namespace gaol::jail
