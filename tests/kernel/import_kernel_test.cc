// SPDX-License-Identifier: BSD-2-Clause

// Archives from strangers: what `gaol release import` makes of them, and what it never makes.

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/host.h"
#include "tests/support/tar.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;

const std::string kPlace = "/run/import";
const std::string kTree = kPlace + "/releases/x";

std::string text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ImportTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    fs::create_directory(kPlace);
    write_file(kPlace + "/victim", "untouched");
  }
  void TearDown() override {
    EXPECT_EQ(text(kPlace + "/victim"), "untouched");
    fs::remove_all(kPlace);
    KernelTest::TearDown();
  }
  // What the command says about an archive of these bytes.
  std::string import(const std::string& bytes, const std::string& more = "") {
    write_file(kPlace + "/x.tar", bytes);
    return seen("cd " + kPlace + "; gaol release import --releases $PWD/releases --name x " + more +
                " x.tar");
  }
  static std::string refusal(const std::string& reason) {
    return "gaol: release import: x.tar: " + reason + "\n[exit 1]\n";
  }
  static void expect_nothing_made() {
    EXPECT_FALSE(fs::exists(kTree));
    EXPECT_FALSE(fs::exists(kPlace + "/releases/.gaol/x"));
    EXPECT_TRUE(fs::is_empty(kPlace + "/releases/.gaol/.scratch"));
  }
};

TEST_F(ImportTest, ROOT_HostileArchivesAreRefusedAndLeaveNothing) {
  const TarEntry out{.name = "out", .type = '2', .link = "../../.."};
  const TarEntry in{.name = "in", .type = '2', .link = "etc"};
  struct {
    std::vector<TarEntry> entries;
    std::string reason;
  } const cases[] = {
      {{{.name = "../victim", .data = "x"}}, "\"../victim\": leads out of the tree"},
      {{{.name = "a/../../victim", .data = "x"}}, "\"a/../../victim\": leads out of the tree"},
      {{{.name = kPlace + "/victim", .data = "x"}}, "\"/run/import/victim\": an absolute name"},
      {{out, {.name = "out/victim", .data = "x"}},
       "\"out/victim\": what it lies in is no directory"},
      {{in, {.name = "in/passwd", .data = "x"}}, "\"in/passwd\": what it lies in is no directory"},
      {{out, {.name = "out/made", .type = '5'}}, "\"out/made\": what it lies in is no directory"},
      {{{.name = "hard", .type = '1', .link = "../victim"}},
       "\"hard\": link to \"../victim\": leads out of the tree"},
      {{{.name = "hard", .type = '1', .link = "/run/import/victim"}},
       "\"hard\": link to \"/run/import/victim\": an absolute name"},
      {{out, {.name = "hard", .type = '1', .link = "out/victim"}},
       "\"hard\": link to \"out/victim\": open: Not a directory"},
      {{{.name = "hard", .type = '1', .link = "nothing"}},
       "\"hard\": link to \"nothing\": link: No such file or directory"},
      {{{.name = "dir", .type = '5'}, {.name = "hard", .type = '1', .link = "dir"}},
       "\"hard\": link to \"dir\": link: Operation not permitted"},
      {{{.name = "file", .data = "x"}, {.name = "file/below", .data = "x"}},
       "\"file/below\": what it lies in is no directory"},
      {{{.name = ".", .type = '2', .link = "/"}, {.name = "a", .data = "x"}},
       "\".\": in place of the tree itself"},
      {{{.name = "a\n[exit 0]\n/../..", .data = "x"}},
       "\"a\\012[exit 0]\\012/../..\": leads out of the tree"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(import(tar(c.entries)), refusal(c.reason));
    expect_nothing_made();
  }
}

TEST_F(ImportTest, ROOT_SizesAreCountedBeforeAnythingIsWritten) {
  const TarEntry bomb{.name = "bomb", .claims = uint64_t{1} << 60};
  EXPECT_EQ(import(tar({bomb})), refusal("\"bomb\": the tree would be larger than 20480 MiB"
                                         " (see --limit)"));
  const std::string mebibyte(1 << 20, 'x');
  const auto two = tar({{.name = "a", .data = mebibyte}, {.name = "b", .data = mebibyte}});
  EXPECT_EQ(import(two, "--limit 1"),
            refusal("\"a\": the tree would be larger than 1 MiB (see --limit)"));
  EXPECT_EQ(import(two, "--limit 2"),
            refusal("\"b\": the tree would be larger than 2 MiB (see --limit)"));
  expect_nothing_made();
  // GNU's sparse form: a mebibyte at the end of a tebibyte.
  const auto sparse = seen("cd " + kPlace +
                           "; truncate -s 1T hole && tar -cSf x.tar hole; rm hole; gaol release"
                           " import --releases $PWD/releases --name x x.tar");
  EXPECT_EQ(sparse, refusal("\"hole\": the tree would be larger than 20480 MiB (see --limit)"));
  EXPECT_EQ(import(two, "--limit 3"),
            "it has no /etc: jails of it need an exec.start of their own\n");
}

TEST_F(ImportTest, ROOT_DamagedArchivesAreRefusedAndLeaveNothing) {
  const auto whole = tar({{.name = "a", .data = "first"}, {.name = "b", .data = "second"}});
  auto damaged = whole;
  damaged[1024 + 5] = 'x';  // in the second header
  struct {
    std::string bytes, reason;
  } const cases[] = {
      {whole.substr(0, 1024), "the archive is cut off: it has no end"},
      {whole.substr(0, 2048), "the archive is cut off: it has no end"},
      {whole.substr(0, 1024 + 100), "Truncated tar archive"},
      {whole.substr(0, 512 + 3), "\"a\": Truncated tar archive"},
      {damaged, "Damaged tar archive"},
      {"no archive", "Unrecognized archive format"},
      {"", "Unrecognized archive format"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(import(c.bytes), refusal(c.reason)) << c.bytes.size();
    expect_nothing_made();
  }
}

TEST_F(ImportTest, ROOT_EveryCompressionIsUnderstoodAndItsEndWatched) {
  const auto archive = tar({{.name = "etc", .type = '5', .mode = 0755},
                            {.name = "etc/motd", .data = std::string(100'000, 'x')}});
  for (const char* program : {"cat", "gzip", "bzip2", "xz", "zstd"}) {
    SCOPED_TRACE(program);
    write_file(kPlace + "/plain", archive);
    const auto packed = run("cd " + kPlace + "; " + program + " <plain").out;
    EXPECT_EQ(import(packed), "");
    EXPECT_EQ(text(kTree + "/etc/motd").size(), 100'000u);
    EXPECT_EQ(seen("gaol release destroy --releases " + kPlace + "/releases x"), "");
    EXPECT_THAT(import(packed.substr(0, packed.size() / 2)), testing::EndsWith("[exit 1]\n"));
    expect_nothing_made();
  }
}

TEST_F(ImportTest, ROOT_TreesAreAsTheArchiveSays) {
  const auto made = import(tar({
      {.name = "./", .type = '5', .mode = 0755},
      {.name = "etc/", .type = '5', .mode = 0755},
      {.name = "etc/rc", .data = "#!/bin/own\n", .mode = 0755},
      {.name = "bin/su", .data = "#!", .mode = 04755},
      {.name = "bin/also-su", .type = '1', .link = "./bin/su"},
      {.name = "etc/absolute", .type = '2', .link = "/etc/rc"},
      {.name = "home/a", .type = '5', .mode = 0700, .uid = 1000, .gid = 1001},
      {.name = "home/a/pipe", .type = '6', .mode = 0622},
      {.name = "dev/sda", .type = '4', .mode = 0666},
      {.name = "dev/null", .type = '3', .mode = 0666},
      {.name = "new\nline", .data = "x"},
      {.name = "twice", .data = "first"},
      {.name = "twice", .data = "second"},
      {.name = "was-link", .type = '2', .link = "/run/import/victim"},
      {.name = "was-link", .data = "in its place"},
  }));
  EXPECT_EQ(made, "\"dev/sda\": device, left out\n\"dev/null\": device, left out\n");
  struct stat is, other;
  ASSERT_EQ(::stat((kTree + "/bin/su").c_str(), &is), 0);
  ASSERT_EQ(::stat((kTree + "/bin/also-su").c_str(), &other), 0);
  EXPECT_EQ(is.st_mode & 07777, 04755u);
  EXPECT_EQ(is.st_ino, other.st_ino);
  EXPECT_EQ(is.st_mtime, 1'000'000'000);
  ASSERT_EQ(::stat((kTree + "/home/a").c_str(), &is), 0);
  EXPECT_EQ(is.st_uid, 1000u);
  EXPECT_EQ(is.st_gid, 1001u);
  EXPECT_EQ(is.st_mode & 07777, 0700u);
  EXPECT_EQ(is.st_mtime, 1'000'000'000) << "entries in it changed its time";
  ASSERT_EQ(::stat((kTree + "/home/a/pipe").c_str(), &is), 0);
  EXPECT_TRUE(S_ISFIFO(is.st_mode));
  EXPECT_EQ(fs::read_symlink(kTree + "/etc/absolute"), "/etc/rc");
  EXPECT_EQ(text(kTree + "/new\nline"), "x");
  EXPECT_EQ(text(kTree + "/twice"), "second");
  EXPECT_EQ(text(kTree + "/was-link"), "in its place");
  EXPECT_TRUE(fs::is_empty(kTree + "/dev"));
  // What a release has beside its files; its own rc stays.
  EXPECT_EQ(text(kTree + "/etc/rc"), "#!/bin/own\n");
  EXPECT_TRUE(fs::exists(kTree + "/etc/rc.shutdown"));
  EXPECT_TRUE(fs::is_directory(kTree + "/proc"));
}

TEST_F(ImportTest, ROOT_AnEtcThatLeadsOutGetsNoFiles) {
  EXPECT_EQ(import(tar({{.name = "etc", .type = '2', .link = kPlace}})),
            "it has no /etc: jails of it need an exec.start of their own\n");
  EXPECT_FALSE(fs::exists(kPlace + "/rc"));
}

TEST_F(ImportTest, ROOT_AJailRunsInAnImportedTree) {
  ASSERT_EQ(seen("cd " + kPlace + "; tar -C " + tiny_tree() +
                 " -cf - . | gaol release import"
                 " --releases $PWD/releases --name x -"),
            "");
  ASSERT_EQ(run("cd " + kPlace + "; gaol create www --releases $PWD/releases -r x --path " +
                kPlace + "/www")
                .status,
            0);
  EXPECT_EQ(seen("jail -c name=www path=" + kPlace + "/www command=/bin/ls -d /etc/rc"),
            "/etc/rc\n");
}

}  // namespace
}  // namespace gaol::test
