// SPDX-License-Identifier: BSD-2-Clause
//
// Any lines as the words of a jail's command line: `name`, `name=value`, `noname`. What passes the
// check must have values that can be asked for, addresses included, and commands that can be run.
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "jail/address.h"
#include "jail/params.h"
#include "warden/commands.h"
#include "warden/plan.h"

using namespace gaol;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

jail::Settings read(std::string_view lines) {
  jail::Settings settings;
  for (const auto line : split(lines, '\n')) {
    const auto equals = line.find('=');
    const auto spelling = jail::spelling(line.substr(0, equals));
    if (!spelling) continue;
    jail::Setting setting{.id = spelling->id,
                          .key = spelling->key,
                          .values = {},
                          .negated = spelling->negated,
                          .where = {}};
    if (equals != line.npos) setting.values.emplace_back(line.substr(equals + 1));
    settings.add(std::move(setting));
  }
  return settings;
}

void ask(const jail::Settings& settings, const jail::Param& param) {
  using enum jail::Type;
  switch (param.type) {
    case boolean: (void)settings.on(param.name); break;
    case integer: (void)settings.integer(param.name); break;
    case jailsys: require(!jail::jailsys_word(settings.jailsys(param.name)).empty()); break;
    case ip4_list:
    case ip6_list:
      for (const auto& element : settings.list(param.name)) {
        const auto spec = jail::parse_alias(element, param.type == ip4_list ? AF_INET : AF_INET6);
        require(spec.has_value());
        const auto again =
            jail::parse_alias(jail::address_text(spec->address), spec->address.family);
        require(again &&
                std::string_view(reinterpret_cast<const char*>(again->address.bytes), 16) ==
                    std::string_view(reinterpret_cast<const char*>(spec->address.bytes), 16));
      }
      break;
    case list:
      for (const auto& line : settings.list(param.name))
        for (const auto& word : warden::parse_command(line).argv) require(!word.empty());
      break;
    case keyvalue: (void)settings.buffer(param.name, "a=1\nb=2"); break;
    case string: (void)settings.text(param.name); break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto settings = read({reinterpret_cast<const char*>(data), size});
  if (!jail::check(settings).empty()) return 0;
  for (const auto& param : jail::registry()) ask(settings, param);
  (void)warden::permissions_of(settings).key();
  (void)warden::stack_of(settings);
  return 0;
}
