// SPDX-License-Identifier: BSD-2-Clause

// What needs no privilege: the words of a path, and what a start asks of the kernel.

#include "dataset/dataset.h"

#include <gtest/gtest.h>

#include "tests/fake_kernel.h"

namespace gaol::dataset {
namespace {

TEST(Resolve, PlainTreeIsItsPath) {
  FakeKernel kernel;
  const auto tree = resolve("/usr/jails/www/", kernel);
  ASSERT_TRUE(tree) << tree.error().line();
  EXPECT_EQ(tree->path, "/usr/jails/www/");
  EXPECT_FALSE(tree->thin());
  EXPECT_EQ(tree->store, "");
  EXPECT_TRUE(kernel.diary.empty());
}

TEST(Resolve, ThinTreeNamesItsParts) {
  FakeKernel kernel;
  kernel.files["/usr/jails/.gaol/www/origin"] = "/var/db/gaol/releases/bookworm\n";
  for (const char* path : {"/usr/jails/www", "/usr/jails/www//"}) {
    const auto tree = resolve(path, kernel);
    ASSERT_TRUE(tree) << tree.error().line();
    EXPECT_TRUE(tree->thin());
    EXPECT_EQ(tree->lower, "/var/db/gaol/releases/bookworm");
    EXPECT_EQ(tree->store, "/usr/jails");
    EXPECT_EQ(tree->upper, "www");
    EXPECT_EQ(tree->work, ".gaol/www/work");
  }
}

TEST(Resolve, OtherTroubleIsNoPlainTree) {
  FakeKernel kernel;
  kernel.fail_on("read_file /usr/jails/.gaol/www/origin", EACCES);
  EXPECT_EQ(resolve("/usr/jails/www", kernel).error().code, EACCES);
}

TEST(Dataset, RefusesPathsItCannotManage) {
  struct {
    const char* path;
    const char* reason;
  } const cases[] = {
      {"jails/www", "jails/www: not an absolute pathname"},
      {"/", "/: not a name for a tree"},
      {"/usr/jails/..", "/usr/jails/..: not a name for a tree"},
      {"/usr/jails/.gaol", "/usr/jails/.gaol: not a name for a tree"},
      {"/usr/jails/.gaol/", "/usr/jails/.gaol/: not a name for a tree"},
      {"/www", "/www: a tree directly below / is not gaol's to manage"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(inspect(c.path).error().text, c.reason);
    EXPECT_EQ(destroy(c.path).error().text, c.reason);
  }
}

TEST(Stream, SaysWhatItIs) {
  const auto whole = parse_header("gaol-stream 2 dir monday - 0");
  ASSERT_TRUE(whole) << whole.error().line();
  EXPECT_EQ(whole->driver, "dir");
  EXPECT_EQ(whole->label, "monday");
  EXPECT_EQ(whole->from, "");
  const Stream changes{"zfs", "b", "a", 0x70010000};
  EXPECT_EQ(changes.header(), "gaol-stream 2 zfs b a 1879113728\n");
  EXPECT_EQ(parse_header(changes.header())->owners, changes.owners);
  EXPECT_FALSE(parse_header(changes.header())->rest);
  const Stream rest{"zfs", "b", "a", 0, true};
  EXPECT_EQ(rest.header(), "gaol-stream 2 zfs b a 0 rest\n");
  EXPECT_TRUE(parse_header(rest.header())->rest);
}

TEST(Stream, RefusesOthers) {
  constexpr const char* kNone = "not a stream of gaol send";
  struct {
    const char* line;
    const char* reason;
  } const cases[] = {
      {"", kNone},
      {"gaol-stream 1 dir a -", kNone},
      {"gaol-stream 2 dir a -", kNone},
      {"gaol-stream 2 dir a - 0 0", kNone},
      {"gaol-stream 2 dir a - 0 rest rest", kNone},
      {"gaol-stream 2 dir a - root", kNone},
      {"gaol-stream 2 dir a - 65536", kNone},       // of no tree
      {"gaol-stream 2 dir a - 1879048193", kNone},  // in the middle of one's
      {"gaol-stream 2 dir ../a - 0", "snapshot \"../a\": not a name"},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_header(c.line).error().text, c.reason) << c.line;
}

}  // namespace
}  // namespace gaol::dataset
