// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as a devfs.rules(5). Beyond not crashing, what is accepted must survive being printed
// and read again, and every set that can run must run over a few nodes to an end.
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "devfs/nodes.h"
#include "tests/golden/devfs_print.h"

using namespace gaol;
using namespace gaol::devfs;

namespace {

const std::vector<sys::Node> kHost = {
    {.name = "dri", .mode = S_IFDIR | 0755, .target = {}},
    {.name = "dri/card0", .mode = S_IFCHR | 0660, .major = 226, .target = {}},
    {.name = "sda", .mode = S_IFBLK | 0660, .major = 8, .target = {}}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Rulesets sets, again;
  if (!sets.read("0", {reinterpret_cast<const char*>(data), size})) return 0;
  if (!again.read("1", print_rules(sets)) || print_rules(again) != print_rules(sets)) std::abort();
  for (const auto& set : sets.all())
    if (question(sets, set.number)) (void)evaluate(sets, set.number, kHost, {});
  return 0;
}
