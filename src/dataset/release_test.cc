// SPDX-License-Identifier: BSD-2-Clause

#include "dataset/release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gaol::dataset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(AptEntries, TakesTheLinesOfOneSuite) {
  constexpr const char* kList =
      "# the distribution\n"
      "deb http://a.example/debian bookworm main contrib # comment\n"
      "deb [arch=amd64 signed-by=/k.gpg]  http://a.example/sec bookworm-security main\n"
      "deb-src http://a.example/debian bookworm main\n"
      "deb http://a.example/debian bookworm-backports main\n"
      "deb http://a.example/debian trixie main\n"
      "#deb http://b.example/debian bookworm main\n";
  EXPECT_THAT(
      apt_entries(kList, false, "bookworm"),
      ElementsAre(
          "deb http://a.example/debian bookworm main contrib",
          "deb [arch=amd64 signed-by=/k.gpg]  http://a.example/sec bookworm-security main"));
  EXPECT_THAT(apt_entries(kList, false, "sid"), IsEmpty());
}

TEST(AptEntries, SpellsStanzasAsLines) {
  constexpr const char* kSources =
      "Types: deb deb-src\n"
      "# a comment between\n"
      "URIs: http://a.example/debian http://b.example/debian\n"
      "Suites: bookworm trixie\n"
      "Components: main\n"
      " contrib\n"
      "Signed-By: /usr/share/keyrings/k.gpg\n"
      "\n\n"
      "Types: deb\nURIs: http://c.example\nSuites: bookworm-updates\nComponents: main\n"
      "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n xyz\n"
      "\n"
      "Enabled: no\nTypes: deb\nURIs: http://d.example\nSuites: bookworm\nComponents: main\n"
      "\n"
      "Types: deb-src\nURIs: http://e.example\nSuites: bookworm\nComponents: main\n";
  EXPECT_THAT(apt_entries(kSources, true, "bookworm"),
              ElementsAre("deb [signed-by=/usr/share/keyrings/k.gpg] http://a.example/debian "
                          "bookworm main contrib",
                          "deb [signed-by=/usr/share/keyrings/k.gpg] http://b.example/debian "
                          "bookworm main contrib",
                          "deb http://c.example bookworm-updates main"));
}

TEST(Fetch, OnlySilenceIsAReasonToFallBack) {
  struct {
    const char* output;
    bool nobody;
  } const cases[] = {
      {"I: running apt-get update...\nErr:1 http://a bookworm InRelease\n"
       "E: Failed to fetch http://a  Temporary failure resolving 'a'\n"
       "I: main() received signal PIPE: waiting for setup...\n",
       true},
      {"I: running apt-get update...\nW: GPG error: http://a InRelease: NO_PUBKEY 1\n"
       "E: Failed to fetch http://a  bad\n",
       false},
      {"I: running apt-get update...\nE: The repository 'http://a x Release' is not signed.\n",
       false},
      {"I: running apt-get update...\nE: The repository 'http://a x Release' does not have a "
       "Release file.\n",
       false},
      {"I: running apt-get update...\nI: downloading packages with apt...\n"
       "E: Failed to fetch http://a/b.deb  404\n",
       false},
      {"E: unknown variant\n", false},
  };
  for (const auto& c : cases) EXPECT_EQ(nobody_answered(c.output), c.nobody) << c.output;
}

TEST(Release, TellsTheFirstErrorOfAFailure) {
  struct {
    const char* output;
    const char* error;
  } const cases[] = {
      {"Get:1 x\nE: Unable to locate package x\nE: setup failed: E: apt-get failed\n",
       "Unable to locate package x"},
      {"dpkg: error processing package y\nE: Sub-process dpkg returned an error\n",
       "Sub-process dpkg returned an error"},
      {"dpkg: error processing archive z\n", "dpkg: error processing archive z"},
      {"error: E: late\n", "error: E: late"},
      {"I: all is well\n", "failed"},
      {"", "failed"},
  };
  for (const auto& c : cases) EXPECT_EQ(first_error(c.output), c.error) << c.output;
}

TEST(Release, RefusesWordsThatLeadElsewhere) {
  for (const char* name : {"", ".", "..", ".gaol", "a/b", "-x", "a b"})
    EXPECT_EQ(release_path("/r", name).error().text, concat("release \"", name, "\": not a name"));
  EXPECT_EQ(*release_path("/r", "14.2-RELEASE_p1"), "/r/14.2-RELEASE_p1");

  Fetch what;
  what.root = "/nowhere";
  what.name = "x";
  what.suite = "--variant=custom";
  const Progress quiet = [](std::string_view) {};
  EXPECT_EQ(fetch(what, quiet).error().text, "suite \"--variant=custom\": not a suite's name");
  what.suite = "bookworm";
  what.include = {"nginx", "a b"};
  EXPECT_EQ(fetch(what, quiet).error().text, "include \"a b\": not a package's name");
}

}  // namespace
}  // namespace gaol::dataset
