// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// jail.conf(5), from text to one list of settings per jail. Three passes, each pure:
// bytes to tokens (conf_lex), tokens to blocks (conf_parse), blocks to jails (conf_expand).
// Files come in through `Source`, so that tests need none.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jail/params.h"

namespace gaol::jail {

// Where configuration text comes from. `read` gives a file's bytes, or an error that begins with
// its name; `glob` the sorted names that match a shell pattern (without pattern characters: the
// name itself, existing or not).
struct Source {
  std::function<Result<std::string>(const std::string& path)> read;
  std::function<std::vector<std::string>(const std::string& pattern)> glob;
};

// One jail of the configuration, after merging and substitution.
struct JailConf {
  std::string name;           // the block's name; all digits: it is the jid
  Settings settings;          // includes the implied `name` or `jid`
  std::string where;          // file:line:column of the block's name
  std::vector<Error> errors;  // faults of this jail alone; with any it cannot be started
  // Not if its variables are wrong: what its removal would do is not known. Parameters that do
  // not exist must not keep a jail running.
  bool removable = true;
};

struct Conf {
  std::vector<JailConf> jails;    // in file order; wildcard blocks are merged in, not listed
  std::vector<uint32_t> by_name;  // indices of `jails`, sorted by name
  const JailConf* find(std::string_view name) const;
};

// Reads `path` ("-" is named STDIN in messages and read through Source::read("-")).
// Any lexical or syntax error, a jail defined twice and a missing include are fatal: nothing is
// returned but the first few errors joined by newlines. Every error's text, here and in
// JailConf::errors, is file:line:column: what, then the line, then a caret below the place.
Result<Conf> load_conf(const std::string& path, const Source& source);

// Whether a wildcard pattern with components (`foo.*`, `*`) matches a jail name. A `*` counts
// only as a whole component; the last one stands for one or more components.
bool wildcard_match(std::string_view pattern, std::string_view name);
bool is_wildcard(std::string_view name);

// One line of `jail -e SEP`: every parameter but jid in stored order, values quoted as jail(8)
// does. It is made for reading: a value with a `;` or a `$` would not survive jail.conf.
std::string export_line(const JailConf& jail, std::string_view separator);
// One parameter of it: `name`, `noname` or `name=value,value`.
std::string export_setting(const Setting& setting);
std::string quote_value(std::string_view value);

}  // namespace gaol::jail
