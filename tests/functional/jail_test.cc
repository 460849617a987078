// SPDX-License-Identifier: BSD-2-Clause

// jail(8): create, list, remove; interfaces; hooks; who a jail is; its parameters, read and set.

#include "tests/functional/functional.h"

namespace gaol::test {
namespace {

using testing::HasSubstr;

TEST_F(FunctionalTest, F01_basic) {
  write_file(dir_ + "/file", "mounted\n");
  struct {
    std::string parameters, path, probe, found;
  } const cases[] = {
      {"path=/ persist", "/", "test -d /usr && echo host", "host\n"},
      {"persist", "/", "test -d /usr && echo host", "host\n"},
      {"path=" + tree_ + " persist mount='" + dir_ + " " + tree_ + "/tmp nullfs ro 0 0'", tree_,
       "cat /tmp/file", "mounted\n"},
  };
  for (const auto& c : cases)
    follow({
        {"jail -c name=basejail " + c.parameters, ""},
        {"jls name path", "basejail " + c.path + "\n"},
        {"jexec basejail sh -c '" + c.probe + "'", c.found},
        {"jail -r basejail", ""},
        {"jls -c -j basejail", "[exit 1]\n"},
    });
}

TEST_F(FunctionalTest, F02_list) {
  const std::string on_host = "ip -br link | grep -o '^ep[0-9][ab]' | sort",
                    inside = "jexec v ls /sys/class/net";
  ASSERT_EQ(run("for i in 0 1 2; do ip link add ep${i}a type veth peer name ep${i}b; done").err,
            "");
  const std::string all = "ep0a\nep0b\nep1a\nep1b\nep2a\nep2b\n", left = "ep0a\nep1a\nep2a\n";
  configure("v { path = " + tree_ +
            "; persist; vnet; vnet.interface = ep0b, ep1b; vnet.interface += ep2b; }\n");
  const std::string words = "jail -c name=v path=" + tree_ + " persist vnet vnet.interface=";
  struct {
    std::string start, said, stop, says;
  } const cases[] = {
      {"jail -f " + conf_ + " -c v", "v: created\n", "jail -f " + conf_ + " -r v", "v: removed\n"},
      {words + "ep0b,ep1b,ep2b", "", "jail -r v", ""},
      {words + "ep0b vnet.interface=ep1b,ep2b", "", "jail -r v", ""},
  };
  for (const auto& c : cases)
    follow({{c.start, c.said},
            {inside, "ep0b\nep1b\nep2b\nlo\n"},
            {on_host, left},
            {c.stop, c.says},
            {on_host, all}});
  run("for i in 0 1 2; do ip link del ep${i}a; done");
}

TEST_F(FunctionalTest, F04_commands) {
  const std::string know = " echo $JID $JNAME $JPATH'";
  configure("basejail {\n  path = " + tree_ + "; persist; jid = 77;\n" +  //
            "  exec.prepare = 'echo prepare'; exec.prestart = 'echo prestart';\n" +
            "  exec.start = 'echo start'; exec.poststart = 'echo poststart;" + know + ";\n" +
            "  exec.prestop = 'echo prestop'; exec.stop = 'echo stop';\n" +
            "  exec.poststop = 'echo poststop;" + know + "; exec.release = 'echo release';\n}\n");
  const std::string ids = "77 basejail " + tree_ + "\n";
  const std::string started = "prepare\nprestart\nbasejail: created\nstart\npoststart\n" + ids;
  const std::string stopped = "prestop\nstop\nbasejail: removed\npoststop\n" + ids + "release\n";
  for (const char* who : {"basejail", "77"}) {
    EXPECT_EQ(jail("-c basejail"), started);
    EXPECT_EQ(jail(std::string("-r ") + who), stopped) << who;
  }
  // A jid that is written in no file leads to the hooks as well.
  configure("basejail { path = " + tree_ + "; persist; exec.poststop = 'echo poststop'; }\n");
  EXPECT_EQ(jail("-c basejail"), "basejail: created\n");
  EXPECT_EQ(jail("-r $(jls -j basejail jid)"), "basejail: removed\npoststop\n");
  EXPECT_EQ(jail("-c basejail"), "basejail: created\n");
  EXPECT_EQ(jail("-R basejail"), "") << "never with hooks, nor with words for a single jail";
}

TEST_F(FunctionalTest, F05_jid_name_set) {
  const std::string persists = " { path = " + tree_ + "; persist; ";
  configure("mine" + persists + "jid = 40; }\n41" + persists + "name = other; }\n");
  follow({
      {"jail -c name=x path=" + tree_ + " persist", ""},
      {"jls -j x name; test $(jls -j x jid) -gt 0", "x\n"},
      {"jail -r x", ""},
      {"jail -p1 -f " + conf_ + " -c", "mine: created\n41: created\n"},
      {"jls -j 40 jid name; jls -j mine jid name", "40 mine\n40 mine\n"},
      {"jls -j 41 jid name; jls -j other jid name", "41 other\n41 other\n"},
      {"jail -f " + conf_ + " -r 40", "mine: removed\n"},
      {"jail -f " + conf_ + " -r other", "41: removed\n"},
  });
  // The name of a block is one of the two for good.
  struct {
    const char *block, *redefined;
  } const cases[] = {{"mine", "name"}, {"41", "jid"}};
  for (const auto& c : cases) {
    configure(std::string(c.block) + persists + c.redefined + " = 42; }\n");
    EXPECT_THAT(jail("-c"),
                HasSubstr(std::string(": cannot redefine parameter \"") + c.redefined + "\"\n"));
    EXPECT_EQ(names(), "");
  }
}

TEST_F(FunctionalTest, F06_param_consistency) {
  ASSERT_EQ(create("name=web host.hostname='a b' allow.mlock sysvmsg=new meta.k=v"), "");
  // One at a time, so that none hides behind another.
  const std::string shown = run("jls -s").out;
  EXPECT_EQ(seen("eval set -- \"$(jls -s)\"; test $# -gt 20 || echo too few\n"
                 "for word; do jail -m name=web \"$word\" || echo \"$word\"; done"),
            "");
  EXPECT_EQ(run("jls -s").out, shown);
  struct {
    const char *word, *shown;
  } const forms[] = {
      {"allow.nomlock", "allow.nomlock"},     {"allow.mlock", "allow.mlock"},
      {"allow.mlock=false", "allow.nomlock"}, {"allow.nomlock=false", "allow.mlock"},
      {"allow.mlock=0", "allow.nomlock"},     {"allow.mlock=TRUE", "allow.mlock"},
      {"nopersist=false", "persist"},         {"sysvsem", "sysvsem=new"},
      {"sysvsem=disable", "sysvsem=disable"}, {"sysvsem=1", "sysvsem=new"},
  };
  for (const auto& form : forms) {
    const std::string word = form.shown, name = word.substr(0, word.find('='));
    EXPECT_EQ(seen(std::string("jail -m name=web ") + form.word), "") << form.word;
    EXPECT_EQ(run("jls -n " + name).out, word + "\n") << form.word;
  }
}

TEST_F(FunctionalTest, F09_wildcard) {
  configure("path = " + tree_ + "; persist; exec.release = 'echo release';\na { } b { }\n");
  follow({
      {"jail -p1 -f " + conf_ + " -c '*'", "a: created\nb: created\n"},
      {"jail -p1 -f " + conf_ + " -c '*'", ""},
      {"jail -p1 -f " + conf_ + " -r '*'", "b: removed\nrelease\na: removed\nrelease\n"},
      {"jail -p1 -f " + conf_ + " -r '*'", ""},
  });
}

}  // namespace
}  // namespace gaol::test
