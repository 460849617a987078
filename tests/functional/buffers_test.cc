// SPDX-License-Identifier: BSD-2-Clause

// The two buffers of a jail, `meta` for its administrator and `env` for itself.

#include <gaol/jail.h>

#include "tests/functional/functional.h"

namespace gaol::test {
namespace {

TEST_F(FunctionalTest, F16_jail_create) {
  EXPECT_EQ(create("name=j meta='a b c' env=x"), "");
  EXPECT_EQ(seen("jls meta env"), "a b c x\n");
  EXPECT_EQ(seen("jls meta; jls env"), "a b c\nx\n");
}

TEST_F(FunctionalTest, F17_jail_modify) {
  EXPECT_EQ(create("name=j meta='first=1 2' env=x"), "");
  follow({
      {"jail -m name=j meta=second; jls meta env", "second x\n"},
      {"jail -m name=j env=y; jls meta env", "second y\n"},
      {"jail -m name=j meta=3 env=z; jls meta env", "3 z\n"},
      {"jail -m name=j host.hostname=h; jls meta env", "3 z\n"},
  });
}

TEST_F(FunctionalTest, F18_jail_add) {
  EXPECT_EQ(create("name=j"), "");
  follow({{"jls meta env", "\"\" \"\"\n"}, {"jail -m name=j meta=a env=b; jls meta env", "a b\n"}});
}

TEST_F(FunctionalTest, F19_jail_reset) {
  EXPECT_EQ(create("name=j meta=a env=b"), "");
  follow({{"jail -m name=j meta=; jls meta env", "\"\" b\n"},
          {"jail -m name=j env=''; jls meta env", "\"\" \"\"\n"}});
}

TEST_F(FunctionalTest, F20_jls_libxo_json) {
  EXPECT_EQ(create("name=j meta='line\n\"quoted\"\\\ttab' env='a=1\nb=ü'"), "");
  EXPECT_EQ(seen("jls --libxo json meta env"),
            R"({"__version":"2","jail-information":{"jail":[)"
            R"({"meta":"line\n\"quoted\"\\\ttab","env":"a=1\nb=ü"}]}})"
            "\n");
}

// FreeBSD's tests do this in Lua, by a binding of the same calls.
std::string got(const char* parameter) {
  char value[4096]{};
  return jail_getv(0, "name", "j", parameter, value, nullptr) < 0 ? jail_errmsg : value;
}

TEST_F(FunctionalTest, F21_library_create) {
  ASSERT_GT(jail_setv(JAIL_CREATE, "name", "j", "path", tree_.c_str(), "persist", nullptr, "meta",
                      "a b c", "env", "x", nullptr),
            0)
      << jail_errmsg;
  EXPECT_EQ(seen("jls meta env"), "a b c x\n");
  EXPECT_EQ(got("meta"), "a b c");
  EXPECT_EQ(got("env"), "x");
}

TEST_F(FunctionalTest, F22_library_modify) {
  EXPECT_EQ(create("name=j meta=first env=x"), "");
  EXPECT_GT(jail_setv(JAIL_UPDATE, "name", "j", "meta", "second", nullptr), 0) << jail_errmsg;
  EXPECT_EQ(seen("jls meta env"), "second x\n");
  EXPECT_GT(jail_setv(JAIL_UPDATE, "name", "j", "env", "y", "meta.k", "v", nullptr), 0)
      << jail_errmsg;
  EXPECT_EQ(got("meta"), "k=v\nsecond");
  EXPECT_EQ(got("meta.k"), "v");
  EXPECT_EQ(got("env"), "y");
}

TEST_F(FunctionalTest, F23_env_readable_by_jail) {
  EXPECT_EQ(create("name=j meta=secret env='LANG=C\nTZ=UTC'"), "");
  follow({
      {"jexec j grep env= /dev/gaol/sysctl", "security.jail.env=LANG=C\\nTZ=UTC\n"},
      {"jexec j grep -c secret /dev/gaol/sysctl", "0\n[exit 1]\n"},
      {"jexec j sh -c 'echo x >>/dev/gaol/sysctl'",
       "sh: can't create /dev/gaol/sysctl: Permission denied\n[exit 1]\n"},
      {"jexec j grep env= /dev/gaol/sysctl", "security.jail.env=LANG=C\\nTZ=UTC\n"},
  });
}

TEST_F(FunctionalTest, F25_maxbufsize) {
  const std::string most = "$(head -c 4095 /dev/zero | tr '\\0' m)";
  for (const std::string buffer : {"meta", "env"}) {
    follow({
        {"jail -c name=j path=" + tree_ + " persist " + buffer + "=x" + most,
         "jail: " + buffer + ": too large: 4096 bytes, at most 4095\n[exit 1]\n"},
        {"jail -c name=j path=" + tree_ + " persist " + buffer + "=" + most, ""},
        {"jail -m name=j " + buffer + ".k=v",
         "jail: " + buffer + ": too large: 4099 bytes, at most 4095\n[exit 1]\n"},
        {"jls " + buffer + " | wc -c", "4096\n"},
        {"jexec j grep maxbufsize /dev/gaol/sysctl", "security.jail.meta_maxbufsize=4096\n"},
        {"jail -r j", ""},
    });
  }
}

TEST_F(FunctionalTest, F26_keyvalue) {
  EXPECT_EQ(create("name=j env.other=kept"), "");
  struct {
    std::string words, meta;
  } const steps[] = {
      {"meta.a=1", "a=1"},
      {"meta.b=2 meta.c=3", "c=3\nb=2\na=1"},     // the newest first
      {"meta.b=two", "c=3\nb=two\na=1"},          // in its place
      {"meta.b=", "c=3\nb=\na=1"},                // there, and empty
      {"meta.b==", "c=3\nb==\na=1"},              // the first = ends the key
      {"meta.b=x=y", "c=3\nb=x=y\na=1"},          //
      {"meta.b", "c=3\na=1"},                     // gone
      {"meta.b", "c=3\na=1"},                     // as it was
      {"meta.cc=4 meta.c", "cc=4\na=1"},          // no key is the beginning of another
      {"meta.a meta.a=5 meta.a=6", "cc=4\na=6"},  // the last word on a key
      {"meta.a meta.e=7", "e=7\ncc=4"},           // one after the other
      {"meta=x=1 meta.y=2", "y=2\nx=1"},          // whole, then a key
      {"meta.z=3 meta=x=1", "x=1"},               // a key, then whole
      {"meta.'k 1'='v 1'", "k 1=v 1\nx=1"},       // blanks on both sides
      {"meta.d.e=7 meta.d=8", "d=8\nd.e=7\nk 1=v 1\nx=1"},
  };
  for (const auto& step : steps) {
    EXPECT_EQ(seen("jail -m name=j " + step.words), "") << step.words;
    EXPECT_EQ(run("jls meta").out, step.meta + "\n") << step.words;
  }
  follow({{"jls meta.d meta.d.e meta.missing meta.x", "8 7 \"\" 1\n"},
          {"jls -n meta.x meta.missing", "meta.x=1 meta.missing=\"\"\n"},
          {"jls -s meta.x meta.missing", "meta.x=1 meta.missing\n"},
          {"jls env", "other=kept\n"}});
}

TEST_F(FunctionalTest, F27_keyvalue_contention) {
  EXPECT_EQ(create("name=j"), "");
  EXPECT_EQ(seen("for key in a b c d e; do for round in 1 2 3 4 5 6 7 8; do "
                 "jail -m name=j meta.$key=$round env.$key=$round; done & done; wait"),
            "");
  EXPECT_EQ(seen("jls meta | sort; jls env | sort"),
            "a=8\nb=8\nc=8\nd=8\ne=8\na=8\nb=8\nc=8\nd=8\ne=8\n");
}

}  // namespace
}  // namespace gaol::test
