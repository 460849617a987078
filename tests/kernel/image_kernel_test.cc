// SPDX-License-Identifier: BSD-2-Clause

// Container images as releases: layers over each other, and everything held to its digest.

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
using testing::EndsWith;
using testing::HasSubstr;

const std::string kPlace = "/run/image";
const std::string kTree = kPlace + "/releases/x";

std::string text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// An image layout in the making, in a directory.
class Layout {
 public:
  explicit Layout(std::string dir) : dir_(std::move(dir)) {
    fs::create_directories(dir_ + "/blobs/sha256");
    write_file(dir_ + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  }
  // A layer, packed by a program.
  void layer(const std::string& tar, const std::string& program = "gzip -n") {
    ids_ += (ids_.empty() ? "\"sha256:" : ",\"sha256:") + digest(tar) + "\"";
    write_file(dir_ + "/plain", tar);
    layers_ += (layers_.empty() ? "" : ",") + blob(run(program + " <" + dir_ + "/plain").out, "");
    fs::remove(dir_ + "/plain");
  }
  // The image of the layers so far, one entry of the index.
  void image(const std::string& platform = R"("os":"linux","architecture":"amd64")",
             const std::string& name = "") {
    const auto config = blob("{" + platform + R"(,"rootfs":{"diff_ids":[)" + ids_ + "]}}", "");
    const auto manifest = R"({"config":)" + config + R"(,"layers":[)" + layers_ + "]}";
    index_ += (index_.empty() ? "" : ",") +
              blob(manifest, R"(,"platform":{)" + platform + R"(},"annotations":{)" +
                                 R"("org.opencontainers.image.ref.name":")" + name + "\"}");
    write_file(dir_ + "/index.json", R"({"schemaVersion":2,"manifests":[)" + index_ + "]}");
  }
  std::string layers() const { return layers_; }
  static std::string digest(const std::string& bytes) {
    write_file(kPlace + "/bytes", bytes);
    return run("sha256sum <" + kPlace + "/bytes").out.substr(0, 64);
  }

 private:
  std::string blob(const std::string& bytes, const std::string& more) {
    const auto name = digest(bytes);
    write_file(dir_ + "/blobs/sha256/" + name, bytes);
    return R"({"digest":"sha256:)" + name + R"(","size":)" + std::to_string(bytes.size()) + more +
           "}";
  }
  std::string dir_, ids_, layers_, index_;
};

class ImageTest : public KernelTest {
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
  static std::string import(const std::string& words) {
    return seen("cd " + kPlace + "; gaol release import --releases $PWD/releases --name x " +
                words);
  }
  static void forget() {
    EXPECT_EQ(seen("gaol release destroy --releases " + kPlace + "/releases x"), "");
  }
  static void expect_nothing_made() {
    EXPECT_FALSE(fs::exists(kTree));
    EXPECT_TRUE(fs::is_empty(kPlace + "/releases/.gaol/.scratch"));
  }
};

std::string base() {
  return tar({{.name = "etc/", .type = '5', .mode = 0755},
              {.name = "etc/rc", .data = "#!/bin/sh\n", .mode = 0755},
              {.name = "etc/gone", .data = "x"},
              {.name = "etc/kept", .data = "below"},
              {.name = "opt/", .type = '5', .mode = 0755},
              {.name = "opt/old", .data = "x"},
              {.name = "opt/deep/er", .data = "x"},
              {.name = "was-dir/", .type = '5', .mode = 0755},
              {.name = "was-dir/file", .data = "x"}});
}

TEST_F(ImageTest, ROOT_LayersGoOverEachOther) {
  Layout layout(kPlace + "/layout");
  layout.layer(base());
  layout.layer(tar({{.name = "etc/.wh.gone"},
                    // New beside its own whiteout, and before an opaque marker.
                    {.name = "opt/new", .data = "new"},
                    {.name = "opt/.wh..wh..opq"},
                    {.name = "etc/again", .data = "new"},
                    {.name = "etc/.wh.again"},
                    {.name = "was-dir", .data = "a file now"},
                    {.name = ".wh.never-was"}}),
               "zstd");
  layout.layer(tar({{.name = "etc/kept", .data = "above", .mode = 0600}}), "cat");
  layout.image();
  EXPECT_EQ(import("layout"), "linux/amd64, 3 layers\n");
  EXPECT_FALSE(fs::exists(kTree + "/etc/gone"));
  EXPECT_EQ(text(kTree + "/etc/kept"), "above");
  EXPECT_EQ(text(kTree + "/etc/again"), "new");
  EXPECT_EQ(text(kTree + "/opt/new"), "new");
  EXPECT_FALSE(fs::exists(kTree + "/opt/old"));
  EXPECT_FALSE(fs::exists(kTree + "/opt/deep"));
  EXPECT_EQ(text(kTree + "/was-dir"), "a file now");
  EXPECT_FALSE(fs::exists(kTree + "/etc/.wh.gone"));
  forget();
  // The same in a tar, compressed, through a pipe.
  ASSERT_EQ(seen("cd " + kPlace + "; tar -C layout -czf image.tar.gz ."), "");
  EXPECT_EQ(import("- <image.tar.gz"), "linux/amd64, 3 layers\n");
  EXPECT_EQ(text(kTree + "/etc/kept"), "above");
}

TEST_F(ImageTest, ROOT_WhatDockerSavesIsUnderstood) {
  const auto layer = base();
  fs::create_directories(kPlace + "/saved/a");
  fs::create_directories(kPlace + "/saved/b");
  write_file(kPlace + "/saved/a/layer.tar", layer);
  fs::create_symlink("../a/layer.tar", kPlace + "/saved/b/layer.tar");
  const auto config = R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:)" +
                      Layout::digest(layer) + R"(","sha256:)" + Layout::digest(layer) + "\"]}}";
  const auto name = Layout::digest(config) + ".json";
  write_file(kPlace + "/saved/" + name, config);
  const auto manifest =
      R"([{"Config":")" + name + R"(","RepoTags":["a:1"],"Layers":["a/layer.tar","b/layer.tar"]}])";
  write_file(kPlace + "/saved/manifest.json", manifest);
  ASSERT_EQ(seen("cd " + kPlace + "/saved; tar -cf ../x.tar *.json a b manifest.json"), "");
  EXPECT_EQ(import("--image a:1 x.tar"), "linux/amd64, 2 layers\n");
  EXPECT_EQ(text(kTree + "/etc/kept"), "below");
  forget();
  EXPECT_EQ(import("--image a:2 x.tar"),
            "gaol: release import: x.tar: holds no image \"a:2\" for linux/amd64: \"a:1\" (see"
            " --platform and --image)\n[exit 1]\n");
  write_file(kPlace + "/saved/" + name, config + " ");
  ASSERT_EQ(seen("cd " + kPlace + "/saved; tar -cf ../x.tar *.json a b manifest.json"), "");
  EXPECT_THAT(import("x.tar"), HasSubstr(", and should be sha256:" + name.substr(0, 64)));
  expect_nothing_made();
}

TEST_F(ImageTest, ROOT_ThePlatformIsChosen) {
  Layout layout(kPlace + "/layout");
  layout.layer(base());
  layout.image(R"("os":"linux","architecture":"amd64")", "one");
  layout.image(R"("os":"linux","architecture":"s390x")", "one");
  EXPECT_EQ(import("--platform linux/s390x layout"), "linux/s390x, 1 layer\n");
  forget();
  EXPECT_EQ(import("--platform linux/m68k layout"),
            "gaol: release import: layout: holds no image for linux/m68k: \"one\" for"
            " \"linux/amd64\", \"one\" for \"linux/s390x\" (see --platform and --image)\n"
            "[exit 1]\n");
  EXPECT_EQ(import("--platform m68k layout"),
            "gaol: release import: platform \"m68k\": not OS/ARCHITECTURE\n[exit 1]\n");
  expect_nothing_made();
}

TEST_F(ImageTest, ROOT_WhatIsNotWhatItsDigestSaysIsRefused) {
  for (const char* blob : {"config", "manifest", "layer"}) {
    SCOPED_TRACE(blob);
    fs::remove_all(kPlace + "/layout");
    Layout layout(kPlace + "/layout");
    layout.layer(base(), "cat");
    layout.image();
    // The layer is the largest of them; a byte more in the others, by what is in them.
    ASSERT_EQ(seen("cd " + kPlace + "/layout/blobs/sha256; case " + blob +
                   " in config) f=$(grep -l diff_ids *);; manifest) f=$(grep -l layers *);;"
                   " layer) f=$(ls -S | head -1);; esac; printf ' ' >>$f"),
              "");
    EXPECT_THAT(import("layout"), HasSubstr(", and should be sha256:"));
    expect_nothing_made();
  }
}

// Every blob is what its digest says; the layer is not what the image was made of.
TEST_F(ImageTest, ROOT_ALayerIsHeldToTheTarItWas) {
  Layout layout(kPlace + "/layout");
  layout.layer(base(), "sh -c 'cat >/dev/null; printf \"another tar\"'");
  layout.image();
  EXPECT_THAT(import("layout"), HasSubstr(", unpacked: its digest is sha256:"));
  expect_nothing_made();
}

TEST_F(ImageTest, ROOT_HostileLayersAreRefusedAndLeaveNothing) {
  const auto link = [](const std::string& to) {
    return tar({{.name = "out", .type = '2', .link = to}});
  };
  struct {
    std::string below, layer, reason;
  } const cases[] = {
      {link(kPlace), tar({{.name = "out/.wh.victim"}}), ""},  // a whiteout of what is not there
      {link("../../.."), tar({{.name = "out/.wh..wh..opq"}}), ""},
      {link(kPlace), tar({{.name = "out/victim", .data = "x"}}),
       "\"out/victim\": what it lies in is no directory\n[exit 1]\n"},
      {base(), tar({{.name = "../.wh.victim"}}), "leads out of the tree\n[exit 1]\n"},
      {base(), tar({{.name = ".wh..."}}), "\".wh...\": a whiteout of nothing\n[exit 1]\n"},
      {base(), tar({{.name = "etc/.wh."}}), "\"etc/.wh.\": a whiteout of nothing\n[exit 1]\n"},
  };
  for (const auto& c : cases) {
    fs::remove_all(kPlace + "/layout");
    Layout layout(kPlace + "/layout");
    layout.layer(c.below);
    layout.layer(c.layer);
    layout.image();
    const auto said = import("layout");
    if (c.reason.empty()) {
      EXPECT_THAT(said, testing::StartsWith("linux/amd64, 2 layers\n"));
      forget();
    } else {
      EXPECT_THAT(said, EndsWith(c.reason));
      expect_nothing_made();
    }
  }
}

TEST_F(ImageTest, ROOT_WhatIsNoImageSaysSo) {
  fs::create_directory(kPlace + "/empty");
  EXPECT_EQ(import("empty"),
            "gaol: release import: empty: holds neither a tree nor an image\n[exit 1]\n");
  write_file(kPlace + "/x.tar", tar({{.name = "blobs/x", .data = "x"}}));
  EXPECT_EQ(import("x.tar"),
            "gaol: release import: x.tar: holds neither a tree nor an image\n[exit 1]\n");
  write_file(kPlace + "/x.tar", tar({{.name = "index.json", .data = "{\"manifests\":7}"}}));
  EXPECT_EQ(import("x.tar"), "gaol: release import: x.tar: holds no image\n[exit 1]\n");
  expect_nothing_made();
}

}  // namespace
}  // namespace gaol::test
