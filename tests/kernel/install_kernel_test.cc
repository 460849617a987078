// SPDX-License-Identifier: BSD-2-Clause

// What `cmake --install` leaves: everything in its place, and working from there, wherever that
// is.

#include <gmock/gmock.h>

#include <filesystem>
#include <regex>
#include <set>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInstall = "'" GAOL_CMAKE "' --install '" GAOL_BIN_DIR "/..' ";

class InstallTest : public KernelTest {
 protected:
  void TearDown() override {
    fs::remove_all(dir_);
    KernelTest::TearDown();
  }
  const std::string dir_ = "/run/installed";
};

TEST_F(InstallTest, ROOT_CommandsWorkFromWhereTheyWerePut) {
  ASSERT_EQ(run(kInstall + ("--prefix " + dir_)).status, 0);
  const std::string there = "PATH=" + dir_ + "/sbin:$PATH; command -v jail; ";
  EXPECT_EQ(seen(there + "jail -c name=web path=" + tiny_tree() + " persist ip4.addr=127.0.0.1"),
            dir_ + "/sbin/jail\n");
  EXPECT_EQ(seen(there + "jexec web pwd; jls name"), dir_ + "/sbin/jail\n/\nweb\n");
  // The jail's first process is the one that was installed with the command.
  EXPECT_EQ(fs::read_symlink("/proc/" + init_of("web") + "/exe"), dir_ + "/libexec/gaol/gaol-init");
  EXPECT_EQ(seen(there + "jail -r web"), dir_ + "/sbin/jail\n");
}

TEST_F(InstallTest, ROOT_InitStaysUnreadable) {
  ASSERT_EQ(run(kInstall + ("--prefix " + dir_)).status, 0);
  EXPECT_EQ(fs::status(dir_ + "/libexec/gaol/gaol-init").permissions(), fs::perms(0111));
}

TEST_F(InstallTest, ROOT_AnInitThatCouldBeTracedIsNotStarted) {
  ASSERT_EQ(run(kInstall + ("--prefix " + dir_)).status, 0);
  const std::string init = dir_ + "/libexec/gaol/gaol-init";
  const std::string create = dir_ + "/sbin/jail -c path=" + tiny_tree() + " command=true";
  EXPECT_EQ(
      seen("chmod 755 " + init + "; " + create),
      "jail: " + init + ": can be read, and by jails traced (chmod 0111 " + init + ")\n[exit 1]\n");
  EXPECT_EQ(seen("chmod 111 " + init + "; " + create), "");
}

// The names behind `pattern` in a text, sorted.
std::set<std::string> names(const std::string& text, const std::regex& pattern) {
  std::set<std::string> out;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
    out.insert((*it)[1]);
  return out;
}

TEST_F(InstallTest, ROOT_LibraryExportsWhatItsHeaderDeclares) {
  const auto shared = run("nm -D --defined-only '" GAOL_BIN_DIR "/../lib/libgaol.so'").out;
  const auto header = run("cat '" GAOL_SOURCE_DIR "/include/gaol/jail.h'").out;
  auto declared = names(header, std::regex(R"(\n(?:int|char\*|void) (\w+)\()"));
  declared.insert("jail_errmsg");
  EXPECT_EQ(names(shared, std::regex(R"( [A-Z] (\w+)@)")), declared);
}

// A sanitized library asks for a runtime that an ordinary program does not bring.
#ifndef GAOL_SANITIZED
TEST_F(InstallTest, ROOT_ExamplesCompileAndRun) {
  ASSERT_EQ(run(kInstall + ("--prefix " + dir_)).status, 0);
  const std::string work = "export PKG_CONFIG_PATH=$(dirname $(find " + dir_ +
                           " -name gaol.pc)) D=" + dir_ + "; mkdir -p $D/bin; ";
  struct {
    const char* compile;
    const char* seen;
  } const cases[] = {
      {"cc -Wall -Wextra -Werror -std=c11 $D/share/doc/gaol/examples/c/jailed.c -o $D/bin/jailed "
       "$(pkg-config --cflags --libs gaol)",
       "/run/tree is jailed.example.com\njailed.example.com\n[exit 7]\n"},
      {"c++ -Wall -Wextra -Werror -std=c++23 $D/share/doc/gaol/examples/c++/jailed.cc -o "
       "$D/bin/jailed $(pkg-config --cflags --libs gaol)",
       "jailed /run/tree\njailed.example.com\n[exit 7]\n"},
      {"c++ -std=c++23 $D/share/doc/gaol/examples/c++/jailed.cc -o $D/bin/jailed -static "
       "$(pkg-config --static --cflags --libs gaol)",
       "jailed /run/tree\njailed.example.com\n[exit 7]\n"},
  };
  for (const auto& c : cases) {
    ASSERT_EQ(seen(work + c.compile), "") << c.compile;
    EXPECT_EQ(seen(work + "export LD_LIBRARY_PATH=$(pkg-config --variable=libdir gaol); $D/bin/"
                          "jailed /run/tree /bin/sh -c 'hostname; exit 7'"),
              c.seen);
  }
}
#endif

TEST_F(InstallTest, ROOT_StagesBelowDestdir) {
  ASSERT_EQ(run("DESTDIR=" + dir_ + " " + kInstall).status, 0);
  for (const char* file :
       {"sbin/jail", "sbin/jls", "sbin/jexec", "sbin/gaol", "libexec/gaol/gaol-init",
        "libexec/gaol/gaol-stack", "share/man/man8/jail.8", "share/man/man5/jail.conf.5",
        "share/man/man3/jail_attach.3", "share/bash-completion/completions/jexec",
        "share/zsh/site-functions/_jail"})
    EXPECT_TRUE(fs::exists(dir_ + GAOL_INSTALL_PREFIX "/" + file)) << file;
  EXPECT_EQ(run("find " + dir_ + " -path '*/etc/init.d/jail' -perm 755 | wc -l").out, "1\n");
}

}  // namespace
}  // namespace gaol::test
