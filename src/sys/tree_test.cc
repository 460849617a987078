// SPDX-License-Identifier: BSD-2-Clause

// Copies and removals without privilege, in a directory of the test's own.

#include "sys/tree.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace gaol::sys {
namespace {

class TreeTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/gaol-tree-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    ASSERT_EQ(::mkdir(in("from").c_str(), 0750), 0);
    ASSERT_EQ(::mkdir(in("to").c_str(), 0700), 0);
  }
  void TearDown() override {
    const auto tmp = open_dir("/tmp");
    const auto removed = remove_tree(*tmp, top_.substr(5));
    EXPECT_TRUE(removed) << removed.error().line();
  }

  std::string in(std::string_view name) const { return concat(top_, "/", name); }
  void put(std::string_view name, std::string_view text, mode_t mode = 0644) {
    const Fd file(::open(in(name).c_str(), O_WRONLY | O_CREAT, mode));
    ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ASSERT_EQ(::fchmod(file.get(), mode), 0);
  }
  std::string text(std::string_view name) const {
    const Fd file(::open(in(name).c_str(), O_RDONLY));
    std::string out(1 << 16, '\0');
    out.resize(
        static_cast<size_t>(std::max<ssize_t>(::read(file.get(), out.data(), out.size()), 0)));
    return out;
  }
  struct stat stat(std::string_view name) const {
    struct stat is {};
    EXPECT_EQ(::lstat(in(name).c_str(), &is), 0) << name;
    return is;
  }
  Result<Copied> copy() { return copy_tree(*open_dir(in("from")), *open_dir(in("to"))); }

  std::string top_;
};

TEST_F(TreeTest, CopyKeepsWhatAFileIs) {
  put("from/set", "text", 02751);
  ASSERT_EQ(::mkdir(in("from/dir").c_str(), 01770), 0);
  ASSERT_EQ(::chmod(in("from/dir").c_str(), 01770), 0);
  put("from/dir/below", "more");
  ASSERT_EQ(::symlink("/etc/../nowhere", in("from/link").c_str()), 0);
  ASSERT_EQ(::mkfifo(in("from/fifo").c_str(), 0622), 0);
  const timespec times[] = {{1, 2}, {1'000'000'000, 5}};
  for (const char* name : {"from/set", "from/link", "from/dir"})
    ASSERT_EQ(::utimensat(AT_FDCWD, in(name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);

  const auto copied = copy();
  ASSERT_TRUE(copied) << copied.error().line();
  EXPECT_EQ(copied->files, 2u);
  EXPECT_EQ(copied->bytes, 8u);
  EXPECT_THAT(copied->notes, testing::IsEmpty());
  EXPECT_EQ(text("to/set"), "text");
  EXPECT_EQ(text("to/dir/below"), "more");
  for (const char* name : {"set", "link", "dir", "dir/below", "fifo", "."}) {
    const auto before = stat(concat("from/", name)), after = stat(concat("to/", name));
    EXPECT_EQ(after.st_mode, before.st_mode) << name;
    EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec) << name;
    EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec) << name;
  }
}

TEST_F(TreeTest, CopyKeepsHardLinksAcrossDirectories) {
  ASSERT_EQ(::mkdir(in("from/a").c_str(), 0700), 0);
  ASSERT_EQ(::mkdir(in("from/b").c_str(), 0700), 0);
  put("from/a/one", "same");
  ASSERT_EQ(::link(in("from/a/one").c_str(), in("from/b/two").c_str()), 0);
  const auto copied = copy();
  ASSERT_TRUE(copied) << copied.error().line();
  EXPECT_EQ(copied->files, 1u);
  EXPECT_EQ(stat("to/a/one").st_ino, stat("to/b/two").st_ino);
  EXPECT_EQ(stat("to/a/one").st_nlink, 2u);
}

TEST_F(TreeTest, CopyKeepsHoles) {
  put("from/sparse", "head");
  ASSERT_EQ(::truncate(in("from/sparse").c_str(), 64 << 20), 0);
  ASSERT_TRUE(copy());
  EXPECT_EQ(stat("to/sparse").st_size, 64 << 20);
  EXPECT_LT(stat("to/sparse").st_blocks * 512, 1 << 20);
  EXPECT_EQ(text("to/sparse").substr(0, 5), std::string("head\0", 5));
}

TEST_F(TreeTest, CopyKeepsExtendedAttributes) {
  put("from/file", "x");
  if (::setxattr(in("from/file").c_str(), "user.gaol", "value", 5, 0) != 0)
    GTEST_SKIP() << "no extended attributes here";
  ASSERT_TRUE(copy());
  char value[16];
  ASSERT_EQ(::getxattr(in("to/file").c_str(), "user.gaol", value, sizeof value), 5);
  EXPECT_EQ(std::string_view(value, 5), "value");
}

TEST_F(TreeTest, CopyLeavesSocketsOutAndSaysSo) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  in("from/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto copied = copy();
  ASSERT_TRUE(copied) << copied.error().line();
  EXPECT_THAT(copied->notes, testing::ElementsAre("socket: socket, not copied"));
}

TEST_F(TreeTest, FailureNamesTheEntry) {
  ASSERT_EQ(::mkdir(in("from/dir").c_str(), 0700), 0);
  put("from/dir/file", "x");
  ASSERT_EQ(::mkdir(in("to/dir").c_str(), 0700), 0);
  const auto copied = copy();
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().text, "copy dir: make directory: File exists");
}

TEST_F(TreeTest, RemovesTreesDeeperThanAnyPathOrDescriptorTable) {
  Fd at = *open_dir(in("from"));
  for (int depth = 0; depth < 2000; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), "a-name-that-adds-up", 0700), 0);
    ASSERT_EQ(::symlinkat("..", at.get(), "link"), 0);
    at = Fd(::openat(at.get(), "a-name-that-adds-up", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(at);
  }
  const auto removed = remove_tree(*open_dir(top_), "from");
  ASSERT_TRUE(removed) << removed.error().line();
  EXPECT_EQ(*entry_at(in("from")), Entry::absent);
}

TEST_F(TreeTest, RemovingFollowsNoLink) {
  put("to/precious", "x");
  ASSERT_EQ(::symlink(in("to").c_str(), in("from/link").c_str()), 0);
  ASSERT_TRUE(remove_tree(*open_dir(top_), "from"));
  EXPECT_EQ(text("to/precious"), "x");
  ASSERT_EQ(::symlink("to", in("link").c_str()), 0);
  EXPECT_EQ(remove_tree(*open_dir(top_), "link").error().text, "link: open: Not a directory");
}

TEST_F(TreeTest, RenameReplacesNothing) {
  EXPECT_EQ(rename_new(in("from"), in("to")).error().code, EEXIST);
  EXPECT_TRUE(rename_new(in("from"), in("elsewhere")));
}

TEST_F(TreeTest, RecordIsReplacedWhole) {
  ASSERT_TRUE(write_record(in("record"), "a longer first text\n"));
  ASSERT_TRUE(write_record(in("record"), "second\n"));
  EXPECT_EQ(text("record"), "second\n");
  EXPECT_EQ(*entry_at(in("record.new")), Entry::absent);
}

}  // namespace
}  // namespace gaol::sys
