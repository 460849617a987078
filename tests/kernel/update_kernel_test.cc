// SPDX-License-Identifier: BSD-2-Clause

// `gaol release update` with an apt that does as the test says: where it runs, and that a release
// is afterwards wholly new or wholly what it was.

#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

const std::string kPlace = "/run/update";
const std::string kTree = kPlace + "/releases/deb";

std::string text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class UpdateTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    fs::create_directory(kPlace);
    fs::permissions(kPlace, fs::perms::owner_all);
  }
  void TearDown() override {
    fs::remove_all(kPlace);
    KernelTest::TearDown();
  }
  static std::string shell(const std::string& line) { return seen("cd " + kPlace + "; " + line); }
  static std::string update() { return shell("gaol release update --releases $PWD/releases deb"); }
  // A release whose apt-get is this script.
  static void make_release(const std::string& script) {
    make_tree(kPlace + "/tree");
    fs::remove_all(kPlace + "/tree/usr");
    fs::create_directories(kPlace + "/tree/usr/bin");
    fs::create_directories(kPlace + "/tree/var/lib/apt/lists");
    fs::create_symlink("/bin/env", kPlace + "/tree/usr/bin/env");
    write_file(kPlace + "/tree/usr/bin/apt-get", "#!/bin/sh\n" + script);
    fs::permissions(kPlace + "/tree/usr/bin/apt-get", fs::perms(0755));
    write_file(kPlace + "/tree/etc/version", "old\n");
    ASSERT_EQ(shell("tar -C tree -cf - . | gaol release import --releases $PWD/releases"
                    " --name deb -"),
              "");
  }
};

// The last word of each call is what is to be done.
constexpr const char* kWorks = R"(for word; do :; done
echo "apt $word"
case $word in
  update) touch /var/lib/apt/lists/some ;;
  dist-upgrade) echo new >/etc/version; cat /proc/sys/kernel/hostname; id -u; ls /dev/sda 2>&1; true ;;
esac
)";

TEST_F(UpdateTest, ROOT_AptRunsInAJailAndTheReleaseIsNew) {
  make_release(kWorks);
  const auto said = update();
  EXPECT_THAT(said, HasSubstr("apt update\napt dist-upgrade\nupdate\n0\n"
                              "ls: /dev/sda: No such file or directory\n"));
  EXPECT_THAT(said, EndsWith("apt clean\n"));
  EXPECT_EQ(text(kTree + "/etc/version"), "new\n");
  EXPECT_TRUE(fs::is_empty(kTree + "/var/lib/apt/lists"));
  EXPECT_EQ(shell("jls"), "   JID  IP Address      Hostname                      Path\n");
}

TEST_F(UpdateTest, ROOT_WhatFailsLeavesTheReleaseAsItWas) {
  make_release("echo broken >/etc/version; rm -rf /home; echo E: no luck; exit 100\n");
  EXPECT_EQ(update(),
            "E: no luck\ngaol: release update: apt failed (the release is as it was)\n[exit 1]\n");
  EXPECT_EQ(text(kTree + "/etc/version"), "old\n");
  EXPECT_EQ(shell("gaol release list --releases $PWD/releases"),
            "NAME  CLONES  FROM\ndeb        0  standard input\n");
}

TEST_F(UpdateTest, ROOT_AServiceThatAPackageStartsDoesNotStay) {
  make_release(std::string(kWorks) + "(setsid sleep 300 >/dev/null 2>&1 &)\n");
  EXPECT_THAT(update(), EndsWith("apt clean\n"));
  EXPECT_EQ(shell("jls"), "   JID  IP Address      Hostname                      Path\n");
}

TEST_F(UpdateTest, ROOT_AnUpdateThatWasKilledIsTakenBackByTheNext) {
  make_release(
      "test -z \"$http_proxy\" || { echo half >/etc/version; sleep 300; }\n"
      "grep -q old /etc/version && echo \"apt $#\"\n");
  EXPECT_EQ(
      shell("http_proxy=x gaol release update --releases $PWD/releases deb >log 2>&1 &"
            " gaol=$!; for i in $(seq 100); do grep -q half releases/deb/etc/version && break;"
            " sleep 0.1; done; kill -9 $gaol; cat releases/deb/etc/version"),
      "half\n");
  EXPECT_EQ(update(), "gaol: release update: " + kTree +
                          ": jail \"gaol-update\" runs in it"
                          " (jail -r gaol-update)\n[exit 1]\n");
  ASSERT_EQ(shell("jail -r gaol-update"), "");
  EXPECT_THAT(update(),
              testing::StartsWith("an update was cut short: first back to before it\napt 4\n"));
}

TEST_F(UpdateTest, ROOT_RefusesWhileSomethingRunsOnIt) {
  make_release(kWorks);
  ASSERT_EQ(shell("gaol create www --releases $PWD/releases -r deb --path $PWD/www >/dev/null;"
                  " jail -c name=www path=$PWD/www persist"),
            "");
  EXPECT_EQ(update(), "gaol: release update: " + kTree +
                          ": jail \"www\" runs on it (jail -r www)\n"
                          "[exit 1]\n");
  ASSERT_EQ(shell("jail -r www; rm releases/deb/usr/bin/apt-get"), "");
  EXPECT_EQ(update(), "gaol: release update: " + kTree +
                          ": there is no apt in it to update it\n"
                          "[exit 1]\n");
}

}  // namespace
}  // namespace gaol::test
