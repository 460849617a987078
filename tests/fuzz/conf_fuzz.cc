// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as a jail.conf(5). NUL bytes part the input into files: the first is the configuration,
// `.include` finds the others under the names 1, 2 and 3. Beyond not crashing, what is accepted
// must survive being printed and read again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "jail/conf.h"
#include "tests/golden/conf_print.h"

using namespace gaol;
using namespace gaol::jail;

namespace {

constexpr size_t kFiles = 4;  // few, because includes of includes multiply

bool well(const Conf& conf) {
  return std::ranges::all_of(conf.jails, [](const JailConf& jail) { return jail.errors.empty(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto files = split({reinterpret_cast<const char*>(data), size}, '\0');
  if (files.size() > kFiles) return 0;
  Source source;
  source.glob = [](const std::string& pattern) { return std::vector{pattern}; };
  source.read = [&](const std::string& path) -> Result<std::string> {
    const auto i = number<size_t>(path);
    if (!i || *i >= files.size()) return fail_errno(ENOENT, path);
    return std::string(files[*i]);
  };

  const auto conf = load_conf("0", source);
  if (!conf || !well(*conf)) return 0;
  const std::string printed = print_conf(*conf);
  source.read = [&](const std::string&) -> Result<std::string> { return printed; };
  const auto again = load_conf("0", source);
  if (!again || !well(*again) || print_conf(*again) != printed) std::abort();
  return 0;
}
