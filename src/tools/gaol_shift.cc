// SPDX-License-Identifier: BSD-2-Clause

// gaol shift: trees on file systems that cannot be mounted with other owners.

#include "dataset/dataset.h"
#include "tools/gaol.h"

namespace gaol::tools {

namespace {

Result<int> shift(const Words& words) {
  if (words.has('p') != words.operands.empty()) return fail("NAME or --path PATH: one of the two");
  const auto path =
      words.text('p', words.has('p') ? "" : concat(kJailRoot, "/", words.operands[0]));
  const auto tree = TRY(dataset::inspect(path));
  TRY(check_unused(tree.path));
  if (words.has('b')) {
    TRY(dataset::shift_back(tree.path));
    say(concat(tree.path, ": its files are uid 0's again"));
  } else {
    say(concat(tree.path, ": uid 0 of it is uid ", TRY(dataset::shift(tree.path)), " here"));
  }
  return 0;
}

constexpr Subcommand kCommands[] = {
    {"shift", "NAME | --path PATH [--back]", "pb", 0, 1, shift},
};

}  // namespace

std::span<const Subcommand> shift_commands() { return kCommands; }

}  // namespace gaol::tools
