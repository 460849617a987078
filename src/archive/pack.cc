// SPDX-License-Identifier: BSD-2-Clause
#include "archive/pack.h"

#include <sys/stat.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

#include "archive/digest.h"
#include "archive/image.h"
#include "archive/names.h"
#include "archive/tree_tar.h"
#include "sys/tree_writer.h"

namespace gaol::archive {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kRecord = 512;

// Gets bytes from libarchive: hashes them and passes them on.
class Sink {
 public:
  using Pass = std::function<Result<>(std::span<const char>)>;
  explicit Sink(Pass pass) : pass_(std::move(pass)) {}
  Result<> open(::archive* a) {
    archive_write_set_bytes_per_block(a, 0);  // no padding at the end
    if (archive_write_open(a, this, nullptr, take, nullptr) != ARCHIVE_OK) return failed(a);
    return {};
  }
  uint64_t size() const { return size_; }
  std::string digest() { return digest_.hexadecimal(); }

 private:
  static la_ssize_t take(::archive* a, void* self, const void* data, size_t size) {
    auto& sink = *static_cast<Sink*>(self);
    const std::span bytes(static_cast<const char*>(data), size);
    sink.digest_.add(bytes);
    sink.size_ += size;
    const auto passed = sink.pass_(bytes);
    if (passed) return static_cast<la_ssize_t>(size);
    archive_set_error(a, passed.error().code, "%s", passed.error().text.c_str());
    return -1;
  }
  Pass pass_;
  Digest digest_;
  uint64_t size_ = 0;
};

// --- the layer, and the file around it ---

struct Blob {
  std::string digest;
  uint64_t size = 0;
  std::string path() const { return concat("blobs/sha256/", digest); }
  Json descriptor(std::string_view kind) const {
    return {{"mediaType", concat("application/vnd.oci.image.", kind)},
            {"digest", concat("sha256:", digest)},
            {"size", size}};
  }
};
struct Layer {
  Blob packed;
  std::string plain;  // the tar's digest
};

Result<> close(::archive* a) {
  if (archive_write_close(a) != ARCHIVE_OK) return failed(a);
  return {};
}

// Tar into zstd into the file, from `at` on, with a digest taken on both sides of zstd.
Result<Layer> write_layer(const Packing& what, uint64_t at, Notes& notes) {
  const Writer tar(archive_write_new()), zstd(archive_write_new());
  Sink packed([&](std::span<const char> data) -> Result<> {
    TRY(sys::write_at(what.out, data, at));
    at += data.size();
    return {};
  });
  archive_write_set_format_raw(zstd.get());
  archive_write_add_filter_zstd(zstd.get());
  TRY(packed.open(zstd.get()));
  const Entry stream(archive_entry_new());
  archive_entry_set_filetype(stream.get(), S_IFREG);
  if (archive_write_header(zstd.get(), stream.get()) != ARCHIVE_OK) return failed(zstd.get());

  Sink plain([&](std::span<const char> data) -> Result<> {
    if (archive_write_data(zstd.get(), data.data(), data.size()) < 0) return failed(zstd.get());
    return {};
  });
  archive_write_set_format_pax_restricted(tar.get());
  TRY(plain.open(tar.get()));
  TRY(write_tree(tar.get(), {what.owners, {}}, notes));
  TRY(close(tar.get()));
  TRY(close(zstd.get()));
  return Layer{{packed.digest(), packed.size()}, plain.digest()};
}

Result<std::string> header(const std::string& name, uint64_t size) {
  std::string bytes(4 * kRecord, '\0');
  size_t used = 0;
  const Writer tar(archive_write_new());
  archive_write_set_format_gnutar(tar.get());
  archive_write_set_bytes_per_block(tar.get(), 0);
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), S_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_mtime(entry.get(), std::time(nullptr), 0);
  if (archive_write_open_memory(tar.get(), bytes.data(), bytes.size(), &used) != ARCHIVE_OK ||
      archive_write_header(tar.get(), entry.get()) != ARCHIVE_OK)
    return failed(tar.get());
  bytes.resize(kRecord);
  return bytes;
}

uint64_t padded(uint64_t size) { return (size + kRecord - 1) / kRecord * kRecord; }

// The outer tar, whose first member is in place but for its header.
class File {
 public:
  explicit File(const sys::Fd& out) : out_(out) {}
  Result<> first(const Blob& blob) {
    const auto head = TRY(header(blob.path(), blob.size));
    end_ = kRecord + padded(blob.size);
    return sys::write_at(out_, head, 0);
  }
  Result<> member(const std::string& name, const std::string& text) {
    auto bytes = TRY(header(name, text.size()));
    bytes.append(text).resize(kRecord + padded(text.size()), '\0');
    TRY(sys::write_at(out_, bytes, end_));
    end_ += bytes.size();
    return {};
  }
  Result<Blob> blob(const Json& json) {
    const auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    const Blob blob{digest_of_text(text), text.size()};
    TRY(member(blob.path(), text));
    return blob;
  }
  Result<> finish() { return sys::write_at(out_, std::string(2 * kRecord, '\0'), end_); }

 private:
  const sys::Fd& out_;
  uint64_t end_ = 0;
};

}  // namespace

Result<> pack(const Packing& what, Notes& notes) {
  const auto layer = TRY(write_layer(what, kRecord, notes));
  File file(what.out);
  TRY(file.first(layer.packed));
  const auto own = own_platform();
  const auto config = TRY(
      file.blob({{"architecture", own.architecture},
                 {"os", own.os},
                 {"rootfs", {{"type", "layers"}, {"diff_ids", {concat("sha256:", layer.plain)}}}},
                 {kJailMember, {{"name", what.name}, {"conf", what.conf}}}}));
  const auto manifest =
      TRY(file.blob({{"schemaVersion", 2},
                     {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                     {"config", config.descriptor("config.v1+json")},
                     {"layers", Json::array({layer.packed.descriptor("layer.v1.tar+zstd")})}}));
  Json entry = manifest.descriptor("manifest.v1+json");
  entry["annotations"] = {{"org.opencontainers.image.ref.name", what.name}};
  const Json index = {{"schemaVersion", 2}, {"manifests", Json::array({entry})}};
  TRY(file.member("index.json", index.dump()));
  TRY(file.member("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  return file.finish();
}

}  // namespace gaol::archive
