// SPDX-License-Identifier: BSD-2-Clause

// jls(8) and jexec(8), to the column and to the word. The transcripts tests/cli/jls_*.t and
// entering.t have what is not here.

#include "tests/functional/functional.h"

namespace gaol::test {
namespace {

std::string a(size_t count) { return std::string(count, 'a'); }

TEST_F(FunctionalTest, F55_headers) {
  follow({
      {"jls", "   JID  IP Address      Hostname                      Path\n"},
      {"jls -N", " JID             IP Address      Hostname                      Path\n"},
      {"jls -v",
       "   JID  Hostname                      Path\n"
       "        Name                          State\n"
       "        CPUSetID\n"
       "        IP Address(es)\n"},
      {"jls -h jid name ip4.addr", "jid name ip4.addr\n"},
      {"jls jid", ""},
  });
}

// What fills its column stays whole, what is longer is cut; only a name with -N never is.
TEST_F(FunctionalTest, F56_truncation) {
  const std::string path = dir_ + "/" + a(74 - dir_.size() - 1);
  for (const auto& tree : {path, path + "b"}) std::filesystem::create_directory(tree);
  struct {
    std::string name, hostname, path;
  } const fitting{a(15), a(29), path}, longer{a(30), a(30), path + "b"};
  for (const auto& jail : {fitting, longer}) {
    ASSERT_EQ(seen("jail -c jid=123456 name=" + jail.name + " host.hostname=" + jail.hostname +
                   " path=" + jail.path +
                   " ip4.addr=192.168.100.100,10.0.0.1 persist "
                   "ip6.addr=2001:db8::1"),
              "");
    const std::string rest = "192.168.100.100 " + a(29) + " " + path + "\n";
    EXPECT_EQ(run("jls | tail -n 1").out, "123456  " + rest);
    EXPECT_EQ(run("jls -N | tail -n 1").out, " " + jail.name + " " + rest);
    EXPECT_EQ(run("jls -v | tail -n 6").out,
              "123456  " + a(29) + " " + path + "\n" +  //
                  "        " + (jail.name + std::string(14, ' ')).substr(0, 29) + " ACTIVE\n" +
                  "        123456\n"
                  "        192.168.100.100\n        10.0.0.1\n        2001:db8::1\n");
    EXPECT_EQ(seen("jls name host.hostname path"),
              jail.name + " " + jail.hostname + " " + jail.path + "\n");
    seen("jail -R 123456");
  }
  ASSERT_EQ(create("jid=5 name=six ip6.addr=2001:db8::1"), "");
  EXPECT_EQ(run("jls | tail -n 1").out,
            "     5  " + std::string(15 + 1 + 29 + 1, ' ') + tree_ + "\n");
}

TEST_F(FunctionalTest, F59_quoting) {
  struct {
    std::string value, plain, quoted;
  } const cases[] = {
      {"", "\"\"", "\"\""},
      {"word", "word", "word"},
      {"two words", "two words", "\"two words\""},
      {"a\ttab", "a\ttab", "\"a\ttab\""},
      {"it's", "it's", "\"it's\""},
      {"say \"so\"", "say \"so\"", "'say \"so\"'"},
      {"\"it's\"", "\"it's\"", "\"\"it's\"\""},  // ambiguous, as on FreeBSD
      {"two\nlines", "two\nlines", "two\nlines"},
  };
  ASSERT_EQ(create("name=j"), "");
  for (const auto& c : cases) {
    write_file(dir_ + "/value", c.value);
    EXPECT_EQ(seen("jail -m name=j meta=\"$(cat " + dir_ + "/value)\""), "");
    for (const auto& [flags, shown] : {std::pair<std::string, std::string>{"", c.plain},
                                       {"-q", c.quoted},
                                       {"-n", "meta=" + c.plain},
                                       {"-nq", "meta=" + c.quoted},
                                       {"-s", "meta=" + c.quoted}})
      EXPECT_EQ(run("jls " + flags + " meta").out, shown + "\n") << flags;
  }
  follow({{"jls ip4.addr; jls -q ip4.addr; jls -n ip4.addr; jls -nq ip4.addr",
           "-\n\"\"\nip4.addr=\nip4.addr=\"\"\n"},
          {"jls persist allow.mlock; jls -n persist allow.mlock",
           "true false\npersist allow.nomlock\n"}});
}

// --- jexec ---

TEST_F(FunctionalTest, F63_default_shell) {
  make_tree(dir_ + "/tree");
  std::filesystem::remove(dir_ + "/tree/bin/sh");
  for (const std::string shell : {"sh", "mine"}) {
    write_file(dir_ + "/tree/bin/" + shell, "#!/bin/ash\necho " + shell + " \"$@\"\n");
    std::filesystem::permissions(dir_ + "/tree/bin/" + shell, std::filesystem::perms(0755));
  }
  ASSERT_EQ(seen("jail -c name=j path=" + dir_ + "/tree persist"), "");
  follow({
      {"SHELL=/bin/mine jexec j", "mine -i\n"},
      {"SHELL= jexec j", "sh -i\n"},
      {"unset SHELL; jexec j", "sh -i\n"},
      {"SHELL=/bin/mine jexec j /bin/sh -c x", "sh -c x\n"},
      {"SHELL=/bin/none jexec j",
       "jexec: execvp(): /bin/none: No such file or directory\n[exit 1]\n"},
  });
}

TEST_F(FunctionalTest, F65_login_environment) {
  ASSERT_EQ(create("name=j"), "");
  const std::string own = "env -i PATH=\"$PATH\" TERM=vt100 SECRET=1 jexec ",
                    environment = " -U www j env | sort";
  const std::string five = "HOME=/var\nPATH=/bin:/usr/bin\nSHELL=/bin/sh\nTERM=vt100\nUSER=www\n";
  follow({
      {own + "-l" + environment, five},
      {own + "-l -e LANG=C -e HOME=/tmp" + environment,
       "HOME=/tmp\nLANG=C\nPATH=/bin:/usr/bin\nSHELL=/bin/sh\nTERM=vt100\nUSER=www\n"},
      {own + "-e LANG=C j env | grep -c -e SECRET -e TERM -e LANG", "3\n"},
      {own + "-l -U www j pwd; " + own + "-l -d /etc -U www j pwd", "/var\n/etc\n"},
  });
}

// The host and the jail call different people by one name.
TEST_F(FunctionalTest, F67_whose_user) {
  make_tree(dir_ + "/tree");
  write_file(dir_ + "/tree/etc/passwd", "nobody:x:99:33::/var:/bin/sh\n");
  ASSERT_EQ(seen("jail -c name=j path=" + dir_ + "/tree persist"), "");
  follow({
      {"jexec -u nobody j id -u", run("id -u nobody").out},
      {"jexec -U nobody j id -u", "99\n"},
      {"jexec -U nobody j id -g", "33\n"},
      {"jexec -U daemon j id -u", "jexec: daemon: no such user\n[exit 1]\n"},
      {"jexec -u daemon j id -u", run("id -u daemon").out},
  });
}

}  // namespace
}  // namespace gaol::test
