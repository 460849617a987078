// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <gaol/jail.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

// A record that frees itself.
struct Param {
  explicit Param(const char* name) : made(jailparam_init(&raw, name)) {}
  Param(const Param&) = delete;
  ~Param() { jailparam_free(&raw, 1); }
  std::string text() {
    const std::unique_ptr<char, decltype(&free)> out(jailparam_export(&raw), &free);
    return out ? out.get() : std::string("error: ") + jail_errmsg;
  }
  template <class T>
  T as() const {
    EXPECT_EQ(raw.jp_valuelen, sizeof(T));
    return *static_cast<const T*>(raw.jp_value);
  }
  jailparam raw{};
  int made;
};

std::string imported(const char* name, const char* value) {
  Param param(name);
  EXPECT_EQ(param.made, 0) << name;
  if (jailparam_import(&param.raw, value) < 0)
    return "errno " + std::to_string(errno) + ": " + jail_errmsg;
  return param.text();
}

TEST(JailParam, TakesTextAndGivesItBack) {
  struct {
    const char* name;
    const char* text;
    const char* back;
  } const cases[] = {
      {"persist", "true", "true"},
      {"persist", "FALSE", "false"},
      {"persist", "7", "true"},
      {"persist", "0", "false"},
      {"nopersist", "true", "true"},
      {"allow.noraw_sockets", "false", "false"},
      {"devfs_ruleset", "4", "4"},
      {"securelevel", "-1", "-1"},
      {"host.hostid", "4294967296", "4294967296"},
      {"vnet", "Inherit", "inherit"},
      {"vnet", "", "new"},
      {"ip4", "0", "disable"},
      {"path", "/usr/jails/a b", "/usr/jails/a b"},
      {"host.hostname", "", ""},
      {"ip4.addr", "10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2"},
      {"ip4.addr", "", ""},
      {"ip4.addr", "-", ""},
      {"ip6.addr", "2001:DB8::0:1", "2001:db8::1"},
      {"meta", "a=1\nb=2", "a=1\nb=2"},
      {"meta.owner", "me=you", "me=you"},
      {"lastjid", "12", "12"},
  };
  for (const auto& c : cases) EXPECT_EQ(imported(c.name, c.text), c.back) << c.name << c.text;
}

TEST(JailParam, RefusesAndSaysWhy) {
  struct {
    const char* name;
    const char* text;
    const char* reason;
  } const cases[] = {
      {"persist", "maybe", R"(errno 22: persist: unknown boolean value "maybe")"},
      {"vnet", "old", R"(errno 22: vnet: unknown jailsys value "old")"},
      {"jid", "x1", R"(errno 22: jid: non-integer value "x1")"},
      {"jid", "", R"(errno 22: jid: non-integer value "")"},
      {"jid", "4294967297", R"(errno 22: jid: non-integer value "4294967297")"},
      {"ip4.addr", "10.0.0.1,10.0.0.256", "errno 22: ip4.addr: not an IPv4 address: 10.0.0.256"},
      {"ip4.addr", "lo|10.0.0.1", "errno 22: ip4.addr: not an IPv4 address: lo|10.0.0.1"},
      {"ip6.addr", "10.0.0.1", "errno 22: ip6.addr: not an IPv6 address: 10.0.0.1"},
  };
  for (const auto& c : cases) EXPECT_EQ(imported(c.name, c.text), c.reason);
}

TEST(JailParam, KnowsNoOtherNames) {
  struct {
    const char* name;
    const char* reason;
  } const cases[] = {
      {"persistent", "unknown parameter: persistent, did you mean \"persist\"?"},
      {"noallow.mlock", "unknown parameter: noallow.mlock, did you mean \"allow.mlock\"?"},
      // What jail(8) does around a jail is nothing that a jail has.
      {"exec.start", "unknown parameter: exec.start"},
  };
  for (const auto& c : cases) {
    Param param(c.name);
    EXPECT_EQ(param.made, -1) << c.name;
    EXPECT_EQ(errno, ENOENT);
    EXPECT_EQ(std::string(jail_errmsg).substr(0, std::string(c.reason).size()), c.reason);
  }
}

TEST(JailParam, SaysWhatItIs) {
  constexpr auto kFixed = static_cast<int>(CTLFLAG_RDTUN);
  constexpr auto kFree = static_cast<int>(CTLFLAG_RW);
  constexpr auto kShown = static_cast<int>(CTLFLAG_RD);
  struct {
    const char* name;
    int ctltype;
    unsigned flags;
    int structtype;
    size_t elemlen;
  } const cases[] = {
      {"jid", CTLTYPE_INT | kFixed, 0, 0, 0},
      {"dying", CTLTYPE_INT | kShown, JP_BOOL, 0, 0},
      {"persist", CTLTYPE_INT | kFree, JP_BOOL, 0, 0},
      {"nopersist", CTLTYPE_INT | kFree, JP_NOBOOL, 0, 0},
      {"ip4", CTLTYPE_INT | kFixed, JP_JAILSYS, 0, 0},
      {"host.hostid", CTLTYPE_ULONG | kFree, 0, 0, 0},
      {"host.hostname", CTLTYPE_STRING | kFree, 0, 0, 0},
      {"ip4.addr", CTLTYPE_STRUCT | kFree, 0, JPS_IN_ADDR, sizeof(in_addr)},
      {"ip6.addr", CTLTYPE_STRUCT | kFree, 0, JPS_IN6_ADDR, sizeof(in6_addr)},
      {"meta.owner", CTLTYPE_STRING | kFree, JP_KEYVALUE, 0, 0},
  };
  for (const auto& c : cases) {
    Param param(c.name);
    EXPECT_STREQ(param.raw.jp_name, c.name);
    EXPECT_EQ(param.raw.jp_ctltype, c.ctltype) << c.name;
    EXPECT_EQ(param.raw.jp_flags, c.flags) << c.name;
    EXPECT_EQ(param.raw.jp_structtype, c.structtype) << c.name;
    EXPECT_EQ(param.raw.jp_elemlen, c.elemlen) << c.name;
    EXPECT_EQ(param.raw.jp_value, nullptr) << c.name;
  }
}

TEST(JailParam, IsBinaryInside) {
  Param flag("nopersist"), state("vnet"), list("ip4.addr"), name("name");
  ASSERT_EQ(jailparam_import(&flag.raw, "true"), 0);
  EXPECT_EQ(flag.as<int>(), 1);
  ASSERT_EQ(jailparam_import(&state.raw, "inherit"), 0);
  EXPECT_EQ(state.as<int>(), JAIL_SYS_INHERIT);
  ASSERT_EQ(jailparam_import(&list.raw, "10.0.0.1,10.0.0.2"), 0);
  ASSERT_EQ(list.raw.jp_valuelen, 2 * sizeof(in_addr));
  EXPECT_EQ(static_cast<in_addr*>(list.raw.jp_value)[1].s_addr, inet_addr("10.0.0.2"));
  ASSERT_EQ(jailparam_import(&name.raw, "web"), 0);
  EXPECT_EQ(name.raw.jp_valuelen, 4U);
  EXPECT_STREQ(static_cast<char*>(name.raw.jp_value), "web");
}

TEST(JailParam, StandsAloneWithoutAValue) {
  Param param("persist");
  EXPECT_EQ(jailparam_import(&param.raw, nullptr), 0);
  EXPECT_EQ(param.raw.jp_value, nullptr);
  EXPECT_EQ(param.text(), "");
}

TEST(JailParam, RawValuesStayTheCallers) {
  int value = JAIL_SYS_NEW;
  Param param("vnet");
  ASSERT_EQ(jailparam_import_raw(&param.raw, &value, sizeof value), 0);
  EXPECT_EQ(param.text(), "new");
  EXPECT_EQ(param.raw.jp_value, &value);
  EXPECT_TRUE(param.raw.jp_flags & JP_RAWVALUE);  // so that freeing it lets the value be
}

TEST(JailParam, RawValuesOfTheWrongSizeAreSeen) {
  char few[3]{};
  for (const char* name : {"persist", "jid", "host.hostid", "ip4.addr", "ip6.addr"}) {
    Param param(name);
    jailparam_import_raw(&param.raw, few, sizeof few);
    EXPECT_EQ(param.text(), std::string("error: ") + name +
                                ": value of the wrong size: Invalid "
                                "argument");
  }
}

TEST(JailParam, AllAreWhatAJailHas) {
  jailparam* all = nullptr;
  const int count = jailparam_all(&all);
  ASSERT_GT(count, 0);
  const std::vector<jailparam> list(all, all + count);
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(list, [&](const jailparam& p) { return p.jp_name == name; });
  };
  for (const char* name : {"jid", "name", "ip4.addr", "allow.mlock", "meta"})
    EXPECT_TRUE(has(name)) << name;
  for (const char* name : {"exec.start", "depend", "lastjid", "mount.devfs"})
    EXPECT_FALSE(has(name)) << name;
  jailparam_free(all, static_cast<unsigned>(count));
  free(all);
}

TEST(JailErrmsg, IsEachThreadsOwn) {
  EXPECT_NE(imported("jid", "here"), "");
  std::thread([] {
    EXPECT_STREQ(jail_errmsg, "");
    EXPECT_NE(imported("jid", "there"), "");
  }).join();
  EXPECT_STREQ(jail_errmsg, R"(jid: non-integer value "here")");
}

TEST(JailErrmsg, IsCutToItsRoom) {
  const std::string text(2 * JAIL_ERRMSGLEN, 'x');
  EXPECT_NE(imported("jid", text.c_str()), "");
  EXPECT_EQ(std::string(jail_errmsg), ("jid: non-integer value \"" + text).substr(0, 1023));
}

TEST(JailSet, AsksForCreateOrUpdate) {
  EXPECT_EQ(jail_setv(0, "name", "web", nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_STREQ(jail_errmsg, "jail_set: neither JAIL_CREATE nor JAIL_UPDATE: Invalid argument");
}

TEST(JailSet, RefusesFlagsItDoesNotKnow) {
  EXPECT_EQ(jail_setv(JAIL_CREATE | 0x30, "path", "/", nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_STREQ(jail_errmsg, "jail_set: unknown flags 48: Invalid argument");
  EXPECT_EQ(jail_getv(0x40, "lastjid", "0", nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_STREQ(jail_errmsg, "jail_get: unknown flags 64: Invalid argument");
}

TEST(JailSet, SaysWhyAJailMustPersistThatIsAttachedTo) {
  EXPECT_EQ(jail_setv(JAIL_CREATE | JAIL_ATTACH, "path", "/", nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_TRUE(std::string(jail_errmsg).starts_with("persist: not supported on this system: "));
}

TEST(JailGet, AsksWhichJail) {
  char name[64] = "";
  EXPECT_EQ(jail_getv(0, "name", name, nullptr), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(jail_getid("0"), 0);
}

}  // namespace
