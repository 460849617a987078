// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace gaol {

// Why something failed, grown outward: the innermost level names the act and the
// kernel's answer, each level above puts the word the user wrote in front (`in`),
// and the last one says what to do (`advise`).
struct Error {
  int code = 0;      // errno, or 0 for a rule of ours
  std::string text;  // one line, no full stop, no program name
  std::string hint;  // what to do; printed in brackets after the text

  template <class... Parts>
  Error&& in(Parts&&... where) && {
    text = concat(std::forward<Parts>(where)..., ": ", text);
    return std::move(*this);
  }
  template <class... Parts>
  Error&& advise(Parts&&... what) && {
    hint = concat(std::forward<Parts>(what)...);
    return std::move(*this);
  }
  // The line a front end prints.
  std::string line() const { return hint.empty() ? text : concat(text, " (", hint, ")"); }
};

template <class T = void>
using Result = std::expected<T, Error>;

// Fails with a rule of ours: `return fail("path ", path, ": not an absolute pathname");`
template <class... Parts>
requires(sizeof...(Parts) > 0) std::unexpected<Error> fail(Parts&&... parts) {
  return std::unexpected(Error{0, concat(std::forward<Parts>(parts)...), {}});
}
inline std::unexpected<Error> fail(Error&& error) { return std::unexpected(std::move(error)); }

// Fails with the kernel's words for `code` behind the act: "path /x: No such file or directory".
template <class... Parts>
std::unexpected<Error> fail_errno(int code, Parts&&... doing) {
  return std::unexpected(
      Error{code, concat(std::forward<Parts>(doing)..., ": ", errno_text(code)), {}});
}

}  // namespace gaol

// Takes the value out of a Result, or returns its error from the calling function.
// Never nest one TRY in another: the name `try_` is one per expression.
#define TRY(expr)                                      \
  (__extension__({                                     \
    auto&& try_ = (expr);                              \
    if (!try_) [[unlikely]]                            \
      return std::unexpected(std::move(try_).error()); \
    *std::move(try_);                                  \
  }))
