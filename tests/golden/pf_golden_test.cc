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
#include "pf/follow.h"
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

// Rules in circulation: golden/pf_lowered/NAME.conf is the file, .nft what the kernel gets of it on
// that machine, but for what every policy has.
const fs::path kLowered = fs::path(GAOL_SOURCE_DIR) / "tests/golden/pf_lowered";

std::string own_lines(const std::string& text) {
  constexpr std::string_view kOwn[] = {"/stop",   "/last", "/all",   "/rule/",  "nat/",
                                       "follow/", "inet/", "inet6/", "loopback"};
  std::string out;
  for (const auto line : split(text, '\n'))
    if (std::ranges::any_of(kOwn, [&](auto word) { return line.contains(word); }) &&
        !line.contains("add chain"))
      out += concat(line, "\n");
  return out;
}

class PfLowered : public testing::TestWithParam<const char*> {};

TEST_P(PfLowered, BecomesTheseRules) {
  const auto file = kLowered / GetParam();
  std::ifstream in(file.string() + ".conf", std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto compiled = compile({.name = concat(GetParam(), ".conf"), .text = text}, world());
  ASSERT_EQ(errors(compiled), "");
  const auto lowered = lower_here(compiled.policy, {}, world());
  ASSERT_TRUE(lowered) << lowered.error().line();
  const auto got = own_lines(lowered->text);
  const auto expectation = file.string() + ".nft";
  if (std::getenv("GAOL_ACCEPT")) std::ofstream(expectation, std::ios::binary) << got;
  std::ifstream right(expectation, std::ios::binary);
  EXPECT_EQ(got, std::string(std::istreambuf_iterator<char>(right), {}));
}

INSTANTIATE_TEST_SUITE_P(Circulating, PfLowered,
                         testing::Values("home_gateway", "hosting", "jail_host", "spamd"),
                         [](const auto& name) { return std::string(name.param); });

INSTANTIATE_TEST_SUITE_P(Corpus, PfGolden, testing::ValuesIn(stems()),
                         [](const auto& stem) { return stem.param; });

}  // namespace
}  // namespace gaol::pf
