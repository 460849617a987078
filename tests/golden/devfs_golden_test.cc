// SPDX-License-Identifier: BSD-2-Clause
//
// The golden corpus of devfs.rules(5): golden/devfs/NNN_name.rules is what a user wrote, .ok the
// rules as `devfs rule show` prints them behind the name of each set, and fNN_name.rules with .err
// a file that is refused, with the whole refusal.
// GAOL_ACCEPT=1 rewrites the expectations; read the difference before it is committed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/text.h"
#include "devfs/rules.h"
#include "tests/golden/devfs_print.h"

namespace gaol::devfs {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(GAOL_SOURCE_DIR) / "tests/golden/devfs";

std::string read(const std::string& name) {
  std::ifstream in(kCorpus / name, std::ios::binary);
  if (!in) return "(none; GAOL_ACCEPT=1 writes it)";
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string listing(const Rulesets& sets) {
  std::string out;
  for (const auto& set : sets.all()) {
    out += concat(set.name, " ", set.number, "\n");
    for (const Rule& rule : set.rules) out += concat("  ", text_of(rule), "\n");
  }
  return out;
}

class DevfsGolden : public testing::TestWithParam<std::string> {};

TEST_P(DevfsGolden, MeansWhatItMeant) {
  const std::string stem = GetParam();
  const bool refused = stem.front() == 'f';
  Rulesets sets;
  const auto done = sets.read(stem + ".rules", read(stem + ".rules"));
  ASSERT_EQ(done.has_value(), !refused) << (done ? "" : done.error().line());

  const std::string expectation = stem + (refused ? ".err" : ".ok");
  const std::string got = refused ? done.error().line() + '\n' : listing(sets);
  if (std::getenv("GAOL_ACCEPT")) std::ofstream(kCorpus / expectation, std::ios::binary) << got;
  EXPECT_EQ(got, read(expectation));
}

TEST_P(DevfsGolden, PrintedItIsItselfAgain) {
  Rulesets sets, again;
  if (!sets.read("f", read(GetParam() + ".rules"))) return;  // a refusal prints nothing
  const auto done = again.read("printed", print_rules(sets));
  ASSERT_TRUE(done) << done.error().line();
  EXPECT_EQ(listing(again), listing(sets));
}

std::vector<std::string> stems() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(kCorpus))
    if (entry.path().extension() == ".rules") all.push_back(entry.path().stem());
  std::ranges::sort(all);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Corpus, DevfsGolden, testing::ValuesIn(stems()),
                         [](const auto& stem) { return stem.param; });

}  // namespace
}  // namespace gaol::devfs
