// SPDX-License-Identifier: BSD-2-Clause

// gaol-archive: makes trees of archives. It is a program of its own so that libarchive stays out of
// gaol's other commands, and so that what reads a stranger's bytes can first give up everything
// but the directory it fills.
//
//   gaol-archive unpack DIRECTORY MIB FILE    into an empty directory; `-` is the standard input
//
// What it prints are lines for the user. When it fails, the reason stands behind the last line's
// end, without an end of its own.

#include <fcntl.h>
#include <locale.h>

#include <cstdio>
#include <span>

#include "archive/unpack.h"
#include "sys/confine.h"
#include "sys/kernel.h"
#include "sys/tree.h"

namespace gaol::archive {

namespace {

using Words = std::span<char*>;

void tell(std::string_view line) {
  const auto text = concat(line, "\n");
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

Result<sys::Fd> open_file(const std::string& path) {
  if (path == "-") return sys::Fd(0);
  return sys::real_kernel().open(path, O_RDONLY);
}

Result<> unpack(Words words) {
  const auto mebibytes = number<uint64_t>(words[1]);
  if (!mebibytes || *mebibytes > UINT64_MAX >> 20)
    return fail("limit ", words[1], ": not a number");
  const auto file = TRY(open_file(words[2]));
  const auto top = TRY(sys::open_dir(words[0]));
  TRY(sys::confine_to(top));
  Notes notes(tell);
  Unpacker unpacker(top, *mebibytes << 20, notes);
  auto made = unpacker.tree(file);
  if (!made) return fail(std::move(made).error().in(words[2]));
  notes.finish();
  return unpacker.finish();
}

struct Act {
  std::string_view name;
  size_t words;
  Result<> (*run)(Words);
};
constexpr Act kActs[] = {
    {"unpack", 3, unpack},
};

Result<> run(Words words) {
  for (const auto& act : kActs)
    if (!words.empty() && words[0] == act.name && words.size() == act.words + 1)
      return act.run(words.subspan(1));
  return fail("not for you: see gaol(8)");
}

}  // namespace

}  // namespace gaol::archive

int main(int argc, char** argv) {
  ::setlocale(LC_CTYPE, "C.UTF-8");  // or libarchive takes no name that is not ASCII
  const auto done = gaol::archive::run({argv + 1, argv + argc});
  if (done) return 0;
  const auto line = done.error().line();
  std::fwrite(line.data(), 1, line.size(), stdout);
  return 1;
}
