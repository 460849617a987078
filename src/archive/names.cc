// SPDX-License-Identifier: BSD-2-Clause
#include "archive/names.h"

#include <algorithm>

namespace gaol::archive {

namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

std::pair<std::string, std::string_view> split_path(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {"", path};
  return {std::string(path.substr(0, slash)), path.substr(slash + 1)};
}

}  // namespace

Result<std::string> entry_path(std::string_view name) {
  if (name.starts_with('/')) return fail("an absolute name");
  std::string path;
  for (const auto component : split(name, '/')) {
    if (component.empty() || component == ".") continue;
    if (component == "..") return fail("leads out of the tree");
    path.append(path.empty() ? "" : "/").append(component);
  }
  return path;
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && c != '"' && c != '\\') {
      out.push_back(c);
      continue;
    }
    out.push_back('\\');
    for (int shift = 6; shift >= 0; shift -= 3)
      out.push_back(static_cast<char>('0' + (byte >> shift & 7)));
  }
  return out.append("\"");
}

std::string conf_value(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= ' ' && byte != 0x7f;
    if (!plain || c == '"' || c == '\\' || c == '$') out.push_back('\\');
    if (plain) {
      out.push_back(c);
      continue;
    }
    for (int shift = 6; shift >= 0; shift -= 3)
      out.push_back(static_cast<char>('0' + (byte >> shift & 7)));
  }
  return out.append("\"");
}

Result<Change> change_of(const std::string& path) {
  const auto [dir, name] = split_path(path);
  if (!name.starts_with(kWhiteout)) return Change{Whiteout::none, path};
  if (name == kOpaque) return Change{Whiteout::empty, dir};
  const auto gone = name.substr(kWhiteout.size());
  if (gone.empty() || gone == "." || gone == "..") return fail("a whiteout of nothing");
  return Change{Whiteout::remove, dir.empty() ? std::string(gone) : concat(dir, "/", gone)};
}

bool begins_image(const std::string& path) {
  constexpr std::string_view kNames[] = {"blobs", "index.json", "manifest.json", "oci-layout",
                                         "repositories"};
  constexpr size_t kDigest = 64;
  const auto first = std::string_view(path).substr(0, path.find('/'));
  if (std::ranges::find(kNames, first) != std::end(kNames)) return true;
  if (first.size() < kDigest || first.find_first_not_of("0123456789abcdef") < kDigest) return false;
  const auto rest = first.substr(kDigest);
  return rest.empty() || rest == ".json";
}

bool begins_iocage(const std::string& path) { return path.contains("iocage/images/"); }

bool keeps_attribute(std::string_view name) {
  if (name == "security.capability") return true;
  return name.starts_with("user.") && !name.starts_with("user.overlay.");
}

bool keeps_attribute_of_ours(std::string_view name) {
  return keeps_attribute(name) || name == kAccessLists[0] || name == kAccessLists[1];
}

}  // namespace gaol::archive
