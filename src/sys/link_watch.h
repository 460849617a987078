// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Changes of interfaces, their addresses and the routes of this network namespace (rtnetlink(7)).

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

class LinkWatch {
 public:
  static Result<LinkWatch> open();
  // Returns once something has changed since open() or the last wait(), and nothing more for
  // a moment: who makes a network makes many changes.
  Result<> wait();

 private:
  explicit LinkWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace gaol::sys
