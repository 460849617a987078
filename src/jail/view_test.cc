// SPDX-License-Identifier: BSD-2-Clause
#include "jail/view.h"

#include <gtest/gtest.h>

#include <map>

namespace gaol::jail {
namespace {

Settings given(const std::vector<std::pair<std::string, std::string>>& values) {
  Settings settings;
  for (const auto& [name, value] : values) settings.set({.id = *find(name), .values = {value}});
  return settings;
}

std::map<std::string, std::string> seen(const Settings& settings) {
  const auto all = parse_view(view_text(variables_of_jail(settings, 2)));
  return {all.begin(), all.end()};
}

TEST(View, TellsAJailWhatItIs) {
  auto plain = seen({});
  EXPECT_EQ(plain["security.jail.jailed"], "1");
  EXPECT_EQ(plain["security.jail.vnet"], "0");
  EXPECT_EQ(plain["security.jail.enforce_statfs"], "2");
  EXPECT_EQ(plain["security.jail.set_hostname_allowed"], "1");
  EXPECT_EQ(plain["security.jail.mount_devfs_allowed"], "0");
  EXPECT_EQ(plain["security.jail.meta_maxbufsize"], "4096");
  EXPECT_EQ(plain["security.jail.jail_max_af_ips"], "255");
  EXPECT_EQ(plain["kern.securelevel"], "-1");
  EXPECT_FALSE(plain.contains("kern.osrelease")) << "nothing to say beyond uname(2)";
  auto other = seen(given({{"vnet", "new"}, {"allow.mlock", "1"}, {"securelevel", "2"}}));
  EXPECT_EQ(other["security.jail.vnet"], "1");
  EXPECT_EQ(other["security.jail.mlock_allowed"], "1");
  EXPECT_EQ(other["kern.securelevel"], "2");
}

TEST(View, EnvSurvivesWhateverItHoldsAndMetaIsNotThere) {
  const std::string odd = "a=\\n\nb=\"'\\\\=\n\nc=";
  const auto all = seen(given({{"env", odd}, {"meta", "secret=1"}}));
  EXPECT_EQ(all.at("security.jail.env"), odd);
  EXPECT_EQ(view_text(variables_of_jail(given({{"meta", "secret=1"}}), 0)).find("secret"),
            std::string::npos);
}

TEST(View, OfTheHost) {
  const auto list = variables_of_host();
  const std::map<std::string, std::string> all(list.begin(), list.end());
  EXPECT_EQ(all.at("security.jail.jailed"), "0");
  EXPECT_EQ(all.at("security.jail.mount_allowed"), "1");
  EXPECT_EQ(all.at("security.jail.enforce_statfs"), "0");
}

TEST(View, IdentityFiles) {
  EXPECT_EQ(machine_id_file(given({{"host.hostuuid", "0123ABCD-4567-89ab-cdef-0123456789ab"}})),
            "0123abcd456789abcdef0123456789ab\n");
  const auto id = hostid_file(given({{"host.hostid", "4294967295"}}));
  EXPECT_EQ(id, std::string("\xff\xff\xff\xff"));
}

}  // namespace
}  // namespace gaol::jail
