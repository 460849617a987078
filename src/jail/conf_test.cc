// SPDX-License-Identifier: BSD-2-Clause
//
// What the golden corpus (tests/golden/conf) does not show: the pieces of the interface, one by
// one, and that nothing grows faster than its file.
#include "jail/conf.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

namespace gaol::jail {
namespace {

using Files = std::map<std::string, std::string>;

Source in_memory(const Files& files) {
  return {[files](const std::string& path) -> Result<std::string> {
            const auto file = files.find(path);
            if (file == files.end()) return fail_errno(ENOENT, path);
            return file->second;
          },
          [](const std::string& pattern) { return std::vector{pattern}; }};
}

Result<Conf> load(const std::string& text) {
  return load_conf("jail.conf", in_memory({{"jail.conf", text}}));
}

// The only jail's line of `jail -e`.
std::string exported(const std::string& text) {
  const auto conf = load(text);
  if (!conf) return conf.error().text;
  return export_line(conf->jails.at(0), " ");
}

TEST(JailConf, WildcardsCountAsWholeComponentsOnly) {
  const struct {
    const char* pattern;
    const char* name;
    bool matches;
  } cases[] = {
      {"*", "a", true},         {"*", "a.b.c", true},        {"a.*", "a", false},
      {"a.*", "a.b", true},     {"a.*", "a.b.c", true},      {"a.*", "b.c", false},
      {"*.b", "a.b", true},     {"*.b", "a.c.b", false},     {"*.b", "b", false},
      {"a.*.c", "a.b.c", true}, {"a.*.c", "a.b.b.c", false}, {"*.*", "a", false},
      {"*.*", "a.b.c", true},   {"foo*", "foobar", false},   {"foo*", "foo*", true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(wildcard_match(c.pattern, c.name), c.matches) << c.pattern << ' ' << c.name;
  for (const char* name : {"*", "a.*", "*.a", "a.*.b"}) EXPECT_TRUE(is_wildcard(name)) << name;
  for (const char* name : {"", "a", "foo*", "*a.b", "**"}) EXPECT_FALSE(is_wildcard(name)) << name;
}

TEST(JailConf, QuotesValuesAsJail8Does) {
  const struct {
    const char* value;
    const char* quoted;
  } cases[] = {
      {"", R"("")"},
      {"plain;and$more", "plain;and$more"},
      {"two words", R"("two words")"},
      {"tab\there", "\"tab\there\""},
      {"line\nend", "line\nend"},
      {"it's", R"("it's")"},
      {R"(say "hi")", R"('say "hi"')"},
      {R"(it's "both")", R"("it's \"both\"")"},
      {R"(back\slash)", R"(back\\slash)"},
      {R"(a b\c)", R"("a b\\c")"},
  };
  for (const auto& c : cases) EXPECT_EQ(quote_value(c.value), c.quoted) << c.value;
}

TEST(JailConf, ExportsAllButTheJid) {
  EXPECT_EQ(exported("www { jid = 7; persist; exec.start = 'a b', c; mount.nodevfs; meta.k = v; }"),
            R"(name=www persist exec.start="a b",c mount.nodevfs meta.k=v)");
  EXPECT_EQ(exported("7 { path = /x; }"), "path=/x");
}

TEST(JailConf, FindsJailsByTheirBlock) {
  const auto conf = load("web { } 7 { name = seven; } a { b { } } '*' { }");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->jails.size(), 4U);
  for (const char* name : {"web", "7", "a", "a.b"}) {
    ASSERT_NE(conf->find(name), nullptr) << name;
    EXPECT_EQ(conf->find(name)->name, name);
  }
  for (const char* name : {"", "seven", "b", "*", "we", "webb"})
    EXPECT_EQ(conf->find(name), nullptr) << name;
}

TEST(JailConf, SettingsSayWhereTheyCameFrom) {
  const auto conf = load("path = /x;\nweb {\n  exec.start = a;\n  exec.start += b;\n}\n");
  ASSERT_TRUE(conf);
  const JailConf& web = *conf->find("web");
  EXPECT_EQ(web.where, "jail.conf:2:1");
  EXPECT_EQ(web.settings.get("name")->where, "jail.conf:2:1");
  EXPECT_EQ(web.settings.get("path")->where, "jail.conf:1:1");
  EXPECT_EQ(web.settings.get("exec.start")->where, "jail.conf:4:3");
}

TEST(JailConf, StandardInputIsCalledSo) {
  const auto source = in_memory({{"-", "a b"}, {"part", "x { }"}});
  EXPECT_EQ(load_conf("-", source).error().text,
            "STDIN:1:4: unexpected EOF (is a \";\" missing before it?)\na b\n   ^");
  const auto conf = load_conf("-", in_memory({{"-", ".include part;"}, {"part", "x { }"}}));
  ASSERT_TRUE(conf);
  EXPECT_NE(conf->find("x"), nullptr);
}

TEST(JailConf, MissingFileKeepsTheKernelsAnswer) {
  const auto source = in_memory({{"jail.conf", "a { }\n.include /nowhere;\n"}});
  const auto file = load_conf("/etc/jail.conf", source);
  EXPECT_EQ(file.error().text, "/etc/jail.conf: No such file or directory");
  EXPECT_EQ(file.error().code, ENOENT);
  const auto included = load_conf("jail.conf", source);
  EXPECT_EQ(included.error().text,
            "jail.conf:2:10: /nowhere: No such file or directory\n.include /nowhere;\n         ^");
  EXPECT_EQ(included.error().code, ENOENT);
}

TEST(JailConf, IncludesNestThirtyTwoDeep) {
  Files files;
  for (int i = 0; i < 40; ++i) files[concat("f", i)] = concat(".include f", i + 1, ";\n");
  files["f32"] = "deep { }\n";
  const auto conf = load_conf("f0", in_memory(files));
  ASSERT_TRUE(conf) << conf.error().text;
  EXPECT_NE(conf->find("deep"), nullptr);

  files["f32"] = ".include f33;\n";
  EXPECT_EQ(load_conf("f0", in_memory(files)).error().text,
            "f32:1:10: maximum include depth exceeded\n.include f33;\n         ^");
}

TEST(JailConf, WrongVariablesBlockRemovalUnknownParametersDoNot) {
  const struct {
    const char* body;
    bool removable;
    const char* error;
  } cases[] = {
      {"persist;", true, nullptr},
      {"nonsense;", true, "unknown parameter: nonsense"},
      {"Path = /x;", true, "unknown parameter: Path, did you mean \"path\"?"},
      {"path = $nope;", false, "path: variable \"nope\" not found"},
      {"exec.poststart = \"echo $JID\";", false,
       "exec.poststart: variable \"JID\" not found (for the shell's own, write \\$JID)"},
      {"path = ${};", false, "path: variable \"\" not found"},
      {"$v; path = $v;", false, "path: variable \"v\" not found"},
      {"$v = $v;", false, "v: variable loop"},
      {"$l = a, b; path = /x$l;", false, "path: array cannot be substituted inline"},
      {"$path = /x;", false, "variable \"$path\" cannot have the same name as a parameter"},
      {"name = x;", false, "cannot redefine parameter \"name\""},
  };
  for (const auto& c : cases) {
    const auto conf = load(concat("www { ", c.body, " }"));
    ASSERT_TRUE(conf) << conf.error().text;
    const JailConf& www = conf->jails.at(0);
    EXPECT_EQ(www.removable, c.removable) << c.body;
    ASSERT_EQ(www.errors.size(), c.error ? 1U : 0U) << c.body;
    if (!c.error) continue;
    const std::string line = www.errors[0].text.substr(0, www.errors[0].text.find('\n'));
    EXPECT_EQ(line.substr(line.find(' ') + 1), c.error) << c.body;
  }
}

TEST(JailConf, OneJailsFaultLeavesTheOthersAlone) {
  const auto conf = load("path = /jails/$dir;\ngood { $dir = g; }\nbad { }\n");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->find("good")->settings.text("path"), "/jails/g");
  EXPECT_TRUE(conf->find("good")->errors.empty());
  ASSERT_EQ(conf->find("bad")->errors.size(), 1U);
  EXPECT_EQ(conf->find("bad")->errors[0].text,
            "jail.conf:1:15: path: variable \"dir\" not found\n"
            "path = /jails/$dir;\n"
            "              ^");
}

// One fault shows once, however many values it spoils.
TEST(JailConf, SpoiledVariablesAreReportedOnce) {
  const auto conf =
      load("www { $a = $nope; path = $a; host.hostname = x$a; exec.start = $a, $a; }");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->jails.at(0).errors.size(), 1U);
}

// The chain is given last link first, so that every link waits for the next one.
TEST(JailConf, ChainsOfVariablesMayBeOfAnyLength) {
  std::string text = "www { path = $v0; }\n";
  for (int i = 0; i < 100'000; ++i) text += concat("$v", i, " = $v", i + 1, ";\n");
  text += "$v100000 = /x;\n";
  EXPECT_EQ(exported(text), "name=www path=/x");
}

// Quadratic growth anywhere would make this run for minutes.
TEST(JailConf, TensOfThousandsOfJailsAndWildcards) {
  std::string text = "path = /jails/$name;\n";
  for (int i = 0; i < 20'000; ++i) text += concat("j", i, " { * { persist; } sub { } }\n");
  const auto conf = load(text);
  ASSERT_TRUE(conf) << conf.error().text;
  EXPECT_EQ(conf->jails.size(), 40'000U);
  EXPECT_EQ(export_line(*conf->find("j19999.sub"), " "),
            "name=j19999.sub path=/jails/j19999.sub persist");
}

}  // namespace
}  // namespace gaol::jail
