// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// How a Result leaves the library: C has -1, errno and a sentence.

#include <new>

#include "base/result.h"

namespace gaol::lib {

// Puts the error into errno and jail_errmsg. Gives -1. A rule of ours, which has no errno, is
// EINVAL.
int failed(const Error& error) noexcept;

// Runs the body of a call: no exception may reach a caller in C.
template <class Body>
int answer(Body body) noexcept {
  try {
    const Result<int> result = body();
    return result ? *result : failed(result.error());
  } catch (const std::bad_alloc&) {
    return failed({ENOMEM, "", {}});
  }
}

}  // namespace gaol::lib
