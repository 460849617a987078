// SPDX-License-Identifier: BSD-2-Clause
#include "jail/old_style.h"

#include <gtest/gtest.h>

namespace gaol::jail {
namespace {

std::string granted(std::string_view text) {
  const auto settings = old_style_settings(text, "gaol.conf");
  if (!settings) return settings.error().text;
  std::string out;
  for (const auto& setting : settings->all())
    out += concat(out.empty() ? "" : " ", setting.values.back() == "true" ? "" : "-",
                  param(setting.id).name.substr(6));
  return out;
}

TEST(OldStyle, IsWhatFreeBsdGivesUntilTheFileSaysElse) {
  EXPECT_EQ(granted(""), "set_hostname -sysvipc -raw_sockets -chflags -mount -socket_af");
  EXPECT_EQ(granted("# all\n\nsecurity.jail.socket_unixiproute_only=0\n"
                    "  security.jail.allow_raw_sockets = 1 # ping\n"
                    "security.jail.set_hostname_allowed=0"),
            "-set_hostname -sysvipc raw_sockets -chflags -mount socket_af");
}

TEST(OldStyle, RefusesWhatItDoesNotKnow) {
  struct {
    const char *text, *reason;
  } const cases[] = {
      {"\nsecurity.jail.mount_alowed=1",
       "gaol.conf:2: unknown setting: security.jail.mount_alowed, did you mean "
       "\"security.jail.mount_allowed\"?"},
      {"security.jail.mount_allowed", "gaol.conf:1: security.jail.mount_allowed: 0 or 1 expected"},
      {"security.jail.mount_allowed = yes",
       "gaol.conf:1: security.jail.mount_allowed: 0 or 1 expected"},
  };
  for (const auto& c : cases) EXPECT_EQ(granted(c.text), c.reason);
}

}  // namespace
}  // namespace gaol::jail
