// SPDX-License-Identifier: BSD-2-Clause
#include "archive/image.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archive/names.h"

namespace gaol::archive {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kDigestKind = "sha256:";
constexpr size_t kDigestDigits = 64;

// Parsing and looking things up, without exceptions. What is missing or of another kind is null,
// and null holds nothing.
Result<Json> parse(std::string_view text, Json::value_t kind) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail("not JSON");
  if (json.type() != kind) return fail("not the JSON of an image");
  return json;
}

const Json& member(const Json& json, const char* name) {
  static const Json null;
  if (!json.is_object()) return null;
  const auto found = json.find(name);
  return found == json.end() ? null : *found;
}

std::string text(const Json& json) {
  return json.is_string() ? json.get_ref<const std::string&>() : std::string();
}

const std::vector<Json>& list(const Json& json) {
  static const std::vector<Json> none;
  return json.is_array() ? json.get_ref<const Json::array_t&>() : none;
}

bool is_digest(std::string_view text) {
  return text.size() == kDigestDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Result<std::string> digest(const Json& json) {
  const std::string whole = text(json);
  const auto digits = std::string_view(whole).substr(std::min(kDigestKind.size(), whole.size()));
  if (!whole.starts_with(kDigestKind) || !is_digest(digits))
    return fail("digest ", quote_name(whole), ": not one of SHA-256");
  return std::string(digits);
}

Result<std::string> member_name(const Json& json) {
  const std::string name = text(json);
  auto path = entry_path(name);
  if (path && path->empty()) return fail("a member without a name");
  if (!path) return fail(std::move(path).error().in(quote_name(name)));
  return path;
}

Platform platform(const Json& json) {
  return {text(member(json, "os")), text(member(json, "architecture")),
          text(member(json, "variant"))};
}

Result<Descriptor> descriptor(const Json& json) {
  Descriptor out;
  out.type = text(member(json, "mediaType"));
  out.digest = TRY(digest(member(json, "digest")));
  const auto& size = member(json, "size");
  if (!size.is_number_unsigned()) return fail("a blob without a size");
  out.size = size.get<uint64_t>();
  out.platform = platform(member(json, "platform"));
  const auto& notes = member(json, "annotations");
  for (const char* name : {"io.containerd.image.name", "org.opencontainers.image.ref.name"})
    if (out.name.empty()) out.name = text(member(notes, name));
  return out;
}

Result<std::vector<Descriptor>> descriptors(const Json& json) {
  std::vector<Descriptor> out;
  for (const auto& each : list(json)) out.push_back(TRY(descriptor(each)));
  return out;
}

bool fits(const Descriptor& is, const Wanted& wanted) {
  const bool named = wanted.name.empty() || is.name == wanted.name;
  return named && (is.platform == Platform() || fits(is.platform, wanted.platform));
}

bool fits(const Saved& is, const Wanted& wanted) {
  return wanted.name.empty() || std::ranges::find(is.names, wanted.name) != is.names.end();
}

std::string phrase(const Descriptor& is) {
  auto platform = is.platform == Platform() ? "" : quote_name(is.platform.text());
  if (is.name.empty()) return platform;
  return concat(quote_name(is.name), platform.empty() ? "" : " for ", platform);
}

std::string phrase(const Saved& is) { return quote_name(join(is.names, " ")); }

template <class Image>
Result<Image> choose_from(const std::vector<Image>& all, const Wanted& wanted) {
  std::vector<Image> fitting;
  std::ranges::copy_if(all, std::back_inserter(fitting),
                       [&](const Image& image) { return fits(image, wanted); });
  if (fitting.size() == 1) return fitting.front();
  if (all.empty()) return fail("holds no image");
  std::vector<std::string> phrases;
  for (const auto& image : fitting.empty() ? all : fitting) phrases.push_back(phrase(image));
  const auto there = join(phrases, ", ");
  if (!fitting.empty())
    return fail(Error{0, concat("holds several images: ", there), "see --image"});
  const auto what = wanted.name.empty() ? std::string() : concat(" ", quote_name(wanted.name));
  return fail(Error{0, concat("holds no image", what, " for ", wanted.platform.text(), ": ", there),
                    "see --platform and --image"});
}

}  // namespace

std::string Platform::text() const {
  return concat(os, "/", architecture, variant.empty() ? "" : "/", variant);
}

Platform own_platform() {
#if defined(__aarch64__)
  return {"linux", "arm64", ""};
#else
  return {"linux", "amd64", ""};
#endif
}

Result<Platform> parse_platform(std::string_view text) {
  const auto parts = split(text, '/');
  const bool empty = std::ranges::any_of(parts, [](auto part) { return part.empty(); });
  if (parts.size() < 2 || parts.size() > 3 || empty)
    return fail("platform ", quote_name(text), ": not OS/ARCHITECTURE");
  return Platform{std::string(parts[0]), std::string(parts[1]),
                  parts.size() == 3 ? std::string(parts[2]) : std::string()};
}

bool fits(const Platform& is, const Platform& wanted) {
  return is.os == wanted.os && is.architecture == wanted.architecture &&
         (wanted.variant.empty() || is.variant == wanted.variant);
}

bool Descriptor::is_index() const {
  return type == "application/vnd.oci.image.index.v1+json" ||
         type == "application/vnd.docker.distribution.manifest.list.v2+json";
}

std::string Descriptor::path() const { return concat("blobs/sha256/", digest); }

Result<std::vector<Descriptor>> parse_index(std::string_view json) {
  const Json index = TRY(parse(json, Json::value_t::object));
  return descriptors(member(index, "manifests"));
}

Result<Manifest> parse_manifest(std::string_view json) {
  const Json manifest = TRY(parse(json, Json::value_t::object));
  Manifest out;
  out.config = TRY(descriptor(member(manifest, "config")));
  out.layers = TRY(descriptors(member(manifest, "layers")));
  return out;
}

Result<Config> parse_config(std::string_view json) {
  const Json config = TRY(parse(json, Json::value_t::object));
  Config out;
  out.platform = platform(config);
  out.conf = text(member(member(config, kJailMember), "conf"));
  for (const auto& id : list(member(member(config, "rootfs"), "diff_ids")))
    out.diff_ids.push_back(TRY(digest(id)));
  return out;
}

Result<std::vector<Saved>> parse_saved(std::string_view json) {
  const Json images = TRY(parse(json, Json::value_t::array));
  std::vector<Saved> out;
  for (const auto& image : list(images)) {
    Saved saved;
    saved.config = TRY(member_name(member(image, "Config")));
    for (const auto& name : list(member(image, "RepoTags"))) saved.names.push_back(text(name));
    for (const auto& layer : list(member(image, "Layers")))
      saved.layers.push_back(TRY(member_name(layer)));
    out.push_back(std::move(saved));
  }
  return out;
}

std::string digest_in_name(std::string_view path) {
  auto name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".json")) name.remove_suffix(5);
  return std::string(is_digest(name) ? name : "");
}

Result<Descriptor> choose(const std::vector<Descriptor>& index, const Wanted& wanted) {
  return choose_from(index, wanted);
}

Result<Saved> choose(const std::vector<Saved>& images, const Wanted& wanted) {
  return choose_from(images, wanted);
}

}  // namespace gaol::archive
