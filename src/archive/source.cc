// SPDX-License-Identifier: BSD-2-Clause
#include "archive/source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "archive/names.h"
#include "sys/kernel.h"
#include "sys/tree.h"

namespace gaol::archive {

namespace {

constexpr size_t kMembers = 1000;  // each is a descriptor; a layer takes up to three
constexpr size_t kText = 4 << 20;  // what registries allow a manifest

// Where a relative link at `path` leads. What would leave the archive ends at its top.
std::string followed(const std::string& path, std::string_view target) {
  auto components = split(path, '/');
  components.pop_back();
  for (const auto component : split(target, '/')) {
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      components.push_back(component);
    } else if (!components.empty()) {
      components.pop_back();
    }
  }
  return join({components.begin(), components.end()}, "/");
}

// At the root of this process. A name is made and taken away: FUSE knows no files without one.
Result<sys::Fd> nameless_file() {
  constexpr const char* kName = "/.gaol-member";
  auto& kernel = sys::real_kernel();
  auto file = TRY(kernel.open(kName, O_RDWR | O_CREAT | O_EXCL, 0600));
  TRY(kernel.remove_file(kName));
  return file;
}

}  // namespace

Source Source::in(sys::Fd directory) {
  Source source;
  source.directory_ = std::move(directory);
  return source;
}

Result<Source> Source::of(Reader& reader, Allowance& left) {
  Source source;
  TRY(for_each_entry(reader, [&](archive_entry* entry, const std::string& path) {
    return source.keep(reader, entry, path, left);
  }));
  return source;
}

// Older archives of several images have a layer once, and links to it.
Result<> Source::keep(Reader& reader, archive_entry* entry, const std::string& path,
                      Allowance& left) {
  if (files_.size() + links_.size() == kMembers) return fail("more than ", kMembers, " members");
  if (const char* target = archive_entry_hardlink(entry)) {
    links_[path] = TRY(entry_path(target));
  } else if (const char* to = archive_entry_symlink(entry)) {
    links_[path] = followed(path, to);
  } else if (archive_entry_filetype(entry) == S_IFREG) {
    TRY(left.take(size_of(entry)));
    sys::Fd file = TRY(nameless_file());
    TRY(write_data(reader, file, size_of(entry)));
    files_[path] = std::move(file);
  }
  return {};
}

Result<const sys::Fd*> Source::file(const std::string& path) {
  const auto link = links_.find(path);
  const auto& name = link == links_.end() ? path : link->second;
  if (const auto found = files_.find(name); found != files_.end()) return &found->second;
  if (!directory_) return fail_errno(ENOENT, quote_name(path));
  auto opened = sys::open_here(directory_, path, O_RDONLY | O_NONBLOCK);  // it may be a FIFO
  if (!opened) return fail(std::move(opened).error().in(quote_name(path)));
  return &(files_[path] = std::move(*opened));
}

Result<std::string> Source::text(const std::string& path) {
  const sys::Fd* from = TRY(file(path));
  std::string text(kText + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const auto got =
        ::pread(from->get(), text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got < 0) return fail_errno(errno, quote_name(path));
    if (got == 0) return text.substr(0, size);
    size += static_cast<size_t>(got);
  }
  return fail(quote_name(path), ": larger than 4 MiB");
}

}  // namespace gaol::archive
