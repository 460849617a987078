// SPDX-License-Identifier: BSD-2-Clause
#include "lib/failure.h"

#include <errno.h>
#include <gaol/jail.h>

#include <algorithm>

__thread char jail_errmsg[JAIL_ERRMSGLEN];

namespace gaol::lib {

namespace {

void say(std::string_view text, char*& end) noexcept {
  const auto room = static_cast<size_t>(jail_errmsg + JAIL_ERRMSGLEN - 1 - end);
  end = std::ranges::copy(text.substr(0, room), end).out;
  *end = '\0';
}

}  // namespace

// Without allocating: it may be memory that there is none of.
int failed(const Error& error) noexcept {
  char* end = jail_errmsg;
  say(error.text.empty() ? errno_text(error.code) : error.text, end);
  if (!error.hint.empty()) {
    say(" (", end);
    say(error.hint, end);
    say(")", end);
  }
  errno = error.code ? error.code : EINVAL;
  return -1;
}

}  // namespace gaol::lib
