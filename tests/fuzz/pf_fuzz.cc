// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as a pf.conf(5), on the machine of the golden corpus. NUL bytes part the input into
// files: the first is the ruleset, the others have the names 1, 2 and 3. Beyond not crashing, what
// is accepted must survive being printed and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "tests/golden/pf_world.h"

using namespace gaol;
using namespace gaol::pf;

namespace {

constexpr size_t kFiles = 4;
constexpr size_t kLongest = 4096;  // lists multiply

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto files = split({reinterpret_cast<const char*>(data), size}, '\0');
  if (files.size() > kFiles || size > kLongest) return 0;
  World world = golden_world();
  world.read = [&](const std::string& path) -> Result<std::string> {
    const auto i = number<size_t>(path);
    if (!i || *i >= files.size()) return fail_errno(ENOENT, path);
    return std::string(files[*i]);
  };
  const auto compiled = compile({.name = "0", .text = std::string(files[0])}, world);
  if (!compiled.errors.empty()) return 0;
  for (const Unit& unit : compiled.units) {
    const std::string text = printed(compiled, unit);
    const auto again = compile({.name = "again", .text = text}, world);
    if (!again.errors.empty() || printed(again, again.units[0]) != text) std::abort();
  }
  return 0;
}
