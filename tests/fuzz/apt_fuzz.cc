// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as an apt source file, in both of its forms. An entry is one line, whatever stood in
// the file.
#include <cstdint>
#include <cstdlib>

#include "dataset/release.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const bool deb822 : {false, true})
    for (const auto& entry : gaol::dataset::apt_entries({reinterpret_cast<const char*>(data), size},
                                                        deb822, "bookworm"))
      if (!entry.starts_with("deb") || entry.contains('\n')) std::abort();
  return 0;
}
