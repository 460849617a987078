// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as a name in an archive. What becomes of it lies in the tree, is one line when it is
// told, and a whiteout takes away nothing but a neighbour.
#include <cstdint>
#include <cstdlib>

#include "archive/names.h"

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void expect_inside(std::string_view path) {
  if (path.empty()) return;  // the top
  for (const auto component : gaol::split(path, '/'))
    expect(!component.empty() && component != "." && component != "..");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view name(reinterpret_cast<const char*>(data), size);
  for (const char c : gaol::archive::quote_name(name)) expect(c >= ' ' || c < 0);
  const auto path = gaol::archive::entry_path(name);
  if (!path) return 0;
  expect_inside(*path);
  if (const auto change = gaol::archive::change_of(*path)) expect_inside(change->path);
  (void)gaol::archive::begins_image(*path);
  return 0;
}
