// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as each of the JSON texts of an image. What comes out is well formed, whatever went in:
// digests that are file names, members that lie in the archive.
#include <cstdint>
#include <cstdlib>

#include "archive/image.h"
#include "archive/names.h"

namespace {

using namespace gaol::archive;

void expect(bool holds) {
  if (!holds) std::abort();
}

void check(const std::string& digest) {
  expect(digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == digest.npos);
}

void check_member(const std::string& name) { expect(!name.empty() && entry_path(name) == name); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto index = parse_index(text)) {
    for (const auto& each : *index) check(each.digest);
    if (const auto chosen = choose(*index, {own_platform(), ""})) check(chosen->digest);
  }
  if (const auto manifest = parse_manifest(text)) {
    check(manifest->config.digest);
    for (const auto& layer : manifest->layers) check(layer.digest);
  }
  if (const auto config = parse_config(text))
    for (const auto& id : config->diff_ids) check(id);
  if (const auto saved = parse_saved(text)) {
    for (const auto& image : *saved) {
      check_member(image.config);
      for (const auto& layer : image.layers) check_member(layer);
    }
    (void)choose(*saved, {own_platform(), "x"});
  }
  return 0;
}
