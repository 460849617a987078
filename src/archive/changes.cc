// SPDX-License-Identifier: BSD-2-Clause
#include "archive/changes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "archive/names.h"
#include "archive/tree_tar.h"
#include "sys/differ.h"
#include "sys/tree.h"

namespace gaol::archive {

namespace {

constexpr const char* kGone = ".gaol-gone";
constexpr uint64_t kMostGone = 256 << 20;  // bytes of names

bool is_directory(const sys::Fd& top, std::string_view path) {
  return sys::open_here(top, std::string(path.substr(1)), O_PATH | O_DIRECTORY | O_NOFOLLOW)
      .has_value();
}

Result<> write_text(::archive* tar, const char* name, const std::string& text) {
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name);
  archive_entry_set_filetype(entry.get(), S_IFREG);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(text.size()));
  if (archive_write_header(tar, entry.get()) != ARCHIVE_OK ||
      archive_write_data(tar, text.data(), text.size()) < 0)
    return failed(tar);
  return {};
}

}  // namespace

// What was a directory and is none, or became one, goes before it comes.
Result<Changes> Changes::between(const sys::Fd& before, const sys::Fd& after) {
  Changes all;
  TRY(sys::compare_trees({before}, {after}, [&](sys::Change change, std::string_view path) {
    if (change == sys::Change::gone ||
        (change == sys::Change::changed && is_directory(before, path) != is_directory(after, path)))
      all.gone_.emplace(path);
    if (change != sys::Change::gone) all.wanted_.emplace(path);
  }));
  return all;
}

Result<> Changes::write(const sys::Fd& out, Notes& notes) const {
  const Writer tar(archive_write_new());
  archive_write_set_format_pax_restricted(tar.get());
  archive_write_add_filter_zstd(tar.get());
  archive_write_set_bytes_in_last_block(tar.get(), 1);  // nothing behind its end
  if (archive_write_open_fd(tar.get(), out.get()) != ARCHIVE_OK) return failed(tar.get());
  std::string names;
  for (const auto& path : gone_) names.append(path).push_back('\0');
  TRY(write_text(tar.get(), kGone, names));
  const auto wanted = [this](std::string_view path) {
    return path.empty() || wanted_.contains(path);  // the top is not compared
  };
  TRY(write_tree(tar.get(), {{}, wanted, keeps_attribute_of_ours}, notes));
  if (archive_write_close(tar.get()) != ARCHIVE_OK) return failed(tar.get());
  return {};
}

Result<> apply_changes(Reader& reader, Unpacker& unpacker) {
  archive_entry* first = TRY(reader.next());
  const char* called = first ? archive_entry_pathname(first) : nullptr;
  if (!called || called != std::string_view(kGone)) return fail("not what changes a tree");
  const auto names = TRY(text_of(reader, first, kMostGone));
  for (const auto name : split(names, '\0')) {
    if (name.empty()) continue;  // behind the last one
    const auto path = TRY(entry_path(name.substr(1)));
    TRY(unpacker.remove(path));
  }
  return unpacker.tree(reader);
}

}  // namespace gaol::archive
