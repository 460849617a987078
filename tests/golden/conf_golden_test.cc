// SPDX-License-Identifier: BSD-2-Clause
//
// The golden corpus of jail.conf(5): golden/conf/NNN_name.conf is what a user wrote, .ok the jails
// it means (name, one parameter a line as `jail -e` spells it, `!` before a jail's own errors),
// and fNN_name.conf with .err a file that is refused, with the whole refusal.
// GAOL_ACCEPT=1 rewrites the expectations; read the difference before it is committed.
#include <glob.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/text.h"
#include "jail/conf.h"
#include "tests/golden/conf_print.h"

namespace gaol::jail {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(GAOL_SOURCE_DIR) / "tests/golden/conf";

Result<std::string> read(const std::string& name) {
  std::ifstream in(kCorpus / name, std::ios::binary);
  if (!in) return fail_errno(errno, name);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write(const std::string& name, const std::string& text) {
  std::ofstream(kCorpus / name, std::ios::binary) << text;
}

// Names within the corpus, so that messages do not depend on where it lies.
std::vector<std::string> matches(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == pattern.npos) return {pattern};
  glob_t found{};
  std::vector<std::string> names;
  if (::glob((kCorpus / pattern).c_str(), 0, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; ++i)
      names.push_back(fs::path(found.gl_pathv[i]).lexically_relative(kCorpus));
  ::globfree(&found);
  return names;
}

const Source kFiles{read, matches};

Source in_memory(const std::string& text) {
  return {[text](const std::string&) -> Result<std::string> { return text; }, matches};
}

enum class Errors { shown, hidden };

std::string listing(const Conf& conf, Errors errors) {
  std::string out;
  for (const JailConf& jail : conf.jails) {
    out += concat(jail.name, "\n");
    if (const auto line = export_line(jail, "\n  "); !line.empty()) out += concat("  ", line, "\n");
    if (errors == Errors::hidden) continue;
    for (const Error& error : jail.errors)
      for (const auto line : split(error.text, '\n')) out += concat("! ", line, "\n");
  }
  return out;
}

class ConfGolden : public testing::TestWithParam<std::string> {};

TEST_P(ConfGolden, MeansWhatItMeant) {
  const std::string stem = GetParam();
  const bool refused = stem.front() == 'f';
  const auto conf = load_conf(stem + ".conf", kFiles);
  ASSERT_EQ(conf.has_value(), !refused) << (conf ? "" : conf.error().text);

  const std::string expectation = stem + (refused ? ".err" : ".ok");
  const std::string got = refused ? conf.error().text + '\n' : listing(*conf, Errors::shown);
  if (std::getenv("GAOL_ACCEPT")) write(expectation, got);
  EXPECT_EQ(got, read(expectation).value_or("(none; GAOL_ACCEPT=1 writes it)"));
}

TEST_P(ConfGolden, PrintedItIsItselfAgain) {
  const auto conf = load_conf(GetParam() + ".conf", kFiles);
  if (!conf) return;  // a refusal prints nothing
  const std::string printed = print_conf(*conf);
  const auto again = load_conf("printed", in_memory(printed));
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(print_conf(*again), printed);
  EXPECT_EQ(listing(*again, Errors::shown), listing(*conf, Errors::hidden));
}

std::vector<std::string> stems() {
  std::vector<std::string> all;
  for (const std::string& name : matches("*.conf")) all.push_back(name.substr(0, name.size() - 5));
  return all;
}

INSTANTIATE_TEST_SUITE_P(Corpus, ConfGolden, testing::ValuesIn(stems()),
                         [](const auto& stem) { return stem.param; });

}  // namespace
}  // namespace gaol::jail
