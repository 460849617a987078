// SPDX-License-Identifier: BSD-2-Clause

// gaol-archive: makes trees of archives. It is a program of its own so that libarchive stays out of
// gaol's other commands, and so that what reads a stranger's bytes can first give up everything
// but the directory it fills.
//
//   gaol-archive unpack DIRECTORY MIB PLATFORM IMAGE FILE
//
// fills an empty directory from a tar, an image in a tar or, as a layout, in a directory; `-` is
// the standard input. PLATFORM and IMAGE choose one of several images and may be empty.
//
//   gaol-archive pack TREE LOWER OWNERS FILE NAME CONF
//
// makes a file of a jail: of its tree, whose uid 0 is OWNERS on disk, over what it stands on if
// LOWER is not empty, and of what jail.conf says of it.
//
//   gaol-archive changes BEFORE AFTER
//   gaol-archive apply TREE
//
// writes to the standard output what makes the second tree of the first, and makes that of a tree
// that is as the first.
//
//   gaol-archive members DIRECTORY FILE SUM
//   gaol-archive member DIRECTORY FILE NAME MIB
//   gaol-archive settings DIRECTORY
//
// prints the names of what is in a zip, whose SHA-256 has to be SUM unless that is empty; writes
// one of them to the standard output; and says what the config.json of an iocage jail says.
// DIRECTORY is all that it sees meanwhile.
//
// What it prints are lines for the user, and behind a tab those of jail.conf. When it fails, the
// reason stands behind the last line's end, without an end of its own. Where the standard output
// is taken, all that goes to the standard error.

#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include <cstdio>
#include <span>

#include "archive/changes.h"
#include "archive/digest.h"
#include "archive/ezjail.h"
#include "archive/iocage.h"
#include "archive/names.h"
#include "archive/pack.h"
#include "archive/unpack.h"
#include "archive/unpack_image.h"
#include "archive/zip.h"
#include "sys/confine.h"
#include "sys/kernel.h"
#include "sys/merged.h"
#include "sys/tree.h"

namespace gaol::archive {

namespace {

using Words = std::span<char*>;

void tell(std::string_view line) {
  const auto text = concat(line, "\n");
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// Statements of jail.conf, for the caller.
void tell_conf(std::string_view conf) {
  for (const auto line : split(conf, '\n')) tell(concat("\t", line));
}

// What to unpack, opened while there are still paths.
struct Given {
  sys::Fd file;
  bool directory = false;
  uint64_t limit = 0;
  Wanted wanted;
};

Result<Given> given(Words words) {
  Given out;
  const auto mebibytes = number<uint64_t>(words[1]);
  if (!mebibytes || *mebibytes > UINT64_MAX >> 20)
    return fail("limit ", words[1], ": not a number");
  out.limit = *mebibytes << 20;
  const std::string platform = words[2], file = words[4];
  out.wanted = {platform.empty() ? own_platform() : TRY(parse_platform(platform)), words[3]};
  auto directory = file == "-" ? Result<sys::Fd>(fail_errno(ENOTDIR)) : sys::open_dir(file);
  out.directory = directory.has_value();
  if (out.directory)
    out.file = std::move(*directory);
  else
    out.file = file == "-" ? sys::Fd(0) : TRY(sys::real_kernel().open(file, O_RDONLY));
  return out;
}

Result<> fill_from_image(Source source, const Given& given, Unpacker& unpacker) {
  if (!holds_image(source)) return fail("holds neither a tree nor an image");
  const auto image = TRY(unpack_image(source, given.wanted, unpacker, given.limit));
  tell(image.description);
  tell_conf(image.conf);
  return {};
}

// A jail's text that jail.conf will hold, and who else reads it takes no more.
constexpr uint64_t kProperties = 64 << 10;

Result<> fill_from_ezjail(Reader& reader, Unpacker& unpacker) {
  return unpacker.below(reader, kEzjailTree,
                        [&](archive_entry* entry, const std::string& path) -> Result<> {
                          if (!is_ezjail_properties(path)) return {};
                          const auto properties = TRY(text_of(reader, entry, kProperties));
                          tell_conf(ezjail_statements(properties));
                          return {};
                        });
}

// iocage exports datasets as they are sent, in a zip or, by their paths on its machine, in a tar.
// A zip of its own name is not unpacked: see members().
bool is_zip(const sys::Fd& file) {
  char magic[4];
  return ::pread(file.get(), magic, sizeof magic, 0) == sizeof magic &&
         std::string_view(magic, sizeof magic) == "PK\x03\x04";
}

std::unexpected<Error> holds_streams() {
  return fail(Error{0, "a jail as iocage exports it: streams of ZFS",
                    "unpack it, `zfs receive` them, and import a tar of what is in root"});
}

Result<> fill(Given& given, Unpacker& unpacker, Allowance& left) {
  if (given.directory) return fill_from_image(Source::in(std::move(given.file)), given, unpacker);
  if (is_zip(given.file)) return holds_streams();
  auto reader = TRY(Reader::open(given.file));
  archive_entry* first = TRY(reader.look_ahead());
  const char* name = first ? archive_entry_pathname(first) : nullptr;
  if (!name) return fail("an empty archive");
  const auto path = entry_path(name).value_or("");
  if (begins_iocage(path)) return holds_streams();
  if (begins_ezjail(path)) return fill_from_ezjail(reader, unpacker);
  if (!begins_image(path)) return unpacker.tree(reader);
  auto source = TRY(Source::of(reader, left));
  return fill_from_image(std::move(source), given, unpacker);
}

Result<> unpack(Words words) {
  auto from = TRY(given(words));
  const auto top = TRY(sys::open_dir(words[0]));
  TRY(sys::confine_to(top));
  Notes notes(tell);
  Allowance left(from.limit);
  Unpacker unpacker(top, left, notes);
  auto filled = fill(from, unpacker, left);
  if (!filled) return fail(std::move(filled).error().in(words[4]));
  notes.finish();
  return unpacker.finish();
}

Result<sys::Fd> open_tree(const std::string& tree, const std::string& lower) {
  auto top = TRY(sys::open_dir(tree));
  if (lower.empty()) return top;
  const auto below = TRY(sys::open_dir(lower));
  return sys::merged(top, below);
}

Result<> pack(Words words) {
  const auto tree = TRY(open_tree(words[0], words[1]));
  const auto owners = number<uint32_t>(words[2]);
  if (!owners) return fail("owners ", words[2], ": not a number");
  const auto out = TRY(sys::real_kernel().open(words[3], O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(sys::confine_to(tree));
  Notes notes(tell);
  TRY(pack({tree, {*owners, 0}, out, words[4], words[5]}, notes));
  notes.finish();
  return sys::flush(out);
}

Result<> changes(Words words) {
  const auto before = TRY(sys::open_dir(words[0]));
  const auto after = TRY(sys::open_dir(words[1]));
  const auto all = TRY(Changes::between(before, after));
  TRY(sys::confine_to(after));
  Notes notes([](std::string_view) {});  // snapshots have nothing that could be left out
  return all.write(sys::Fd(STDOUT_FILENO), notes);
}

Result<> apply(Words words) {
  const auto top = TRY(sys::open_dir(words[0]));
  TRY(sys::confine_to(top));
  Notes notes(tell);
  Allowance no_end(UINT64_MAX);
  Unpacker unpacker(top, no_end, notes, keeps_attribute_of_ours);
  const sys::Fd input(STDIN_FILENO);
  auto reader = TRY(Reader::open(input, Reader::Start::here));
  TRY(apply_changes(reader, unpacker));
  notes.finish();
  return unpacker.finish();
}

Result<sys::Fd> open_confined(const char* directory, const char* file) {
  const auto top = TRY(sys::open_dir(directory));
  auto opened = TRY(sys::real_kernel().open(file, O_RDONLY));
  TRY(sys::confine_to(top));
  return opened;
}

Result<> members(Words words) {
  const auto file = TRY(open_confined(words[0], words[1]));
  const std::string_view sum = words[2];
  const auto is = TRY(digest_of(file));
  if (!sum.empty() && sum != is)
    return fail("its SHA-256 is ", is, ", and should be ", quote_name(sum));
  const auto names = TRY(names_in_zip(file));
  for (const auto& name : names) tell(name);
  return {};
}

Result<> member(Words words) {
  const auto file = TRY(open_confined(words[0], words[1]));
  const auto mebibytes = number<uint64_t>(words[3]);
  if (!mebibytes || *mebibytes > UINT64_MAX >> 20)
    return fail("limit ", words[3], ": not a number");
  return write_from_zip(file, words[2], *mebibytes << 20);
}

Result<> settings(Words words) {
  const auto top = TRY(sys::open_dir(words[0]));
  TRY(sys::confine_to(top));
  const auto config = TRY(sys::real_kernel().read_in_root(top, "config.json", kProperties));
  tell_conf(TRY(iocage_statements(config)));
  return {};
}

struct Act {
  std::string_view name;
  size_t words;
  Result<> (*run)(Words);
};
constexpr Act kActs[] = {
    {"apply", 1, apply}, {"changes", 2, changes},   {"member", 4, member}, {"members", 3, members},
    {"pack", 6, pack},   {"settings", 1, settings}, {"unpack", 5, unpack},
};

Result<> run(Words words) {
  for (const auto& act : kActs)
    if (!words.empty() && words[0] == act.name && words.size() == act.words + 1)
      return act.run(words.subspan(1));
  return fail("not for you: see gaol(8)");
}

}  // namespace

}  // namespace gaol::archive

#ifdef GAOL_SANITIZED
// Whoever looks for leaks at the end reads /proc, and there is none by then.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's name
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main(int argc, char** argv) {
  ::setlocale(LC_CTYPE, "C.UTF-8");  // or libarchive takes no name that is not ASCII
  const auto done = gaol::archive::run({argv + 1, argv + argc});
  if (done) return 0;
  const auto line = done.error().line();
  const bool taken =
      argc > 1 && (std::string_view(argv[1]) == "changes" || std::string_view(argv[1]) == "member");
  std::fwrite(line.data(), 1, line.size(), taken ? stderr : stdout);
  return 1;
}
