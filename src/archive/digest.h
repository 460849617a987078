// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

struct evp_md_ctx_st;

namespace gaol::archive {

// SHA-256 of what is added, by OpenSSL.
class Digest {
 public:
  Digest();
  void add(std::span<const char> data);
  std::string hexadecimal();  // the end

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string digest_of_text(std::string_view text);
// Of a file as it is.
Result<std::string> digest_of(const sys::Fd& file);
// Of what is compressed in it. No more than `limit` bytes of that are looked at.
Result<std::string> digest_of_contents(const sys::Fd& file, uint64_t limit);

}  // namespace gaol::archive
