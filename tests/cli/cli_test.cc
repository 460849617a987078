// SPDX-License-Identifier: BSD-2-Clause

// Transcripts of terminals. A file FEATURE.t begins with words for its reader, up to the first
// line that begins with `# `. Such a line is a command, `> ` continues it, and what follows is
// what the terminal shows, to the byte; `[exit N]` is added unless N is 0.
//
// Each transcript starts on a machine that never had a jail, in an empty directory, with a small
// tree at /run/tree. GAOL_ACCEPT=1 rewrites what the terminal shows; read the difference.

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;

const fs::path kTranscripts = fs::path(GAOL_SOURCE_DIR) / "tests/cli";
const std::string kPlace = "/run/cli";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
  }
  return out;
}

// The transcript with what the terminal shows today.
std::string replay(const std::string& transcript) {
  const auto lines = lines_of(transcript);
  std::string out;
  size_t at = 0;
  while (at < lines.size() && !lines[at].starts_with("# ")) out += lines[at++] + "\n";
  while (at < lines.size()) {
    out += lines[at] + "\n";
    std::string command = lines[at++].substr(2);
    for (; at < lines.size() && lines[at].starts_with("> "); ++at) {
      out += lines[at] + "\n";
      command += "\n" + lines[at].substr(2);
    }
    out += seen("cd " + kPlace + "; exec </dev/null\n" + command);
    while (at < lines.size() && !lines[at].starts_with("# ")) ++at;
  }
  return out;
}

class Transcript : public KernelTest, public testing::WithParamInterface<std::string> {};

TEST_P(Transcript, ROOT_IsWhatTheTerminalShows) {
  fs::remove_all("/run/gaol");
  fs::create_directory(kPlace);
  const fs::path file = kTranscripts / (GetParam() + ".t");
  const std::string expected = read(file), shown = replay(expected);
  if (::getenv("GAOL_ACCEPT")) std::ofstream(file, std::ios::binary) << shown;
  EXPECT_EQ(shown, read(file));
  fs::remove_all(kPlace);
}

std::vector<std::string> stems() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(kTranscripts))
    if (entry.path().extension() == ".t") out.push_back(entry.path().stem());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Cli, Transcript, testing::ValuesIn(stems()),
                         [](const auto& stem) { return stem.param; });

}  // namespace
}  // namespace gaol::test
