// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as a jail's record. A damaged one is an error; what is accepted survives being written
// and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "warden/record.h"

using gaol::warden::Record;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto record = Record::from_text({reinterpret_cast<const char*>(data), size});
  if (!record) return 0;
  const std::string text = record->to_text();
  const auto again = Record::from_text(text);
  if (!again || again->to_text() != text) std::abort();
  return 0;
}
