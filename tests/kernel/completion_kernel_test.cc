// SPDX-License-Identifier: BSD-2-Clause

// What bash and zsh offer while somebody types, with jails that run and jails that are configured.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kScripts = GAOL_SOURCE_DIR "/tests/support";
constexpr const char* kCompletions = GAOL_BIN_DIR "/../completions";

class CompletionTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    fs::create_directories("/run/files/trees");
    write_file("/run/files/jail.conf", "path = /run/tree;\nmail { persist; }\n");
    for (const char* name : {"db", "web"})
      ASSERT_EQ(seen(std::string("jail -c persist path=/run/tree name=") + name), "");
  }
  void TearDown() override {
    run("jail -r db web");
    fs::remove_all("/run/files");
    KernelTest::TearDown();
  }
  std::string ask(const std::string& script, const std::string& from, const std::string& line) {
    auto answer =
        seen(std::string(kScripts) + "/" + script + " " + kCompletions + from + " '" + line + "'");
    if (answer.ends_with('\n')) answer.pop_back();
    return answer;
  }
  std::string bash(const std::string& line) { return ask("bash_offers", "/jail", line); }
  std::string zsh(const std::string& line) { return ask("zsh_completes", "", line); }
};

TEST_F(CompletionTest, ROOT_BashOffersWhatFits) {
  struct {
    const char* line;
    const char* offers;
  } const cases[] = {
      {"jail -r ", "db web"},
      {"jail -rR w", "web"},
      {"jail -f /run/files/jail.conf -c mai", "mail"},
      {"jail -f /run/files/jail.conf -c me", "meta="},
      {"jail -c path=/x persi", "persist"},
      {"jail -c path=/x allow.nomlo", "allow.nomlock"},
      {"jail -c vne",
       "vnet vnet.bridge= vnet.guard vnet.interface= vnet.ip4= vnet.ip6= vnet.isolated vnet.mtu= "
       "vnet.nat vnet.noguard vnet.noisolated vnet.nonat vnet.rate_in= vnet.rate_out= vnet.rdr= "
       "vnet.router= vnet="},
      {"jail -c vnet=", "disable inherit new"},
      {"jail -c vnet=i", "inherit"},
      {"jail -c path=/run/files/t", "/run/files/trees"},
      {"jail -c path=/x command /run/files/j", "/run/files/jail.conf"},
      {"jail -f /run/files/j", "/run/files/jail.conf"},
      {"jail /run/files/", "/run/files/trees"},
      {"jail -cm", "-cm -cmr"},
      {"jls -j ", "db web"},
      {"jls host.hostn", "host.hostname"},
      {"jls exec.", ""},
      {"jls --lib", "--libxo"},
      {"jexec -l -U root ", "db web"},
      {"jexec web /run/files/j", "/run/files/jail.conf"},
      {"devfs rule s", "showsets"},
      {"devfs rule -s 2", "2"},
      {"devfs rule -s 4 show 3", "300"},
      {"pfctl -nvf /run/files/j", "/run/files/jail.conf"},
      {"pfctl -o b", "basic"},
      {"gaol rel", "release"},
      {"gaol release f", "fetch"},
      {"gaol import /run/files/j", "/run/files/jail.conf"},
      {"gaol release import /run/files/j", "/run/files/jail.conf"},
      {"gaol net w", "web"},
      {"gaol net test ", "db host web"},
      {"gaol net --", "--dot --json --svg"},
      {"gaol pool s", "scrub status"},
      {"gaol pool create tank mirror /dev/nul", "/dev/null"},
      {"gaol destroy --", "--now --path --yes"},
  };
  for (const auto& c : cases) EXPECT_EQ(bash(c.line), c.offers) << c.line;
}

TEST_F(CompletionTest, ROOT_ZshCompletesWhatIsClear) {
  GAOL_NEEDS(run("command -v zsh").status == 0, "needs zsh");
  struct {
    const char* line;
    const char* whole;
  } const cases[] = {
      {"jail -r w", "jail -r web "},
      {"jail -f /run/files/jail.conf -c mai", "jail -f /run/files/jail.conf -c mail "},
      {"jail -c path=/run/files/t", "jail -c path=/run/files/trees/"},
      {"jail -c persist allow.nomlo", "jail -c persist allow.nomlock "},
      {"jail -c persist vnet=inh", "jail -c persist vnet=inherit "},
      {"jls -j d", "jls -j db "},
      {"jls host.hostn", "jls host.hostname "},
      {"jexec -l we", "jexec -l web "},
      {"devfs rule sho", "devfs rule showsets "},
      {"devfs rule -s 4 show 3", "devfs rule -s 4 show 300 "},
      {"gaol release fe", "gaol release fetch "},
      {"gaol net we", "gaol net web "},
      {"gaol pool st", "gaol pool status "},
      {"gaol pool create tank mirror /dev/nul", "gaol pool create tank mirror /dev/null "},
  };
  for (const auto& c : cases) EXPECT_EQ(zsh(c.line), c.whole);
}

}  // namespace
}  // namespace gaol::test
