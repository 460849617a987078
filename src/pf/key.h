// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

namespace gaol::pf {

// The key of `source-hash` that a word stands for: its MD5 digest in hexadecimal digits. It only
// spreads addresses over a pool; nothing is kept secret by it.
// Source: RFC 1321.
std::string hash_key(std::string_view word);

}  // namespace gaol::pf
