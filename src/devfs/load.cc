// SPDX-License-Identifier: BSD-2-Clause
#include "devfs/load.h"

#include <errno.h>

#include <algorithm>

#include "devfs/nodes.h"

// NOLINTNEXTLINE(bugprone-macro-parentheses)
asm(".section .rodata\ngaol_devfs_rules: .incbin \"" GAOL_DEVFS_RULES
    "\"\ngaol_devfs_rules_end:\n.previous\n");
extern "C" const char gaol_devfs_rules[], gaol_devfs_rules_end[];

namespace gaol::devfs {

namespace {

constexpr const char* kFiles[] = {"/etc/defaults/devfs.rules", "/etc/devfs.rules"};

Result<std::vector<sys::Node>> answer(sys::Kernel& kernel, const Question& question) {
  if (question.everything) return kernel.read_nodes("/dev");
  std::vector<sys::Node> out;
  for (const auto& name : question.names) {
    auto node = kernel.read_node("/dev", name);
    if (node)
      out.push_back(std::move(*node));
    else if (node.error().code != ENOENT && node.error().code != ENOTDIR)
      return fail(std::move(node).error());
  }
  return out;
}

Result<std::vector<sys::Node>> nodes_of(sys::Kernel& kernel, int number) {
  const Rulesets sets = TRY(load_rules(kernel));
  const Question asked = TRY(question(sets, number));
  const auto host = TRY(answer(kernel, asked));
  Accounts accounts;
  if (names_accounts(sets, number))
    accounts = {TRY(kernel.read_file("/etc/passwd")), TRY(kernel.read_file("/etc/group"))};
  return evaluate(sets, number, host, accounts);
}

}  // namespace

Result<Rulesets> load_rules(sys::Kernel& kernel) {
  Rulesets sets;
  TRY(sets.read("devfs.rules", {gaol_devfs_rules, gaol_devfs_rules_end}));
  for (const char* file : kFiles) {
    const auto text = kernel.read_file(file);
    if (text)
      TRY(sets.read(file, *text));
    else if (text.error().code != ENOENT)
      return fail(Error(text.error()));
  }
  return sets;
}

Result<std::vector<sys::Node>> jail_nodes(sys::Kernel& kernel, int number) {
  if (number == 0) number = kJailSet;
  const bool standard = number == kJailSet || number == kJailVnetSet;
  if (standard &&
      std::ranges::none_of(kFiles, [&](const char* file) { return kernel.exists(file); }))
    return standard_nodes(number);
  auto nodes = nodes_of(kernel, number);
  if (!nodes) return fail(std::move(nodes).error().in("devfs_ruleset ", number));
  return nodes;
}

}  // namespace gaol::devfs
