// SPDX-License-Identifier: BSD-2-Clause

// The manual pages against the programs: what a command takes is in its page, and the pages are
// such that every reader of mdoc can show them.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "jail/manual.h"
#include "jail/params.h"
#include "tests/support/host.h"

namespace gaol::jail {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string source(const std::string& name) { return read(GAOL_SOURCE_DIR "/" + name); }

// The pages as they are installed: those that are templates, filled in.
std::vector<fs::path> pages() {
  std::vector<fs::path> out;
  for (const char* dir : {GAOL_SOURCE_DIR "/man", GAOL_BIN_DIR "/../man"})
    for (const auto& entry : fs::directory_iterator(dir))
      if (std::regex_match(entry.path().filename().string(), std::regex(R"([\w.-]+\.[1-8])")))
        out.push_back(entry.path());
  return out;
}

// The option letters of a program, from its table of long options, which has them all, or from its
// call of getopt(3).
std::string letters(const std::string& code) {
  static const std::regex call(R"re(getopt(?:_long)?\([^"]*"[+:]*([^"]+)")re");
  static const std::regex row(R"re(_argument, nullptr, '(\w)')re");
  std::string rows;
  for (std::sregex_iterator it(code.begin(), code.end(), row), end; it != end; ++it)
    rows += it->str(1);
  if (!rows.empty()) return rows;
  std::smatch found;
  EXPECT_TRUE(std::regex_search(code, found, call));
  std::string out = found[1];
  std::erase(out, ':');
  return out;
}

TEST(Manual, HasEveryOption) {
  struct {
    const char* program;
    const char* page;
    std::string unsaid;  // synonyms that FreeBSD does not document either, and what is refused
  } const cases[] = {{"src/tools/jail_options.cc", "man/jail.8.in", ""},
                     {"src/tools/jls.cc", "man/jls.8", "a"},
                     {"src/tools/jexec.cc", "man/jexec.8", ""},
                     {"src/tools/gaol.cc", "man/gaol.8", ""},
                     {"src/tools/devfs.cc", "man/devfs.8", ""},
                     {"src/tools/pfctl.cc", "man/pfctl.8", "deFgiKkMprSstxz"}};
  for (const auto& c : cases) {
    const auto page = source(c.page);
    for (const char letter : letters(source(c.program)))
      EXPECT_TRUE(c.unsaid.contains(letter) ||
                  page.contains(std::string("\n.It Fl ") + letter + "\n") ||
                  page.contains(std::string("\n.It Fl ") + letter + " "))
          << c.page << ": -" << letter << " is missing";
  }
}

TEST(Manual, HasEveryParameter) {
  const auto page = fill(source("man/jail.8.in"));
  for (const Param& row : registry())
    EXPECT_TRUE(page.contains(concat("\n.It Va ", row.name, " Pq "))) << row.name;
  EXPECT_FALSE(page.contains("_PARAMETERS@"));
}

TEST(Manual, HasEveryCallOfTheLibrary) {
  const auto header = source("include/gaol/jail.h");
  const auto text = source("man/jail_setv.3") + source("man/jailparam.3");
  static const std::regex call(R"(\n(?:int|char\*|void) (\w+)\()");
  int calls = 0;
  for (std::sregex_iterator it(header.begin(), header.end(), call), end; it != end; ++it, ++calls) {
    const auto name = it->str(1);
    EXPECT_TRUE(text.contains(".Fn " + name + " \"")) << name;
    EXPECT_TRUE(text.contains(".Nm " + name + "\n") || text.contains(".Nm " + name + " ,")) << name;
  }
  EXPECT_GT(calls, 10);
}

TEST(Manual, BuildHasFilledItIn) {
  EXPECT_EQ(read(GAOL_BIN_DIR "/../man/jail.8"), fill(source("man/jail.8.in")));
}

TEST(Manual, IsGoodMdoc) {
  GAOL_NEEDS(std::system("command -v mandoc >/dev/null") == 0, "needs mandoc");
  EXPECT_GE(pages().size(), 12U);
  for (const auto& page : pages())
    EXPECT_EQ(std::system(("mandoc -Tlint -W warning '" + page.string() + "'").c_str()), 0) << page;
}

TEST(Manual, ItemSaysWhatTheRowSays) {
  const auto page = fill("@JAIL_PARAMETERS@");
  EXPECT_TRUE(page.contains(
      ".It Va allow.reserved_ports Pq boolean , default Li true\nRoot may bind ports below 1024.\n"
      "Can be changed at any time.\nOn Linux: emulated (on the host's stack the bind hook "
      "decides, in a vnet jail the capability).\n"))
      << page;
}

}  // namespace
}  // namespace gaol::jail
