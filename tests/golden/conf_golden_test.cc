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

// What export_setting() printed, read back. It writes a comma between values and does not quote
// one within a value, so that a value with a comma comes back as two: they print alike.
class Printed {
 public:
  explicit Printed(std::string_view text) : text_(text) {}
  Setting setting() {
    const auto equals = text_.find('=');
    const auto name = spelling(text_.substr(0, equals)).value();
    Setting out{.id = name.id, .key = name.key, .negated = name.negated};
    const Type type = param(name.id).type;
    const bool splits = type == Type::list || type == Type::ip4_list || type == Type::ip6_list;
    at_ = equals == text_.npos ? text_.size() + 1 : equals + 1;
    while (at_ <= text_.size()) out.values.push_back(value(splits));
    return out;
  }

 private:
  // The value at `at_`, which goes past the comma behind it.
  std::string value(bool splits) {
    std::string out;
    char quote = '\0';
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) quote = text_[at_++];
    for (; at_ < text_.size(); ++at_) {
      if (quote ? text_[at_] == quote : splits && text_[at_] == ',') break;
      if (text_[at_] == '\\') ++at_;
      out += text_[at_];
    }
    at_ += quote ? 2 : 1;
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// `jail -e` with a separator that no value has.
TEST_P(ConfGolden, WhatIsExportedCanBeReadBack) {
  const auto conf = load_conf(GetParam() + ".conf", kFiles);
  if (!conf) return;
  for (const JailConf& jail : conf->jails) {
    const std::string line = export_line(jail, "\x01");
    JailConf again;
    if (!line.empty())
      for (const auto word : split(line, '\x01')) again.settings.set(Printed(word).setting());
    EXPECT_EQ(export_line(again, "\x01"), line);
    for (const Setting& setting : jail.settings.all()) {
      const Setting* same = again.settings.get(setting.id, setting.key);
      if (param(setting.id).name == "jid") continue;
      ASSERT_TRUE(same) << param(setting.id).name;
      EXPECT_EQ(same->negated, setting.negated);
      const bool commas = join(setting.values, "").contains(',');
      EXPECT_TRUE(commas || same->values == setting.values) << param(setting.id).name;
    }
  }
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
