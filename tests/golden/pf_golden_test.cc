// SPDX-License-Identifier: BSD-2-Clause
//
// The golden corpus of pf.conf(5): golden/pf/NNN_name.conf is what a user wrote, .ok what
// `pfctl -nvf` prints of it (warnings behind a `!`), and fNN_name.conf with .err a file that is
// refused, with all that is said. The machine is the one of golden/pf_world.h.
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
#include "pf/compile.h"
#include "pf/print.h"
#include "tests/golden/pf_world.h"

namespace gaol::pf {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(GAOL_SOURCE_DIR) / "tests/golden/pf";

Result<std::string> read(const std::string& name) {
  std::ifstream in(kCorpus / name, std::ios::binary);
  if (!in) return fail_errno(ENOENT, name);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

World world() {
  World out = golden_world();
  out.read = read;
  return out;
}

std::string errors(const Compiled& compiled) {
  std::string out;
  for (const auto& line : compiled.errors) out += line + "\n";
  return out;
}

class PfGolden : public testing::TestWithParam<std::string> {};

TEST_P(PfGolden, MeansWhatItMeant) {
  const std::string stem = GetParam();
  const bool refused = stem.front() == 'f';
  const auto compiled = compile({.name = stem + ".conf", .text = *read(stem + ".conf")}, world());
  ASSERT_EQ(compiled.errors.empty(), !refused) << errors(compiled);

  const std::string expectation = stem + (refused ? ".err" : ".ok");
  std::string got = refused ? errors(compiled) : printed(compiled);
  for (const auto& line : compiled.warnings) got += concat("! ", line, "\n");
  if (std::getenv("GAOL_ACCEPT")) std::ofstream(kCorpus / expectation, std::ios::binary) << got;
  EXPECT_EQ(got, read(expectation).value_or("(none; GAOL_ACCEPT=1 writes it)"));
}

TEST_P(PfGolden, PrintedItIsItselfAgain) {
  const std::string name = GetParam() + ".conf";
  const auto compiled = compile({.name = name, .text = *read(name)}, world());
  if (!compiled.errors.empty()) return;  // a refusal prints nothing
  for (const Unit& unit : compiled.units) {
    const std::string text = printed(compiled, unit);
    const auto again = compile({.name = "printed", .text = text}, world());
    EXPECT_EQ(errors(again), "") << text;
    EXPECT_EQ(printed(again), text);
  }
}

std::vector<std::string> stems() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(kCorpus))
    if (entry.path().extension() == ".conf") all.push_back(entry.path().stem());
  std::ranges::sort(all);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Corpus, PfGolden, testing::ValuesIn(stems()),
                         [](const auto& stem) { return stem.param; });

}  // namespace
}  // namespace gaol::pf
