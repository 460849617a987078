// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// jail.conf(5), words to blocks. Grammar and includes only: which words are parameters, what
// variables hold and which wildcards match is for conf_expand.cc.

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "base/result.h"
#include "jail/conf.h"
#include "jail/conf_lex.h"

namespace gaol::jail {

// One element of a list: its pieces follow each other without a gap.
using Value = std::vector<Piece>;

struct Statement {
  std::string name;  // of a variable: without the dollar
  bool variable = false;
  bool append = false;        // `+=`
  std::vector<Value> values;  // none: the name stood there alone
  Position place;
};

struct Block {
  std::string name;  // in full: outer.inner
  std::vector<Statement> statements;
  Position place;
};

// The whole configuration with its includes in place. Blocks are in the order in which they
// opened; what stands outside of all of them is one block "*", opened by its first statement.
struct Tree {
  std::deque<ConfFile> files;  // the pieces and places point in here
  std::vector<Block> blocks;
};

Result<Tree> parse_conf(const std::string& path, const Source& source);

}  // namespace gaol::jail
