// SPDX-License-Identifier: BSD-2-Clause
#include "archive/unpack_image.h"

#include "archive/digest.h"
#include "archive/names.h"

namespace gaol::archive {

namespace {

constexpr int kIndexes = 4;  // how deep they may lie in each other

// A layer's file, with the digests it is held to.
struct Layer {
  std::string path;
  std::string packed;  // the file's; empty in what `docker save` wrote
  std::string plain;   // of the tar in it
};
struct Image {
  Unpacked is;
  std::vector<Layer> layers;
};

Result<> expect(std::string_view what, const std::string& digest, const std::string& is) {
  if (is != digest)
    return fail(what, ": its digest is sha256:", is, ", and should be sha256:", digest);
  return {};
}

// A small blob of a layout.
Result<std::string> checked_text(Source& source, const Descriptor& blob) {
  auto text = TRY(source.text(blob.path()));
  TRY(expect(blob.path(), blob.digest, digest_of_text(text)));
  if (text.size() != blob.size) return fail(blob.path(), ": is not of the size its index says");
  return text;
}

Result<Image> image_of(std::string_view config, const Wanted& wanted, std::vector<Layer> layers) {
  const auto parsed = TRY(parse_config(config));
  if (!fits(parsed.platform, wanted.platform))
    return fail(Error{0, concat("is for ", quote_name(parsed.platform.text())), "see --platform"});
  if (parsed.diff_ids.size() != layers.size())
    return fail("has ", layers.size(), " layers and names ", parsed.diff_ids.size());
  for (size_t i = 0; i < layers.size(); ++i) layers[i].plain = parsed.diff_ids[i];
  auto description = concat(wanted.platform.text(), ", ", layers.size(),
                            layers.size() == 1 ? " layer" : " layers");
  return Image{{std::move(description), parsed.conf}, std::move(layers)};
}

// Down from the index, which may hold others, to the manifest.
Result<Image> find_in_layout(Source& source, const Wanted& wanted) {
  auto text = TRY(source.text("index.json"));
  Wanted now = wanted;
  for (int depth = 0; depth < kIndexes; ++depth) {
    const auto index = TRY(parse_index(text));
    const auto chosen = TRY(choose(index, now));
    text = TRY(checked_text(source, chosen));
    if (!chosen.is_index()) {
      const auto manifest = TRY(parse_manifest(text));
      std::vector<Layer> layers;
      for (const auto& layer : manifest.layers) layers.push_back({layer.path(), layer.digest, ""});
      const auto config = TRY(checked_text(source, manifest.config));
      return image_of(config, wanted, std::move(layers));
    }
    now.name.clear();  // it was the outer one's
  }
  return fail("index.json: indexes in indexes in indexes");
}

Result<Image> find_in_saved(Source& source, const Wanted& wanted) {
  const auto text = TRY(source.text("manifest.json"));
  const auto images = TRY(parse_saved(text));
  const auto chosen = TRY(choose(images, wanted));
  std::vector<Layer> layers;
  for (const auto& path : chosen.layers) layers.push_back({path, "", ""});
  const auto config = TRY(source.text(chosen.config));
  if (const auto digest = digest_in_name(chosen.config); !digest.empty())
    TRY(expect(quote_name(chosen.config), digest, digest_of_text(config)));
  return image_of(config, wanted, std::move(layers));
}

Result<> check(const Layer& layer, const sys::Fd& file, uint64_t limit) {
  if (!layer.packed.empty()) {
    const auto packed = TRY(digest_of(file));
    TRY(expect(quote_name(layer.path), layer.packed, packed));
  }
  const auto plain = TRY(digest_of_contents(file, limit));
  return expect(concat(quote_name(layer.path), ", unpacked"), layer.plain, plain);
}

Result<> put(Source& source, const Layer& layer, Unpacker& unpacker, uint64_t limit) {
  const auto* file = TRY(source.file(layer.path));
  TRY(check(layer, *file, limit));
  auto put = unpacker.layer(*file);
  if (!put) return fail(std::move(put).error().in(quote_name(layer.path)));
  return {};
}

}  // namespace

bool holds_image(Source& source) {
  return source.file("index.json").has_value() || source.file("manifest.json").has_value();
}

Result<Unpacked> unpack_image(Source& source, const Wanted& wanted, Unpacker& unpacker,
                              uint64_t limit) {
  const bool layout = source.file("index.json").has_value();
  const auto image = layout ? find_in_layout(source, wanted) : find_in_saved(source, wanted);
  if (!image) return fail(Error(image.error()));
  for (const auto& layer : image->layers) TRY(put(source, layer, unpacker, limit));
  return image->is;
}

}  // namespace gaol::archive
