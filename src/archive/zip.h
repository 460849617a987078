// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The files in a zip, which libarchive reads: see archive_read(3).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::archive {

// The names of the files in a zip, as they stand there.
Result<std::vector<std::string>> names_in_zip(const sys::Fd& file);
// Writes one of them to stdout, no more than `limit` bytes.
Result<> write_from_zip(const sys::Fd& file, std::string_view name, uint64_t limit);

}  // namespace gaol::archive
