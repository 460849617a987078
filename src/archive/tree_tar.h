// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A tree on disk, or some of it, as entries of a tar: see archive_read_disk(3) and
// archive_write(3).

#include <archive.h>
#include <archive_entry.h>

#include <functional>
#include <memory>
#include <string_view>

#include "archive/unpack.h"
#include "base/result.h"
#include "sys/owners.h"

namespace gaol::archive {

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};
using Writer = std::unique_ptr<::archive, Freed<archive_write_free>>;
using Walk = std::unique_ptr<::archive, Freed<archive_read_free>>;
using Entry = std::unique_ptr<archive_entry, Freed<archive_entry_free>>;
using Linked = std::unique_ptr<archive_entry_linkresolver, Freed<archive_entry_linkresolver_free>>;

// What libarchive has to say of its last failure.
std::unexpected<Error> failed(::archive* a);

struct Selection {
  sys::Shift owners;                                  // from those on disk to those of the jail
  std::function<bool(std::string_view path)> wanted;  // "/etc/motd"; none: everything is
  Keeps keeps = keeps_attribute;
};
// Writes what is in the working directory. What is left out is noted: devices, sockets, what is
// mounted in it. REQUIRES: nobody changes it meanwhile.
Result<> write_tree(::archive* tar, const Selection& what, Notes& notes);

}  // namespace gaol::archive
