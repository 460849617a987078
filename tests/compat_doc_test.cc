// SPDX-License-Identifier: BSD-2-Clause
#include "jail/compat_doc.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace gaol::jail {
namespace {

TEST(CompatDoc, IsWhatTheRegistrySays) {
  std::ifstream file(GAOL_SOURCE_DIR "/docs/compat.md", std::ios::binary);
  ASSERT_TRUE(file) << "docs/compat.md is missing";
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(page, compat_doc()) << "stale: run `bin/gaol_docs > docs/compat.md`";
}

}  // namespace
}  // namespace gaol::jail
