// SPDX-License-Identifier: BSD-2-Clause

// jail.conf(5): variables, exports, includes, comments. The corpus of tests/golden/conf says more
// of each; here it goes from the file to the jail.

#include "tests/functional/functional.h"

namespace gaol::test {
namespace {

class ConfTest : public FunctionalTest {
 protected:
  // The one line of a fault, without the file's place in the machine.
  std::string fault() {
    std::string line = run("cd " + dir_ + "; jail -f jail.conf -c").err;
    return line.substr(0, line.find('\n'));
  }
};

TEST_F(ConfTest, F10_empty_variable) {
  const std::string web = "web { path = " + tree_ + "; persist; host.hostname = \"a${v}b\"; }\n";
  configure("$v = \"\";\n" + web);
  EXPECT_EQ(jail("-c; jls host.hostname"), "web: created\nab\n");
  configure("$v;\n" + web);
  EXPECT_THAT(fault(), testing::EndsWith("host.hostname: variable \"v\" not found"));
}

TEST_F(ConfTest, F12_eight_kilobytes) {
  const std::string value(8192, 'v');
  configure("$v = \"" + value + "\";\nweb { path = " + tree_ +
            "; persist; exec.start = \"test ${v} = " + value + "\"; }\n");
  EXPECT_EQ(jail("-c"), "web: created\n");
  EXPECT_EQ(jail("-e '|'"), "name=web|path=" + tree_ + "|persist|exec.start=\"test " + value +
                                " = " + value + "\"\n");
}

TEST_F(ConfTest, F13_include) {
  std::filesystem::create_directory(dir_ + "/more");
  for (const std::string name : {"a", "b"})
    write_file(dir_ + "/more/" + name + ".conf", name + " { path = " + tree_ + "; persist; }\n");
  configure(".include \"more/*.conf\";\n");
  EXPECT_EQ(seen("cd /; jail -p1 -f " + conf_ + " -c"), "a: created\nb: created\n");
  configure(".include \"more/none*.conf\";\n");
  EXPECT_EQ(jail("-c"), "") << "a pattern may find nothing";
  configure(".include \"more/none.conf\";\n");
  EXPECT_EQ(fault(), "jail: jail.conf:1:11: more/none.conf: No such file or directory");

  // The file itself and 32 below it, and one more.
  for (int i = 1; i < 33; ++i)
    write_file(dir_ + "/" + std::to_string(i) + ".conf",
               ".include \"" + std::to_string(i + 1) + ".conf\";\n");
  write_file(dir_ + "/33.conf", "deep { path = " + tree_ + "; persist; }\n");
  configure(".include \"2.conf\";\n");
  EXPECT_EQ(jail("-c deep"), "deep: created\n");
  configure(".include \"1.conf\";\n");
  EXPECT_EQ(fault(), "jail: 32.conf:1:11: maximum include depth exceeded");
}

TEST_F(ConfTest, F14_comments) {
  configure("# of the shell\n// of C++\n/* of C\n */ web { path = " + tree_ +
            "; # so\n  persist; // and so\n  host.hostname = /* as well */ www; }\n");
  EXPECT_EQ(jail("-c; jls host.hostname"), "web: created\nwww\n");
  struct {
    std::string text, fault;
  } const cases[] = {
      {"web {\n  path = \"/x;\n}\n", "jail: jail.conf:2:10: unterminated string"},
      {"web {\n  path = '/x;\n}\n", "jail: jail.conf:2:10: unterminated string"},
      {"web {\n  /* path = /x;\n}\n", "jail: jail.conf:2:3: unterminated comment"},
      {"web {\n  path = ${x;\n}\n", "jail: jail.conf:2:10: unterminated variable"},
  };
  for (const auto& c : cases) {
    configure(c.text);
    EXPECT_EQ(fault(), c.fault);
  }
}

}  // namespace
}  // namespace gaol::test
