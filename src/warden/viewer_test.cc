// SPDX-License-Identifier: BSD-2-Clause
#include "warden/viewer.h"

#include <gtest/gtest.h>

#include "jail/conf.h"
#include "tests/fake_host.h"

namespace gaol::warden {
namespace {

Record self(const std::vector<std::string>& words = {}) {
  Record record;
  record.jid = 1;
  record.name = "foo";
  record.settings = settings(words);
  record.settings.set({.id = *jail::find("path"), .values = {"/jails/foo"}});
  return record;
}

std::string seen(const std::string& word, const Record& viewer = self()) {
  const auto out = settings_from_inside(viewer, settings({word}));
  if (!out) return out.error().line();
  return jail::export_setting(out->all().front());
}

TEST(SettingsFromInside, ArePutInTheHostsWords) {
  struct {
    const char *inside, *outside;
  } const cases[] = {
      {"name=bar", "name=foo.bar"},
      {"name=bar.baz", "name=foo.bar.baz"},
      {"path=/", "path=/jails/foo"},
      {"path=/x", "path=/jails/foo/x"},
      {"path=//x", "path=/jails/foo//x"},
      {"mount=/src /bar/dst nullfs ro", "mount=\"/jails/foo/src /jails/foo/bar/dst nullfs ro\""},
      {"mount=tmpfs /bar/tmp tmpfs", "mount=\"tmpfs /jails/foo/bar/tmp tmpfs\""},
      {"mount=/a\\040b / nullfs", "mount=\"/jails/foo/a\\\\040b /jails/foo nullfs\""},
      {"children.max=3", "children.max=3"},
      {"allow.mlock", "allow.mlock"},
      {"ip4.addr=10.0.0.1/24", "ip4.addr=10.0.0.1/24"},
      {"devfs_ruleset=0", "devfs_ruleset=0"},
      {"vnet=inherit", "vnet=inherit"},
  };
  for (const auto& c : cases) EXPECT_EQ(seen(c.inside), c.outside) << c.inside;
  EXPECT_EQ(seen("vnet=new", self({"vnet=new"})), "vnet=new");
  EXPECT_EQ(seen("devfs_ruleset=12", self({"devfs_ruleset=12"})), "devfs_ruleset=12");
}

TEST(SettingsFromInside, AreRefused) {
  struct {
    const char *word, *told;
  } const cases[] = {
      {"name=", "name: \"\": a jail below a jail needs one, without blanks"},
      {"name=a b", "name: \"\": a jail below a jail needs one, without blanks"},
      {"name=a\nb", "name: \"\": a jail below a jail needs one, without blanks"},
      {"path=x", "path x: not an absolute pathname"},
      {"path", "path: takes one value"},
      {"jid=7", "jid: not supported from inside a jail: numbers are given out by the host"},
      {"vnet", "vnet: not supported from inside a jail: the jail has no network stack of its own"},
      {"vnet=1",
       "vnet: not supported from inside a jail: the jail has no network stack of its own"},
      {"devfs_ruleset=4",
       "devfs_ruleset: not supported from inside a jail: it is that of the jail"},
      {"interface=eth0",
       "interface: not supported from inside a jail: the address must be there already"},
      {"ip4.addr=eth0|10.0.0.1",
       "ip4.addr: not supported from inside a jail: the address must be there already; leave the "
       "interface out"},
      {"vnet.interface=eth0",
       "vnet.interface: not supported from inside a jail: the host does not look into the jail's "
       "network stack"},
      {"mount.fstab=/etc/fstab",
       "mount.fstab: not supported from inside a jail: write the lines as mount"},
      {"exec.prestart=reboot",
       "exec.prestart: not supported from inside a jail: the host decides it"},
      {"exec.consolelog=/etc/passwd",
       "exec.consolelog: not supported from inside a jail: the host decides it"},
      {"mount=/src", "mount: /src: missing information"},
  };
  for (const auto& c : cases) EXPECT_EQ(seen(c.word), c.told) << c.word;
}

// A parameter that comes to the registry stays outside until somebody lets it in.
TEST(SettingsFromInside, AreThoseOfTheTable) {
  std::vector<std::string_view> given;
  for (const auto& param : jail::registry()) {
    jail::Settings asked;
    asked.set({.id = *jail::find(param.name), .key = {}, .values = {"/a /b nullfs"}});
    const auto out = settings_from_inside(self(), asked);
    const bool refused = !out && out.error().text.ends_with("the host decides it");
    if (!refused && !param.name.starts_with("allow.")) given.push_back(param.name);
  }
  EXPECT_EQ(given,
            (std::vector<std::string_view>{"children.max",  "devfs_ruleset", "enforce_statfs",
                                           "env",           "host",          "host.domainname",
                                           "host.hostid",   "host.hostname", "host.hostuuid",
                                           "interface",     "ip4",           "ip4.addr",
                                           "ip4.saddrsel",  "ip6",           "ip6.addr",
                                           "ip6.saddrsel",  "jid",           "meta",
                                           "mount",         "mount.devfs",   "mount.fdescfs",
                                           "mount.fstab",   "mount.procfs",  "name",
                                           "osreldate",     "osrelease",     "path",
                                           "persist",       "securelevel",   "sysvmsg",
                                           "sysvsem",       "sysvshm",       "vnet",
                                           "vnet.interface"}));
}

TEST(SettingsFromInside, AreWellFormed) {
  jail::Settings keyed;
  keyed.set({.id = *jail::find("children.max"), .key = "x", .values = {"9"}});
  EXPECT_FALSE(settings_from_inside(self(), keyed));
  jail::Settings negated;
  negated.set({.id = *jail::find("path"), .key = {}, .values = {"/"}, .negated = true});
  EXPECT_FALSE(settings_from_inside(self(), negated));
}

}  // namespace
}  // namespace gaol::warden
