// SPDX-License-Identifier: BSD-2-Clause
#include "jail/params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace gaol::jail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// `name` or `name=value` as on the command line of jail(8); again means one value more.
Settings given(const std::vector<std::string>& arguments) {
  Settings settings;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    auto word = spelling(argument.substr(0, equals));
    EXPECT_TRUE(word) << argument;
    if (!word) continue;
    Setting setting{word->id, word->key, {}, word->negated, {}};
    if (equals != argument.npos) setting.values.push_back(argument.substr(equals + 1));
    settings.add(std::move(setting));
  }
  return settings;
}

std::vector<std::string> faults(const std::vector<std::string>& arguments,
                                Purpose purpose = Purpose::set) {
  std::vector<std::string> lines;
  for (const Error& fault : check(given(arguments), purpose)) lines.push_back(fault.line());
  return lines;
}

// ---- the table itself ----

TEST(Registry, EveryRowIsWhole) {
  for (const Param& row : registry()) {
    EXPECT_FALSE(row.note.empty()) << row.name;
    EXPECT_FALSE(row.manual.empty()) << row.name;
    EXPECT_FALSE(row.note.ends_with('.')) << row.name;
    EXPECT_FALSE(row.manual.ends_with('.')) << row.name;
    EXPECT_LE(row.range.low, row.range.high) << row.name;
    EXPECT_TRUE(row.implied_by.empty() || find(row.implied_by)) << row.name;
    EXPECT_TRUE(row.implied_by.empty() || row.type == Type::jailsys) << row.name;
  }
}

TEST(Registry, FindsEachRowAndNothingElse) {
  for (const Param& row : registry()) {
    const auto id = find(row.name);
    ASSERT_TRUE(id) << row.name;
    EXPECT_EQ(&param(*id), &row);
  }
  for (const char* word : {"", "a", "allow", "allow.", "Persist", "zzz", "nopersist", "meta.a"})
    EXPECT_FALSE(find(word)) << word;
}

// What every jail has without asking must be something that may be asked for.
TEST(Registry, TakesItsOwnStandards) {
  for (const Param& row : registry()) {
    if (row.standard.empty() || row.when == When::readonly) continue;
    EXPECT_THAT(faults({concat(row.name, "=", row.standard)}), IsEmpty()) << row.name;
  }
}

TEST(Registry, RefusedParametersMayBeEmptyOrAskForNothing) {
  for (const Param& row : registry()) {
    if (row.linux_means != Linux::refused || row.when == When::readonly) continue;
    for (auto value : words(row.takes))
      EXPECT_THAT(faults({concat(row.name, "=", value)}), IsEmpty()) << row.name;
    if (row.type == Type::string || row.type == Type::list) {
      EXPECT_THAT(faults({std::string(row.name)}), IsEmpty()) << row.name;
      EXPECT_THAT(faults({concat(row.name, "=")}), IsEmpty()) << row.name;
    }
  }
}

// ---- words ----

TEST(Spelling, KnowsNegationsAndKeys) {
  struct {
    const char* word;
    const char* name;
    bool negated;
    const char* key;
  } const cases[] = {
      {"persist", "persist", false, ""},
      {"nopersist", "persist", true, ""},
      {"allow.nomount", "allow.mount", true, ""},
      {"allow.mount.nodevfs", "allow.mount.devfs", true, ""},
      {"mount.nodevfs", "mount.devfs", true, ""},
      {"meta", "meta", false, ""},
      {"meta.owner", "meta", false, "owner"},
      {"meta.a.b", "meta", false, "a.b"},
      {"env.nox", "env", false, "nox"},
  };
  for (const auto& c : cases) {
    const auto word = spelling(c.word);
    ASSERT_TRUE(word) << c.word;
    EXPECT_EQ(param(word->id).name, c.name) << c.word;
    EXPECT_EQ(word->negated, c.negated) << c.word;
    EXPECT_EQ(word->key, c.key) << c.word;
  }
}

TEST(Spelling, RefusesAndOffersTheNearMiss) {
  struct {
    const char* word;
    const char* reason;
  } const cases[] = {
      {"allow.raw_socket",
       "unknown parameter: allow.raw_socket, did you mean \"allow.raw_sockets\"?"},
      {"hostname", "unknown parameter: hostname, did you mean \"host.hostname\"?"},
      {"Persist", "unknown parameter: Persist, did you mean \"persist\"?"},
      {"noallow.mount", "unknown parameter: noallow.mount, did you mean \"allow.mount\"?"},
      {"nomount.devfs", "unknown parameter: nomount.devfs, did you mean \"mount.devfs\"?"},
      {"nopath", "unknown parameter: nopath, did you mean \"path\"?"},
      {"nonopersist", "unknown parameter: nonopersist"},
      {"meta.", "unknown parameter: meta., did you mean \"meta\"?"},
      {"path.x", "unknown parameter: path.x, did you mean \"path\"?"},
      {"frobnicate", "unknown parameter: frobnicate"},
      {"", "unknown parameter: "},
  };
  for (const auto& c : cases) {
    const auto word = spelling(c.word);
    ASSERT_FALSE(word) << c.word;
    EXPECT_EQ(word.error().text, c.reason);
  }
}

TEST(Spelling, WritesBooleansTheShortWay) {
  EXPECT_EQ(boolean_spelling("persist", true), "persist");
  EXPECT_EQ(boolean_spelling("persist", false), "nopersist");
  EXPECT_EQ(boolean_spelling("allow.mount", false), "allow.nomount");
  EXPECT_EQ(boolean_spelling("allow.mount.devfs", false), "allow.mount.nodevfs");
  for (const Param& row : registry()) {
    if (row.type != Type::boolean) continue;
    const auto word = spelling(boolean_spelling(row.name, false));
    ASSERT_TRUE(word && word->negated) << row.name;
    EXPECT_EQ(param(word->id).name, row.name);
  }
}

TEST(Values, Booleans) {
  EXPECT_EQ(parse_boolean({}), true);
  for (const char* on : {"true", "TRUE", "1", "-1", "17"}) EXPECT_EQ(parse_boolean(on), true) << on;
  for (const char* off : {"false", "False", "0", "00"}) EXPECT_EQ(parse_boolean(off), false) << off;
  for (const char* junk : {"", "yes", "on", "1x", " 1"})
    EXPECT_EQ(parse_boolean(junk), std::nullopt);
}

TEST(Values, Jailsys) {
  EXPECT_EQ(parse_jailsys({}), Jailsys::fresh);
  EXPECT_EQ(parse_jailsys("Disable"), Jailsys::disable);
  EXPECT_EQ(parse_jailsys("new"), Jailsys::fresh);
  EXPECT_EQ(parse_jailsys("INHERIT"), Jailsys::inherit);
  EXPECT_EQ(parse_jailsys("0"), Jailsys::disable);
  EXPECT_EQ(parse_jailsys("1"), Jailsys::fresh);
  EXPECT_EQ(parse_jailsys("2"), Jailsys::inherit);
  for (const char* junk : {"", "3", "-1", "true", "fresh"})
    EXPECT_EQ(parse_jailsys(junk), std::nullopt) << junk;
  EXPECT_EQ(jailsys_word(Jailsys::fresh), "new");
}

// ---- what was asked for ----

TEST(Settings, ReplaceInPlaceAppendAndErase) {
  Settings settings = given({"path=/a", "exec.start=one", "persist", "meta.a=1"});
  const ParamId path = *find("path"), start = *find("exec.start"), meta = *find("meta");
  settings.set({path, {}, {"/b"}, false, "x:1"});
  settings.add({start, {}, {"two", "three"}, false, "x:2"});
  settings.set({meta, "b", {"2"}, false, {}});
  ASSERT_EQ(settings.all().size(), 5u);
  EXPECT_EQ(settings.all()[0].values, std::vector<std::string>{"/b"});
  EXPECT_EQ(settings.all()[0].where, "x:1");
  EXPECT_THAT(settings.list("exec.start"), ElementsAre("one", "two", "three"));
  EXPECT_EQ(settings.get(meta, "a")->values[0], "1");
  EXPECT_FALSE(settings.has("meta"));  // its keys are, the whole is not

  settings.erase(meta);
  EXPECT_EQ(settings.all().size(), 3u);
  settings.set({start, {}, {}, false, {}});
  EXPECT_THAT(settings.list("exec.start"), IsEmpty());
  EXPECT_TRUE(settings.has("exec.start"));
}

TEST(Settings, AccessorsGiveTheLastValueOrTheStandard) {
  const Settings nothing;
  EXPECT_FALSE(nothing.on("persist"));
  EXPECT_TRUE(nothing.on("allow.set_hostname"));
  EXPECT_EQ(nothing.text("path"), "/");
  EXPECT_EQ(nothing.integer("stop.timeout"), 10);
  EXPECT_EQ(nothing.integer("securelevel"), -1);
  EXPECT_EQ(nothing.integer("jid"), 0);
  EXPECT_EQ(nothing.jailsys("ip4"), Jailsys::disable);
  EXPECT_EQ(nothing.jailsys("vnet"), Jailsys::inherit);
  EXPECT_THAT(nothing.list("ip4.addr"), IsEmpty());

  const Settings settings = given({"persist", "allow.noset_hostname", "path=/a", "path=/b",
                                   "stop.timeout=0", "vnet", "allow.nomlock=false"});
  EXPECT_TRUE(settings.on("persist"));
  EXPECT_FALSE(settings.on("allow.set_hostname"));
  EXPECT_TRUE(settings.on("allow.mlock"));  // twice "no"
  EXPECT_EQ(settings.text("path"), "/b");
  EXPECT_EQ(settings.integer("stop.timeout"), 0);
  EXPECT_EQ(settings.jailsys("vnet"), Jailsys::fresh);
}

TEST(Settings, LaterSpellingOfABooleanWins) {
  EXPECT_FALSE(given({"persist", "nopersist"}).on("persist"));
  EXPECT_TRUE(given({"nopersist", "persist"}).on("persist"));
  EXPECT_FALSE(given({"persist=true", "nopersist"}).on("persist"));
  EXPECT_TRUE(given({"persist=false", "persist"}).on("persist"));
}

TEST(Settings, AddressListsAreSplitAtCommas) {
  EXPECT_THAT(given({"ip4.addr=10.0.0.1, em0|10.0.0.2/24", "ip4.addr=10.0.0.3"}).list("ip4.addr"),
              ElementsAre("10.0.0.1", "em0|10.0.0.2/24", "10.0.0.3"));
  EXPECT_THAT(given({"ip4.addr="}).list("ip4.addr"), IsEmpty());
  EXPECT_THAT(given({"exec.start=a,b"}).list("exec.start"), ElementsAre("a,b"));
}

TEST(Settings, OneParameterImpliesAnother) {
  EXPECT_EQ(given({"ip4.addr=10.0.0.1"}).jailsys("ip4"), Jailsys::fresh);
  EXPECT_EQ(given({"ip4.addr=10.0.0.1"}).jailsys("ip6"), Jailsys::disable);
  // A list is a restriction, whatever stands beside it.
  EXPECT_EQ(given({"ip4=inherit", "ip4.addr=10.0.0.1"}).jailsys("ip4"), Jailsys::fresh);
  EXPECT_EQ(given({"ip4=inherit", "ip4.addr="}).jailsys("ip4"), Jailsys::inherit);
  EXPECT_EQ(given({"allow.sysvipc"}).jailsys("sysvshm"), Jailsys::inherit);
  EXPECT_EQ(given({"allow.nosysvipc"}).jailsys("sysvshm"), Jailsys::disable);
  EXPECT_EQ(given({"allow.sysvipc", "sysvshm=disable"}).jailsys("sysvshm"), Jailsys::disable);
}

TEST(Settings, ABufferIsReplacedWithItsKeys) {
  Settings settings = given({"meta=a=1", "persist", "meta.b=2", "env.b=3"});
  settings.put_buffer("meta", "c=4");
  EXPECT_EQ(settings.buffer("meta", ""), "c=4");
  EXPECT_EQ(settings.buffer("env", ""), "b=3");
  EXPECT_EQ(settings.all().size(), 3u);
}

TEST(Settings, KeysOfABuffer) {
  struct {
    std::vector<std::string> arguments;
    const char* before;
    const char* after;
  } const cases[] = {
      {{}, "a=1", "a=1"},
      {{"meta.a=1"}, "", "a=1"},
      {{"meta.a=2"}, "b=0\na=1\nc=3", "b=0\na=2\nc=3"},
      {{"meta.b=1", "meta.c=2"}, "a=0", "c=2\nb=1\na=0"},
      {{"meta.a="}, "a=1", "a="},
      {{"meta.a"}, "a=1\nb=2", "b=2"},
      {{"meta.a"}, "b=2", "b=2"},
      {{"meta.b=="}, "", "b=="},
      {{"meta.a=9"}, "ab=1\naa=2", "a=9\nab=1\naa=2"},
      {{"meta=x\ny"}, "a=1", "x\ny"},
      {{"meta=a=1\nb=2", "meta.a=3"}, "z=0", "a=3\nb=2"},
      {{"meta.a=3", "meta="}, "z=0", ""},
      {{"env.a=3"}, "z=0", "z=0"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(given(c.arguments).buffer("meta", c.before), c.after)
        << testing::PrintToString(c.arguments);
}

// ---- checks ----

TEST(Check, TakesWhatAnOrdinaryJailAsksFor) {
  EXPECT_THAT(faults({"name=www",
                      "path=/jails/www",
                      "persist",
                      "host.hostname=www.example",
                      "ip4.addr=em0|10.0.0.2/24",
                      "ip6.addr=2001:db8::2",
                      "exec.clean",
                      "exec.start=/bin/sh /etc/rc",
                      "exec.stop=/bin/sh /etc/rc.shutdown",
                      "mount.devfs",
                      "devfs_ruleset=4",
                      "enforce_statfs=1",
                      "allow.sysvipc=1",
                      "allow.nomount",
                      "allow.chflags=0",
                      "children.max=0",
                      "securelevel=3",
                      "meta.owner=ops",
                      "stop.timeout=30",
                      "allow.dying"}),
              IsEmpty());
  EXPECT_THAT(faults({"jid=7", "name=7"}), IsEmpty());
  EXPECT_THAT(faults({"host=inherit", "sysvmsg=inherit", "sysvsem=inherit"}), IsEmpty());
  EXPECT_THAT(faults({"sysvmsg=new", "sysvsem=new", "sysvshm=disable"}), IsEmpty());
  EXPECT_THAT(faults({"allow.raw_sockets", "ip4.addr=10.0.0.1"}), IsEmpty());
  EXPECT_THAT(faults({"meta=a=1\nb=2", "env.a=x=y", "meta.b"}), IsEmpty());
  EXPECT_THAT(
      faults({"vnet", "vnet.interface=e0b", "allow.raw_sockets", "ip4=inherit", "devfs_ruleset=5"}),
      IsEmpty());
}

TEST(Check, RefusesAndSaysWhy) {
  struct {
    std::vector<std::string> arguments;
    const char* reason;
  } const cases[] = {
      // types
      {{"persist=maybe"}, "persist: unknown boolean value \"maybe\""},
      {{"nopersist=maybe"}, "persist: unknown boolean value \"maybe\""},
      {{"exec.clean="}, "exec.clean: unknown boolean value \"\""},
      {{"vnet=maybe"}, "vnet: unknown jailsys value \"maybe\""},
      {{"stop.timeout=ten"}, "stop.timeout: non-integer value \"ten\""},
      {{"exec.timeout=5s"}, "exec.timeout: non-integer value \"5s\""},
      {{"securelevel"}, "securelevel: non-integer value \"\""},
      {{"jid=99999999999999999999"}, "jid: non-integer value \"99999999999999999999\""},
      {{"children.cur=1"}, "children.cur: read-only parameter"},
      {{"dying"}, "dying: read-only parameter"},
      // ranges
      {{"jid=0"}, "jid: 0 is not between 1 and 999999"},
      {{"jid=-1"}, "jid: -1 is not between 1 and 999999"},
      {{"jid=1000000"}, "jid: 1000000 is not between 1 and 999999"},
      {{"enforce_statfs=3"}, "enforce_statfs: 3 is not between 0 and 2"},
      {{"devfs_ruleset=65536"}, "devfs_ruleset: 65536 is not between 0 and 65535"},
      {{"stop.timeout=-1"}, "stop.timeout: -1 is not between 0 and 2147483647"},
      {{concat("host.hostname=", std::string(65, 'h'))}, "host.hostname: 65 bytes, longer than 64"},
      {{concat("name=", std::string(256, 'n'))}, "name: 256 bytes, longer than 255"},
      {{concat("path=/a", '\0', "b")}, "path: the value holds a NUL byte"},
      // names
      {{"name=7"}, "name cannot be numeric (unless it is the jid)"},
      {{"jid=7", "name=8"}, "name cannot be numeric (unless it is the jid)"},
      {{"jid=7", "name=07"}, "name cannot be numeric (unless it is the jid)"},
      {{"name=web.7"}, "name cannot be numeric (unless it is the jid)"},
      {{"name=a..b"}, "name: \"a..b\" has an empty component"},
      {{"name=.a"}, "name: \".a\" has an empty component"},
      {{"name=a."}, "name: \"a.\" has an empty component"},
      // addresses
      {{"ip4.addr=10.0.0.300"}, "ip4.addr: not an IPv4 address: 10.0.0.300"},
      {{"ip4.addr=::1"}, "ip4.addr: not an IPv4 address: ::1"},
      {{"ip6.addr=10.0.0.1"}, "ip6.addr: not an IPv6 address: 10.0.0.1"},
      {{"ip4.addr=em0|10.0.0.1/40"}, "ip4.addr: not an IPv4 netmask: 40"},
      {{"ip4.addr=0.0.0.0"}, "ip4.addr: 0.0.0.0 cannot be a jail's address"},
      {{"ip4.addr=10.0.0.1,em0|10.0.0.1/24"}, "ip4.addr: 10.0.0.1 is given twice"},
      {{"ip6.addr=::2,0:0::2"}, "ip6.addr: ::2 is given twice"},
      {{"vnet", "ip4.addr=10.0.0.1"}, "vnet jails cannot have IP address restrictions"},
      {{"vnet=new", "ip4=new"}, "vnet jails cannot have IP address restrictions"},
      {{"vnet=new", "ip6=disable"}, "vnet jails cannot have IP address restrictions"},
      // buffers
      {{concat("meta=", std::string(4096, 'm'))}, "meta: too large: 4096 bytes, at most 4095"},
      {{concat("env.a=", std::string(4000, 'm')), concat("env.b=", std::string(92, 'm'))},
       "env: too large: 4097 bytes, at most 4095"},
      {{"meta.a=1\nb=2"}, "meta.a: the value of a key holds no line break"},
      {{"meta.a\nb=2"}, "meta.a\nb: a key holds no \"=\" and no line break"},
      // what Linux cannot give, or not yet
      {{"children.max=-1"}, "children.max: -1 is not between 0 and 999999"},
      {{"allow.nochflags=false"},
       "allow.chflags: not supported on this system: it would need CAP_LINUX_IMMUTABLE over the "
       "host's file systems"},
      {{"linux.osrelease=3.17"},
       "linux.osrelease: not supported on this system: Linux programs are shown the release of "
       "osrelease"},
      {{"host.hostid=4294967296"}, "host.hostid: 4294967296 is not between 0 and 4294967295"},
      {{"host.hostuuid=0123"}, "host.hostuuid: \"0123\" is not a UUID of 32 hexadecimal digits"},
      {{"host.hostuuid=0123456789abcdef0123456789abcdeg"},
       "host.hostuuid: \"0123456789abcdef0123456789abcdeg\" is not a UUID of 32 hexadecimal "
       "digits"},
      {{"zfs.mount_snapshot=1"},
       "zfs.mount_snapshot: not supported on this system: ZFS on Linux has no settings of a jail's "
       "own"},
      {{"mac.do"},
       "mac.do: not supported on this system: it would need a security module that grants "
       "changes of credentials by rule"},
      {{"exec.fib=65536"}, "exec.fib: 65536 is not between 0 and 65535"},
      {{"enforce_statfs=0"},
       "enforce_statfs 0: not supported on this system: the host's mounts are not in the jail's "
       "namespace"},
      {{"host=disable"},
       "host disable: a jail has host names, its own (new) or its parent's "
       "(inherit)"},
      {{"host=inherit", "host.hostname=x"}, "host=inherit and host.hostname exclude each other"},
      {{"sysvshm=inherit", "sysvsem=new"},
       "sysvmsg, sysvsem and sysvshm must agree on this system (new or inherit)"},
      {{"allow.sysvipc", "sysvsem=new"},
       "sysvmsg, sysvsem and sysvshm must agree on this system (new or inherit)"},
      {{"securelevel=-2"}, "securelevel: -2 is not between -1 and 2147483647"},
      {{"vnet=disable"},
       "vnet disable: a jail has a network stack, its own (new) or its parent's (inherit)"},
  };
  for (const auto& c : cases)
    EXPECT_THAT(faults(c.arguments), ElementsAre(c.reason)) << c.arguments[0];
}

TEST(Check, ReportsEveryFaultInOrder) {
  EXPECT_THAT(
      faults({"name=5", "persist=x", "ip4.addr=a,10.0.0.1,b", "ip6=4"}),
      ElementsAre("persist: unknown boolean value \"x\"", "ip4.addr: not an IPv4 address: a",
                  "ip4.addr: not an IPv4 address: b", "ip6: unknown jailsys value \"4\"",
                  "name cannot be numeric (unless it is the jid)"));
}

TEST(Check, AddressesHaveALimit) {
  std::string list;
  for (int i = 0; i < 255; ++i) list += concat("10.0.0.", i, ",");
  EXPECT_THAT(faults({concat("ip4.addr=", list)}), IsEmpty());
  EXPECT_THAT(faults({concat("ip4.addr=", list, "10.0.1.1")}),
              ElementsAre("too many IPv4 addresses"));
}

TEST(Check, OnlyTheLastValueOfAScalarCounts) {
  EXPECT_THAT(faults({"persist=maybe", "persist=true"}), IsEmpty());
  EXPECT_THAT(faults({"jid=x", "jid=5"}), IsEmpty());
}

TEST(Check, SaysWhereItCameFrom) {
  Settings settings;
  settings.set({*find("persist"), {}, {"maybe"}, false, "/etc/jail.conf:3:5"});
  const auto found = check(settings);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].line(), "persist: unknown boolean value \"maybe\" (/etc/jail.conf:3:5)");
}

// A jail whose block was spoilt after the start can still be stopped.
TEST(Check, RemovalLooksAtTheToolsOwnParametersOnly) {
  EXPECT_THAT(
      faults({"children.max=x", "ip4.addr=junk", "name=5", "allow.chflags"}, Purpose::remove),
      IsEmpty());
  EXPECT_THAT(faults({"stop.timeout=x"}, Purpose::remove),
              ElementsAre("stop.timeout: non-integer value \"x\""));
}

}  // namespace
}  // namespace gaol::jail
