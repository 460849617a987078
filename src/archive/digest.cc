// SPDX-License-Identifier: BSD-2-Clause
#include "archive/digest.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "archive/reader.h"

namespace gaol::archive {

void Digest::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

// OpenSSL fails here only where there is no memory.
Digest::Digest() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void Digest::add(std::span<const char> data) {
  EVP_DigestUpdate(context_.get(), data.data(), data.size());
}

std::string Digest::hexadecimal() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context_.get(), bytes, &size);
  std::string out;
  for (const unsigned char byte : std::span(bytes, size)) {
    constexpr char kDigits[] = "0123456789abcdef";
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::string digest_of_text(std::string_view text) {
  Digest digest;
  digest.add(text);
  return digest.hexadecimal();
}

Result<std::string> digest_of(const sys::Fd& file) {
  Digest digest;
  std::vector<char> buffer(128 << 10);
  for (off_t at = 0;;) {
    const auto got = ::pread(file.get(), buffer.data(), buffer.size(), at);
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) return digest.hexadecimal();
    digest.add({buffer.data(), static_cast<size_t>(got)});
    at += got;
  }
}

Result<std::string> digest_of_contents(const sys::Fd& file, uint64_t limit) {
  Digest digest;
  auto reader = TRY(Reader::open_contents(file));
  if (!TRY(reader.next())) return digest.hexadecimal();
  for (;;) {
    const auto block = TRY(reader.block());
    if (block.size == 0) return digest.hexadecimal();
    if (block.offset + block.size > limit)
      return fail(Error{0, concat("unpacks to more than ", limit >> 20, " MiB"), "see --limit"});
    digest.add({block.data, block.size});
  }
}

}  // namespace gaol::archive
