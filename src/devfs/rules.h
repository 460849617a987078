// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// devfs.rules(5): which device nodes a jail's /dev has, and whose they are. This is the language;
// what the sets of it come to for one jail is devfs/nodes.h.
//
// On FreeBSD each line is handed to the shell, which runs devfs(8), which tells the kernel. Here
// the text is read whole and checked whole, and a set that cannot be what its writer meant is
// refused: a misspelt `hide` must not show a disk.
// Sources: devfs.rules(5), devfs(8).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gaol::devfs {

enum class Type : uint8_t { disk, mem, tape, tty };
enum class Sight : uint8_t { hide, unhide };

// What is not set is not asked for, or not changed.
struct Rule {
  uint16_t number = 0;  // rules of a set run in this order, and are kept in it
  std::string path;     // a glob(7) below /dev, whose wildcards match no slash
  std::optional<Type> type;
  std::optional<Sight> sight;
  std::string user, group;       // a name of the host's, or a number
  std::optional<unsigned> mode;  // permission bits
  uint16_t include = 0;          // the set to run here
  std::string where;             // file:line:column
};

struct Ruleset {
  uint16_t number = 0;
  std::string name;
  std::vector<Rule> rules;
};

class Rulesets {
 public:
  // Takes in a file of rules. A set replaces one of the same number that an earlier file brought.
  // `name` is what the file is called in errors, which are one line: file:line:column: what.
  Result<> read(const std::string& name, std::string_view text);

  const Ruleset* find(int number) const;
  const std::vector<Ruleset>& all() const { return sets_; }  // by rising number

 private:
  std::vector<Ruleset> sets_;
};

// As `devfs rule show` prints it: `400 path fuse unhide`.
std::string text_of(const Rule& rule);

}  // namespace gaol::devfs
