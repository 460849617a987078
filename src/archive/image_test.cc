// SPDX-License-Identifier: BSD-2-Clause
#include "archive/image.h"

#include <gtest/gtest.h>

namespace gaol::archive {
namespace {

const std::string kA(64, 'a'), kB(64, 'b');

std::string entry(const std::string& digest, const std::string& platform, const std::string& name) {
  return concat(R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7,)",
                R"("digest":"sha256:)", digest, R"(","platform":)", platform,
                R"(,"annotations":{"org.opencontainers.image.ref.name":")", name, "\"}}");
}
std::string index(const std::string& entries) { return concat("{\"manifests\":[", entries, "]}"); }

constexpr const char* kArm = R"({"os":"linux","architecture":"arm64","variant":"v8"})";
constexpr const char* kAmd = R"({"os":"linux","architecture":"amd64"})";
constexpr const char* kNone = R"({"os":"unknown","architecture":"unknown"})";

TEST(Index, HasTheImageOfThePlatform) {
  const auto parsed = parse_index(
      index(concat(entry(kA, kAmd, "1"), ",", entry(kB, kArm, "1"), ",", entry(kA, kNone, ""))));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(choose(*parsed, {{"linux", "amd64", ""}, ""})->digest, kA);
  EXPECT_EQ(choose(*parsed, {{"linux", "arm64", ""}, "1"})->digest, kB);
  EXPECT_EQ(choose(*parsed, {{"linux", "arm64", "v8"}, ""})->path(), "blobs/sha256/" + kB);
}

TEST(Index, SaysWhatItHasWhereNothingFits) {
  const auto amd = entry(kA, kAmd, "a"), arm = entry(kB, kArm, "b");
  struct {
    std::string json;
    Wanted wanted;
    const char* reason;
  } const cases[] = {
      {index(amd),
       {{"linux", "arm64", ""}, ""},
       "holds no image for linux/arm64: \"a\" for \"linux/amd64\" (see --platform and --image)"},
      {index(amd + "," + arm),
       {{"linux", "arm64", "v7"}, ""},
       "holds no image for linux/arm64/v7: \"a\" for \"linux/amd64\", \"b\" for \"linux/arm64/v8\""
       " (see --platform and --image)"},
      {index(amd),
       {{"linux", "amd64", ""}, "c"},
       "holds no image \"c\" for linux/amd64: \"a\" for \"linux/amd64\" (see --platform and"
       " --image)"},
      {index(amd + "," + entry(kB, kAmd, "b")),
       {{"linux", "amd64", ""}, ""},
       "holds several images: \"a\" for \"linux/amd64\", \"b\" for \"linux/amd64\" (see --image)"},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_index(c.json);
    ASSERT_TRUE(parsed);
    const auto chosen = choose(*parsed, c.wanted);
    ASSERT_FALSE(chosen) << c.reason;
    EXPECT_EQ(chosen.error().line(), c.reason);
  }
}

TEST(Image, RefusesWhatIsNotWellFormed) {
  struct {
    std::string json, reason;
  } const cases[] = {
      {"", "not JSON"},
      {"{\"manifests\":[", "not JSON"},
      {"[]", "not the JSON of an image"},
      {index("{}"), "digest \"\": not one of SHA-256"},
      {index("1"), "digest \"\": not one of SHA-256"},
      {index(R"({"digest":"sha256:../../../etc/shadow"})"),
       "digest \"sha256:../../../etc/shadow\": not one of SHA-256"},
      {index(concat(R"({"digest":"sha512:)", kA, "\"}")),
       concat("digest \"sha512:", kA, "\": not one of SHA-256")},
      {index(concat(R"({"digest":"sha256:)", kA, "\"}")), "a blob without a size"},
      {index(concat(R"({"size":-1,"digest":"sha256:)", kA, "\"}")), "a blob without a size"},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_index(c.json);
    ASSERT_FALSE(parsed) << c.json;
    EXPECT_EQ(parsed.error().text, c.reason);
  }
  EXPECT_EQ(parse_saved(R"([{"Config":"../c"}])").error().text, "\"../c\": leads out of the tree");
  EXPECT_EQ(parse_saved(R"([{"Config":"c","Layers":["/l"]}])").error().text,
            "\"/l\": an absolute name");
  EXPECT_EQ(parse_saved(R"([{}])").error().text, "a member without a name");
}

TEST(Image, ReadsManifestConfigAndSaved) {
  const auto manifest =
      parse_manifest(concat(R"({"config":{"size":1,"digest":"sha256:)", kA,
                            R"("},"layers":[{"size":2,"digest":)", R"("sha256:)", kB, R"("}]})"));
  ASSERT_TRUE(manifest) << manifest.error().text;
  EXPECT_EQ(manifest->config.digest, kA);
  ASSERT_EQ(manifest->layers.size(), 1u);
  EXPECT_EQ(manifest->layers[0].size, 2u);
  const auto config = parse_config(concat(R"({"os":"linux","architecture":"arm64","variant":"v8",)",
                                          R"("rootfs":{"diff_ids":["sha256:)", kB, R"("]}})"));
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->platform.text(), "linux/arm64/v8");
  EXPECT_EQ(config->diff_ids, std::vector<std::string>{kB});
  const auto saved =
      parse_saved(R"([{"Config":"c.json","RepoTags":["a:1","b:2"],"Layers":["x/layer.tar"]},)"
                  R"({"Config":"d.json","RepoTags":null,"Layers":[]}])");
  ASSERT_TRUE(saved) << saved.error().text;
  EXPECT_EQ(choose(*saved, {own_platform(), "b:2"})->config, "c.json");
  EXPECT_FALSE(choose(*saved, {own_platform(), ""}));
}

TEST(ParsePlatform, TakesTwoWordsOrThree) {
  EXPECT_EQ(parse_platform("linux/arm/v7")->text(), "linux/arm/v7");
  for (const char* bad : {"", "linux", "linux/", "/amd64", "a/b/c/d", "a//c"})
    EXPECT_EQ(parse_platform(bad).error().text,
              concat("platform \"", bad, "\": not OS/ARCHITECTURE"));
}

}  // namespace
}  // namespace gaol::archive
