// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The JSON of container images, in the two forms that they are handed around in: the image layout
// of OCI (image-spec: image-layout, image-index, manifest, config), and what `docker save` writes.
// Text in, values out; whoever wrote the text, a value that leaves here is well formed: digests
// are 64 hexadecimal digits, names of members lead nowhere else.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gaol::archive {

struct Platform {
  std::string os, architecture, variant;
  std::string text() const;  // "linux/arm64/v8"
  bool operator==(const Platform&) const = default;
};
// The platform of this machine's programs.
Platform own_platform();
// "linux/arm64", "linux/arm/v7".
Result<Platform> parse_platform(std::string_view text);

// What an index or a manifest says of a blob.
struct Descriptor {
  std::string type;    // the media type
  std::string digest;  // of SHA-256, in hexadecimal
  uint64_t size = 0;
  Platform platform;  // empty where nothing is said
  std::string name;   // what its maker called it; may be empty
  bool is_index() const;
  std::string path() const;  // where a layout has it
};
Result<std::vector<Descriptor>> parse_index(std::string_view json);

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;  // lowest first
};
Result<Manifest> parse_manifest(std::string_view json);

// What an exported jail has in its image's config beside what every image has there.
inline constexpr const char* kJailMember = "org.gaol.jail";

struct Config {
  Platform platform;
  std::vector<std::string> diff_ids;  // digests of the layers as plain tars, lowest first
  std::string conf;                   // statements of jail.conf, of a jail that was exported
};
Result<Config> parse_config(std::string_view json);

// One image of an archive that `docker save` wrote.
struct Saved {
  std::vector<std::string> names;   // "nginx:latest"
  std::string config;               // members of the archive
  std::vector<std::string> layers;  // lowest first
};
Result<std::vector<Saved>> parse_saved(std::string_view json);

// The digest that a config's name is, by either habit; empty where it is none.
std::string digest_in_name(std::string_view path);

// What is wanted of a file that holds several images.
struct Wanted {
  Platform platform;
  std::string name;  // empty: whatever there is, if it is only one
};
// The one entry that fits; what there is instead is said when none does or several do.
Result<Descriptor> choose(const std::vector<Descriptor>& index, const Wanted& wanted);
Result<Saved> choose(const std::vector<Saved>& images, const Wanted& wanted);

// Whether programs of an image for `is` were meant for `wanted`.
bool fits(const Platform& is, const Platform& wanted);

}  // namespace gaol::archive
