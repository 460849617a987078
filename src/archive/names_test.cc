// SPDX-License-Identifier: BSD-2-Clause
#include "archive/names.h"

#include <gtest/gtest.h>

namespace gaol::archive {
namespace {

TEST(EntryPath, IsAPlaceInTheTreeOrRefused) {
  struct {
    const char* name;
    const char* path;  // null: refused with
    const char* reason;
  } const cases[] = {
      {"etc/passwd", "etc/passwd", ""},
      {"./etc//ssh/", "etc/ssh", ""},
      {".", "", ""},
      {"./", "", ""},
      {"", "", ""},
      {"a/./b", "a/b", ""},
      {"..a/b..", "..a/b..", ""},
      {"new\nline", "new\nline", ""},
      {"/etc/passwd", nullptr, "an absolute name"},
      {"..", nullptr, "leads out of the tree"},
      {"a/../../b", nullptr, "leads out of the tree"},
      {"a/..", nullptr, "leads out of the tree"},
  };
  for (const auto& c : cases) {
    const auto path = entry_path(c.name);
    if (c.path)
      EXPECT_EQ(path.value_or("refused"), c.path) << c.name;
    else
      EXPECT_EQ(path.has_value() ? "taken" : path.error().text, c.reason) << c.name;
  }
}

TEST(QuoteName, ShowsWhatWouldBreakALine) {
  EXPECT_EQ(quote_name("a b"), "\"a b\"");
  EXPECT_EQ(quote_name("a\nb\x1b[2J\"\\"), "\"a\\012b\\033[2J\\042\\134\"");
  EXPECT_EQ(quote_name("\xc3\xa4"), "\"\xc3\xa4\"");
}

TEST(ChangeOf, TellsWhiteoutsFromFiles) {
  struct {
    const char* path;
    Whiteout whiteout;
    const char* target;
  } const cases[] = {
      {"etc/motd", Whiteout::none, "etc/motd"},   {"etc/.wh.motd", Whiteout::remove, "etc/motd"},
      {".wh.etc", Whiteout::remove, "etc"},       {"etc/.wh..wh..opq", Whiteout::empty, "etc"},
      {".wh..wh..opq", Whiteout::empty, ""},      {".wh.etc/motd", Whiteout::none, ".wh.etc/motd"},
      {"etc/.whim", Whiteout::none, "etc/.whim"}, {"etc/.wh...", Whiteout::none, nullptr},
      {"etc/.wh..", Whiteout::none, nullptr},     {"etc/.wh.", Whiteout::none, nullptr},
  };
  for (const auto& c : cases) {
    const auto change = change_of(c.path);
    ASSERT_EQ(change.has_value(), c.target != nullptr) << c.path;
    if (!change) continue;
    EXPECT_EQ(change->whiteout, c.whiteout) << c.path;
    EXPECT_EQ(change->path, c.target) << c.path;
  }
}

TEST(BeginsImage, KnowsTheFirstNamesOfImages) {
  const std::string digest(64, 'a');
  for (const auto& name :
       {std::string("blobs"), std::string("blobs/sha256/ab"), std::string("oci-layout"),
        std::string("index.json"), digest, digest + ".json", digest + "/layer.tar"})
    EXPECT_TRUE(begins_image(name)) << name;
  for (const auto& name : {std::string("bin"), std::string("etc/index.json"), digest + "a",
                           digest.substr(1), digest + ".txt", std::string("")})
    EXPECT_FALSE(begins_image(name)) << name;
}

TEST(KeepsAttribute, OnlyWhatCannotBendAnOverlay) {
  for (const char* name : {"user.mime_type", "security.capability"})
    EXPECT_TRUE(keeps_attribute(name)) << name;
  for (const char* name : {"user.overlay.opaque", "trusted.overlay.redirect", "security.selinux",
                           "security.ima", "system.posix_acl_access", "user"})
    EXPECT_FALSE(keeps_attribute(name)) << name;
}

}  // namespace
}  // namespace gaol::archive
